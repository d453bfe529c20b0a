"""What a plan promises, measured again from the words, the shots and the levels, without asking the solver."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import combinations

from tools.cutting.edges import Material, after, at, before
from tools.cutting.followed import followed
from tools.cutting.solver import MOST_CLIPS, TOLERANCE
from tools.ids import index, is_spoken
from tools.schema import LONGEST, Certificate, Check, Clip, CutList, Sentence, Word


def against(cut: CutList, material: Material) -> CutList:
    """``cut`` with a certificate on each clip and on the whole.

    A risk that a clip is already flagged with (a cut without a gap) is measured and passes: a person was told.
    """
    clips = tuple(
        clip.model_copy(update={"certificate": Certificate(checks=(*_clip(clip, material), *more))})
        for clip, more in zip(cut.clips, followed(cut, material), strict=True)
    )
    return cut.model_copy(update={"clips": clips, "certificate": Certificate(checks=tuple(_whole(cut, material)))})


def removals(cut: CutList, source: Material) -> CutList:
    """A plan that is laid out on ``source`` with checks of each stretch's own edges: no word cut, no flash."""
    words = [(word.start, word.end) for sentence in source.sentences for word in sentence.words]
    clips = []
    for clip in cut.clips:
        start, end = at(clip.first_frame, source.rate), at(clip.first_frame + clip.frames, source.rate)
        spoken = is_spoken(clip.ids[0])
        deep = max((_depth(word, edge) for word in words for edge in (start, end)), default=0.0)
        near = _nearest_change(clip, source)
        checks = (
            Check(
                name="stretch inside a word",
                value=round(deep, 3),
                limit=f"at most {_slack(source.rate):.4f} s, half a frame",
                passed=deep <= _slack(source.rate) or not spoken,
            ),
            Check(
                name="stretch inside the source",
                value=f"{start:.3f} to {end:.3f} s",
                limit=f"0 to {source.duration:.3f} s",
                passed=clip.frames > 0 and clip.first_frame + clip.frames <= source.frames,
            ),
            Check(
                name="stretch shot distance",
                value=near,
                limit=f"not 1 to {source.instant} frames",
                passed=near is None or near > source.instant,
            ),
        )
        own = clip.certificate.checks if len(clip.label) == 1 else ()
        more = () if own else tuple(_one_take(clip, source))
        clips.append(clip.model_copy(update={"certificate": Certificate(checks=(*own, *checks, *more))}))
    return cut.model_copy(update={"clips": tuple(clips)})


def _clip(clip: Clip, material: Material) -> Iterable[Check]:
    rate = material.rate
    start, end = at(clip.first_frame, rate), at(clip.first_frame + clip.frames, rate)
    spoken = [sentence for sentence in material.sentences if sentence.id in set(clip.ids)]
    yield Check(
        name="inside the source",
        value=f"{start:.3f} to {end:.3f} s",
        limit=f"0 to {material.duration:.3f} s",
        passed=clip.frames > 0 and clip.first_frame >= 0 and clip.first_frame + clip.frames <= material.frames,
    )
    yield from _one_take(clip, material)
    stop = at(material.frames, rate)
    words = [_playable(word, stop) for sentence in material.sentences for word in _words(sentence)]
    if spoken:
        yield from _gaps(material, spoken, start, end)
        yield _completeness(
            [_playable(word, stop) for sentence in spoken for word in _words(sentence)], start, end, rate
        )
    deep = max((_depth(word, edge) for word in words for edge in (start, end)), default=0.0)
    if spoken:
        yield Check(
            name="inside a word",
            value=round(deep, 3),
            limit=f"at most {_slack(rate):.4f} s, half a frame",
            passed=deep <= _slack(rate),
        )
    yield Check(
        name="shot distance",
        value=_nearest_change(clip, material),
        limit=f"not 1 to {material.instant} frames",
        passed=not _flashes(clip, material),
    )


