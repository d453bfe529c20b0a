"""Real renders of a flash-and-beep clip: where a cut lands, how picture and sound keep together, what is left behind."""

from __future__ import annotations

import shutil
import subprocess
import wave
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from langchain_core.tools import ToolException

from tools import assemble
from tools.cutting.plan import plan
from tools.media import audio, facts, process
from tools.ports import Bench, Engines, FrameAnalyst, Transcriber
from tools.rendering import graph, measured, soundtrack
from tools.schema import Brief, Clip, CutList, Face, Frame, Observation, Pick, Sentence, Shot, Transcript, Word
from tools.troubles import Refusal
from tools.workspace import Workspace

pytestmark = pytest.mark.slow

RATE = 48_000
SECONDS = 22
RATES = ["24000/1001", "25", "30000/1001", "50", "60000/1001"]


class Plain:
    def step(self, name: str, do: Any) -> Any:
        return do()

    def poll(self, name: str, check: Any, done: Any, every: float = 5.0) -> Any:
        return check()

    def progress(self, name: str, share: float, note: str = "") -> None: ...


class Deaf(Transcriber):
    """Was never asked: the words are there. It does not hear a promo again either."""

    engine = "fake"

    def transcribe(self, source: Any, workspace: Any, steps: Any, language: str | None = None) -> Any:
        raise AssertionError("nothing is left to hear")


class Unseeing(FrameAnalyst):
    engine = "fake"

    def analyse(self, frames: Any, workspace: Any, steps: Any) -> Any:
        return tuple(frames)


