"""The suite "film": whole runs over real video files that are made on first use, and the rendered promo measured.

A row of ``datasets/films.jsonl`` is a recipe.  A drawn film shows patterns, some blurred and some black, under the sound of a written talk:
each word's time is known by construction and nothing has to be recognised.  A spoken one is the demo's talk by a synthetic voice,
heard by the local recogniser like any upload, with the voice's own word times as the truth.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pysubs2
from numpy.typing import NDArray
from pydantic import Field

from agent import loop
from agent.brief import make_brief
from agent.reading.wish import read_wish
from agent.steps.recorded import Plain
from evals.cases import DATASETS, RATE, Case, DataError, Line, Spoken, Talk, Wish, cases, digest, rows, sound
from evals.scorers import Attempt, Rendered, bare, on_promo
from evals.solvers import Stage, Written, recalled
from examples.demo import ensure, truth_of
from tools.covers.candidates import shut
from tools.local.extract import Extractive
from tools.local.folder import Folder
from tools.local.speech import Recogniser
from tools.local.vision import Vision
from tools.media import audio, facts, frames
from tools.media.levels import read
from tools.picture import stills
from tools.ports import Engines
from tools.rendering import graph
from tools.rendering.measured import measure
from tools.schema import Cover, Frame, Noun, Observation, Outcome, Seconds, Shape
from tools.troubles import NotReady
from tools.workspace import Workspace

FILMS = DATASETS / "films.jsonl"
CACHE = Path(__file__).parent.parent / ".cache" / "evals"
ROOM = 10.0
"""dB over the quietest tenth of a recording that are still the room and no word."""
SHOT = 7.0
"""Seconds that a drawn picture stays."""
BLURRED, BLACK = 4, 7
"""Every so manyth picture is out of focus, or nothing at all: no cover may be one of these."""


class Recipe(Noun):
    """A row of the dataset: a drawn film names a talk and its wish, a spoken one its seconds, its wish and its length."""

    id: str = Field(pattern=r"^[a-z]+/[a-z]+$")
    shape: Shape
    talk: str = ""
    wish: str = ""
    width: int = Field(default=640, ge=160, le=1920, multiple_of=2)
    height: int = Field(default=360, ge=160, le=1920, multiple_of=2)
    rate: str = Field(default="25/1", pattern=r"^\d+/\d+$")
    spoken: Seconds = 0.0
    ask: str = ""
    target: Seconds = 0.0


@dataclass(frozen=True)
class Film(Case):
    """A case with its video file."""

    recipe: Recipe
    video: Path
    heard: tuple[Spoken, ...] = ()
    """The words as the voice spoke them; empty for a written talk, whose times are by construction."""

    @property
    def id(self) -> str:
        return self.recipe.id

    def fetch(self, into: Path) -> None:
        shutil.copyfile(self.video, into)

    @cached_property
    def words(self) -> tuple[Spoken, ...]:
        return self.heard or Case(self.talk, self.wish).words


def films(path: Path = FILMS, home: Path = CACHE) -> list[Film]:
    """Every film, made on first use and kept in ``home``.  Raises ``DataError`` for a row that is wrong, by file and line."""
    known = {case.id: case for case in cases()}
    found = []
    for number, recipe in enumerate(rows(path, Recipe), 1):
        case = known.get(f"{recipe.talk}/{recipe.wish}")
        if not recipe.spoken and case is None:
            raise DataError(f"{path.name}, line {number}: there is no case {recipe.talk}/{recipe.wish} among the talks")
        found.append(_spoken(recipe) if case is None else Film(case.talk, case.wish, recipe, drawn(case, recipe, home)))
    return found


# --- making films ---------------------------------------------------------------------------------------------------


def drawn(case: Case, recipe: Recipe, home: Path = CACHE) -> Path:
    """The file of a drawn film."""
    path = home / f"{digest(recipe.model_dump(), case.talk.model_dump(), 1)}.mp4"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        _encode(case, recipe, part)
        part.replace(path)
    return path


def _encode(case: Case, recipe: Recipe, path: Path) -> None:
    import av

    rate = Fraction(recipe.rate)
    with av.open(str(path), "w", format="mp4") as file:
        picture: Any = file.add_stream("libx264", rate=rate)
        picture.width, picture.height, picture.pix_fmt, picture.gop_size = (
            recipe.width,
            recipe.height,
            "yuv420p",
            round(2 * rate),
        )
        picture.options = {"preset": "ultrafast", "crf": "26"}
        voice: Any = file.add_stream("aac", rate=RATE, layout="mono")
        said = sound(case)
        for number in range(int(case.duration * rate)):
            frame = av.VideoFrame.from_ndarray(_picture(recipe, float(number / rate)), "bgr24")
            file.mux(picture.encode(frame))
        file.mux(picture.encode(None))
        for at in range(0, len(said), 1024):
            part = av.AudioFrame.from_ndarray(said[None, at : at + 1024], "s16", "mono")
            part.sample_rate, part.pts = RATE, at
            file.mux(voice.encode(part))
        file.mux(voice.encode(None))


def _picture(recipe: Recipe, at: float) -> NDArray[np.uint8]:
    """A still pattern of its own for each shot, with a bar that moves."""
    shot = int(at / SHOT)
    image = _pattern(recipe.width, recipe.height, shot).copy()
    if (shot + 1) % BLACK:
        x = int(recipe.width * (0.1 + 0.7 * (at % SHOT) / SHOT))
        cv2.rectangle(image, (x, recipe.height - 24), (x + 40, recipe.height - 12), (255, 255, 255), -1)
    return image


_known: dict[tuple[int, int, int], NDArray[np.uint8]] = {}


def _pattern(width: int, height: int, shot: int) -> NDArray[np.uint8]:
    key = (width, height, shot)
    if key not in _known:
        _known.clear()
        chance = np.random.default_rng(shot)
        image = np.zeros((height, width, 3), np.uint8)
        if (shot + 1) % BLACK:
            image[:] = chance.integers(40, 120, 3)
            for _ in range(60):
                low = chance.integers((0, 0), (width, height))
                high = low + chance.integers(12, 110, 2)
                colour = tuple(int(each) for each in chance.integers(60, 255, 3))
                cv2.rectangle(image, tuple(map(int, low)), tuple(map(int, high)), colour, -1)
        _known[key] = cv2.GaussianBlur(image, (0, 0), 14).astype(np.uint8) if (shot + 1) % BLURRED == 0 else image
    return _known[key]


def _spoken(recipe: Recipe) -> Film:
    """The demo's talk, spoken: a part of it of about so many seconds.  Raises ``NotReady`` where there is no voice."""
    try:
        video = ensure(seconds=recipe.spoken)
    except ImportError as missing:
        raise NotReady(f"{recipe.id} needs a voice, and {missing.name} is not installed: make install") from missing
    truth = json.loads(truth_of(video).read_text("utf-8"))
    place = {each["id"]: at for at, each in enumerate(truth["sentences"])}
    lines = [
        Line(
            say=each["text"],
            good="a" if each["good"] else "",
            house="housekeeping" in each["tags"],
            speaker=each["speaker"],
        )
        for each in truth["sentences"]
    ]
    heard = [
        Spoken(start=each["start"], end=each["end"], text=each["text"], line=place[each["sentence"]])
        for each in truth["words"]
    ]
    wish = Wish(key="a", wish=recipe.ask, target=recipe.target)
    talk = Talk(id=recipe.id.partition("/")[0], title=truth["title"], wishes=(wish,), lines=tuple(lines))
    return Film(talk, wish, recipe, video, tuple(voiced(heard, _levels(video))))


