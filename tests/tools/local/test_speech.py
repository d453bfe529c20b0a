from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
import wave
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from examples import voice
from tests import ROOT
from tools.files.packaged import Part
from tools.local import speech
from tools.local.doubts import Phrase, believe
from tools.local.word_times import clip, place
from tools.media import facts
from tools.schema import Source, Speech, Word
from tools.troubles import NotReady
from tools.workspace import Workspace

ready = pytest.mark.skipif(not speech.installed(speech.TINY), reason="the package of Whisper tiny.en is not installed")


class Plain:
    """Steps that are carried out at once; keeps what progress was told."""

    def __init__(self) -> None:
        self.told: list[float] = []

    def step(self, name, do):
        return do()

    def poll(self, name, check, done, every=5.0):
        return check()

    def progress(self, name, share, note=""):
        self.told.append(share)


def workspace(folder: Path, sound: np.ndarray | None, seconds: float = 0.0) -> Workspace:
    """A run folder with ``sound`` as its audio, as ``media.audio`` leaves it."""
    made = Workspace(folder)
    seconds = seconds or (len(sound) / speech.RATE if sound is not None else 1.0)
    audio = None if sound is None else 1
    made.save(
        "source.json",
        Source(
            name="v.mp4", sha256="0" * 64, bytes=1, container="mov", duration=seconds, video_index=0, audio_index=audio
        ),
    )
    if sound is not None:
        with wave.open(str(made.audio), "wb") as file:
            file.setparams((1, 2, speech.RATE, 0, "NONE", ""))
            file.writeframes((sound * 32767).astype("<i2").tobytes())
    return made


def of_file(folder: Path, path: Path) -> Workspace:
    made = Workspace(folder)
    shutil.copyfile(path, made.video)
    made.save("source.json", facts.probe(made.video, path.name))
    return made


def spoken(*parts: str | float) -> np.ndarray:
    """Texts as the demo's voice says them, and seconds of quiet."""
    _, say = voice.best()
    sounds = [
        np.zeros(round(each * voice.RATE)) if isinstance(each, float) else say(each, "host").samples for each in parts
    ]
    whole = np.concatenate(sounds)
    at = np.arange(0, len(whole) - 1, voice.RATE / speech.RATE)
    return np.interp(at, np.arange(len(whole)), whole)


@pytest.fixture
def media(request: pytest.FixtureRequest) -> Path:
    """The real videos of the folder that ``--shared`` names."""
    return Path(request.config.getoption("shared")) / "media"


def hear(made: Workspace, language: str | None = None, model: str = "tiny.en") -> Speech:
    return speech.Recogniser(model).transcribe(made.source, made, Plain(), language)


def plain(text: str) -> list[str]:
    return re.sub(r"[^a-z0-9 ]", "", text.lower().replace("-", " ")).split()


def errors(truth: list[str], heard: list[str]) -> float:
    """Word error rate."""
    row = list(range(len(heard) + 1))
    for i, one in enumerate(truth, 1):
        before, row[0] = row[:], i
        for j, two in enumerate(heard, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (one != two))
    return row[-1] / len(truth)


# --- tokens become words -------------------------------------------------------------------------------------------------------


class Model:
    """A recogniser that writes what it was given: tokens as Whisper hands them over, a space before those that begin a word."""

    def __init__(self, tokens: list[str], language: str = "en") -> None:
        self.tokens, self.language = tokens, language

    def transcribe(self, sound, **_):
        words = [
            SimpleNamespace(word=token, start=0.3 * n, end=0.3 * n + 0.3, probability=0.9 - 0.01 * n)
            for n, token in enumerate(self.tokens)
        ]
        segment = SimpleNamespace(words=words, compression_ratio=1.0, avg_logprob=-0.2, no_speech_prob=0.0)
        return [segment], SimpleNamespace(language=self.language)


def written(tokens: list[str], language: str = "en") -> list[Word]:
    found = list(speech.recognise(Model(tokens, language), np.zeros(16000, np.int16), language))
    return [word for each, _ in found for word in each.words]


@pytest.mark.parametrize(
    "whole",
    ["2|.5 million.", "12|.7|%", "$9|.99", "1|,200", "$1|,250|,000|.50", "v2|.1|.3", "4|:30", "24|/7", "self|-starter", "U|.S.", "hookline|.com", "C|++", "R & D", "don|’t", "-|4|.5"],
)  # fmt: skip
def test_what_has_no_space_before_it_belongs_to_the_word_before(whole: str) -> None:
    tokens = [part if n else f" {part}" for word in whole.split() for n, part in enumerate(word.split("|"))]
    words = written([" It", *tokens, " now."])
    assert " ".join(word.text for word in words) == f"It {whole.replace('|', '')} now."
    assert all(one.end <= two.start + 1e-9 for one, two in itertools.pairwise(words))


