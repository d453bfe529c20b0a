"""One treatment of the ground through a promo: on a colour or on a blur, and not now the one and now the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tools.schema import Piece


def steady(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """The pieces of a promo in one shape, those that do not fill it on grounds of one kind: that on which more of its time stands.

    What had a blur takes the colour that stands longest.  A presenter above a slide stands on the slide's colour in any case.
    """
    flat, blurred = Counter[str](), 0
    for piece in pieces:
        if piece.framing.mode == "fit" or piece.framing.share:
            flat[piece.framing.ground] += piece.frames
    blurred = flat.pop("", 0)
    if not flat or not blurred:
        return tuple(pieces)
    colour = flat.most_common(1)[0][0] if flat.total() >= blurred else ""
    return tuple(_on(piece, colour) for piece in pieces)


def _on(piece: Piece, colour: str) -> Piece:
    framing = piece.framing
    if framing.mode != "fit" or bool(framing.ground) == bool(colour):
        return piece
    return piece.model_copy(update={"framing": framing.model_copy(update={"ground": colour})})
