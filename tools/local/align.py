"""When each known word begins, found in the sound: forced alignment by PocketSphinx and the acoustic model inside its package.

Whisper's word times come out of its attention: in running speech a word after a short one begins late, one after a long one early,
by a tenth of a second and more.  Huggins-Daines et al., "PocketSphinx", 2006; BSD.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from string import ascii_lowercase
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.media.audio import RATE
from tools.media.process import Progress
from tools.schema import Word
from tools.troubles import NotReady
from tools.words.numerals import ONES, in_words

LAG = 0.03
"""Seconds by which the aligner begins words before their sound: the middle of 330 words after pauses in nine recordings."""
SHARE = 0.8
"""What the aligner's time counts against the recogniser's; of 617 words of known times both together were right more often than either."""
FAR = 0.3
"""Seconds between the two above which the recogniser is believed: music or another voice has led the aligner astray."""
PAUSE = 0.05
"""Seconds of silence before a word whose beginning is heard plainly; it stays within ``PLAIN`` of what the aligner says."""
PLAIN = 0.1
STRETCH, PARTED = 12.0, 0.35
"""Seconds aligned at once at most, and of a pause that parts two of them."""
MARGIN = 0.25
"""Seconds of sound around a stretch."""
LEAST = 0.03
"""Seconds of a word."""


def refine(words: Sequence[Word], samples: NDArray[np.int16], progress: Progress = lambda at: None) -> list[Word]:
    """English words in order with their beginnings, and ends that touch the next word, moved to where the sound has them.

    ``samples`` are 16 kHz mono on the words' clock; ``progress`` is told the seconds up to which words are timed.  The same words and sound give the same times.
    Raises ``NotReady`` where PocketSphinx is not installed.
    """
    aligner, found = _Aligner(), list[Word]()
    for stretch in _stretches(words):
        begins = aligner.begins(stretch, samples)
        for word, begin in zip(stretch, begins, strict=True):
            _add(found, word, begin)
        progress(stretch[-1].end)
    return found


def _add(found: list[Word], word: Word, begin: float | None) -> None:
    """Append ``word`` where it begins, and end the word before there if the two touched or would cross."""
    before = found[-1] if found else None
    paused = before is None or word.start - before.end > PAUSE
    start = word.start
    if begin is not None and abs(begin - start) <= FAR and not (paused and abs(begin - start) <= PLAIN):
        start = max(0.0, (1 - SHARE) * start + SHARE * begin)
    if before is not None:
        start = max(start, before.start + LEAST)
        if not paused or before.end > start:
            found[-1] = before.model_copy(update={"end": round(start, 3)})
    found.append(word.model_copy(update={"start": round(start, 3), "end": round(max(word.end, start + LEAST), 3)}))


def _stretches(words: Sequence[Word]) -> Iterator[list[Word]]:
    stretch: list[Word] = []
    for word in words:
        if stretch and (word.start - stretch[-1].end > PARTED or word.end - stretch[0].start > STRETCH):
            yield stretch
            stretch = []
        stretch.append(word)
    if stretch:
        yield stretch


class _Aligner:
    """A decoder of its own for each recording: it adapts to what it hears, so one that is kept would depend on what came before."""

    def __init__(self) -> None:
        try:
            from pocketsphinx import Decoder
        except ImportError as error:
            raise NotReady(f"no {error.name}: `pip install 'hookline[local]'` adds what times the words") from error
        # beams wide enough that no alignment is given up, and no language model: the words are known
        self._decoder = Decoder(
            lm=None, samprate=RATE, bestpath=False, loglevel="FATAL", beam=1e-60, wbeam=1e-60, pbeam=1e-60
        )

    def begins(self, words: Sequence[Word], samples: NDArray[np.int16]) -> list[float | None]:
        """Seconds at which each word begins; None for all where they do not fit the sound, and for what has no letters."""
        said = [(place, part) for place, word in enumerate(words) for part in spoken(word.text)]
        first: list[float | None] = [None] * len(words)
        if not said or not all(self._knows(part) for _, part in said):
            return first
        low = max(0.0, words[0].start - MARGIN)
        sound = samples[round(low * RATE) : round((words[-1].end + MARGIN) * RATE)]
        found = self._aligned(sound, [part for _, part in said])
        if len(found) == len(said):
            for (place, _), begin in reversed(list(zip(said, found, strict=True))):
                first[place] = low + begin + LAG
        return first

    def _aligned(self, sound: NDArray[np.int16], said: Sequence[str]) -> list[float]:
        decoder: Any = self._decoder
        decoder.set_align_text(" ".join(said))
        decoder.start_utt()
        decoder.process_raw(np.ascontiguousarray(sound, "<i2").tobytes(), no_search=False, full_utt=True)
        decoder.end_utt()
        return [each.start_frame / 100 for each in decoder.seg() or () if each.word[0] not in "<["]

    def _knows(self, part: str) -> bool:
        """Whether it can be aligned: what the dictionary lacks, such as a name, is spelled by its letters' usual sounds."""
        if self._decoder.lookup_word(part) is None:
            sounds = " ".join(_SOUNDS[letter] for letter in part if letter in _SOUNDS)
            if not sounds:
                return False
            self._decoder.add_word(part, sounds, True)
        return True


_USUAL = "AE,B,K,D,EH,F,G,HH,IH,JH,K,L,M,N,AA,P,K,R,S,T,AH,V,W,K S,Y,Z"
_SOUNDS = dict(zip(ascii_lowercase, _USUAL.split(","), strict=True))


def spoken(text: str) -> list[str]:
    """A written word as it is said, in lower-case words: ``31%`` is thirty one percent, ``2.5`` two point five."""
    told: list[str] = []
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", text.casefold().replace("’", "'"))
    for part in re.findall(
        r"[a-z']+|(?<=\d)\.\d+|\d+|(?<=\d)%|&", plain if "$" not in plain else plain.replace(".", " ")
    ):
        if part[0] == ".":
            told += ["point", *(ONES[int(digit)] for digit in part[1:])]
        elif part.isdigit():
            told += in_words(int(part))
        elif word := _SAID.get(part, part.strip("'")):
            told.append(word)
    return told


_SAID = {"%": "percent", "&": "and"}
