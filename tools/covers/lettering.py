"""The words of a cover: which part of a hook is lettered, where, how large, and how it stands out from the picture."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.covers.composition import Pixels
from tools.finding.hooks import cues
from tools.finding.standing_alone import TRAILING
from tools.picture import stills
from tools.rendering import fonts
from tools.schema import Sentence, Shape
from tools.text import GLANCE, contacts, glance
from tools.words.cues import NOT_FIRST, letters

if TYPE_CHECKING:
    from tools.media.frames import Image

SAFE: Final[dict[Shape, tuple[int, int, int, int]]] = {
    "16x9": (56, 44, 1224, 616),
    "9x16": (90, 270, 990, 1610),
    "1x1": (64, 64, 1016, 1016),
}
"""Left, top, right, bottom within which text is never covered: by a length in a corner, or by what a profile cuts off and counts."""

CONTRAST = 4.5
"""Least contrast of text with what is under it: WCAG 2.2, level AA."""

_REVERSES = re.compile(
    r"\b(?:no|not|never|nobody|nothing|none|without|hardly|unless|if|may|might|could|maybe|perhaps|say|said|says|claim|claims|think|thinks|believe)\b|n['’]t\b",
    re.IGNORECASE,
)


_HANGS = re.compile(
    r"^(?:and|but|or|so|after|before|since|because|which|who|that|than|as|to|of|for|with|if|when|while|until|though|although|where|on|in|at|from|by|into|over|under|between|about)\b",
    re.IGNORECASE,
)


def clauses(text: str) -> Iterator[str]:
    """Parts of a long hook that say something alone and can be read at a glance, as they stand in it.

    None of a hook that denies, doubts or reports: a part of it would say what the whole does not.
    """
    if _REVERSES.search(text):
        return
    for part in re.split(r"(?<=[^\d\s])[,;:](?=\s)|\s[–—-]\s|(?<=[.!?…])\s+", text):
        found = part.strip(" ,;:–—").removesuffix(".")
        if 3 <= len(found.split()) <= GLANCE and not _HANGS.search(found) and not TRAILING.search(found):
            yield found


def shown(text: str) -> str:
    """A hook as it is lettered: without the full stop, and from a capital on."""
    text = text.removesuffix(".") if not text.endswith("..") else text
    first = text.split(maxsplit=1)[0] if text.strip() else ""
    return text[:1].upper() + text[1:] if first.islower() else text


FIRST, FEW, QUOTED = 0.15, 0.2, 0.1
"""What the first of the written hooks gains, and what one of under five words and one that nobody chose as a hook lose."""


def strongest(hooks: Sequence[str], said: Sequence[str]) -> list[str]:
    """What may be lettered of the written ``hooks`` and of what is ``said`` in the promo, best first, by what makes a listener stop."""
    found: dict[str, float] = {}

    def weigh(text: str, more: float, least: float = -1.0) -> None:
        cued = sum({cue.kind: cue.worth for cue in cues(Sentence(id="S1", start=0, end=0, text=text))}.values())
        if 2 <= glance(text) <= GLANCE and not contacts(text) and cued > least:
            worth = min(1.0, cued) + more - FEW * (glance(text) < 5)
            found[shown(text)] = max(worth, found.get(shown(text), worth))

    for n, hook in enumerate(hooks):
        for text in (hook, *(clauses(hook) if glance(hook) > GLANCE else ())):
            weigh(text, FIRST / (1 + n))
    for sentence in said:
        for text in (sentence, *(clauses(sentence) if glance(sentence) > GLANCE else ())):
            weigh(text, -QUOTED, 0.0)
    return sorted(found, key=lambda text: -found[text])


class Lettered(NamedTuple):
    image: Image
    contrast: float
    """Of white with the lightest tenth of what lies under the letters."""
    box: Pixels


def letter(image: Image, words: str, shape: Shape, avoid: Sequence[Pixels]) -> Lettered | None:
    """The words in white on a soft shadow, as large as the safe area lets them be without touching ``avoid``.

    None where the font lacks a letter, or where nothing readable fits.
    """
    from PIL import Image as Pillow
    from PIL import ImageDraw

    face = _face(words)
    placed = _place(image, words, shape, avoid, face) if face else None
    if face is None or placed is None:
        return None
    lines, size, (left, top, right, bottom), anchor = placed
    font = face.font(size)
    mask = Pillow.new("L", (image.shape[1], image.shape[0]), 0)
    draw = ImageDraw.Draw(mask)
    for number, line in enumerate(lines):
        x = left if anchor == "l" else (left + right) / 2 if anchor == "m" else right
        base = top + (number * face.leading + 0.08 + fonts.ASCENT / fonts.EM) * size
        draw.text((x, base), line, fill=255, font=font, anchor=f"{anchor}s")
    letters = np.asarray(mask, np.float32) / np.float32(255)
    box = (left, top, right, bottom)
    restless = _glares(image, letters) and float(np.percentile(_under(_busy(image), box), 92)) >= RESTLESS
    shaded, contrast = (_plated if restless else _shaded)(image, letters, box, size)
    drawn = shaded * (1 - letters[..., None]) + 255 * letters[..., None]
    return Lettered((drawn + 0.5).astype(np.uint8), contrast, (left, top, right, bottom))


RESTLESS, GLARING = 14.0, 0.7
"""Levels from pixel to pixel, at an eighth of the size, of the sharpest edges under letters, and luminance, 0 to 1, of the lightest of what
is there, from which letters stand on a plate: shade turns white shapes grey, and does not part white letters from them."""


def _glares(image: Image, letters: NDArray[np.float32]) -> bool:
    near = cv2.dilate(letters, np.ones((9, 9), np.uint8)) > 0.05
    return float(np.percentile(stills.luminance(image[near].astype(np.float32)), 95)) >= GLARING


def fits(image: Image, words: str, shape: Shape, avoid: Sequence[Pixels]) -> bool:
    """Whether there is room for the words."""
    face = _face(words)
    return face is not None and _place(image, words, shape, avoid, face) is not None


LEADING = 1.1
"""Height of a line of Manrope, of the letters'."""


