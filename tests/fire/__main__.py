"""The long form: ``python -m tests.fire [--full] [GROUP ...]`` prints one table; its end is 1 where anything failed."""

from __future__ import annotations

import argparse
import contextlib
import itertools
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.fire import doors, honest, media, once, outages, replies, variants, words
from tests.fire.ground import HEAD, SEED, WORKERS, Tally, take_further, take_part


@contextlib.contextmanager
def databases(folder: Path) -> Iterator[dict[str, Callable[[], str]]]:
    """Makers of new, empty databases, by name; MariaDB where it is installed."""
    from tests.conftest import MariaDB, _program

    number = itertools.count()
    made: dict[str, Callable[[], str]] = {"SQLite": lambda: f"sqlite:///{folder / f'records-{next(number)}.sqlite3'}"}
    server = None
    place = Path(tempfile.mkdtemp(prefix="hookline-fire-", dir="/tmp"))
    try:
        if _program("mariadbd") and _program("mariadb-install-db"):
            server = MariaDB(place)
            made["MariaDB"] = server.create
        yield made
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(place, ignore_errors=True)


def intake(full: bool, folder: Path) -> Iterator[Tally]:
    tally = Tally("hostile files, intake")
    answers = media.intake(tally)
    yield tally
    expect = {case["file"]: case["expect"] for case in media.cases()}
    let_in = [name for name, answer in answers.items() if answer["verdict"] == "accept"]
    tally = Tally("hostile files that are let in, to a promo")
    media.pipeline(tally, folder, let_in if full else let_in[::6], expect, WORKERS)
    yield tally
    tally = Tally("hostile files of our own, intake")
    variants.own(tally, folder / "own")
    yield tally
    tally = Tally("hostile names of a good file")
    doors.names(tally, folder)
    yield tally


def odd(full: bool, folder: Path) -> Iterator[Tally]:
    tally = Tally("odd but honest files, to a promo")
    honest.files(tally, folder / "odd", WORKERS, 1 if full else 6)
    yield tally


def mutants(full: bool, folder: Path) -> Iterator[Tally]:
    tally = Tally("mutants of good files")
    media.mutants(tally, folder, 2000 if full else 100, WORKERS)
    yield tally


def injections(full: bool, folder: Path) -> Iterator[Tally]:
    cases = words.injections()
    for position in words.POSITIONS if full else ("mixed",):
        tally = Tally(f"injections and an obedient model, {position}")
        words.attacks(tally, folder / position, cases if full else cases[::6], [position], WORKERS)
        yield tally


def chaos(full: bool, folder: Path) -> Iterator[Tally]:
    tally = Tally("runs of a chaos model")
    words.chaos(tally, folder, 10_000 if full else 300, calls=150, workers=WORKERS)
    yield tally


def endpoint(full: bool, folder: Path) -> Iterator[Tally]:
    cases = replies.cases()
    for position in replies.TURNS if full else ("middle",):
        tally = Tally(f"behaviours of the endpoint, {position} turn")
        replies.replies(tally, folder / position, cases if full else cases[::6], [position], WORKERS)
        yield tally


def shapes(full: bool, folder: Path) -> Iterator[Tally]:
    for what, throw in (
        ("events", doors.events),
        ("keys, both kinds of event", doors.keys),
        ("transcripts", doors.transcripts),
    ):
        tally = Tally(what)
        throw(tally)
        yield tally


def crowd(full: bool, folder: Path) -> Iterator[Tally]:
    with databases(folder) as made:
        for name, url in made.items():
            tally = Tally(f"the same event at once, {name}")
            once.crowd(tally, url(), folder / f"crowd-{name}", 100, 25)
            yield tally


def thousand(full: bool, folder: Path) -> Iterator[Tally]:
    with databases(folder) as made:
        name, url = list(made.items())[-1]
        tally = Tally(f"events with 5 % faults, {name}")
        once.thousand(tally, url(), folder / "thousand", 1000 if full else 60, workers=8, processes=2 * WORKERS)
        yield tally


def kills(full: bool, folder: Path) -> Iterator[Tally]:
    with databases(folder) as made:
        for name, url in made.items():
            tally = Tally(f"killed, killed twice, frozen, {name}")
            one = url() if name == "MariaDB" else ""
            once.kills(
                tally,
                lambda one=one: one,
                folder / f"kills-{name}",
                ("pre", "mid", "post"),
                20 if full else 2,
                1 if full else 9,
                workers=WORKERS,
            )
            yield tally


def machine(full: bool, folder: Path) -> Iterator[Tally]:
    tally = Tally("a full disk, at every size")
    outages.full(tally, folder / "full", WORKERS)
    yield tally
    tally = Tally("an ffmpeg that lies")
    outages.lies(tally, folder / "lies", WORKERS)
    yield tally
    with databases(folder) as made:
        if "MariaDB" in made:
            tally = Tally("bad wires to MariaDB")
            outages.wires(tally, made["MariaDB"], folder / "wires")
            yield tally


GROUPS = {
    each.__name__: each
    for each in (intake, odd, shapes, endpoint, injections, machine, crowd, thousand, kills, chaos, mutants)
}


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.fire")
    asked.add_argument("--full", action="store_true", help="every case, 10,000 turns, 1,000 events, 2,000 mutants")
    asked.add_argument("groups", nargs="*", metavar="GROUP", help=f"some of {', '.join(GROUPS)}; default all")
    asked.add_argument("--part", default="1/1", help="2/5 is the second fifth of each group that has many like cases")
    asked.add_argument(
        "--collection", type=Path, metavar="FOLDER", help="another collection of the same form, thrown too"
    )
    given = asked.parse_args()
    take_part(*(int(number) for number in given.part.split("/")))
    if given.collection:
        take_further(given.collection)
    logging.getLogger("hookline").propagate = False
    logging.getLogger("hookline").addHandler(logging.NullHandler())
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)  # which tells of each broken wire
    began = time.monotonic()
    whole = Tally("all")
    print(f"seed {SEED}, {WORKERS} processes\n{HEAD}", flush=True)
    for name in given.groups or GROUPS:
        since, spent = time.monotonic(), sum(os.times()[:4])
        with tempfile.TemporaryDirectory(prefix="hookline-fire-", ignore_cleanup_errors=True) as folder:
            for tally in GROUPS[name](given.full, Path(folder)):
                now, used = time.monotonic(), sum(os.times()[:4])
                print(f"{tally.row()}  ({now - since:.0f} s, {used - spent:.0f} s of processor)", flush=True)
                since, spent = now, used
                for failure in tally.failures[:20]:
                    print(f"    {failure[:600]}", flush=True)
                whole.cases += tally.cases
                whole.failures += tally.failures
                whole.memory, whole.wall = max(whole.memory, tally.memory), max(whole.wall, tally.wall)
    whole.seed = SEED
    spent = sum(os.times()[:4]) / 60
    print(f"{whole.row()}  ({(time.monotonic() - began) / 60:.1f} min, {spent:.1f} min of processor)")
    return 1 if whole.failures else 0


if __name__ == "__main__":
    sys.exit(main())
