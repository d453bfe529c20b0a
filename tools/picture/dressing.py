"""What a run's brand puts on a cut in each shape: logo, title, name and role, end card, each where it hides least."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tools.brand import shelf
from tools.brand.kit import Brand
from tools.picture.stills import luminance
from tools.rendering import branding, fonts, titles
from tools.rendering.branding import Dress, Mark
from tools.rendering.burned import Area
from tools.rendering.placing import SAFE
from tools.rendering.titles import Lettered, Letters
from tools.schema import SIZES, Check, CutList, Observation, Shape, Span
from tools.workspace import Workspace

Pixels = NDArray[np.uint8]
"""A picture of a shape, BGR."""
ON_LOGO = 30.0
"""How bad it is for captions to cover a logo; a face is 4."""
SHORT = 2.0
"""Seconds that a name stands at least, where the shot of a person ends sooner than was asked."""
AFTER = 0.2
"""Seconds between a title and a name."""


@dataclass(frozen=True)
class Worn:
    """A brand on a cut."""

    brand: Brand
    digest: str
    letters: Letters
    dress: Dress
    shown: Mapping[Shape, tuple[Lettered, ...]] = field(default_factory=dict)
    """Title, and name and role."""
    cards: Mapping[Shape, Lettered] = field(default_factory=dict)

    def areas(self, shape: Shape) -> list[Area]:
        """What captions keep off: the words, and the logo all the time."""
        found = [area for part in self.shown[shape] for area in part.areas]
        mark = self.dress.corner.get(shape)
        return found + ([Area(0.0, 1e6, mark.share(shape), ON_LOGO, ground=False)] if mark else [])

    def burned(self, captions: str, shape: Shape) -> str:
        """ASS of captions under all that the brand writes."""
        return titles.with_words(captions, self.letters, [*self.shown[shape], self.cards[shape]])

    def bare(self, shape: Shape) -> str:
        """ASS of the end card alone, for a master without captions."""
        return titles.file(shape, self.letters, [self.cards[shape]])

    def mark(self, shape: Shape) -> str:
        """What says which logo lies where in a shape; empty without one."""
        mark = self.dress.corner.get(shape)
        return f"{self.digest} {mark}" if mark else ""

    def check(self, shape: Shape) -> Check:
        """Whether words and logo lie where no app covers them."""
        width, height = SIZES[shape]
        left, top, right, bottom = SAFE[shape]
        boxes = [area.box for area in self.areas(shape)]
        out = [
            box
            for x, y, w, h in boxes
            for box in [(x * width, y * height, (x + w) * width, (y + h) * height)]
            if box[0] < left - 1 or box[1] < top - 1 or box[2] > right + 1 or box[3] > bottom + 1
        ]
        told = "; ".join(f"{box[0]:.0f}, {box[1]:.0f} to {box[2]:.0f}, {box[3]:.0f}" for box in out)
        return Check(name="brand in the safe box", value=told or "all", limit="all", passed=not out)


def wear(
    workspace: Workspace,
    cut: CutList,
    shapes: Sequence[Shape],
    hook: str,
    language: str,
    avoid: Mapping[Shape, Sequence[Area]],
    under: Mapping[Shape, Sequence[Pixels]],
    observation: Observation | None,
) -> Worn | None:
    """The run's brand on a cut; None where it wears none.

    ``hook`` is the title's words, ``avoid`` what is not to be hidden, ``under`` pictures of each shape as they will be seen.
    """
    laid = shelf.of_run(workspace)
    if laid is None:
        return None
    brand = laid.brand
    letters = Letters(brand, branding.font(workspace, brand), language)
    said = [hook, *brand.lettered]
    fonts.lay(workspace.folder / fonts.FOLDER, said, language, letters.file)
    light = branding.brightness(workspace)
    corner = {s: m for s in shapes if (m := _corner(workspace, brand, s, light, under.get(s, ())))}
    centre = {s: m for s in shapes if (m := branding.centre(workspace, s))} if cut.card else {}
    stretches = _stretches(cut)
    when = _third(cut, brand, stretches, observation)
    shown = {
        shape: (
            _title(letters, hook, shape, stretches, avoid.get(shape, ()), corner.get(shape)),
            titles.third(letters, shape, when, mark.share(shape) if (mark := corner.get(shape)) else None),
        )
        for shape in shapes
    }
    ends = float(cut.frames / cut.fps)
    last = Span(start=ends, end=ends + float(cut.card / cut.fps))
    cards = {
        shape: titles.card(letters, shape, last, branding.below(shape, centre.get(shape))) if cut.card else Lettered()
        for shape in shapes
    }
    return Worn(brand, laid.digest, letters, Dress(brand.colours.ground, corner, centre), shown, cards)


def _stretches(cut: CutList) -> list[Span]:
    rate = cut.fps
    return [
        Span(start=float(first / rate), end=float((first + clip.frames) / rate))
        for clip, first in zip(cut.clips, cut.starts(), strict=True)
    ]


def _title(
    letters: Letters, hook: str, shape: Shape, stretches: Sequence[Span], avoid: Sequence[Area], mark: Mark | None
) -> Lettered:
    spans = titles.split(0.0, letters.brand.title.seconds, stretches)
    near = [area for area in avoid if area.start < letters.brand.title.seconds]
    return titles.title(letters, hook, shape, spans, near, mark.share(shape) if mark else None)


def _third(cut: CutList, brand: Brand, stretches: Sequence[Span], observation: Observation | None) -> list[Span]:
    """When the name stands there: after the title, from the first clip on in which a face is seen."""
    seconds, after = brand.lower_third.seconds, brand.title.seconds + AFTER if brand.title.seconds else AFTER
    begins = [after, *(each.start + AFTER for each in stretches if each.start > after)]
    fits = [at for at in begins if at + seconds <= stretches[-1].end] or begins[:1]
    at = next((at for at in fits if _seen(cut, stretches, at, observation)), fits[0])
    return titles.split(at, at + min(seconds, max(SHORT, _left(cut, stretches, at, observation))), stretches)


def _left(cut: CutList, stretches: Sequence[Span], at: float, observation: Observation | None) -> float:
    """Seconds from a time of the promo to the end of the shot or the clip that plays."""
    for clip, each in zip(cut.clips, stretches, strict=True):
        if each.start <= at < each.end:
            there = clip.start + at - each.start
            ends = [shot.end for shot in (observation.shots if observation else ()) if shot.start <= there < shot.end]
            return min(each.end - at, *(end - there for end in ends)) if ends else each.end - at
    return 0.0


def _seen(cut: CutList, stretches: Sequence[Span], at: float, observation: Observation | None) -> bool:
    """Whether a face is seen in the clip that plays at a time of the promo."""
    playing = next((clip for clip, each in zip(cut.clips, stretches, strict=True) if each.start <= at < each.end), None)
    frames = observation.frames if observation else ()
    return playing is not None and any(frame.faces for frame in frames if playing.start <= frame.at < playing.end)


def _corner(
    workspace: Workspace, brand: Brand, shape: Shape, light: float | None, under: Sequence[Pixels]
) -> Mark | None:
    """The logo in its corner, on a plate where some picture under it is as light or as dark as itself."""
    mark = branding.corner(workspace, brand, shape, plate=False)
    if mark is None or light is None or not any(_lost(mark, light, picture, shape) for picture in under):
        return mark
    return branding.corner(workspace, brand, shape, plate=True)


def _lost(mark: Mark, light: float, picture: Pixels, shape: Shape) -> bool:
    x, y, w, h = mark.share(shape)
    high, wide = picture.shape[:2]
    part = picture[round(y * high) : round((y + h) * high), round(x * wide) : round((x + w) * wide)]
    under = float(np.median(luminance(part.reshape(-1, 3).astype(np.float32))))
    return branding.apart(light, under) < branding.TOLD_APART