class Lettering(NamedTuple):
    font: Callable[[int], Any]
    """By the size of its letters, in pixels."""
    leading: float


def _face(words: str) -> Lettering | None:
    """The font that draws all of ``words``, by its size; None where it would take two, or there is none."""
    other = {face for face, _ in fonts.runs(words) if face}
    sole = next(iter(other), None)
    whole = fonts.drawable(words) == words and len(other) < 2 and (sole is None or fonts.draws(sole, words))
    leading = LEADING if sole is None else max(LEADING, 1.3 * sole.scale)
    return Lettering(lambda size: fonts.pillow(sole, "Manrope-ExtraBold.ttf", size), leading) if whole else None


def _place(
    image: Image, words: str, shape: Shape, avoid: Sequence[Pixels], face: Lettering
) -> tuple[list[str], int, Pixels, str] | None:
    """Lines, size of the letters, their box and anchor: clear of ``avoid``, large, low, and off what draws the eye."""
    height = image.shape[0]
    left, top, right, bottom = SAFE[shape]
    busy = _busy(image)
    field = stills.salience(image)
    drawn = None if field is None else field / field.sum()
    kept = [(a - 0.12 * (c - a), b - 0.18 * (d - b), c + 0.12 * (c - a), d + BELOW * (d - b)) for a, b, c, d in avoid]
    scale = min(image.shape[:2])
    found: list[tuple[float, list[str], int, Pixels, str]] = []
    for share in np.arange(0.15, 0.062, -0.0075):
        if found and share < GOOD:
            break  # smaller letters only where none of a good size fit
        size = round(scale * float(share))
        font = face.font(size)
        for lines in arrangements(words):
            wide = max(font.getlength(line) for line in lines) + size * 0.1
            tall = len(lines) * size * face.leading + size * 0.16 + size * (face.leading - LEADING)
            if wide > right - left or tall > min(bottom - top, 0.5 * height):
                continue
            for x, anchor in ((left, "l"), ((left + right - wide) / 2, "m"), (right - wide, "r")):
                for y in np.linspace(bottom - tall, top, 9):
                    box = (x, float(y), x + wide, float(y) + tall)
                    if any(_overlap(box, each) > 0 for each in kept):
                        continue
                    under = _under(busy, box)
                    off = abs((box[0] + box[2]) / 2 - (left + right) / 2) / image.shape[1]
                    cost = (
                        float(under.mean()) / 12
                        + float(np.percentile(under, 92)) / EDGY
                        + COVERED * _share(drawn, box, image)
                        + 0.9 * (bottom - box[3]) / height
                        + (5.0 * off if shape != "16x9" else 0.15 * off)
                        + 0.1 * abs(len(lines) - 2)
                        + SMALL * (0.15 - float(share))
                    )
                    found.append((cost, list(lines), size, box, anchor))
    if not found:
        return None
    _, lines, size, box, anchor = min(found, key=lambda each: each[0])
    return lines, size, box, anchor


