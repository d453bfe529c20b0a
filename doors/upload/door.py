"""The upload's door: each record of an event is carried to its own end, durably, and none takes its neighbours down."""

from __future__ import annotations

import email.header
import json
import logging
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aws_durable_execution_sdk_python.config import ChildConfig
from aws_durable_execution_sdk_python.exceptions import InvocationError
from aws_durable_execution_sdk_python.serdes import PassThroughSerDes
from pydantic import ValidationError

from agent.clips import TABLE, Chosen, table
from agent.loop import run
from agent.outcome import place
from agent.reading.wish import WISH_BYTES, Reading, WishError, demand_promo, without_openings
from agent.record.records import Busy, Fenced, Records
from agent.revising.carried_over import Kept, Seed
from agent.revising.planned import Next, cast
from agent.settings import Settings, SettingsError
from agent.steps.durable import Durable, Lazy
from agent.steps.errors import Interrupted
from agent.steps.held import Held, Patient
from agent.steps.shelved import Upload, restore
from agent.studio import Studio
from doors.laptop import briefs, following
from doors.upload.events import Verdict, read
from doors.upload.figures import Meter, count_run
from doors.upload.object import Object, tell_gone
from tools.aws.s3 import S3
from tools.files.holes import Parts
from tools.media import audio
from tools.media.process import OutOfTime, within
from tools.rendering.reuse import FOLDER as CLIPS
from tools.schema import MEDIA_TYPES, NOTHING, Brief, Noun, Outcome
from tools.text import clean
from tools.troubles import Refusal
from tools.workspace import Workspace

if TYPE_CHECKING:
    from aws_durable_execution_sdk_python.context import DurableContext

log = logging.getLogger("hookline")

TENANT = "inbox"
LATER = "later"
"""The wish of an upload that waits for a request in words."""
RELAYED = ("run", "status", "reason", "understood", "warnings", "dollars", "seconds")


class GivenUp(Exception):
    """Some records failed in a way that only a person can mend; the message holds every record's answer."""


class Waiting(Exception):
    """Nothing is made of an upload until it is asked for."""


@dataclass(frozen=True)
class Desk:
    """What a sandbox keeps from one invocation to the next."""

    settings: Settings
    studio: Studio
    inbox: S3

    @property
    def records(self) -> Records:
        return self.studio.records


def desk(settings: Settings, studio: Studio, inbox: S3 | None = None) -> Desk:
    """The door of ``settings``.  Raises ``SettingsError`` without an inbox, since every event would be refused."""
    from agent.deciding.bedrock import Editor

    if not settings.inbox_bucket:
        raise SettingsError("inbox_bucket is not set, so no upload would be taken; set HOOKLINE_INBOX_BUCKET")
    if isinstance(studio.model, Editor):
        # The step waits between two calls at no cost; the client's own patience would be billed.
        studio = replace(studio, model=studio.model.model_copy(update={"attempts": 1}))
    # Kept until it is shelved.
    return Desk(
        settings,
        replace(studio, keep=True),
        inbox or S3(settings.inbox_bucket, region=settings.region or None, foreign=True),
    )


def carry(event: Any, ctx: DurableContext, at: Desk) -> dict[str, Any]:
    """The answer for each record of ``event``, in its order: what was made of it, or why nothing was.

    Raises ``GivenUp`` once all are through where one failed, so that the event lies where a person sees it;
    records that came in messages of a queue are named in ``batchItemFailures`` instead.
    """
    _bound(ctx)
    if isinstance(event, dict) and "hookline" in event:
        return {"records": [_told(0, *_asked(event["hookline"], ctx, at))]}
    answers: list[dict[str, Any]] = []
    for n, verdict in enumerate(read(event, at.settings.inbox_bucket, at.settings.inbox_prefix)):
        answers.append(_told(n, verdict, _answer(n, verdict, ctx, at)))
    given_up = [answer for answer in answers if answer["status"] == "failed"]
    messages = list(dict.fromkeys(answer["message"] for answer in given_up if answer["message"]))
    if any(not answer["message"] for answer in given_up):
        raise GivenUp(json.dumps(answers))
    failures = {"batchItemFailures": [{"itemIdentifier": name} for name in messages]}
    return {"records": answers, **(failures if any(answer["message"] for answer in answers) else {})}


