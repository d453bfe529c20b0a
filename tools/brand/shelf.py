"""Kits by name and by path, and the kit of a run, which lies in the run's folder whole."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path
from typing import NamedTuple

from tools.brand import files, kit
from tools.brand.kit import FILE, Brand
from tools.files.whole import write
from tools.schema import Noun
from tools.text import clean
from tools.troubles import Refusal
from tools.workspace import Workspace

FOLDER = "brand"
"""Of a run folder."""
KEPT, OLDER = "brands", "@"
"""The folder of kits by name, and the mark between a name and the version of one that was replaced."""
KIT, LOGO, FONT = f"{FOLDER}/kit.json", f"{FOLDER}/logo.png", f"{FOLDER}/font.bin"


class Given(NamedTuple):
    """A kit that was read and found right, with its files."""

    brand: Brand
    logo: bytes
    font: bytes
    music: Path | None = None
    """Where it lies; a run takes it as it takes any music."""

    @property
    def digest(self) -> str:
        sound = (self.music.read_bytes(),) if self.music else ()
        return kit.digest(self.brand, (self.logo, self.font, *sound))

    def lay(self, run: Path) -> None:
        """Write it into a run's folder, the kit itself last."""
        (run / FOLDER).mkdir(parents=True, exist_ok=True)
        for name, data in ((LOGO, self.logo), (FONT, self.font)):
            if data:
                write(run / name, data)
        laid = Laid(digest=self.digest, brand=self.brand)
        write(run / KIT, laid.model_dump_json(indent=1).encode())


class Laid(Noun):
    """The kit of a run, and which version of it."""

    digest: str
    brand: Brand


def open_kit(named: str, home: Path) -> Given:
    """The kit at a path, of a file or its folder, or of that name in ``home``.  Raises ``Refusal`` with the mistake, or the names there are."""
    path = Path(named).expanduser()
    if named and path.name == named and not path.exists():
        path = home / KEPT / named
    path = path / FILE if path.is_dir() else path
    if not path.is_file():
        there = ", ".join(clean(name, 60) for name in names(home))
        known = f"kept are {there}" if there else "none is kept yet; hookline brand keep keeps one"
        raise Refusal(
            "brand", f"{clean(named, 80)} is no brand: give the path of a {FILE} or a name that is kept; {known}."
        )
    brand, _ = kit.read(path)
    folder = path.parent
    return Given(brand, files.logo(brand, folder), files.font(brand, folder), files.music(brand, folder))


def names(home: Path) -> list[str]:
    """The names of the kits that are kept in ``home``; versions that were replaced are none of them."""
    return sorted(each.parent.name for each in (home / KEPT).glob(f"*/{FILE}") if OLDER not in each.parent.name)


def keep(path: Path, home: Path, name: str = "") -> tuple[Path, str, str]:
    """Keep the kit at ``path`` with its files; where, its version, and the name of the one that it replaces, which stays.

    Raises ``Refusal`` for a kit that can't be used; nothing is changed then.
    """
    given = open_kit(str(path), home)
    folder = path if path.is_dir() else path.parent
    name = re.sub(r"[^\w .-]", "-", clean(name or given.brand.name, 60)).strip(" .")
    if not name:
        raise Refusal("brand", "The brand has no name that a folder can have; give one by --name.")
    into = home / KEPT / name
    if folder.resolve() == into.resolve():
        return into, given.digest, ""
    fresh = home / KEPT / f".{name}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for file in (
        FILE if path.is_dir() else path.name,
        given.brand.logo.file,
        given.brand.font.file,
        given.brand.music.file,
    ):
        if file:
            shutil.copyfile(folder / file, fresh / (FILE if file == path.name or file == FILE else file))
    older = ""
    if into.exists():
        before = _bytes_of(into)
        older = f"{name}{OLDER}{before[:12]}"
        if before == _bytes_of(fresh):
            shutil.rmtree(fresh)
            return into, given.digest, ""
        shutil.rmtree(home / KEPT / older, ignore_errors=True)
        into.rename(home / KEPT / older)
    fresh.rename(into)
    return into, given.digest, older


def _bytes_of(folder: Path) -> str:
    """A digest of all files of a kept kit."""
    made = hashlib.sha256()
    for path in sorted(each for each in folder.iterdir() if each.is_file()):
        made.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return made.hexdigest()


def of_run(workspace: Workspace) -> Laid | None:
    """The kit that a run wears; None where it wears none."""
    return workspace.load(KIT, Laid)