def voiced(words: Sequence[Spoken], levels: NDArray[np.float32]) -> list[Spoken]:
    """The words, each ending where it was last heard; ``levels`` are dBFS per 10 ms.

    A synthetic voice counts the pause after a sentence to its last word.  Only what is as quiet as the room counts as such a pause, so a
    word under music keeps its end.
    """
    quiet = float(np.percentile(levels, 10)) + ROOM
    found = []
    for word in words:
        first = int(100 * word.start)
        loud = np.flatnonzero(levels[first : int(100 * word.end) + 1] > quiet)
        end = (first + int(loud[-1]) + 1) / 100 if len(loud) else word.end
        found.append(word.model_copy(update={"end": max(word.start, min(word.end, end))}))
    return found


def _levels(video: Path) -> NDArray[np.float32]:
    with tempfile.TemporaryDirectory(prefix="hookline-evals-") as folder:
        workspace = Workspace(Path(folder))
        shutil.copyfile(video, workspace.video)
        workspace.save("source.json", facts.probe(workspace.video, video.name))
        audio.extract(workspace)
        return read(workspace.audio)


# --- whole runs over them -------------------------------------------------------------------------------------------


def produce(film: Film, stage: Stage) -> Attempt:
    """The agent's attempt at a whole run, with what measuring its files told."""

    began = time.monotonic()
    reading = read_wish(film.wish.wish).model_copy(
        update={"platforms": stage.platforms, "target": film.wish.target, "shapes": (film.recipe.shape,)}
    )
    source = facts.probe(film.video, film.video.name)
    brief = make_brief(film.video.name, source.sha256, reading, wish=film.wish.wish)
    engines = Engines(_transcriber(film), Vision(), stage.copywriter, Folder(stage.home / "outbox"), Extractive())
    studio = loop.Studio(
        engines=engines,
        model=stage.model(film),
        model_id=stage.model_id,
        records=stage.records,
        home=stage.home,
        budget=stage.budget,
    )
    outcome = loop.run(brief, studio, film.fetch)
    workspace = Workspace(stage.home / brief.run)
    attempt = recalled(film, stage.records, outcome, workspace)
    return attempt.model_copy(
        update={
            "platforms": stage.platforms,
            "seconds": round(time.monotonic() - began, 3),
            "rendered": measured(film, workspace, outcome) if outcome.artifacts else None,
        }
    )


