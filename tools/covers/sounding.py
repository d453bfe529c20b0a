"""How a promo of sound alone looks: ground, art, title and waveform of each shape, in a brand's own colours where the run wears one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from cv2 import imencode

from tools.brand import shelf
from tools.brand.kit import Brand
from tools.covers import backdrop
from tools.covers.branded import title_of
from tools.media import art
from tools.picture import dressing
from tools.picture.dressing import Worn
from tools.rendering import fonts, titles
from tools.rendering.audiogram import Layout, Scene, lay_out
from tools.rendering.burned import Area, blank
from tools.rendering.titles import Lettered, Letters
from tools.schema import CutList, Shape, Span
from tools.workspace import Workspace

PLAIN = Brand(name="Hookline")
"""The colours and letters of a run without a brand."""


class Sounding(NamedTuple):
    scene: Scene
    worn: Worn | None
    letters: Letters
    titles: dict[Shape, Lettered]
    warnings: tuple[str, ...]

    def areas(self, shape: Shape) -> list[Area]:
        """What captions keep off."""
        return self.scene.layouts[shape].areas(shape, bool(self.titles[shape].events))


def look(workspace: Workspace, cut: CutList, shapes: Sequence[Shape]) -> Sounding:
    """What is drawn of a cut, with its grounds laid into the run folder."""
    laid, language = shelf.of_run(workspace), _language(workspace)
    brand, colour = (laid.brand, laid.brand.colours.ground) if laid else (PLAIN, "")
    path, why = art.of_run(workspace)
    shown = backdrop.read(path)
    bare = {shape: [backdrop.ground(shape, lay_out(shape, False), None, colour)] for shape in shapes} if laid else {}
    worn = dressing.wear(workspace, cut, shapes, "", language, {}, bare, None)
    layouts = {shape: lay_out(shape, shown is not None, _logo(worn, shape)) for shape in shapes}
    grounds = {shape: f"ground_{shape}.png" for shape in shapes}
    for shape, name in grounds.items():
        image = backdrop.ground(shape, layouts[shape], shown, colour)
        workspace.write(name, np.asarray(imencode(".png", image)[1]).tobytes())
    letters = worn.letters if worn else Letters(brand, "", language)
    said = title_of(workspace, cut, brand.words.banned) if brand.title.seconds else ""
    fonts.lay(workspace.folder / fonts.FOLDER, [said], language, letters.file)
    return Sounding(
        scene=Scene(grounds, layouts, brand.colours.keyword),
        worn=worn,
        letters=letters,
        titles={shape: _title(letters, said, layouts[shape], cut) for shape in shapes},
        warnings=(why,) if why else (),
    )


def burned(
    workspace: Workspace, cut: CutList, seen: Sounding, under: Mapping[Shape, str | None]
) -> dict[Shape, str | None]:
    """What is burned in, by shape: captions and what a brand writes, which ``under`` names, and the title over them."""
    found: dict[Shape, str | None] = {}
    for shape, name in under.items():
        text = (workspace.folder / name).read_text("utf-8") if name else blank(shape).to_string("ass")
        found[shape] = f"sounding_{cut.id}_{shape}.ass"
        titled = titles.with_words(text, seen.letters, [seen.titles[shape]])
        workspace.write(str(found[shape]), titled.encode())
    return found


def _title(letters: Letters, said: str, layout: Layout, cut: CutList) -> Lettered:
    whole = Span(start=0.0, end=float(cut.frames / cut.fps))
    return titles.standing(letters, said, layout.title, layout.side, [whole])


def _logo(worn: Worn | None, shape: Shape) -> tuple[float, float, float, float] | None:
    mark = worn.dress.corner.get(shape) if worn else None
    return mark.share(shape) if mark else None


def _language(workspace: Workspace) -> str:
    transcript = workspace.transcript
    return transcript.language if transcript else "en"
