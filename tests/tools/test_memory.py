"""What engines answered about a video is kept for its owner's next wish, and for nobody else's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from agent.steps.recorded import Plain
from tools import memory
from tools.local.folder import Folder
from tools.memory import ANSWERS, RUNS, Memory
from tools.ports import UNSEEN, Bill, Engines, FrameAnalyst, Steps, Transcriber
from tools.schema import Box, Face, Frame, Observation, Source, Speech, Word
from tools.workspace import Workspace

VIDEO = "ab" * 32
SAID = (Word(start=0.0, end=0.4, text="Hello."),)


class Ear(Transcriber):
    """Counts how often it is asked."""

    engine = "ear"

    def __init__(self, model: str = "small", lasting: bool = True) -> None:
        self.asked, self.model, self.lasting = 0, model, lasting
        self.spent = Bill()

    @property
    def settings(self) -> str:
        return self.model

    def cost(self, seconds: float) -> float:
        return 0.1

    def transcribe(self, source: Source, workspace: Workspace, steps: Steps, language: str | None = None) -> Speech:
        self.asked += 1
        self.spent.add(0.1, "listen")
        return Speech(words=SAID, engine=self.engine, language=language or "en")

    def align(self, words: Sequence[Word], workspace: Workspace, language: str) -> tuple[Word, ...]:
        self.asked += 1
        return tuple(word.model_copy(update={"end": word.end + 0.1}) for word in words)

    def again(self, sound: Path, language: str) -> tuple[Word, ...] | None:
        return SAID


class Eye(FrameAnalyst):
    engine = "eye"

    def __init__(self, price: float = 0.0, warnings: Sequence[str] = ()) -> None:
        self.shown: list[str] = []
        self.recalled: list[str] = []
        self._price, self.warnings = price, warnings

    @property
    def price(self) -> float:
        return self._price

    def analyse(self, frames: Sequence[Frame], workspace: Workspace, steps: Steps) -> tuple[Frame, ...]:
        self.shown += [frame.file for frame in frames]
        face = Face(x=0.4, y=0.2, w=0.2, h=0.3, score=0.9)
        return tuple(frame.model_copy(update={"faces": (face,)}) for frame in frames)

    def recall(self, frames: Sequence[Frame], workspace: Workspace) -> None:
        self.recalled += [frame.file for frame in frames]


@pytest.fixture
def store(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "memory")


def begun(folder: Path, run: str, sha256: str = VIDEO, name: str = "talk.mp4") -> Workspace:
    workspace = Workspace(folder / run)
    source = Source(name=name, sha256=sha256, bytes=9, container="mov", duration=60.0, video_index=0, audio_index=1)
    workspace.save("source.json", source)
    return workspace


def known_to(store: Folder, ear: Ear, eye: Eye, run: str, owner: str = "me") -> Engines:
    return Memory(store, owner, run).before(Engines(ear, eye, None, None))  # type: ignore[arg-type]


def listen(store: Folder, ear: Ear, workspace: Workspace, owner: str = "me", language: str | None = None) -> Speech:
    engines = known_to(store, ear, Eye(), workspace.folder.name, owner)
    return engines.transcriber.transcribe(workspace.source, workspace, Plain(), language)


def still(workspace: Workspace, at: float, look: int = 1, shot: str = "V1") -> Frame:
    name = f"frames/{at:g}.jpg"
    workspace.write(name, f"picture {look}".encode())
    return Frame(at=at, shot=shot, file=name, phash=f"{look:016x}")


def look(
    store: Folder, eye: Eye, workspace: Workspace, frames: Sequence[Frame]
) -> tuple[tuple[Frame, ...], FrameAnalyst]:
    analyst = known_to(store, Ear(), eye, workspace.folder.name).analyst
    return analyst.analyse(frames, workspace, Plain()), analyst


# --- heard --------------------------------------------------------------------------------------------------------------


def test_a_second_wish_under_another_name_asks_nobody_and_says_whom_the_first_had_asked(
    store: Folder, tmp_path: Path
) -> None:
    ear = Ear()
    first = listen(store, ear, begun(tmp_path, "r1"))
    second = begun(tmp_path, "r2", name="the same talk.mov")
    assert listen(store, ear, second) == first
    assert ear.asked == 1
    assert ear.spent.dollars == pytest.approx(0.1)
    assert memory.named(second, {"transcriber": "ear"}) == {"transcriber": "ear (asked by run r1)"}
    assert memory.named(Workspace(tmp_path / "r1"), {"transcriber": "ear"}) == {}


@pytest.mark.parametrize("other", ["owner", "video", "model", "language"])
def test_what_another_owner_video_model_or_language_has_is_not_taken(store: Folder, tmp_path: Path, other: str) -> None:
    listen(store, Ear(), begun(tmp_path, "r1"))
    ear = Ear("large" if other == "model" else "small")
    workspace = begun(tmp_path, "r2", "cd" * 32 if other == "video" else VIDEO)
    listen(store, ear, workspace, "you" if other == "owner" else "me", "de" if other == "language" else None)
    assert ear.asked == 1


def test_an_answer_that_failed_is_asked_for_again(store: Folder, tmp_path: Path) -> None:
    listen(store, Ear(lasting=False), begun(tmp_path, "r1"))
    ear = Ear()
    listen(store, ear, begun(tmp_path, "r2"))
    assert ear.asked == 1


def test_a_kept_answer_that_can_not_be_read_is_asked_for_again(store: Folder, tmp_path: Path) -> None:
    listen(store, Ear(), begun(tmp_path, "r1"))
    for key in store.names(ANSWERS):
        (store.root / key).write_text('{"half":')
    ear = Ear()
    assert listen(store, ear, begun(tmp_path, "r2")).words == SAID
    assert ear.asked == 1


def test_a_store_that_may_not_be_written_ends_no_run(tmp_path: Path) -> None:
    class Closed(Folder):
        def put(self, key: str, path: Path, media_type: str) -> str:
            raise PermissionError(key)

    assert listen(Closed(tmp_path / "memory"), Ear(), begun(tmp_path, "r1")).words == SAID


def test_words_that_were_written_down_are_aligned_once(store: Folder, tmp_path: Path) -> None:
    ear = Ear()
    one, two = (
        known_to(store, ear, Eye(), run).transcriber.align(SAID, begun(tmp_path, run), "en") for run in ("r1", "r2")
    )
    assert one == two != SAID
    assert ear.asked == 1


# --- seen ---------------------------------------------------------------------------------------------------------------


def test_the_same_stills_are_looked_at_once_and_the_engine_is_told_of_them(store: Folder, tmp_path: Path) -> None:
    eye = Eye(warnings=("One still was small.",))
    one, two = begun(tmp_path, "r1"), begun(tmp_path, "r2")
    first, _ = look(store, eye, one, [still(one, 1.0), still(one, 2.0)])
    second, analyst = look(store, eye, two, [still(two, 1.0), still(two, 2.0)])
    assert first == second
    assert second[0].faces
    assert len(eye.shown) == 2
    assert len(eye.recalled) == 2
    assert analyst.warnings == ("One still was small.",)


def test_a_still_with_other_pixels_is_another_one(store: Folder, tmp_path: Path) -> None:
    eye = Eye()
    one, two = begun(tmp_path, "r1"), begun(tmp_path, "r2")
    look(store, eye, one, [still(one, 1.0)])
    look(store, eye, two, [still(two, 1.0, look=2)])
    assert len(eye.shown) == 2


def test_within_its_first_run_a_paid_engine_is_asked_as_often_as_it_needs(store: Folder, tmp_path: Path) -> None:
    eye = Eye(price=0.004)
    one = begun(tmp_path, "r1")
    for at in (1.0, 2.0):
        look(store, eye, one, [still(one, at)])
    assert len(eye.shown) == 2


def test_of_a_video_that_was_looked_at_a_paid_engine_is_shown_no_more(store: Folder, tmp_path: Path) -> None:
    eye = Eye(price=0.004)
    one, two = begun(tmp_path, "r1"), begun(tmp_path, "r2")
    look(store, eye, one, [still(one, 1.0)])
    known, _ = look(store, eye, two, [still(two, 1.0)])
    two.save("observation.json", Observation(frames=known))
    far = 0xFFFF
    (same, changed, elsewhere), _ = look(
        store, eye, two, [still(two, 1.5), still(two, 3.0, far), still(two, 9.0, far, "V2")]
    )
    assert eye.shown == ["frames/1.jpg"]
    assert same.faces == changed.faces == known[0].faces
    assert [UNSEEN in each.gates for each in (same, changed, elsewhere)] == [False, True, True]
    assert not elsewhere.faces


def test_a_neighbour_of_what_is_unsafe_is_unsafe() -> None:
    box: Box = (0.1, 0.1, 0.2, 0.2)
    known = Frame(at=1.0, shot="V1", file="a", phash="0", unsafe=("Alcohol",), gates=("unsafe",), text_boxes=(box,))
    (found,) = memory.from_neighbours([Frame(at=2.0, shot="V1", file="b", phash="ffff")], [known])
    assert found.unsafe == ("Alcohol",)
    assert found.gates == ("unsafe", UNSEEN)


# --- forgotten ----------------------------------------------------------------------------------------------------------


def test_what_is_known_goes_with_the_last_run_of_its_owner_and_video(store: Folder, tmp_path: Path) -> None:
    for run in ("r1", "r2"):
        listen(store, Ear(), begun(tmp_path, run))
    listen(store, Ear(), begun(tmp_path, "r3"), owner="you")
    assert len(store.names(ANSWERS)) == 2
    memory.forget(store, "r1")
    assert len(store.names(ANSWERS)) == 2, "a later run knows of it"
    memory.forget(store, "r2")
    assert len(store.names(ANSWERS)) == 1, "only the other owner's is left"
    memory.forget(store, "r3")
    assert store.names(ANSWERS) == store.names(RUNS) == []


def test_forgetting_a_run_that_knows_nothing_forgets_nothing(store: Folder, tmp_path: Path) -> None:
    listen(store, Ear(), begun(tmp_path, "r1"))
    memory.forget(store, "r")
    assert len(store.names(ANSWERS)) == 1


def test_no_name_of_an_owner_or_a_video_is_a_key(store: Folder, tmp_path: Path) -> None:
    listen(store, Ear(), begun(tmp_path, "r1", name="secret.mp4"), owner="jane@example.com")
    assert not [key for key in store.names("") if "jane" in key or "secret" in key]


def test_an_engine_behind_memory_is_one_like_any_other(tmp_path: Path) -> None:
    store, ear = Folder(tmp_path / "memory"), Ear()
    engines = Engines(ear, Eye(), None, None)  # type: ignore[arg-type]
    before = Memory(store, "me", "r1").before(engines)
    assert isinstance(before.transcriber, Transcriber)
    assert isinstance(before.analyst, FrameAnalyst)
    assert replace(before, transcriber=ear, analyst=engines.analyst) == engines
    assert before.transcriber.cost(60.0) == ear.cost(60.0)
    assert before.transcriber.again(tmp_path / "promo.wav", "en") == SAID, (
        "a finished promo is heard by the engine itself"
    )
    assert before.transcriber.spent is ear.spent
