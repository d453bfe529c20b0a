"""What of a recogniser's words is believed, and what is told of the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.schema import Word

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
