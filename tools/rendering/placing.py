"""How a picture is laid into a shape: as a filter, and where a box of it lands."""

from __future__ import annotations

from typing import Any

import ffmpeg

from tools.schema import SIZES, Box, Framing, Shape, Source

SAFE: dict[Shape, tuple[int, int, int, int]] = {
    "16x9": (96, 54, 1824, 1026),
    "9x16": (90, 270, 890, 1440),
    "1x1": (54, 54, 1026, 1026),
}
"""Left, top, right, bottom of what no app and no screen covers: EBU R 95, and the apps' own buttons on a phone."""


def frame(stream: Any, framing: Framing, source: Source, shape: Shape) -> Any:
    """Lay a stream into a shape: cut out a box, or the whole on its own blur, or two boxes one over the other."""
    width, height = SIZES[shape]
    if framing.mode == "split" and framing.second and framing.share:
        one, two = split(stream, 2)
        seam = seam_of(framing, shape)
        x, y, wide, tall = below(source, framing, shape)
        top = scale(crop(one, narrowed(framing.box, source, width / seam)), width, seam, source)
        low = scale(crop(two, framing.second), wide, tall, source)
        low = low.filter("pad", width, height - seam, x, y - seam, framing.ground.replace("#", "0x"))
        return ffmpeg.filter([top, low], "vstack", inputs=2)
    if framing.mode == "split" and framing.second:
        one, two = split(stream, 2)
        half = height // 2
        top = scale(crop(one, narrowed(framing.box, source, width / half)), width, half, source)
        low = scale(crop(two, narrowed(framing.second, source, width / half)), width, half, source)
        return ffmpeg.filter([top, low], "vstack", inputs=2)
    if framing.mode == "fit":
        x, y, wide, tall = fitted(source, framing.box, shape)
        if (wide, tall) == (width, height):
            return scale(crop(stream, framing.box), width, height, source)
        if framing.ground:
            return scale(crop(stream, framing.box), wide, tall, source).filter(
                "pad", width, height, x, y, framing.ground.replace("#", "0x")
            )
        one, two = split(crop(stream, framing.box), 2)
        return ffmpeg.overlay(_backdrop(one, source, framing, width, height), scale(two, wide, tall, source), x=x, y=y)
    return scale(crop(stream, narrowed(framing.box, source, width / height)), width, height, source)


def in_shares(left: float, top: float, width: float, height: float, shape: Shape) -> Box:
    """A box in pixels of a shape, in shares of it."""
    wide, tall = SIZES[shape]
    return left / wide, top / tall, width / wide, height / tall


PANEL = 40
"""Pixels around what is shown below the picture of who speaks."""


def seam_of(framing: Framing, shape: Shape) -> int:
    """Pixels from the top at which the lower part of a split begins."""
    return even(framing.share * SIZES[shape][1])


def below(source: Source, framing: Framing, shape: Shape) -> tuple[int, int, int, int]:
    """Left, top, width and height, all even, of the lower box of a split with a share: as large as the safe box lets it be."""
    width, seam = SIZES[shape][0], seam_of(framing, shape)
    room = SAFE[shape][3] - seam - PANEL
    wide, tall = (
        max(1e-6, side * share)
        for side, share in zip((source.width, source.height), (framing.second or framing.box)[2:], strict=True)
    )
    ratio = min((width - 2 * PANEL) / wide, room / tall)
    wide, tall = even(wide * ratio), even(tall * ratio)
    return (width - wide) // 4 * 2, (seam + PANEL + round((room - tall) / 2)) // 2 * 2, wide, tall


def narrowed(box: Box, source: Source, aspect: float) -> Box:
    """``box`` with what is too much on two of its sides cut away, so that nothing is stretched."""
    x, y, w, h = box
    has = source.width * w / max(1e-6, source.height * h)
    if abs(has / aspect - 1) < 0.005:
        return box
    if has > aspect:
        return x + w * (1 - aspect / has) / 2, y, w * aspect / has, h
    return x, y + h * (1 - has / aspect) / 2, w, h * has / aspect