def _bound(ctx: DurableContext) -> None:
    """Have children end before this invocation does, which then tells of it, where a sandbox that runs out of time tells nothing."""
    context = ctx.lambda_context
    within(None if context is None else context.get_remaining_time_in_millis() / 1000)


class Asked(Noun):
    """What the chat door hands over: a brief that it has read, for an object of the inbox."""

    brief: Brief
    tenant: str
    key: str
    etag: str
    size: int
    version_id: str = ""
    lineage: dict[str, Any] = {}
    revision: Next | None = None
    """For a change of a run: how it is made, decided by the door that heard it."""
    reading: Reading | None = None
    """What the door understood, where several promos are asked for; the brief is the first one's."""
    only: Chosen | None = None
    """Of a wish for moments: the numbers of those that are rendered; None for all."""

    @property
    def verdict(self) -> Verdict:
        return Verdict(
            verdict="run", code="asked", reason="Asked in words.",
            key=self.key, etag=self.etag, size=self.size, version_id=self.version_id,
        )  # fmt: skip


def _asked(told: Any, ctx: DurableContext, at: Desk) -> tuple[Verdict, dict[str, Any]]:
    """What became of a request in words.  Raises ``GivenUp`` where it failed, so that it lies where a person sees it."""
    try:
        asked = Asked.model_validate(told)
    except ValidationError as error:
        wrong = Verdict(
            verdict="refused", code="shape", reason=f"The request is of no shape that is known here: {error}"
        )
        return wrong, {"status": wrong.verdict, "code": wrong.code, "reason": clean(wrong.reason, 500)}
    if not asked.key.startswith(at.settings.inbox_prefix):
        return asked.verdict, {
            "status": "refused",
            "code": "prefix",
            "reason": "The video is not below the inbox's prefix.",
        }
    answer = _answer(0, asked.verdict, ctx, at, asked)
    if answer["status"] == "failed":
        raise GivenUp(json.dumps(answer))
    return asked.verdict, answer


def _answer(n: int, verdict: Verdict, ctx: DurableContext, at: Desk, asked: Asked | None = None) -> dict[str, Any]:
    if verdict.verdict != "run":
        return {"status": verdict.verdict, "code": verdict.code, "reason": verdict.reason}

    def body(child: DurableContext) -> str:
        return json.dumps(_carried(verdict, child, at, asked))

    config: ChildConfig[str] = ChildConfig(serdes=PassThroughSerDes())
    try:
        found: dict[str, Any] = json.loads(ctx.run_in_child_context(body, name=f"record {n}", config=config))
    except Interrupted as stop:
        # Raised here and not in the child, where the SDK would keep it as the record's end.
        raise InvocationError(str(stop)) from stop
    return found


def _told(n: int, verdict: Verdict, answer: dict[str, Any]) -> dict[str, Any]:
    whole = {"record": n, "key": clean(verdict.key, 200), "message": verdict.message, **answer}
    # ``message`` is a word that log records keep for themselves.
    log.info("record", extra={"from_message" if name == "message" else name: value for name, value in whole.items()})
    return whole


def _carried(verdict: Verdict, child: DurableContext, at: Desk, said: Asked | None = None) -> dict[str, Any]:
    try:
        if said is None:
            return _wanted(verdict, child, at)
        if said.reading is not None:
            return _several(verdict, said, said.reading, child, at)
        at, seed = replace(at, studio=replace(at.studio, lineage=said.lineage)), None
        if said.revision is not None:
            at, seed = replace(at, studio=cast(at.studio, said.revision.moves)), said.revision.seed
        return _relayed(_made(verdict, said.brief, said.tenant, child, at, seed))
    except Waiting:
        return {"status": "ignored", "code": LATER, "reason": "The upload waits for a request in words."}
    except (WishError, Refusal) as no:
        return {"status": "refused", "code": getattr(no, "code", "wish"), "reason": str(no)}
    except Busy as busy:
        return {
            "status": "ignored",
            "code": "busy",
            "run": busy.run,
            "reason": "Another delivery of this upload is at work on it.",
        }
    except Interrupted as stop:
        if isinstance(stop.error, Fenced):
            return {"status": "ignored", "code": "taken", "reason": str(stop)}
        raise
    except Exception as error:
        # The run is closed as failed by now; its neighbours go on, and ``carry`` raises.
        log.exception("record failed")
        return {"status": "failed", "code": type(error).__name__, "reason": clean(str(error), 500)}


