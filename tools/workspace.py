"""One run's private folder: what tools are handed, by the names of what is in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from tools.files import whole
from tools.ids import number
from tools.schema import CutList, Observation, Source, Transcript

if TYPE_CHECKING:
    from tools.files.holes import Parts

N = TypeVar("N", bound=BaseModel)
LINK = "original.url"


class Workspace:
    """Files in one folder.  Everything is written under a temporary name and renamed, so a name that is there is whole.

    ``video`` is the source's bytes under a fixed name; no name of the uploader's is ever used.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.out.mkdir(exist_ok=True)
        self.frames.mkdir(exist_ok=True)

    @property
    def video(self) -> Path:
        return self.folder / "source.bin"

    @property
    def parts(self) -> Parts | None:
        """What tells where the video's bytes lie, where only some of them are here; None where it is here whole."""
        return None

    def bring(self, spans: Iterable[tuple[float, float]] = (), stills: Sequence[float] = ()) -> None:
        """Make sure that these seconds of the video can be decoded, and the keyframes nearest to the times ``stills``."""
        if (parts := self.parts) is not None:
            parts.bring(spans, stills)

    @property
    def audio(self) -> Path:
        """Mono 16 kHz 16-bit WAV of the chosen audio stream, on the source's clock."""
        return self.folder / "audio.wav"

    @property
    def link(self) -> str:
        """The ``file:`` URL of a person's own file on this machine, for an editor's program; empty where there is none."""
        path = self.folder / LINK
        return path.read_text("ascii") if path.is_file() else ""

    @property
    def frames(self) -> Path:
        return self.folder / "frames"

    @property
    def out(self) -> Path:
        """What will be published, under its final names."""
        return self.folder / "out"

    def save(self, name: str, value: BaseModel) -> None:
        self.write(name, value.model_dump_json(indent=1).encode())

    def load(self, name: str, kind: type[N]) -> N | None:
        path = self.folder / name
        return kind.model_validate_json(path.read_bytes()) if path.exists() else None

    def write(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        whole.write(path, data)
        return path

    @property
    def source(self) -> Source:
        return self._need("source.json", Source)

    @property
    def transcript(self) -> Transcript | None:
        return self.load("transcript.json", Transcript)

    @property
    def observation(self) -> Observation | None:
        return self.load("observation.json", Observation)

    def plan(self, plan_id: str) -> CutList | None:
        return self.load(f"plan-{plan_id}.json", CutList) if plan_id.isalnum() else None

    def plans(self) -> list[CutList]:
        """Every plan of this run, oldest first."""
        found = [CutList.model_validate_json(path.read_bytes()) for path in self.folder.glob("plan-P*.json")]
        return sorted(found, key=lambda plan: number(plan.id))

    def _need(self, name: str, kind: type[N]) -> N:
        value = self.load(name, kind)
        if value is None:
            raise LookupError(f"{name} is not in the run folder; the step that makes it has not finished")
        return value
