"""Six brand kits, each unlike the others, to see what a look does to a promo: light and dark grounds, Arabic, Japanese, every style of captions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SIDE = 640
"""Pixels of a logo's longer side."""

KITS: dict[str, str] = {
    "ledgerleaf": """
name = "Ledgerleaf"
[logo]
file = "logo.png"
place = "top right"
size = 0.2
[colours]
ground = "#14233f"
keyword = "#ff9d5c"
[title]
seconds = 2.5
[lower_third]
name = "Ada Okafor"
role = "Product, Ledgerleaf"
seconds = 3
[end_card]
words = "See your own numbers"
address = "ledgerleaf.example"
seconds = 2
""",
    "kestrel": """
name = "Kestrel"
[logo]
file = "logo.png"
place = "top left"
size = 0.16
[colours]
text = "#16202b"
keyword = "#0b5cad"
ground = "#f6f2e9"
[font]
name = "Noto Sans"
[captions]
style = "bold"
colour = "#ffffff"
keyword = "#8fd0ff"
[title]
seconds = 2.5
[lower_third]
name = "Jo Martin"
role = "Kestrel Air"
seconds = 3
[end_card]
words = "Fly lighter"
address = "kestrel.example"
seconds = 2
""",
    "marwa": """
name = "مروى"
[logo]
file = "logo.png"
place = "top left"
size = 0.18
[colours]
ground = "#0f3d2e"
keyword = "#e8c468"
[captions]
place = "high"
[title]
seconds = 2.5
[lower_third]
name = "ليلى حداد"
role = "مديرة المنتج، مروى"
seconds = 3
[end_card]
words = "اعرف أرقامك اليوم"
address = "marwa.example"
seconds = 2
""",
    "akari": """
name = "灯"
[logo]
file = "logo.png"
place = "bottom right"
size = 0.15
[colours]
text = "#fff8ec"
keyword = "#ffd27a"
ground = "#8c1d18"
[captions]
style = "karaoke"
[title]
seconds = 2.5
[lower_third]
name = "佐藤 明里"
role = "灯株式会社 代表取締役"
seconds = 3
[end_card]
words = "数字を、もっと明るく。"
address = "akari.example"
seconds = 2
""",
    "northwind": """
name = "Northwind"
[logo]
file = "logo.png"
place = "bottom left"
size = 0.14
[colours]
ground = "#101010"
keyword = "#ffe14d"
[captions]
style = "bold"
show = "one word"
size = 1.2
place = "middle"
[title]
seconds = 2.5
[lower_third]
name = "Sam Reyes"
role = "Northwind Freight"
seconds = 3
[end_card]
words = "Ship it tonight"
address = "northwind.example"
seconds = 2
""",
    "plum": """
name = "Plum & Co"
[logo]
file = "logo.png"
place = "top right"
size = 0.22
[colours]
text = "#ffffff"
keyword = "#ffb3d9"
ground = "#4a154b"
[captions]
style = "clean"
show = "few words"
ground = "box"
[title]
seconds = 2.5
[lower_third]
name = "Priya Nair"
role = "Plum & Co"
seconds = 3
[end_card]
words = "Sweet numbers, every month"
address = "plum.example"
seconds = 2
""",
}

_LOGOS: dict[str, tuple[str, str]] = {
    "ledgerleaf": ("#ff9d5c", "leaf"),
    "kestrel": ("#0b5cad", "wing"),
    "marwa": ("#e8c468", "ring"),
    "akari": ("#ffd27a", "disc"),
    "northwind": ("#ffe14d", "bars"),
    "plum": ("#ffb3d9", "disc"),
}


def write(folder: Path) -> list[Path]:
    """The six kits below ``folder``, each with its logo; the paths of their brand.toml."""
    made = []
    for name, kit in KITS.items():
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        (place / "brand.toml").write_text(kit, "utf-8")
        logo(*_LOGOS[name]).save(place / "logo.png")
        made.append(place / "brand.toml")
    return made


def logo(colour: str, form: str) -> Any:
    """A mark of one colour on nothing."""
    from PIL import Image, ImageDraw

    wide = form in ("wing", "bars")
    image = Image.new("RGBA", (SIDE, SIDE // 2 if wide else SIDE), (0, 0, 0, 0))
    pen, (w, h) = ImageDraw.Draw(image), image.size
    if form == "leaf":
        pen.rounded_rectangle((0, 0, w - 1, h - 1), w // 2, fill=colour, corners=(True, False, True, False))
    elif form == "wing":
        pen.polygon([(0, h), (w, 0), (0.55 * w, h)], fill=colour)
    elif form == "ring":
        pen.ellipse((20, 20, w - 20, h - 20), outline=colour, width=90)
    elif form == "bars":
        for n in range(4):
            pen.rectangle((n * w / 4, h * (0.6 - 0.2 * n), n * w / 4 + w / 6, h), fill=colour)
    else:
        pen.ellipse((0, 0, w - 1, h - 1), fill=colour)
    return image