def _one_take(clip: Clip, material: Material) -> Iterable[Check]:
    """Of a reel: whether every frame of the clip is of one recording, by its frames alone."""
    if not material.takes:
        return
    first, stop = clip.first_frame, clip.first_frame + clip.frames
    spans = [(after(low, material.rate), before(high, material.rate)) for low, high in material.takes]
    inside = [n for n, (low, high) in enumerate(spans, 1) if low <= first and stop <= high]
    touched = [n for n, (low, high) in enumerate(spans, 1) if first < high and low < stop]
    yield Check(
        name="one recording",
        value=", ".join(map(str, touched)),
        limit=f"one of {len(spans)}, and none of the black between",
        passed=bool(inside),
    )


def _gaps(material: Material, spoken: list[Sentence], start: float, end: float) -> Iterable[Check]:
    """The pause that each edge lies in, and whether it does: half a frame off at most, as a pause shorter than a frame asks."""
    first, last = (index(sentence.id) for sentence in (spoken[0], spoken[-1]))
    slack, stop = _slack(material.rate), at(material.frames, material.rate)
    for name, moment, (low, high) in (
        ("gap before", start, material.gap(first, "start")),
        ("gap after", end, material.gap(last, "end")),
    ):
        level = material.level(moment)
        yield Check(
            name=name,
            value=round(high - low, 3),
            limit=f"cut {moment - low:+.3f} s into it" + (f", {level:.0f} dBFS there" if level is not None else ""),
            passed=min(low, stop) - slack <= moment <= high + slack,
        )


def _words(sentence: Sentence) -> tuple[Word, ...]:
    return sentence.words or (Word(start=sentence.start, end=sentence.end, text=sentence.text),)


def _playable(word: Word, stop: float) -> tuple[float, float]:
    """A word's start and end as far as the source has frames for it."""
    return min(word.start, stop), min(word.end, stop)


def _completeness(words: list[tuple[float, float]], start: float, end: float, rate: Fraction) -> Check:
    """The share of the words of the clip's sentences that play whole."""
    whole = sum(begins >= start - _slack(rate) and ends <= end + _slack(rate) for begins, ends in words)
    share = whole / len(words) if words else 1.0
    return Check(name="sentence completeness", value=round(share, 4), limit="1", passed=share == 1.0)


def _slack(rate: Fraction) -> float:
    return float(1 / (2 * rate)) + 1e-6


def _depth(word: tuple[float, float], edge: float) -> float:
    return max(0.0, min(edge - word[0], word[1] - edge))


def _flashes(clip: Clip, material: Material) -> bool:
    """Whether some frames of another shot are left at an edge of the picture."""
    first, end = clip.first_frame + clip.held[0], clip.first_frame + clip.frames - clip.held[1]
    return any((material.flash(first, "start", end - first), material.flash(end, "end", end - first)))


def _nearest_change(clip: Clip, material: Material) -> int | None:
    """Frames from an edge of the picture to the nearest shot change inside the clip; None without one."""
    first, end = clip.first_frame + clip.held[0], clip.first_frame + clip.frames - clip.held[1]
    return min((min(change - first, end - change) for change in material.changes if first < change < end), default=None)


def _whole(cut: CutList, material: Material) -> Iterable[Check]:
    frames = sum(clip.frames for clip in cut.clips) + cut.card
    length = float(frames / material.rate)
    yield Check(
        name="length",
        value=round(length, 3),
        limit=f"{cut.target:g} ± {TOLERANCE:g} s, at most {LONGEST:g} s",
        passed=abs(length - cut.target) <= TOLERANCE + 1e-6
        and length <= LONGEST + 1e-6
        and abs(length - cut.length) < 1e-6,
    )
    over = sum(
        min(one.first_frame + one.frames, two.first_frame + two.frames) > max(one.first_frame, two.first_frame)
        for one, two in combinations(cut.clips, 2)
    )
    yield Check(name="overlaps", value=over, limit="0", passed=over == 0)
    yield Check(
        name="clips", value=len(cut.clips), limit=f"1 to {MOST_CLIPS}", passed=1 <= len(cut.clips) <= MOST_CLIPS
    )
    hooks = [place for place, clip in enumerate(cut.clips) if clip.role == "hook"]
    yield Check(
        name="order", value=" ".join(clip.role for clip in cut.clips), limit="the one hook first", passed=hooks == [0]
    )
