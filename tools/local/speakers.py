"""Who says which word, on this machine: windows of what is said, a voice's numbers for each, and as many groups as are far enough apart.

Voices have no names here: they are A, B … in order of first word, as in a transcript of Amazon Transcribe.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.files import packaged
from tools.local import campplus
from tools.local.speech import read
from tools.media import audio, process
from tools.media.audio import RATE
from tools.ports import Diariser, Steps
from tools.schema import Noun, Word
from tools.troubles import NotReady
from tools.workspace import Workspace

Floats = NDArray[np.float32]

WINDOW, STEP = 1.5, 0.75
"""Seconds of a window, and from one to the next."""
FRAMES = 148
"""Frames of 10 ms that a window has."""
CUT = 0.75
"""Cosine distance between the means of two groups from which they are two voices; anywhere from 0.70 to 0.80 does as well."""
LEAST = 0.06
"""Share of the windows under which a group is no voice of its own: somebody's cough, two at once, a jingle."""
MOST = 10
"""Voices told apart, as by Amazon Transcribe; where more are found nobody is."""
COMPARED = 2000
"""Windows that are grouped; of a longer talk as many, evenly spread, and the others go to the nearest group."""
PAUSE, BREATH = 0.3, 4.0
"""Seconds without a word that end a phrase, and seconds that one lasts at most."""
LONGEST = 6000
"""Windows at most; in more than an hour and a quarter of speech they lie further apart."""
BATCH = 16
LEVEL = 0.06
"""Root mean square of a window: the filter bank has a floor that quiet recordings would lie on."""


class Voices(Noun):
    """The letter of each word's speaker; empty where there is one voice, or where it can't be told."""

    letters: tuple[str, ...] = ()


class Speakers(Diariser):
    """The ``Diariser`` of this machine; where its weights are not installed words stay without speakers."""

    @property
    def engine(self) -> str:
        return "CAM++" if installed() else ""

    @property
    def settings(self) -> str:
        return f"{campplus.SHA256 if installed() else 'none'} {packaged.code('tools.local', 'tools.media')}"

    def tell_apart(self, words: Sequence[Word], workspace: Workspace, steps: Steps) -> tuple[Word, ...]:
        if not words or not installed():
            return tuple(words)

        def tell() -> dict[str, int]:
            path = audio.extract(workspace)
            found = letters(words, read(path), steps) if path else ()
            workspace.save("voices.json", Voices(letters=found))
            return {"voices": len(set(found))}

        steps.step("voices", tell)
        if (kept := workspace.load("voices.json", Voices)) is None:  # the step was done where this folder was not
            tell()
            kept = workspace.load("voices.json", Voices) or Voices()
        if len(kept.letters) != len(words):
            return tuple(words)
        return tuple(
            word.model_copy(update={"speaker": letter}) for word, letter in zip(words, kept.letters, strict=True)
        )


def installed() -> bool:
    try:
        return bool(packaged.locate(campplus.WEIGHTS))
    except NotReady:
        return False


def letters(words: Sequence[Word], samples: NDArray[np.int16], steps: Steps) -> tuple[str, ...]:
    """A letter a word, A for who speaks first; empty for one voice."""
    if not len(samples):
        return ()
    starts = windows(spoken(words))
    steps.progress("transcribe", 0.99, "telling voices apart")
    vectors = embed(samples, starts)
    groups = group(vectors)
    centres = means(vectors, groups)
    if not 2 <= len(centres) <= MOST:
        return ()
    said = of_words(words, starts, vectors, centres)
    order = list(dict.fromkeys(said))
    return tuple(chr(ord("A") + order.index(each)) for each in said) if len(order) > 1 else ()


def spoken(words: Sequence[Word]) -> list[tuple[float, float]]:
    """Seconds in which words are said.  Whoever heard them has asked Silero already, and may have heard what it misses in a far voice."""
    found: list[tuple[float, float]] = []
    for word in words:
        if found and word.start - found[-1][1] < PAUSE:
            found[-1] = (found[-1][0], max(found[-1][1], word.end))
        else:
            found.append((word.start, word.end))
    return found