def _wanted(verdict: Verdict, child: DurableContext, at: Desk) -> dict[str, Any]:
    """What the upload asks for, by its own metadata ``wish``, else by the setting."""
    told = _step(child, "wish", lambda: _wish(verdict, at))
    if "refused" in told:
        raise Refusal("gone", told["refused"])
    if told["wish"] == LATER:
        raise Waiting
    wish = told["wish"] or at.settings.wish
    reading = without_openings(demand_promo(wish))
    if reading.left:
        log.warning("a part of the wish is not met", extra={"key": verdict.key, "left": list(reading.left)})
    made: list[tuple[Outcome, Path]] = []
    name, asked = Path(verdict.key).name, clean(wish, WISH_BYTES)
    asks = briefs(name, verdict.version, reading, asked, NOTHING, made, verdict.key)
    return _all(verdict, asks, made, reading.count, TENANT, {}, child, at)


def _several(verdict: Verdict, said: Asked, reading: Reading, child: DurableContext, at: Desk) -> dict[str, Any]:
    """The promos of one request in words: the first is the one that the door told of."""
    made: list[tuple[Outcome, Path]] = []
    options = said.brief.options
    others = briefs(
        said.brief.video, f"{said.etag}/{said.size}", reading, said.brief.wish, options, made, only=said.only
    )
    asks = (said.brief if not made else each for each in others)
    return _all(verdict, asks, made, reading.count, said.tenant, said.lineage, child, at, said.only)


def _all(
    verdict: Verdict,
    asks: Iterator[Brief],
    made: list[tuple[Outcome, Path]],
    count: int,
    tenant: str,
    lineage: dict[str, Any],
    child: DurableContext,
    at: Desk,
    only: Chosen | None = None,
) -> dict[str, Any]:
    """Each of ``asks`` made, into ``made``, of which the later ones use nothing again; the answer of all ``count``."""
    for each in asks:
        # What is heard and seen already is neither done nor paid for again.
        seed = Seed(base=made[0][0].run, cut=None, kept=Kept(False, (), False, ())) if made else None
        desk = replace(at, studio=replace(at.studio, lineage=following(lineage, made)))
        made.append((_made(verdict, each, tenant, child, desk, seed), Path()))
    if made[0][0].highlights:
        _step(child, "table", lambda: _listed(made[0][0], at, only))
    answer, *more = [_relayed(outcome) for outcome, _ in made]
    if count == 1 and not more:
        return answer
    done = sum(outcome.cut is not None for outcome, _ in made)
    if 0 < done < count and not made[0][0].highlights:
        short = f"{done} of {count} promos were made. {made[-1][0].reason}".strip()
        answer |= {"status": "done with warnings", "reason": short}
    return {**answer, "more": more}


def _listed(sheet: Outcome, at: Desk, only: Chosen | None) -> str:
    """Put the table of moments beside the sheet that proposed them; its key.  Of each later choice there is one more, since none is overwritten."""
    folder = Path(place(Brief.model_validate(at.records.run(sheet.run)["brief"])))
    name = f"{Path(TABLE).stem}-{'-'.join(map(str, only))}.csv" if only else TABLE
    path = at.studio.home / f"{sheet.run}-{name}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(table(at.records, sheet, folder), "utf-8")
    return at.studio.engines.store.put(f"{folder.as_posix()}/{name}", path, MEDIA_TYPES[".csv"])


def _relayed(outcome: Outcome) -> dict[str, Any]:
    shown = outcome.model_dump(mode="json")
    return {"code": "made", **{name: shown[name] for name in RELAYED}}


def _wish(verdict: Verdict, at: Desk) -> dict[str, str]:
    try:
        told = at.inbox.about(verdict.key, verdict.version_id or None).get("wish", "")
        if verdict.version_id:
            # Its version outlives a delete; who took the upload back wants nothing made of it.
            at.inbox.about(verdict.key)
    except FileNotFoundError:
        return {"refused": tell_gone(verdict.key)}
    return {"wish": str(email.header.make_header(email.header.decode_header(told))) if told else ""}


