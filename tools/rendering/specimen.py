"""A picture of a brand kit in every shape: captions, title, name, logo and end card, on a light, a dark and a busy ground."""

from __future__ import annotations

import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from tools.brand.colours import luminance
from tools.brand.shelf import Given
from tools.media.process import ffmpeg, run
from tools.rendering import branding, fonts, titles
from tools.rendering.burned import Area, ass
from tools.rendering.titles import Letters
from tools.schema import SIZES, Shape, Span, Word
from tools.words.cues import Track
from tools.workspace import Workspace

SAID = "Nine plans became 3 plans in four weeks"
HOOK = "The one number nobody looked at"
SCALE = 3
"""A specimen is so many times smaller than a promo."""
GAP = 16
GROUNDS = ("#f4f1ea", "#15171c", "busy")


def specimen(given: Given) -> bytes:
    """A PNG: a row for each shape, of captions on three grounds and the end card."""
    from PIL import Image

    with tempfile.TemporaryDirectory(prefix="hookline-brand-") as folder:
        workspace = Workspace(Path(folder))
        given.lay(workspace.folder)
        rows = [_row(workspace, given, shape) for shape in SIZES]
    width = max(sum(each.width + GAP for each in row) for row in rows) + GAP
    height = sum(row[0].height + GAP for row in rows) + GAP
    sheet = Image.new("RGB", (width, height), (128, 128, 128))
    top = GAP
    for row in rows:
        left = GAP
        for each in row:
            sheet.paste(each, (left, top))
            left += each.width + GAP
        top += row[0].height + GAP
    made = BytesIO()
    sheet.save(made, "PNG")
    return made.getvalue()


def _row(workspace: Workspace, given: Given, shape: Shape) -> list[Any]:
    brand = given.brand
    letters = Letters(brand, branding.font(workspace, brand), "en")
    style = brand.captions.style or "clean"
    fonts.lay(workspace.folder / fonts.FOLDER, [SAID, HOOK, *brand.lettered], "en", letters.file)
    fonts.copy_manrope(workspace.folder / fonts.FOLDER)
    mark, centre = branding.corner(workspace, brand, shape, plate=False), branding.centre(workspace, shape)
    light = branding.brightness(workspace) or 0.0
    spans = [Span(start=0.0, end=4.0)]
    title = titles.title(letters, HOOK, shape, spans, (), mark.share(shape) if mark else None)
    if not brand.title.seconds:
        title = titles.Lettered()
    third = titles.third(letters, shape, spans, mark.share(shape) if mark else None)
    kept = [*title.areas, *third.areas, *([Area(0, 4, mark.share(shape), 30.0, ground=False)] if mark else [])]
    text = titles.with_words(ass(_track(), shape, style, kept, brand, letters.font), letters, [title, third])
    shown = []
    for ground in GROUNDS:
        lost = ground != "busy" and branding.apart(light, luminance(ground)) < branding.TOLD_APART
        mark = branding.corner(workspace, brand, shape, plate=lost)
        shown.append(_drawn(workspace, shape, ground, text, mark, 1.0))
    if brand.card:
        card = titles.file(
            shape, letters, [titles.card(letters, shape, Span(start=0, end=4), branding.below(shape, centre))]
        )
        shown.append(_drawn(workspace, shape, brand.colours.ground, card, centre, 2.0))
    return shown


def _track() -> Track:
    words = tuple(Word(start=0.5 * n, end=0.5 * n + 0.45, text=text) for n, text in enumerate(SAID.split()))
    return Track(words=words, stretches=(Span(start=0.0, end=4.0),), language="en", length=4.0)


def _drawn(workspace: Workspace, shape: Shape, ground: str, text: str, mark: branding.Mark | None, at: float) -> Any:
    """One picture, drawn by the filters that draw a promo."""
    from PIL import Image

    width, height = SIZES[shape]
    workspace.write("specimen.ass", text.encode())
    source = f"color=c={ground.replace('#', '0x')}" if ground != "busy" else "testsrc2=r=25"
    source += f"{':' if '=' in source else '='}s={width}x{height}:d=0.04"
    logo = ["-f", "png_pipe", "-i", mark.file] if mark else []
    over = f"[0:v][1:v]overlay={mark.x}:{mark.y}[o];[o]" if mark else "[0:v]"
    graph = f"{over}setpts='{at:.3f}/TB',ass=specimen.ass:fontsdir={fonts.FOLDER},scale={width // SCALE}:{height // SCALE},format=rgb24"
    argv = [ffmpeg(), "-v", "error", "-nostdin", "-f", "lavfi", "-i", source, *logo, "-filter_complex", graph]
    raw, _ = run(
        [*argv, "-frames:v", "1", "-fps_mode", "passthrough", "-f", "rawvideo", "-"], workspace.folder, wall=60
    )
    return Image.frombytes("RGB", (width // SCALE, height // SCALE), raw)