def windows(spans: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """Where windows begin: each ``STEP`` of what is spoken, and one in the middle of what is shorter than a window."""
    step = max(STEP, sum(end - begin for begin, end in spans) / LONGEST)
    starts: list[float] = []
    for begin, end in spans:
        if end - begin <= WINDOW:
            starts.append((begin + end - WINDOW) / 2)
        else:
            count = int(np.ceil((end - begin - WINDOW) / step)) + 1
            starts += list(np.linspace(begin, end - WINDOW, count))
    return np.sort(np.array(starts))


def embed(samples: NDArray[np.int16], starts: NDArray[np.float64]) -> Floats:
    """A vector of length 1 for each window."""
    session = load()
    found = []
    for low in range(0, len(starts), BATCH):
        shown = np.stack([campplus.features(heard(samples, at)) for at in starts[low : low + BATCH]])
        found.append(session.run(None, {"features": shown})[0])
    load.cache_clear()
    del session
    process.give_back()
    return unit(np.concatenate(found))


def heard(samples: NDArray[np.int16], start: float) -> Floats:
    """One window at ``LEVEL``, its ends repeated where the sound has none."""
    count, first = round(WINDOW * RATE), round(start * RATE)
    at = np.clip(np.arange(first, first + count), 0, len(samples) - 1)
    sound = np.asarray(samples[at], np.float32) / 32768
    return np.asarray(sound * (LEVEL / max(1e-4, float(np.sqrt((sound**2).mean())))), np.float32)


@lru_cache(maxsize=1)
def load() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    made = campplus.model(campplus.read(campplus.weights()), FRAMES)
    return onnxruntime.InferenceSession(made, options, providers=["CPUExecutionProvider"])


def group(vectors: Floats, cut: float = CUT, least: float = LEAST) -> NDArray[np.int64]:
    """A group for each window, numbered from 0: joined by the average distance of their windows, and small ones to the nearest large one."""
    chosen = np.unique(np.linspace(0, len(vectors) - 1, min(COMPARED, len(vectors))).round().astype(int))
    groups = joined(vectors[chosen], cut)
    kept = [each for each in np.unique(groups) if (groups == each).mean() >= least]
    if not kept:
        return np.zeros(len(vectors), np.int64)
    centres = unit(np.stack([vectors[chosen][groups == each].mean(0) for each in kept]))
    return np.asarray((vectors @ centres.T).argmax(1), np.int64)


def joined(vectors: Floats, cut: float) -> NDArray[np.int64]:
    """Average linkage of cosine distance up to ``cut``, by chains of nearest neighbours (Murtagh, 1983)."""
    count = len(vectors)
    apart = (1 - vectors @ vectors.T).astype(np.float64)
    np.fill_diagonal(apart, np.inf)
    sizes, group = np.ones(count), np.arange(count)
    alive, chain = np.ones(count, bool), list[int]()
    while alive.any():
        if not chain:
            chain.append(int(alive.argmax()))
        one = chain[-1]
        other = int(apart[one].argmin())
        if len(chain) > 1 and apart[one, chain[-2]] <= apart[one, other]:
            other = chain[-2]
        if apart[one, other] > cut:  # nor is anything on the way here nearer to another
            alive[chain] = False
            chain = []
            continue
        if len(chain) < 2 or other != chain[-2]:
            chain.append(other)
            continue
        del chain[-2:]
        mixed = (sizes[one] * apart[one] + sizes[other] * apart[other]) / (sizes[one] + sizes[other])
        apart[one, :] = apart[:, one] = mixed
        apart[one, one] = np.inf
        apart[other, :] = apart[:, other] = np.inf
        sizes[one] += sizes[other]
        alive[other] = False
        group[group == group[other]] = group[one]
    return np.unique(group, return_inverse=True)[1]


def means(vectors: Floats, groups: NDArray[np.int64]) -> Floats:
    """The middle of each group, of length 1."""
    return unit(np.stack([vectors[groups == each].mean(0) for each in np.unique(groups)]))


def of_words(words: Sequence[Word], starts: NDArray[np.float64], vectors: Floats, centres: Floats) -> list[int]:
    """The voice of each word: that of its phrase, which is the one that the windows about its words are nearest to."""
    near = vectors @ centres.T
    middles = starts + WINDOW / 2
    found: list[int] = []
    for phrase in phrases(words):
        total = np.zeros(len(centres))
        for word in phrase:
            at = (word.start + word.end) / 2
            low, high = np.searchsorted(middles, (at - WINDOW, at + WINDOW))
            weight = 1 - np.abs(middles[low:high] - at) / WINDOW
            about = weight @ near[low:high] / weight.sum() if weight.sum() > 0 else near[np.abs(middles - at).argmin()]
            total += max(0.05, word.length) * about
        found += [int(total.argmax())] * len(phrase)
    return found


def phrases(words: Sequence[Word]) -> list[list[Word]]:
    """Words of one breath: up to the end of a sentence, a pause, or ``BREATH`` seconds.  Nobody takes over in the middle of one."""
    found: list[list[Word]] = []
    for word in words:
        last = found[-1][-1] if found else None
        goes_on = (
            last is not None
            and not last.text.endswith((".", "?", "!", "…", "。", "？", "！"))
            and word.start - last.end < PAUSE
            and word.end - found[-1][0].start <= BREATH
        )
        if goes_on:
            found[-1].append(word)
        else:
            found.append([word])
    return found


def unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), np.float32)