def _backdrop(stream: Any, source: Source, framing: Framing, width: int, height: int) -> Any:
    """The picture blurred and darkened to fill the shape; blurred small, which costs a hundredth."""
    small, low = even(width / 12), even(height / 12)
    aspect = source.width * framing.box[2] / max(1e-6, source.height * framing.box[3])
    cover = (even(low * aspect), low) if aspect > small / low else (small, even(small / aspect))
    stream = scale(stream, max(cover[0], small), max(cover[1], low), source)
    stream = (
        stream.filter("crop", small, low)
        .filter("gblur", sigma=3, steps=2)
        .filter("eq", brightness=-0.16, saturation=0.8)
    )
    return stream.filter("scale", width, height, flags="bilinear").filter("setsar", 1)


def placed(what: Box, framing: Framing, source: Source, shape: Shape) -> list[Box]:
    """Where a box of the source lands in the shape's frame, in shares of it; none where it is cut away."""
    width, height = SIZES[shape]
    if framing.mode == "fit":
        x, y, wide, tall = fitted(source, framing.box, shape)
        windows = [(framing.box, (x / width, y / height, wide / width, tall / height))]
    elif framing.mode == "split" and framing.second and framing.share:
        seam = seam_of(framing, shape)
        x, y, wide, tall = below(source, framing, shape)
        windows = [
            (narrowed(framing.box, source, width / seam), (0.0, 0.0, 1.0, seam / height)),
            (framing.second, (x / width, y / height, wide / width, tall / height)),
        ]
    elif framing.mode == "split" and framing.second:
        half = width / (height // 2)
        windows = [
            (narrowed(framing.box, source, half), (0.0, 0.0, 1.0, 0.5)),
            (narrowed(framing.second, source, half), (0.0, 0.5, 1.0, 0.5)),
        ]
    else:
        windows = [(narrowed(framing.box, source, width / height), (0.0, 0.0, 1.0, 1.0))]
    found = []
    for (bx, by, bw, bh), (ox, oy, ow, oh) in windows:
        left, right = ((edge - bx) / bw for edge in (what[0], what[0] + what[2]))
        top, bottom = ((edge - by) / bh for edge in (what[1], what[1] + what[3]))
        left, right, top, bottom = (min(1.0, max(0.0, edge)) for edge in (left, right, top, bottom))
        if right > left and bottom > top:
            found.append((ox + left * ow, oy + top * oh, (right - left) * ow, (bottom - top) * oh))
    return found


UPPER = 0.44
"""Where the middle of a picture laid into 9:16 is, from the top: a little high, so that captions stand below it."""


def fitted(source: Source, box: Box, shape: Shape) -> tuple[int, int, int, int]:
    """Left, top, width and height, all even, at which a box of the source is shown whole in a shape, as large as can be."""
    width, height = SIZES[shape]
    wide, tall = max(1e-6, source.width * box[2]), max(1e-6, source.height * box[3])
    ratio = min(width / wide, height / tall)
    wide, tall = min(width, even(wide * ratio)), min(height, even(tall * ratio))
    middle = UPPER if shape == "9x16" and tall < 0.5 * height else 0.5
    return (width - wide) // 4 * 2, round(middle * height - tall / 2) // 2 * 2, wide, tall


def even(value: float) -> int:
    return max(2, round(value / 2) * 2)


def crop(stream: Any, box: Box) -> Any:
    """``box`` in shares of the frame, which may have pixels that are not square."""
    x, y, w, h = box
    if w >= 0.9999 and h >= 0.9999:
        return stream
    return stream.filter("crop", f"iw*{w:.6f}", f"ih*{h:.6f}", f"iw*{x:.6f}", f"ih*{y:.6f}")


def scale(stream: Any, width: int, height: int, source: Source) -> Any:
    """To this size in BT.709 with square pixels, whatever matrix and range it comes in."""
    matrix = {} if source.hdr or not source.colour else {"in_color_matrix": source.colour}
    return (
        stream.filter("scale", width, height, flags="bicubic", out_color_matrix="bt709", out_range="tv", **matrix)
        .filter("format", "yuv420p")
        .filter("setsar", 1)
    )


def split(stream: Any, count: int) -> list[Any]:
    if count == 1:
        return [stream]
    node = stream.filter_multi_output("split", count)
    return [node[i] for i in range(count)]