def test_a_word_of_parts_is_as_sure_as_the_least_sure_of_them_and_lasts_to_the_last() -> None:
    word = written([" We", " 2", ".5", " m"])[1]
    assert (word.start, word.end, word.confidence) == (pytest.approx(0.3), pytest.approx(0.9), pytest.approx(0.88))


def test_in_a_script_without_spaces_every_token_is_a_word() -> None:
    assert [word.text for word in written(["今", "日", "は"], "ja")] == ["今", "日", "は"]


# --- what is believed -----------------------------------------------------------------------------------------------------

LOUD = np.full(3000, -20.0, np.float32)


def phrase(
    text: str,
    sure: float = 0.9,
    start: float = 0.0,
    compression: float = 1.2,
    likelihood: float = -0.3,
    silence: float = 0.0,
) -> Phrase:
    words = tuple(
        Word(start=start + n * 0.4, end=start + n * 0.4 + 0.35, text=word, confidence=sure)
        for n, word in enumerate(text.split())
    )
    return Phrase(words, compression, likelihood, silence)


def test_speech_in_another_language_gives_a_message_and_no_words() -> None:
    words, told = believe(
        [phrase("did she tell you she should be shipping", 0.5), phrase("hello my friend", 0.9, 5)],
        LOUD,
        "Whisper tiny.en",
    )
    assert words == []
    assert "not" in told[0] or "could not" in told[0]
    assert "local-base" in told[0]
    assert "Transcribe" in told[0]


def test_a_stretch_that_is_not_understood_is_left_out_and_named() -> None:
    words, told = believe(
        [phrase("we lost six percent of customers every month", 0.9), phrase("nani kore wa", 0.4, 8)],
        LOUD,
        "Whisper tiny.en",
    )
    assert len(words) == 8
    assert "0:08" in told[0]


def test_what_is_heard_in_silence_or_in_circles_is_made_up() -> None:
    quiet = np.full(3000, -80.0, np.float32)
    assert believe([phrase("thank you for watching")], quiet, "w") == ([], ())
    assert believe([phrase("you are good you are good", compression=3.0)], LOUD, "w")[0] == []
    loop = [phrase("you are good", 0.7, n) for n in range(5)]
    assert len(believe(loop, LOUD, None)[0]) == 3


# --- times ------------------------------------------------------------------------------------------------------------------


def bursts(*spans: tuple[float, float], length: float = 6.0) -> np.ndarray:
    levels = np.full(int(length * 100), -70.0, np.float32)
    for start, end in spans:
        levels[int(start * 100) : int(end * 100)] = -20
    return levels


def test_a_word_stretched_into_silence_is_moved_to_its_sound() -> None:
    (word,) = place([Word(start=1.0, end=3.4, text="Banana.")], bursts((3.0, 3.4)))
    assert word.start == pytest.approx(3.0, abs=0.03)
    (word,) = place([Word(start=1.0, end=3.4, text="Banana.")], bursts((1.0, 1.5)))
    assert word.end == pytest.approx(1.53, abs=0.05)


def test_a_word_that_begins_late_is_pulled_to_its_onset() -> None:
    (word,) = place([Word(start=2.1, end=2.5, text="When")], bursts((2.0, 2.5)))
    assert word.start == pytest.approx(1.98, abs=0.02)


def test_a_word_without_time_gets_part_of_the_one_that_took_it() -> None:
    one, two = place(
        [Word(start=1.0, end=1.8, text="the"), Word(start=1.8, end=1.8, text="company.")], bursts((1.0, 1.8))
    )
    assert one.end <= two.start
    assert two.length > one.length > 0.1


def test_the_first_word_of_a_sentence_is_put_after_the_pause() -> None:
    words = [
        Word(start=0.5, end=1.0, text="calculator."),
        Word(start=1.0, end=1.9, text="When"),
        Word(start=2.6, end=2.8, text="your"),
    ]
    placed = place(words, bursts((0.5, 1.1), (2.4, 3.0)))
    assert placed[1].start == pytest.approx(2.38, abs=0.03)
    assert placed[0].end <= placed[1].start <= placed[2].start


def test_a_word_without_time_begins_where_the_sound_before_it_does() -> None:
    levels = np.full(400, -31.0, np.float32)
    levels[20:90] = -16.0  # a sentence before
    levels[205:252] = -16.0  # what the word with no time is
    levels[269:330] = -17.0  # the next word, its first sounds before its time
    words = [
        Word(start=0.2, end=0.9, text="answer."),
        Word(start=2.72, end=2.72, text="Creative"),
        Word(start=2.72, end=3.24, text="Commons."),
    ]
    placed = place(words, levels)
    assert 2.0 <= placed[1].start <= 2.06
    assert placed[1].end <= placed[2].start