BELOW = 0.08
"""Room below a face, of its height: a chin is a firm edge, hair is not."""

GOOD, SMALL = 0.095, 10.0
"""Size of letters, of the cover's shorter side, from which they are read at a glance, and what it costs to be smaller than the largest."""


def _under(busy: NDArray[np.float32], box: Pixels) -> NDArray[np.float32]:
    """What of ``_busy`` lies under a box of the picture."""
    return busy[int(box[1] / 8) : int(box[3] / 8) + 1, int(box[0] / 8) : int(box[2] / 8) + 1]


def _busy(image: Image) -> NDArray[np.float32]:
    """How much goes on, at one eighth of the picture's size, in levels from pixel to pixel: soft shapes count too."""
    low = cv2.resize(
        cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), None, fx=1 / 8, fy=1 / 8, interpolation=cv2.INTER_AREA
    ).astype(np.float32)
    return np.asarray(np.hypot(cv2.Sobel(low, cv2.CV_32F, 1, 0), cv2.Sobel(low, cv2.CV_32F, 0, 1)) / 8, np.float32)


EDGY = 40.0
"""Levels of the sharpest edges under letters that cost 1: half a shape under them is worse than an even pattern."""

COVERED = 1.2
"""What it costs to letter over all that draws the eye; the distance from bottom to top costs 0.9."""


def _share(field: NDArray[np.float32] | None, box: Pixels, image: Image) -> float:
    """Share of what draws the eye that lies under a box."""
    if field is None:
        return 0.0
    high, wide = field.shape[0] / image.shape[0], field.shape[1] / image.shape[1]
    return float(field[int(box[1] * high) : int(box[3] * high) + 1, int(box[0] * wide) : int(box[2] * wide) + 1].sum())


def arrangements(words: str) -> Iterator[list[str]]:
    """The words on one, two and three lines, each as even as can be."""
    joint = "" if glance(words) > len(words.split()) else " "
    parts = words.split() if joint else letters([words])
    yield [words]
    for count in (2, 3):
        if len(parts) < count:
            return
        best: tuple[tuple[int, int], list[str]] | None = None
        for breaks in _breaks(len(parts), count):
            lines = [joint.join(parts[a:b]) for a, b in zip((0, *breaks), (*breaks, len(parts)), strict=True)]
            uneven = max(map(len, lines)), sum(len(line) ** 2 for line in lines)
            if any(line[0] in NOT_FIRST for line in lines):
                continue
            if best is None or uneven < best[0]:
                best = (uneven, lines)
        if best:
            yield best[1]


def _breaks(words: int, lines: int) -> Iterator[tuple[int, ...]]:
    if lines == 2:
        yield from ((at,) for at in range(1, words))
    else:
        yield from ((one, two) for one in range(1, words - 1) for two in range(one + 1, words))


