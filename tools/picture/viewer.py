"""What a viewer sees of a finished promo: an empty or a frozen picture that the video does not have, captions that can't be read.

Measured on the file.  What fails is no fault of the file's form: the promo is made, and a person is told where to look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
import pysubs2
from numpy.typing import NDArray

from tools.files.whole import write
from tools.media.process import ffmpeg, run
from tools.picture import shots, waveform
from tools.picture.stills import luminance
from tools.rendering import fonts
from tools.rendering.placing import SAFE
from tools.schema import SIZES, Certificate, Check, CutList, Piece, Shape
from tools.words.compact import clock
from tools.words.cues import SPEED, columns
from tools.workspace import Workspace

if TYPE_CHECKING:
    from tools.media.frames import Image

EVERY = 0.2
"""Seconds between pictures that are looked at."""
SMALL = 96
"""Pixels of their longer side."""
STILL = 2.0
"""Seconds that a picture may stand still where the video moves: what broadcasters' checks of files call frozen."""
BLANK, WHOLE = 1.0, 5.0
"""Seconds of nothing but one colour, where the video shows a picture, and where it shows no more itself."""
LEVELS, FULL = 12, 0.995
"""Levels, of 255, within which colours are one, and the share of a picture that is one where it is empty: a slide's letters are more."""
SAME, SPOT, MOVED = 0.1, 6.0, 0.75
"""Levels by which a small picture differs from the one before: on average and in its most changed thousandth where it stands still, on average
where it moves so that its standing still is seen.  A face in the corner of a slide moves less."""
CONTRAST = 3.0
"""Of letters with what is around them: WCAG 2.2, 1.4.3, for large letters."""
READ = 1.5 * SPEED
"""Columns a second: half more than Netflix allows for adults, since what is heard need not be read to its end."""
SEEN = 0.3
"""Seconds under which a caption flashes by."""
SLACK = 6
"""Pixels of an outline that may lie beyond."""


class Looked(NamedTuple):
    at: float
    image: Image
    blank: bool


class Shown(NamedTuple):
    """A caption as long as its words stand there."""

    start: float
    end: float
    text: str

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


class Stretch(NamedTuple):
    start: float
    end: float

    @property
    def length(self) -> float:
        return self.end - self.start

    def __str__(self) -> str:
        return f"{clock(self.start)} to {clock(self.end)}"


def certificate(
    workspace: Workspace,
    path: Path,
    cut: CutList,
    shape: Shape,
    pieces: Sequence[Piece],
    captions: str | None,
    wave: tuple[int, int, int, int] | None = None,
) -> Certificate:
    """Each thing that a viewer would object to, with the place in time.  ``captions`` names the burned text in the run's folder.

    ``wave`` is where, in pixels, the waveform of sound alone is drawn.
    """
    shown = _shown((workspace.folder / captions).read_text("utf-8")) if captions else []
    masks = _masks(workspace.folder, captions, shown, shape) if captions and shown else []
    looked, contrasts = _look(path, shape, shown, masks)
    looked = [each for each in looked if each.at < cut.frames / cut.fps]  # an end card stands still, and may
    checks = list(_pictures(workspace, cut, pieces, looked))
    if wave:
        checks.append(waveform.follows(workspace, cut, shape, wave, [(each.at, each.image) for each in looked]))
    if shown:
        checks += _readable(shown, masks, contrasts, shape)
    return Certificate(checks=tuple(checks))


def _shown(text: str) -> list[Shown]:
    """The captions of an ASS file; those that differ in the marked word alone are one."""
    found: list[Shown] = []
    events = (e for e in pysubs2.SSAFile.from_string(text).events if e.type == "Dialogue" and e.plaintext.strip())
    for event in sorted(events, key=lambda each: each.start):
        start, end, said = event.start / 1000, event.end / 1000, " ".join(event.plaintext.split())
        if found and found[-1].text == said and start - found[-1].end < EVERY:
            found[-1] = found[-1]._replace(end=end)
        else:
            found.append(Shown(start, end, said))
    return found