def _made(
    verdict: Verdict, asked: Brief, tenant: str, child: DurableContext, at: Desk, seed: Seed | None = None
) -> Outcome:
    from agent.deciding.bedrock import retryable

    def passing(error: BaseException) -> bool:
        return isinstance(error, OutOfTime) or retryable(error)

    held = Held(at.records, child, tenant)
    workspaces: list[Lazy] = []
    made: list[Durable] = []
    thing = Object(at.inbox, verdict)

    def fetch(into: Path) -> None:
        if seed is not None:
            _sown(seed, at, into.parent)
        thing.fetch(into)

    def reach(into: Path) -> Parts | None:
        parts = thing.reach(into)
        if parts is not None and seed is not None:
            _sown(seed, at, into.parent)
        return parts

    def opened(folder: Path) -> Lazy:
        _sweep(at.studio.home, folder.name)
        workspaces.append(Lazy(folder, fetch, reach))
        return workspaces[-1]

    def steps(records: Any, claim: Any, progress: Any) -> Durable:
        store = at.studio.engines.store
        made.append(Durable(child, store, workspaces[-1], records, claim, progress, Meter(), passing=passing))
        held.watch(made[-1])
        return made[-1]

    def began() -> float:
        return time.monotonic() - (time.time() - held.began)

    engines = thing.heard_by(at.studio.engines)
    purse = Patient(child, at.settings.dollars_per_day, tenant)
    studio = replace(
        at.studio, engines=engines, records=held, purse=purse, steps=steps, open=opened, began=began, owner=tenant
    )
    try:
        outcome = run(asked, studio, fetch)
    except Exception:
        _step(child, "told", lambda: count_run(at.records, asked.run, "failed"))
        raise
    if made and (outcome.cut is not None or outcome.highlights):
        _step(child, "shelve", lambda: _shelved(verdict, made[-1], workspaces[-1]))
    _step(child, "told", lambda: count_run(at.records, asked.run, outcome.status))
    if workspaces:
        shutil.rmtree(workspaces[-1].folder, ignore_errors=True)
    return outcome


def _sown(seed: Seed, at: Desk, folder: Path) -> None:
    """Fill a revision's folder from that of the run before.  In a later sandbox what its steps left is there, and only clips are wanting."""
    home = at.studio.home
    if restore(at.studio.engines.store, home / seed.base) is None:
        raise Refusal("gone", "What the version before had heard and seen is no longer kept; ask for a new promo.")
    if not (folder / "source.json").exists():
        seed.sow(home, folder)
        return
    scratch = home / f"{folder.name}-sown"
    seed.sow(home, Workspace(scratch).folder)
    shutil.rmtree(folder / CLIPS, ignore_errors=True)
    (scratch / CLIPS).replace(folder / CLIPS)


def _shelved(verdict: Verdict, steps: Durable, workspace: Lazy) -> None:
    """Keep the run's folder, its sound and the clips of versions before for the next revision."""
    if workspace.parts is None:
        try:
            audio.extract(workspace)
        except OutOfTime as error:  # the run is made; the next invocation has time to keep it
            raise Interrupted(error) from error
    upload = Upload(key=verdict.key, etag=verdict.etag, size=verdict.size, version_id=verdict.version_id)
    there = (workspace.folder / CLIPS).glob("*")
    heard = [workspace.audio.name] if workspace.audio.exists() else []
    steps.shelve(upload, *heard, *(f"{CLIPS}/{path.name}" for path in there))


def _step(child: DurableContext, name: str, do: Callable[[], Any]) -> Any:
    config: ChildConfig[str] = ChildConfig(serdes=PassThroughSerDes())
    return json.loads(child.run_in_child_context(lambda _: json.dumps(do()), name=name, config=config))


def _sweep(home: Path, kept: str) -> None:
    """Take away what runs left in a sandbox that is used again; all that they need lies in the outbox."""
    with suppress(FileNotFoundError):
        for folder in home.iterdir():
            if folder.name != kept:
                shutil.rmtree(folder, ignore_errors=True)