def test_a_long_word_given_hardly_any_time_begins_as_early_as_its_letters_take() -> None:
    levels = np.full(400, -30.0, np.float32)  # music all along
    levels[20:90] = levels[250:300] = -16.0
    words = [Word(start=0.2, end=0.9, text="it."), Word(start=2.6, end=2.7, text="Available,")]
    words.append(Word(start=2.8, end=3.0, text="now"))
    assert place(words, levels)[1].start == pytest.approx(2.25, abs=0.06)
    levels[95:255] = -70.0  # and with silence before it, it begins where it did
    assert place(words, levels)[1].start >= 2.5


def test_running_speech_and_music_are_left_alone() -> None:
    words = [Word(start=n * 0.3, end=n * 0.3 + 0.3, text="word") for n in range(5)]
    assert [(w.start, w.end) for w in place(words, np.full(600, -25.0, np.float32))] == [
        pytest.approx((w.start, w.end)) for w in words
    ]


def test_words_end_within_the_video_and_before_the_next() -> None:
    words = [Word(start=0, end=1.2, text="a"), Word(start=1, end=3, text="b"), Word(start=9, end=10, text="c")]
    assert [(w.start, w.end) for w in clip(words, 2.5)] == [(0, 1), (1, 2.5)]


def test_blocks_cover_a_long_talk_and_part_in_a_pause() -> None:
    levels = np.full(100 * 900, -20.0, np.float32)
    levels[29_500:29_560] = -70
    parts = list(speech.blocks(levels))
    assert parts[0][0] == 0
    assert parts[-1][1] == len(levels)
    assert all(one[1] == two[0] for one, two in zip(parts, parts[1:], strict=False))
    assert 29_500 <= parts[0][1] <= 29_560


# --- the model ----------------------------------------------------------------------------------------------------------------


def test_a_missing_model_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    gone = speech.Weights("tiny.en", (Part("no-such-package", "model.bin"),), "0" * 64)
    with pytest.raises(NotReady, match="no-such-package"):
        speech.load(gone)
    with pytest.raises(NotReady, match="neither"):
        speech.choose(str(tmp_path))
    monkeypatch.setenv("HOOKLINE_SPEECH_MODEL", "tiny.en")
    assert speech.choose() is speech.TINY


@ready
def test_weights_with_another_hash_are_refused() -> None:
    other = speech.Weights("tiny.en", speech.TINY.parts, "f" * 64)
    with pytest.raises(NotReady, match="sha256"):
        speech.load(other)


@ready
@pytest.mark.parametrize("kind", ["silence", "noise", "tone"])
def test_no_words_are_made_of_silence_noise_or_a_tone(tmp_path: Path, kind: str) -> None:
    at = np.arange(speech.RATE * 8)
    sound = {
        "silence": np.zeros(len(at)),
        "noise": np.random.default_rng(1).normal(0, 0.05, len(at)),
        "tone": 0.2 * np.sin(2 * np.pi * 330 * at / speech.RATE) * (1 + 0.5 * np.sin(at / 4000)),
    }[kind]
    assert hear(workspace(tmp_path, np.clip(sound, -1, 1))).words == ()


def test_a_video_without_sound_says_so(tmp_path: Path) -> None:
    heard = hear(workspace(tmp_path, None))
    assert heard.words == ()
    assert "no sound" in heard.warnings[0]


def test_a_language_that_the_model_does_not_know_is_told_before_hearing(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match=r"'de'.*hookline\[local-base\].*HOOKLINE_SPEECH_MODEL.*Transcribe"):
        hear(workspace(tmp_path, np.full(speech.RATE, 0.1)), language="de-DE")


KNOWN = {
    "speech/autoeditor_example.mp4": (
        "Hello. This is an example video for your convenience and pleasure. You are allowed to use this voice for any purpose, including commercial uses. "
        "On the bottom right you can see the time. When the time reaches 40 seconds, I will say banana. Banana."
    ),
    "speech/w3c_perspective-video.mp4": (
        "Web accessibility perspectives. Keyboard compatibility. Not being able to use your computer because your mouse doesn't work, is frustrating. "
        "Many people use only the keyboard to navigate websites. Either through preference or circumstance."
    ),
}


SAID = (
    "Our parcels took eleven days to arrive, and people complained. So we opened three small warehouses near the large towns.",
    "Nobody could read the price page. We called forty people and asked one question, and most of them did not know the answer.",
)