def _masks(folder: Path, captions: str, shown: Sequence[Shown], shape: Shape) -> list[NDArray[np.uint8]]:
    """The letters of each caption at half the promo's size, 0 to 255, as they are drawn in white over black."""
    width, height = SIZES[shape]
    captions = _uncoloured(folder, captions)
    times = "+".join(f"eq(N,{n})*{each.middle:.3f}" for n, each in enumerate(shown))
    drawn = f"settb=1/1000,setpts='({times})/TB',ass={captions}:fontsdir={fonts.FOLDER},scale={width // 2}:{height // 2},format=gray"
    given = ["-f", "lavfi", "-i", f"color=black:s={width}x{height}:r=1:d={len(shown)}"]
    argv = [
        ffmpeg(),
        "-v",
        "error",
        "-nostdin",
        *given,
        "-vf",
        drawn,
        "-fps_mode",
        "passthrough",
        "-f",
        "rawvideo",
        "-",
    ]
    raw, _ = run(argv, folder, wall=300)
    size = width * height // 4
    return [
        np.frombuffer(raw, np.uint8, size, n * size).reshape(height // 2, width // 2) for n in range(len(raw) // size)
    ]


_TINT = re.compile(r"\\1?c(?:&H[0-9A-F]{6}&)?(?=[\\}])")


def _uncoloured(folder: Path, captions: str) -> str:
    """The name of the same captions in white on black, whatever colours a brand gives them."""
    file = pysubs2.SSAFile.from_string((folder / captions).read_text("utf-8"))
    for style in file.styles.values():
        style.primarycolor, style.outlinecolor = pysubs2.Color(255, 255, 255), pysubs2.Color(0, 0, 0)
    for event in file:
        event.text = _TINT.sub("", event.text)
    write(folder / f"letters_{captions}", file.to_string("ass").encode())
    return f"letters_{captions}"


def _look(
    path: Path, shape: Shape, shown: Sequence[Shown], masks: Sequence[NDArray[np.uint8]]
) -> tuple[list[Looked], dict[int, float]]:
    """Small pictures of the promo, and the contrast of each caption in the middle of its time."""
    import av

    looked: list[Looked] = []
    contrasts: dict[int, float] = {}
    wide, tall = SIZES[shape]
    scale = SMALL / max(wide, tall)
    waiting = sorted(range(min(len(shown), len(masks))), key=lambda n: shown[n].middle)
    with av.open(str(path), format="mov", options={"protocol_whitelist": "file"}) as file:
        video = file.streams.video[0]
        video.codec_context.thread_type = "AUTO"
        for frame in file.decode(video):
            at = float(frame.pts * (video.time_base or 1)) if frame.pts is not None else 0.0
            while waiting and at >= shown[waiting[0]].middle:
                n = waiting.pop(0)
                image = (
                    frame.reformat(width=wide // 2, height=tall // 2, format="bgr24")
                    .to_ndarray()
                    .astype(np.uint8, copy=False)
                )
                contrasts[n] = contrast(image, masks[n])
            if not looked or at - looked[-1].at >= EVERY - 1e-3:
                small = frame.reformat(width=round(wide * scale), height=round(tall * scale), format="bgr24")
                image = small.to_ndarray().astype(np.uint8, copy=False)
                looked.append(Looked(at, image, _blank(image, _covered(at, shown, masks, image.shape[:2]))))
    return looked, contrasts


def contrast(image: Image, letters: NDArray[np.uint8]) -> float:
    """Of the letters with most of the few pixels around them: the outline or whatever lies there."""
    core = cv2.erode((letters > 200).astype(np.uint8), np.ones((2, 2), np.uint8)) > 0
    near = cv2.dilate((letters > 60).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    ring = near & ~(cv2.dilate((letters > 60).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    if not core.any() or not ring.any():
        return 0.0
    light = luminance(image[core].astype(np.float32))
    dark = luminance(image[ring].astype(np.float32))
    told = (float(np.median(light)) + 0.05) / (float(np.median(dark)) + 0.05)
    return max(told, 1 / told)


def _covered(
    at: float, shown: Sequence[Shown], masks: Sequence[NDArray[np.uint8]], size: tuple[int, ...]
) -> NDArray[np.bool_] | None:
    """Where a caption stands at a moment, in a picture of ``size``."""
    now = next((n for n, each in enumerate(shown[: len(masks)]) if each.start - 0.1 <= at <= each.end + 0.1), None)
    if now is None:
        return None
    reach = cv2.dilate((masks[now] > 20).astype(np.uint8), np.ones((31, 31), np.uint8))
    return cv2.resize(reach, (size[1], size[0]), interpolation=cv2.INTER_AREA) > 0


def _blank(image: Image, covered: NDArray[np.bool_] | None = None) -> bool:
    """Whether a picture is one colour, but for what is ``covered``."""
    pixels = image.reshape(-1, 3) if covered is None else image[~covered]
    if len(pixels) < 50:
        return False
    apart = np.abs(pixels.astype(np.int16) - np.median(pixels, axis=0).astype(np.int16)).max(axis=1)
    return float((apart <= LEVELS).mean()) >= FULL


def _apart(one: Image, two: Image) -> NDArray[np.int16]:
    return np.abs(one.astype(np.int16) - two.astype(np.int16)).max(axis=2)


def _still(one: Image, two: Image) -> bool:
    apart = _apart(one, two)
    return bool(apart.mean() <= SAME and np.percentile(apart, 99.9) <= SPOT)


def _stretches(told: Sequence[tuple[float, bool]]) -> Iterator[Stretch]:
    """From the first to the last of moments one after another that hold."""
    begun: float | None = None
    last = 0.0
    for at, holds in [*told, (told[-1][0] + EVERY if told else 0.0, False)]:
        if holds and begun is None:
            begun = at
        elif not holds and begun is not None:
            yield Stretch(begun, at)
            begun = None
        last = at
    assert last >= 0


def _pictures(workspace: Workspace, cut: CutList, pieces: Sequence[Piece], looked: Sequence[Looked]) -> Iterator[Check]:
    empty = [each for each in _stretches([(one.at, one.blank) for one in looked]) if each.length >= BLANK]
    doubts = []
    for each in empty:
        alike = _as_source(workspace, cut, pieces, each, blank=True)
        if not alike or each.length >= WHOLE:
            doubts.append(f"{each}{', as in the video' if alike else ''}")
    longest = max((each.length for each in empty), default=0.0)
    limit = f"at most {BLANK:g} s more than the video's own, {WHOLE:g} s in all"
    yield Check(name="empty picture", value="; ".join(doubts) or round(longest, 1), limit=limit, passed=not doubts)
    still = [(two.at, _still(one.image, two.image)) for one, two in zip(looked, looked[1:], strict=False)]
    frozen = [each for each in _stretches(still) if each.length >= STILL]
    held = [str(each) for each in frozen if not _as_source(workspace, cut, pieces, each, blank=False)]
    longest = max((each.length for each in frozen), default=0.0)
    yield Check(
        name="frozen picture",
        value="; ".join(held) or round(longest, 1),
        limit=f"at most {STILL:g} s where the video moves",
        passed=not held,
    )


def _as_source(workspace: Workspace, cut: CutList, pieces: Sequence[Piece], span: Stretch, blank: bool) -> bool:
    """Whether the video is as empty, or as still, where the promo is: in what the promo shows of its frame, for most of the time."""
    source, rate, alike, seen = workspace.source, float(cut.fps), 0, 0
    if not source.has_video:
        return not blank and waveform.rests(workspace, cut, np.arange(span.start, span.end, EVERY).tolist())
    for clip, first in zip(cut.clips, cut.starts(), strict=True):
        begins, ends = max(span.start, first / rate), min(span.end, (first + clip.frames) / rate)
        times = [
            clip.first_frame / rate + at - first / rate
            for at in np.arange(begins, ends, EVERY)
            if ends - begins > EVERY
        ]
        last: Image | None = None
        for at, image in shots.pick(workspace.video, source, times, 4 * SMALL):
            shown = _cropped(image, clip.label, at * rate, pieces)
            if blank:
                seen, alike = seen + 1, alike + _blank(shown)
            elif last is not None and last.shape == shown.shape:
                seen, alike = seen + 1, alike + bool(_apart(last, shown).mean() <= MOVED)
            last = shown
    return seen > 0 and 2 * alike >= seen


def _cropped(image: Image, clip: str, frame: float, pieces: Sequence[Piece]) -> Image:
    """What the promo shows of a frame, small."""
    laid = next(
        (p.framing for p in pieces if p.clip == clip and p.first_frame - 1 <= frame < p.first_frame + p.frames), None
    )
    high, wide = image.shape[:2]
    if laid is not None and laid.mode == "crop":
        x, y, w, h = laid.box
        image = image[round(y * high) : round((y + h) * high), round(x * wide) : round((x + w) * wide)]
    scale = SMALL / max(1, *image.shape[:2])
    size = (max(2, round(image.shape[1] * scale)), max(2, round(image.shape[0] * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _readable(
    shown: Sequence[Shown], masks: Sequence[NDArray[np.uint8]], contrasts: dict[int, float], shape: Shape
) -> Iterator[Check]:
    faint = {n: value for n, value in contrasts.items() if value < CONTRAST}
    least = min(contrasts.values(), default=0.0)
    yield _place("caption contrast", [shown[n] for n in faint], round(least, 1), f"at least {CONTRAST:g} to 1")
    left, top, right, bottom = (value / 2 for value in SAFE[shape])
    out = []
    for each, mask in zip(shown, masks, strict=False):
        rows, across = np.nonzero(mask > 128)
        inside = not len(rows) or (
            left - SLACK <= across.min()
            and across.max() <= right + SLACK
            and top - SLACK <= rows.min()
            and rows.max() <= bottom + SLACK
        )
        out += [] if inside else [each]
    yield _place("captions in the safe box", out, "all", "all")
    speeds = [columns(each.text) / max(0.01, each.end - each.start) for each in shown]
    fast = [
        e for e, v in zip(shown, speeds, strict=True) if (v > READ and columns(e.text) > 12) or e.end - e.start < SEEN
    ]
    yield _place(
        "time to read", fast, f"{max(speeds):.0f} columns a second at most", f"{READ:g} columns a second, {SEEN:g} s"
    )


def _place(name: str, wrong: Sequence[Shown], value: float | str, limit: str) -> Check:
    where = "; ".join(f"{clock(each.start)} “{each.text[:40]}”" for each in wrong[:3])
    more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
    return Check(name=name, value=f"not at {where}{more}" if wrong else value, limit=limit, passed=not wrong)