def film(folder: Path, rate: Fraction, uneven: str = "") -> Path:
    """A white frame and a beep together, about once a second, over a dim moving ground and a soft tone.

    ``uneven`` is ffmpeg's choice of the frames to keep; those dropped leave the one before standing.
    """
    every, count = round(rate), round(SECONDS * rate)
    tone = 0.02 * np.sin(2 * np.pi * 220 * np.arange(SECONDS * RATE) / RATE)
    for n in range(every // 2, count, every):
        at = round(n / rate * RATE)
        tone[at : at + RATE // 20] = 0.6 * np.sin(2 * np.pi * 1000 * np.arange(RATE // 20) / RATE)[: len(tone) - at]
    with wave.open(str(folder / "beeps.wav"), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((tone * 32767).astype("<i2").tobytes())
    ground = np.tile(np.linspace(20, 90, 160, dtype=np.uint8), (90, 1))
    frames = b"".join(
        (np.full((90, 160), 255, np.uint8) if n % every == every // 2 else np.roll(ground, n, 1)).tobytes()
        for n in range(count)
    )
    path = folder / "flash.mp4"
    picture = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", "160x90", "-r", str(rate), "-i", "pipe:0"]
    kept = ["-vf", f"select='{uneven}'", "-fps_mode", "vfr"] if uneven else []
    coded = [
        *kept,
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-pix_fmt",
        "yuv420p",
        "-g",
        "60",
        "-c:a",
        "aac",
        "-shortest",
    ]
    subprocess.run(
        [process.ffmpeg(), "-v", "error", *picture, "-i", str(folder / "beeps.wav"), *coded, str(path)],
        input=frames,
        check=True,
        timeout=120,
    )
    return path


def talk() -> Transcript:
    """Eight sentences of two seconds, each with a pause after it."""
    said = []
    for n in range(8):
        at = 0.4 + n * 2.6
        tokens = f"Sentence number {n + 1} says one thing.".split()
        words = tuple(Word(start=at + k * 0.34, end=at + k * 0.34 + 0.3, text=token) for k, token in enumerate(tokens))
        said.append(
            Sentence(id=f"S{n + 1}", start=words[0].start, end=words[-1].end, text=" ".join(tokens), words=words)
        )
    return Transcript(sentences=tuple(said))


def desk(folder: Path, video: Path, **brief: Any) -> tuple[Bench, CutList]:
    workspace = Workspace(folder)
    shutil.copyfile(video, workspace.video)
    workspace.save("source.json", facts.probe(workspace.video, "flash.mp4"))
    workspace.save("transcript.json", talk())
    engines = Engines(transcriber=Deaf(), analyst=Unseeing(), copywriter=None, store=None)  # type: ignore[arg-type]
    asked = Brief(run="r", video="flash.mp4", **{"target": 6.6, "shapes": ("1x1",), **brief})
    bench = Bench(brief=asked, workspace=workspace, engines=engines, steps=Plain())
    picks = [Pick(ids=(i,), role=r, reason="a test") for i, r in (("S6", "hook"), ("S2", "proof"), ("S4", "close"))]
    return bench, plan(bench, picks)


def flashes(path: Path) -> list[float]:
    """Seconds at which a white frame begins."""
    with av.open(str(path)) as file:
        bright = [(float(f.time), f.to_ndarray(format="gray").mean() > 170) for f in file.decode(video=0)]
    return [at for (_, before), (at, now) in zip([(0.0, False), *bright], bright, strict=False) if now and not before]


def beeps(path: Path) -> list[float]:
    """Seconds at which the beep begins."""
    with av.open(str(path)) as file:
        track = file.streams.audio[0]
        sound = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(track)])
        rate = track.codec_context.sample_rate
    loud = np.abs(sound) > 0.35 * np.abs(sound).max()
    found, last = [], -rate
    for at in np.flatnonzero(loud):
        if at - last > rate // 4:
            found.append(at / rate)
        last = at
    return found


@pytest.fixture(scope="module", params=RATES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CutList, Fraction]:
    folder, rate = tmp_path_factory.mktemp("flash"), Fraction(request.param)
    bench, cut = desk(folder / "run", film(folder, rate))
    audio.extract(bench.workspace)
    assemble.make(bench, cut.id)
    return bench.workspace.out / "promo_1x1.mp4", cut, rate


def test_every_flash_of_the_chosen_spans_is_where_the_plan_puts_it(made: tuple[Path, CutList, Fraction]) -> None:
    promo, cut, rate = made
    expected, done = [], 0
    for clip in cut.clips:
        expected += [
            (done + n - clip.first_frame) / rate
            for n in range(clip.first_frame, clip.first_frame + clip.frames)
            if n % round(rate) == round(rate) // 2
        ]
        done += clip.frames
    seen = flashes(promo)
    assert len(seen) == len(expected)
    assert max(abs(a - float(b)) for a, b in zip(seen, expected, strict=True)) <= 0.5 / float(rate)


def test_sound_and_picture_keep_together_within_ten_milliseconds(made: tuple[Path, CutList, Fraction]) -> None:
    promo, _, _ = made
    seen, heard = flashes(promo), beeps(promo)
    apart = [min((b - a for b in heard), key=abs) for a in seen]
    near = [each for each in apart if abs(each) < 0.1]  # a beep whose beginning the cut took has none
    assert len(near) >= len(seen) - 3
    assert max(map(abs, near)) <= 0.010


def test_the_picture_is_held_over_frames_of_another_shot_and_the_sound_goes_on(tmp_path: Path) -> None:
    bench, cut = desk(tmp_path / "run", film(tmp_path, Fraction(25)), captions="none")
    audio.extract(bench.workspace)
    held = [clip.model_copy(update={"held": (3, 2) if clip.label == "B" else (0, 0)}) for clip in cut.clips]
    bench.workspace.save(f"plan-{cut.id}.json", cut.model_copy(update={"clips": tuple(held)}))
    assemble.make(bench, cut.id)
    promo = bench.workspace.out / "promo_1x1.mp4"
    with av.open(str(promo)) as file:
        shown = [frame.to_ndarray(format="gray") for frame in file.decode(video=0)]
    apart = [float(np.abs(one.astype(int) - two).mean()) for one, two in pairwise(shown)]
    assert len(shown) == sum(clip.frames for clip in cut.clips)
    first = cut.clips[0].frames
    last = first + cut.clips[1].frames
    still = {*range(first, first + 3), *range(last - 3, last - 1)}
    moving = min(apart[first + 3 : last - 3])
    assert all(apart[n] < moving / 3 for n in still), (moving, [apart[n] for n in sorted(still)])
    told = measured.measure(promo)
    assert abs(told.audio_duration - told.video_duration) <= 1 / 25


def test_a_variable_rate_is_cut_where_its_times_say(tmp_path: Path) -> None:
    rate = Fraction(50)
    bench, cut = desk(tmp_path / "run", film(tmp_path, rate, "gt(mod(n,10),3)+eq(mod(n,50),25)+lt(mod(n,200),60)"))
    assert bench.workspace.source.variable_rate
    assemble.make(bench, cut.id)
    promo, frame = bench.workspace.out / "promo_1x1.mp4", 1 / float(cut.fps)
    times = [k + 25 / 50 for k in range(SECONDS)]
    expected, done = [], 0.0
    for clip in cut.clips:
        expected += [done + at - clip.start for at in times if clip.start + frame < at < clip.end - frame]
        done += clip.frames * frame
    seen, heard = flashes(promo), beeps(promo)
    assert len(expected) >= 5
    off = [min((b - a for b in seen), key=abs) for a in expected]
    assert max(map(abs, off)) <= frame / 2 + 1e-6, off
    apart = [min((b - a for b in heard), key=abs) for a in expected]
    near = [each for each in apart if abs(each) < 0.1]
    assert len(near) >= len(expected) - 3
    assert max(map(abs, near)) <= 0.010, near
    told = measured.measure(promo)
    assert abs(told.audio_duration - told.video_duration) <= frame


@pytest.mark.parametrize("length", [3.0, 30.0], ids=["a short piece is repeated", "a long one is cut"])
def test_music_lies_under_the_voice_and_falls_while_someone_speaks(tmp_path: Path, length: float) -> None:
    at = np.arange(12 * RATE) / RATE
    voice = np.where((at < 4) | (at > 8), 0.3 * np.sin(2 * np.pi * 440 * at), 0.0)
    tone = 0.5 * np.sin(2 * np.pi * 3000 * np.arange(int(length * RATE)) / RATE)
    for name, sound in (("voice.wav", voice), ("music.wav", tone)):
        with wave.open(str(tmp_path / name), "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", ""))
            file.writeframes((sound * 32767).astype("<i2").tobytes())
    grey = ["-f", "lavfi", "-i", "color=gray:s=160x90:r=25:d=12", "-i", str(tmp_path / "voice.wav")]
    talk = tmp_path / "talk.mp4"
    subprocess.run([process.ffmpeg(), "-v", "error", *grey, "-c:a", "aac", str(talk)], check=True, timeout=60)
    workspace = Workspace(tmp_path / "run")
    shutil.copyfile(talk, workspace.video)
    soundtrack.check_music(tmp_path / "music.wav")
    shutil.copyfile(tmp_path / "music.wav", workspace.folder / assemble.MUSIC)
    source = facts.probe(workspace.video, "talk.mp4")
    clip = Clip(label="A", ids=("S1",), role="hook", reason="x", start=0, end=12, first_frame=0, frames=300)
    cut = CutList(id="P1", target=12, length=12, rate="25/1", clips=(clip,))
    made = soundtrack.master(workspace, source, cut, assemble.MUSIC)[:, 0]

    def level(hertz: int, start: float, end: float) -> float:
        part = made[round(start * RATE) : round(end * RATE)]
        turn = np.exp(-2j * np.pi * hertz * np.arange(len(part)) / RATE)
        return float(20 * np.log10(2 * abs(np.mean(part * turn)) + 1e-9))

    speaking, alone = level(3000, 1.5, 3.5), level(3000, 5.2, 7.2)
    assert 8 <= alone - speaking <= 10
    assert level(440, 1.5, 3.5) - speaking >= 12
    assert level(3000, 0, 0.1) < speaking - 6, "it fades in"
    assert alone > -60


def test_what_is_no_music_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    bad = {
        "no.mp3": (None, "is not there"),
        "text.mp3": (b"just words", "no mp3, wav"),
        "torn.wav": (b"RIFF\x00\x00\x00\x00WAVEfmt ", "can't be played"),
        "flash.mp4": (film(tmp_path, Fraction(25)).read_bytes()[:2000], "can't be played"),
    }
    for name, (data, why) in bad.items():
        path = tmp_path / f"x-{name}"
        if data is not None:
            path.write_bytes(data)
        with pytest.raises(Refusal, match=why):
            soundtrack.check_music(path)


def test_length_loudness_and_peak_are_those_promised(made: tuple[Path, CutList, Fraction]) -> None:
    promo, cut, rate = made
    told = measured.measure(promo)
    assert told.frames == sum(clip.frames for clip in cut.clips)
    assert abs(told.frames / float(told.rate) - 6.6) <= 0.5
    assert told.rate == rate
    assert abs(told.loudness + 14) <= 0.7
    assert told.true_peak <= -1.0
    assert told.faststart
    assert told.errors == 0


def test_a_file_is_certified_by_where_its_sound_lies_and_fails_when_that_is_late(
    made: tuple[Path, CutList, Fraction],
) -> None:
    promo, cut, rate = made
    workspace = Workspace(promo.parent.parent)
    for late, passes in ((0.0, True), (0.12, False)):
        by = round(late * rate)
        moved = [clip.model_copy(update={"first_frame": clip.first_frame - by}) for clip in cut.clips]
        heard = assemble._originals(workspace, cut.model_copy(update={"clips": tuple(moved)}))
        told = measured.certificate(measured.measure(promo, graph.joins(cut), heard), cut, "1x1")
        check = next(each for each in told.checks if each.name == "caption offset")
        assert check.passed is passes
        assert abs(float(str(check.value))) == pytest.approx(late, abs=0.03)


def test_no_pixel_of_a_caption_lies_on_a_face_or_on_what_the_picture_says(tmp_path: Path) -> None:
    said, face = (0.1, 0.72, 0.8, 0.26), (0.25, 0.35, 0.5, 0.35)
    seen: dict[str, Any] = {"text": ("what the picture says",), "text_boxes": (said,)}
    seen["faces"] = (Face(x=face[0], y=face[1], w=face[2], h=face[3], score=0.9),)
    bench, cut = desk(tmp_path / "run", film(tmp_path, Fraction(25)), shapes=("16x9",), options={"clean": True})
    frames = tuple(Frame(at=at, shot="V1", file=f"frames/{at}.jpg", **seen) for at in range(SECONDS))
    bench.workspace.save("observation.json", Observation(shots=(Shot(id="V1", start=0, end=SECONDS),), frames=frames))
    assemble.make(bench, cut.id)
    drawn = np.zeros((1080, 1920), bool)
    with (
        av.open(str(bench.workspace.out / "promo_16x9.mp4")) as one,
        av.open(str(bench.workspace.out / "promo_16x9_clean.mp4")) as two,
    ):
        for with_text, without in zip(one.decode(video=0), two.decode(video=0), strict=True):
            one_luma, two_luma = (each.to_ndarray(format="gray").astype(int) for each in (with_text, without))
            drawn |= np.abs(one_luma - two_luma) > 60
    assert drawn.any()
    for x, y, w, h in (said, face):
        assert not drawn[round(y * 1080) : round((y + h) * 1080), round(x * 1920) : round((x + w) * 1920)].any()


def test_a_shape_that_shows_the_videos_own_captions_gets_no_second_set(tmp_path: Path) -> None:
    bench, cut = desk(tmp_path / "run", film(tmp_path, Fraction(25)), shapes=("16x9", "1x1"))
    lines = [
        "Rye bread was the menu",
        "We threw forty loaves out",
        "Then one sign changed it",
        "Nobody waits here at four",
    ] * 2
    said = [
        each.model_copy(
            update={
                "words": tuple(w.model_copy(update={"text": t}) for w, t in zip(each.words, line.split(), strict=False))
            }
        )
        for each, line in zip(talk().sentences, lines, strict=True)
    ]
    frames = tuple(
        Frame(at=each.start + 1, shot="V1", file=f"{n}.jpg", text=(line,), text_boxes=((0.2, 0.85, 0.6, 0.1),))
        for n, (each, line) in enumerate(zip(said, lines, strict=True))
    )
    bench.workspace.save("transcript.json", Transcript(sentences=tuple(said)))
    bench.workspace.save(
        f"observation-{cut.id}.json", Observation(shots=(Shot(id="V1", start=0, end=SECONDS),), frames=frames)
    )
    made = assemble.make(bench, cut.id)
    assert made.warnings == ("The video has captions of its own: 16x9 shows those and no others.",)
    assert {"promo_16x9.srt", "promo_1x1.srt"} <= {each.name for each in made.artifacts}
    lettered = {}
    for shape in ("16x9", "1x1"):
        with av.open(str(bench.workspace.out / f"promo_{shape}.mp4")) as file:
            pictures = [frame.to_ndarray(format="gray") for frame in file.decode(video=0)]
        lettered[shape] = sum(picture.max() > 220 and picture.mean() < 170 for picture in pictures) / len(pictures)
    assert lettered["16x9"] == 0
    assert lettered["1x1"] > 0.5


def test_a_promo_that_fails_its_checks_leaves_nothing_under_a_final_name(tmp_path: Path) -> None:
    bench, cut = desk(tmp_path / "run", film(tmp_path, Fraction(25)))
    longer = cut.model_copy(update={"target": cut.target + 5})
    bench.workspace.save(f"plan-{cut.id}.json", longer)
    with pytest.raises(ToolException, match="length"):
        assemble.make(bench, cut.id)
    assert list(bench.workspace.out.iterdir()) == []
    assert not list(bench.workspace.folder.glob("promo-*"))


def test_engines_let_go_of_their_models_before_anything_is_encoded(tmp_path: Path) -> None:
    class LettingGo(Unseeing):
        def let_go(self) -> None:
            raise InterruptedError("here")

    bench, cut = desk(tmp_path / "run", film(tmp_path, Fraction(25)))
    bench = replace(bench, engines=replace(bench.engines, analyst=LettingGo()))
    with pytest.raises(InterruptedError, match="here"):
        assemble.make(bench, cut.id)
    assert list(bench.workspace.folder.glob("promo-*")) == list(bench.workspace.out.iterdir()) == []


def test_shapes_and_plans_that_are_not_there_are_told_together(tmp_path: Path) -> None:
    bench, _ = desk(tmp_path / "run", film(tmp_path, Fraction(25)))
    with pytest.raises(ToolException) as told:
        assemble.make(bench, "P9", ["4x3", "16x9"], "loud")
    for part in ("no plan 'P9'", "'4x3' is no shape", "16x9 was not asked for", "'loud' is no style"):
        assert part in str(told.value)


def test_a_step_answered_from_the_record_in_another_folder_renders_again(tmp_path: Path) -> None:
    class Remembered(Plain):
        def __init__(self) -> None:
            self.known: dict[str, Any] = {}

        def step(self, name: str, do: Any) -> Any:
            return self.known.setdefault(name, self.known.get(name) or do())

    video = film(tmp_path, Fraction(25))
    memory = Remembered()
    first, cut = desk(tmp_path / "one", video)
    one = assemble.make(replace(first, steps=memory), cut.id)
    second, _ = desk(tmp_path / "two", video)
    two = assemble.make(replace(second, steps=memory), cut.id)
    assert (second.workspace.out / "promo_1x1.mp4").is_file()
    assert [a.name for a in one.artifacts] == [a.name for a in two.artifacts]
