"""A run's brand made ready for the graph: its font adapted, its logo sized for each shape, and where that stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from tools.brand import shelf
from tools.brand.colours import rgb
from tools.brand.kit import Brand
from tools.files.whole import write
from tools.rendering import fonts
from tools.rendering.placing import SAFE, even, in_shares
from tools.schema import SIZES, Box, Shape
from tools.workspace import Workspace

WORDS = "brand"
"""The style in ASS of all that a brand writes."""
MARGIN, PLATE = 8, 0.16
"""Pixels between a logo and the safe box's edge, and room around it, of its height, where it stands on a plate."""
CENTRE = 0.42, 0.22
"""Widest and highest that a logo is on the end card, of the shorter side."""
TOLD_APART = 3.0
"""Contrast of a logo with what is under it, below which it stands on a plate: WCAG 2.2, 1.4.11."""
HIGH = 0.4
"""Where the middle of what an end card shows is, from the top."""


@dataclass(frozen=True)
class Mark:
    """A picture of the logo in the run folder, and its place in pixels of a shape."""

    file: str
    x: int
    y: int
    width: int
    height: int

    def share(self, shape: Shape) -> Box:
        return in_shares(self.x, self.y, self.width, self.height, shape)


@dataclass(frozen=True)
class Dress:
    """What the graph lays over and behind a promo."""

    ground: str
    corner: dict[Shape, Mark] = field(default_factory=dict)
    centre: dict[Shape, Mark] = field(default_factory=dict)


def font(workspace: Workspace, brand: Brand) -> str:
    """The path of the brand's adapted font in the run folder; empty where it takes Manrope."""
    given = workspace.folder / shelf.FONT
    if not given.is_file() and brand.font.name == "Manrope":
        return ""
    path = workspace.folder / fonts.FOLDER / "HooklineBrand.ttf"
    if not path.is_file():
        path.parent.mkdir(exist_ok=True)
        write(path, fonts.adapted(given.read_bytes() if given.is_file() else fonts.noto_sans()))
    return str(path.resolve())


def corner(workspace: Workspace, brand: Brand, shape: Shape, plate: bool) -> Mark | None:
    """The logo for a promo's corner, on a plate of the brand's ground where it would not be seen; None without one."""
    image = _logo(workspace)
    if image is None:
        return None
    longest = brand.logo.size * min(SIZES[shape])
    ratio = longest / max(image.size)
    image = image.resize((even(image.width * ratio), even(image.height * ratio)))
    image = _plated(image, brand.colours.ground) if plate else image
    left, top, right, bottom = SAFE[shape]
    x = left + MARGIN if "left" in brand.logo.place else right - MARGIN - image.width
    y = top + MARGIN if "top" in brand.logo.place else bottom - MARGIN - image.height
    return _kept(workspace, f"brand_corner_{shape}.png", image, x, y)


def centre(workspace: Workspace, shape: Shape) -> Mark | None:
    """The logo for the end card; None without one."""
    image = _logo(workspace)
    if image is None:
        return None
    side, (width, height) = min(SIZES[shape]), SIZES[shape]
    ratio = min(CENTRE[0] * side / image.width, CENTRE[1] * side / image.height)
    image = image.resize((even(image.width * ratio), even(image.height * ratio)))
    return _kept(
        workspace, f"brand_centre_{shape}.png", image, (width - image.width) // 2, round(HIGH * height - image.height)
    )


def below(shape: Shape, mark: Mark | None) -> float:
    """Where an end card's words begin, in pixels from the top."""
    height = SIZES[shape][1]
    return HIGH * height + 0.05 * height if mark else (HIGH - 0.04) * height


def brightness(workspace: Workspace) -> float | None:
    """Mean relative luminance of what is seen of the logo, 0 to 1; None without one."""
    import numpy as np

    image = _logo(workspace)
    if image is None:
        return None
    pixels = np.asarray(image, np.float64) / 255
    linear = np.where(pixels[..., :3] <= 0.04045, pixels[..., :3] / 12.92, ((pixels[..., :3] + 0.055) / 1.055) ** 2.4)
    return float(np.average(linear @ np.array([0.2126, 0.7152, 0.0722]), weights=pixels[..., 3]))


def apart(one: float, other: float) -> float:
    """Contrast of two relative luminances."""
    dark, bright = sorted((one, other))
    return (bright + 0.05) / (dark + 0.05)


def _logo(workspace: Workspace) -> Any:
    from PIL import Image

    path = workspace.folder / shelf.LOGO
    return Image.open(BytesIO(path.read_bytes()), formats=["PNG"]) if path.is_file() else None


def _plated(image: Any, ground: str) -> Any:
    """The logo on a rounded plate, drawn large and made smaller so that its corners are smooth."""
    from PIL import Image, ImageDraw

    room = even(PLATE * min(image.size))
    size = image.width + 2 * room, image.height + 2 * room
    mask = Image.new("L", (4 * size[0], 4 * size[1]), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, *mask.size), radius=4 * room, fill=255)
    plate = Image.new("RGBA", size, (*rgb(ground), 255))
    plate.putalpha(mask.resize(size))
    plate.alpha_composite(image, (room, room))
    return plate


def _kept(workspace: Workspace, name: str, image: Any, x: int, y: int) -> Mark:
    made = BytesIO()
    image.save(made, "PNG")
    write(workspace.folder / name, made.getvalue())
    return Mark(name, x // 2 * 2, y // 2 * 2, image.width, image.height)