@ready
@pytest.mark.parametrize("text", SAID, ids=["parcels", "prices"])
def test_clear_english_is_heard_with_few_errors_and_rising_times(tmp_path: Path, text: str) -> None:
    heard_right(hear(workspace(tmp_path, spoken(0.5, text, 0.5))), text)


@ready
@pytest.mark.shared
@pytest.mark.parametrize("name", KNOWN)
def test_clear_english_of_real_videos_is_heard_with_few_errors(tmp_path: Path, media: Path, name: str) -> None:
    heard_right(hear(of_file(tmp_path, media / name)), KNOWN[name])


def heard_right(heard: Speech, text: str) -> None:
    assert errors(plain(text), plain(" ".join(word.text for word in heard.words))) <= 0.08
    assert all(one.end <= two.start for one, two in zip(heard.words, heard.words[1:], strict=False))
    assert not heard.warnings


@ready
def test_a_word_after_a_long_silence_has_its_second(tmp_path: Path) -> None:
    before = spoken("When the time comes I will say it.")
    quiet = np.zeros(9 * speech.RATE)
    word = spoken("Banana.")
    begins = np.flatnonzero(np.abs(word) > 0.05 * np.abs(word).max())[0]
    last = hear(workspace(tmp_path, np.concatenate([before, quiet, word]))).words[-1]
    assert plain(last.text) == ["banana"]
    assert last.start == pytest.approx((len(before) + len(quiet) + begins) / speech.RATE, abs=0.2)


@ready
@pytest.mark.shared
def test_the_spoken_second_agrees_with_the_clock_in_the_picture(tmp_path: Path, media: Path) -> None:
    heard = hear(of_file(tmp_path, media / "speech/autoeditor_example.mp4"))
    last = heard.words[-1]
    assert last.text == "Banana."
    assert last.start == pytest.approx(40.0, abs=0.6)


@ready
def test_mandarin_gives_a_clear_message_and_not_gibberish(tmp_path: Path) -> None:
    with av.open(str(ROOT / "tests" / "data" / "mandarin.ogg")) as file:
        turned = av.AudioResampler("s16", "mono", speech.RATE)
        frames = [part for frame in file.decode(audio=0) for part in turned.resample(frame)]
    sound = np.concatenate([frame.to_ndarray()[0] for frame in frames]) / 32768
    heard = hear(workspace(tmp_path, sound))
    assert heard.words == ()
    assert "English" in heard.warnings[0]


def music(seconds: float = 12.0) -> np.ndarray:
    """Four chords of plucked strings over a beat."""
    at = np.arange(round(seconds * speech.RATE)) / speech.RATE
    beat, within = np.divmod(at, 0.5)
    chords = np.array([[220, 261.6, 329.6], [174.6, 220, 261.6], [261.6, 329.6, 392], [196, 246.9, 293.7]])
    notes = chords[(beat // 4).astype(int) % 4]
    strings = sum(np.sin(2 * np.pi * notes[:, n] * k * at) / k for n in range(3) for k in (1, 2, 3))
    drum = np.sin(2 * np.pi * 60 * within) * np.exp(-12 * within)
    return 0.08 * strings * np.exp(-3 * within) + 0.25 * drum


@ready
def test_music_has_no_words(tmp_path: Path) -> None:
    assert hear(workspace(tmp_path, music())).words == ()


@ready
@pytest.mark.shared
@pytest.mark.parametrize(
    "name", ["visual/moviepy_chaplin.mp4", "odd/gen_silent_audio_track.mp4", "visual/vl2_sample_demo_1.mp4"]
)
def test_real_music_and_silence_have_no_words(tmp_path: Path, media: Path, name: str) -> None:
    assert hear(of_file(tmp_path, media / name)).words == ()


@ready
def test_the_model_is_let_go_once_a_video_is_heard(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 0.05, speech.RATE * 2)
    made = workspace(tmp_path, np.clip(noise, -1, 1))
    speech.load(speech.TINY)
    assert speech.load.cache_info().currsize == 1
    hear(made)
    assert speech.load.cache_info().currsize == 0


@ready
def test_the_same_audio_gives_the_same_words(tmp_path: Path) -> None:
    sound = spoken("We lost half of our customers every single year.")
    one = hear(workspace(tmp_path / "1", sound))
    assert one.words
    assert one == hear(workspace(tmp_path / "2", sound))


def test_importing_the_engine_loads_no_model() -> None:
    code = "import sys; import tools.local.speech; sys.exit(any(m in sys.modules for m in ('faster_whisper', 'ctranslate2', 'boto3')))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