def _overlap(one: Pixels, other: Pixels) -> float:
    return max(0.0, min(one[2], other[2]) - max(one[0], other[0])) * max(
        0.0, min(one[3], other[3]) - max(one[1], other[1])
    )


def _shaded(image: Image, letters: NDArray[np.float32], box: Pixels, size: int) -> tuple[NDArray[np.float32], float]:
    """The image darkened softly under the letters until white stands out by ``CONTRAST``, and the contrast reached."""
    close = cv2.dilate(letters, np.ones((round(size * 0.2) | 1,) * 2, np.uint8))
    close = cv2.GaussianBlur(close, (0, 0), size * 0.12).astype(np.float32)
    shade = np.maximum(0.6 * scrim(image.shape[0], image.shape[1], box), close)
    near = cv2.dilate(letters, np.ones((9, 9), np.uint8)) > 0.05
    lit, dark = image[near].astype(np.float32), shade[near][:, None]
    strength, contrast = 0.0, 1.0
    for strength in np.arange(0.2, 0.96, 0.05):
        contrast = 1.05 / (float(np.percentile(stills.luminance(lit * (1 - float(strength) * dark)), 95)) + 0.05)
        if contrast >= CONTRAST * 1.08:  # JPEG takes a little of it back
            break
    return image.astype(np.float32) * (1 - float(strength) * shade[..., None]), contrast


PLATE, OPAQUE, ROOM = (30, 22, 18), 0.82, 0.3
"""Colour of a plate, blue, green, red; how much of the picture it hides, and its room around the letters, of their size."""


def _plated(image: Image, letters: NDArray[np.float32], box: Pixels, size: int) -> tuple[NDArray[np.float32], float]:
    """The image with a dark plate under the letters, and the contrast reached."""
    room, radius = round(ROOM * size), round(0.28 * size)
    left, top = (max(0, round(at) - room) for at in box[:2])
    right, bottom = (min(side, round(at) + room) for at, side in zip(box[2:], image.shape[1::-1], strict=True))
    plate = np.zeros(image.shape[:2], np.uint8)
    cv2.rectangle(plate, (left + radius, top), (right - radius, bottom), 255, -1)
    cv2.rectangle(plate, (left, top + radius), (right, bottom - radius), 255, -1)
    for x in (left + radius, right - radius):
        for y in (top + radius, bottom - radius):
            cv2.circle(plate, (x, y), radius, 255, -1, cv2.LINE_AA)
    share = np.float32(OPAQUE / 255) * plate.astype(np.float32)[..., None]
    drawn = image.astype(np.float32) * (1 - share) + np.array(PLATE, np.float32) * share
    near = cv2.dilate(letters, np.ones((9, 9), np.uint8)) > 0.05
    return drawn, 1.05 / (float(np.percentile(stills.luminance(drawn[near]), 95)) + 0.05)


def scrim(height: int, width: int, box: Pixels) -> NDArray[np.float32]:
    """How much each pixel is darkened, 0 to 1: from text to the nearer edges of the picture, then softly less.

    A gradient out of a corner or a side reads as light; a cloud around the words reads as dirt.
    """

    def fall(length: int, low: float, high: float) -> NDArray[np.float32]:
        at, soft = np.arange(length, dtype=np.float32), 0.25 * length
        near_start, near_end = low, length - high
        before = np.zeros(length) if near_start <= near_end else np.clip((low - at) / soft, 0, 1)
        after = np.zeros(length) if near_end < near_start else np.clip((at - high) / soft, 0, 1)
        if abs(near_start - near_end) < 0.1 * length and high - low > 0.4 * length:
            before = after = np.zeros(length)
        return np.asarray(0.5 + 0.5 * np.cos(np.pi * np.maximum(before, after)), np.float32)

    return np.outer(fall(height, box[1], box[3]), fall(width, box[0], box[2])).astype(np.float32)
