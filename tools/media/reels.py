"""What a reel says of itself: a tag of its file, JSON, that names the recordings which play in it one after the other.

A file comes from outside and may say anything: what does not hold together is no reel, and says nothing.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tools.media import timecode
from tools.schema import Clip, CutList, Original, Source, Take
from tools.text import clean

MOST = 24
"""Takes of a reel."""
NAME = 120
BEYOND = 0.05
"""Seconds by which a tag may count further than its file lasts: the last frame of a track is rounded."""
_RATES = frozenset(f"{each.numerator}/{each.denominator}" for each in timecode.CODED)
_SHA = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d[:;](\d{2,3})")


def tag(takes: Sequence[Take]) -> str:
    """The tag of a reel, in ASCII."""
    return json.dumps({"version": 1, "takes": [each.model_dump() for each in takes]}, separators=(",", ":"))


def read(text: str, duration: float, rate: Fraction) -> tuple[Take, ...]:
    """The takes that a file's tag names, of a file that lasts ``duration`` seconds; none where it can't be true.

    They are told in whole frames at ``rate``: what is said in half a frame could not be played.
    """
    if not text:
        return ()
    try:
        told = json.loads(text)
        takes = tuple(_take(each, duration) for each in told["takes"]) if told["version"] == 1 else ()
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return ()
    takes = tuple(_framed(each, rate) for each in takes)
    in_order = all(one.end <= two.start for one, two in pairwise(takes))
    lasting = all(each.end > each.start for each in takes)
    return takes if 2 <= len(takes) <= MOST and in_order and lasting else ()


def _framed(take: Take, rate: Fraction) -> Take:
    """A take from its first whole frame to its last."""
    first, stop = math.ceil(take.start * float(rate) - 1e-6), math.floor(take.end * float(rate) + 1e-6)
    start, end = (round(float(at / rate), 9) for at in (first, max(first, stop)))
    return take.model_copy(update={"start": start, "end": end})


def _take(told: Any, duration: float) -> Take:
    """One take.  Raises ``ValueError`` and its kin for what is none."""
    start, end, name = float(told["start"]), float(told["end"]), clean(str(told["name"]), NAME)
    if not name or not 0 <= start < end <= duration + BEYOND:
        raise ValueError("a take lies in its reel and has a name")
    sha, code, rate = (str(told.get(key, "")) for key in ("sha256", "timecode", "timecode_rate"))
    found = _CODE.fullmatch(code)
    counted = found is not None and rate in _RATES and int(found[2]) < round(Fraction(rate))
    return Take(
        name=name,
        start=start,
        end=min(end, duration),
        sha256=sha if _SHA.fullmatch(sha) else "",
        timecode=code if counted else "",
        timecode_rate=rate if counted else "",
    )


def camera(source: Source) -> tuple[str, str]:
    """The camera's number of a recording's first frame and its rate, as a take has them; empty where it has none that is counted so."""
    if not source.timecode:
        return "", ""
    rate = Fraction(source.timecode_second) * (Fraction(1000, 1001) if source.fps.denominator == 1001 else 1)
    told = f"{rate.numerator}/{rate.denominator}"
    return (source.timecode.replace(",", ";"), told) if told in _RATES else ("", "")


def within(takes: Sequence[Take], moment: float) -> int:
    """The place of the take that plays at a moment, or that is nearest to it."""
    return min(range(len(takes)), key=lambda n: max(takes[n].start - moment, moment - takes[n].end, 0.0), default=0)


def named(cut: CutList, source: Source) -> CutList:
    """The plan of a reel with the recording of each clip; any other as it is."""
    if not source.takes:
        return cut
    clips = (clip.model_copy(update={"original": _original(clip, source)}) for clip in cut.clips)
    return cut.model_copy(update={"clips": tuple(clips)})


def _original(clip: Clip, source: Source) -> Original:
    take = source.takes[within(source.takes, (clip.start + clip.end) / 2)]
    start, end = (round(max(0.0, each - take.start), 3) for each in (clip.start, clip.end))
    return Original(name=take.name, start=start, end=end, timecode=_coded(take, start))


def _coded(take: Take, seconds: float) -> str:
    """The camera's number of the frame at these seconds of a take; empty where the camera gave none."""
    if not take.timecode:
        return ""
    rate = Fraction(take.timecode_rate)
    count = timecode.Counting(round(rate), timecode.drops(take.timecode))
    return count.code(count.frame(take.timecode) + round(Fraction(seconds) * rate))