def _transcriber(film: Film) -> Any:
    if not film.heard:
        return Written(film.speech)

    return Recogniser()


# --- measuring what they made -----------------------------------------------------------------------------------------


def measured(film: Film, workspace: Workspace, outcome: Outcome) -> Rendered:
    """The promo's frames counted and its sound measured; captions from the published file; covers looked at again."""
    cut = outcome.cut
    assert cut is not None
    promo = workspace.out / f"promo_{film.recipe.shape}.mp4"
    made = measure(promo, graph.joins(cut))
    shown, heard = _pairs(_cues(promo.with_suffix(".srt")), on_promo(film, cut))
    return Rendered(
        seconds=made.frames / float(made.rate),
        loudness=made.loudness,
        true_peak=made.true_peak,
        covers={Path(each.file).name: _gates(each, workspace) for each in outcome.covers if each.chosen},
        captions=shown,
        heard=heard,
    )


def _cues(path: Path) -> list[tuple[str, float, bool]]:
    """Words of a caption file, each with the start of its cue and whether it is the cue's first."""
    found = []
    for cue in pysubs2.load(str(path)):
        words = re.sub(r"\s+", " ", cue.plaintext.replace("\n", " ")).split()
        found += [(word, cue.start / 1000, at == 0) for at, word in enumerate(words)]
    return found


Timed = tuple[tuple[str, float], ...]


def _pairs(cues: Sequence[tuple[str, float, bool]], said: Sequence[tuple[str, float]]) -> tuple[Timed, Timed]:
    """The first word of each cue and the same word as it was said, each with its time; both alike long."""
    blocks = SequenceMatcher(
        None, bare([word for word, _, _ in cues]), bare([word for word, _ in said]), autojunk=False
    ).get_matching_blocks()
    pairs = [(block.a + at, block.b + at) for block in blocks for at in range(block.size)]
    kept = [(cues[one][0], cues[one][1], said[two][1]) for one, two in pairs if cues[one][2]]
    return tuple((word, at) for word, at, _ in kept), tuple((word, at) for word, _, at in kept)


def _gates(made: Cover, workspace: Workspace) -> tuple[str, ...]:
    """Why a published cover should not have been one: its own pixels, and the source's at its moment, measured again."""

    seen = workspace.observation or Observation()
    published: Any = cv2.imread(str(workspace.folder / made.file))
    alone = stills.gates(stills.grey(published)) if published is not None else ("unreadable",)
    shot = next((each.id for each in seen.shots if each.start <= made.at < each.end), "")
    image = frames.grab(workspace.video, workspace.source, made.at, 640)
    name = f"{workspace.frames.name}/again.jpg"
    cv2.imwrite(str(workspace.folder / name), image)
    frame = stills.measure(Frame(at=made.at, shot=shot, file=name), image)
    frame = stills.compare([*seen.frames, frame], seen.shots)[-1]
    (frame,) = shut(Vision().analyse([frame], workspace, Plain()))
    return tuple(dict.fromkeys((*alone, *frame.gates, *(("unsafe",) if frame.unsafe else ()))))
