"""The captions of a cut: files by name in every language, and what is burned into each shape, off faces and writing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tools.brand.colours import luminance
from tools.picture.dressing import Worn
from tools.rendering import fonts, placing
from tools.rendering.burned import Area, ass
from tools.schema import SIZES, Box, CutList, Observation, Piece, Shape, Source, Span, Style, Translation
from tools.words import cues, translated
from tools.words.cues import Track
from tools.workspace import Workspace

ROOM = 28
"""Pixels between captions and what a brand writes."""
ON_FACE, ON_INSET, ON_TEXT, ON_BLUR, ON_PAPER = 4.0, 3.0, 2.0, 0.5, 0.05
"""How bad it is to cover a face, the small picture of who speaks, what is written in the picture, a picture beside which there is room, and
light paper, on which white letters want a ground."""
LIGHT = 0.4
"""Luminance of paper, 0 to 1, from which white letters are hard to read on it, whatever their edge."""


def captions(
    workspace: Workspace,
    cut: CutList,
    pieces: Mapping[Shape, Sequence[Piece]],
    style: Style,
    avoid: Mapping[Shape, Sequence[Area]],
    worn: Worn | None,
    tongues: Mapping[str, Translation] | None = None,
    styled: bool = False,
) -> tuple[dict[str, str], dict[Shape, str | None]]:
    """Caption files by name, and the name in the run folder of what is burned into each shape; none without words.

    Of several ``tongues`` the first is burned in, where anything of it was translated.  Where the style was asked for, ``styled``, a
    brand says neither how many words are shown nor on what ground.
    """
    track = cues.tracks(cut, workspace.transcript)
    burned: dict[Shape, str | None] = dict.fromkeys(pieces)
    if not track.words:
        return {}, burned
    told = {tongue: translated.track_of(track, each) for tongue, each in (tongues or {}).items() if each.lines}
    seen = next(iter(told.values()), track)
    brand, font = (worn.brand, worn.letters.font) if worn else (None, "")
    if brand and styled:
        brand = brand.model_copy(update={"captions": brand.captions.model_copy(update={"show": "lines", "ground": ""})})
    if style != "none":
        fonts.lay(workspace.folder / fonts.FOLDER, (word.text for word in seen.words), seen.language, font)
    texts: dict[str, str] = {}
    for shape in pieces:
        kept = [*avoid[shape], *(apart(area, shape) for area in (worn.areas(shape) if worn else ()))]
        drawn: Style = "clean" if style == "none" else style
        text = ass(seen, shape, drawn, kept, brand, font, seams(cut, pieces[shape]))
        texts |= sidecars(f"promo_{shape}", track) | {f"promo_{shape}.ass": text}
        for tongue, each in told.items():
            texts |= sidecars(f"promo_{shape}.{tongue}", each)
        if style != "none":
            burned[shape] = f"captions_{cut.id}_{shape}.ass"
            workspace.write(str(burned[shape]), text.encode())
    return texts, burned


def apart(area: Area, shape: Shape) -> Area:
    """An area with room around it: letters that touch a brand's panel are read with its words."""
    (wide, tall), (x, y, w, h) = SIZES[shape], area.box
    return area._replace(box=(x - ROOM / wide, y - ROOM / tall, w + 2 * ROOM / wide, h + 2 * ROOM / tall))


def sidecars(name: str, track: Track) -> dict[str, str]:
    """A track as files to be read beside the promo."""
    return {f"{name}.srt": cues.srt(track), f"{name}.vtt": cues.vtt(track, track.language)}


def seams(cut: CutList, pieces: Sequence[Piece]) -> list[Span]:
    """When a presenter is shown above a slide, on the promo's clock."""
    rate, found = cut.fps, []
    for clip, begins in zip(cut.clips, cut.starts(), strict=True):
        for piece in pieces:
            if piece.clip == clip.label and piece.framing.share:
                first = begins + piece.first_frame - clip.first_frame
                found.append(Span(start=float(first / rate), end=float((first + piece.frames) / rate)))
    return found


def kept_clear(
    cut: CutList, pieces: Sequence[Piece], observation: Observation | None, source: Source, shape: Shape
) -> list[Area]:
    """What captions keep off in the promo: faces before all else, what is written in the picture, pictures laid on a blur."""
    if observation is None:
        return []
    rate = cut.fps
    found: list[Area] = []
    for clip, begins in zip(cut.clips, cut.starts(), strict=True):
        for piece in (p for p in pieces if p.clip == clip.label):
            first = float(piece.first_frame / rate)
            last = float((piece.first_frame + piece.frames) / rate)
            shift = float((begins - clip.first_frame) / rate)
            span: tuple[float, float] = max(first, 0.0) + shift, last + shift

            def kept(
                boxes: Iterable[Box],
                weight: float,
                ground: bool = True,
                piece: Piece = piece,
                span: tuple[float, float] = span,
            ) -> None:
                laid = (each for box in boxes for each in placing.placed(box, piece.framing, source, shape))
                found.extend(Area(span[0], span[1], each, weight, ground) for each in laid)

            frames = [frame for frame in observation.frames if first - 0.25 <= frame.at <= last + 0.25]
            if piece.framing.mode == "fit":
                kept([piece.framing.box], ON_BLUR, any(frame.text for frame in frames))
            faces = [(face.x, face.y, face.w, face.h) for frame in frames for face in frame.faces]
            kept(faces, ON_FACE / max(1, len(frames)), False)
            kept([frame.inset for frame in frames if frame.inset], ON_INSET / max(1, len(frames)))
            if any(frame.paper and luminance(frame.paper) >= LIGHT for frame in frames):
                kept([piece.framing.box], ON_PAPER)
            if piece.framing.mode == "fit" and piece.framing.ground and luminance(piece.framing.ground) >= LIGHT:
                found.append(Area(span[0], span[1], (0.0, 0.0, 1.0, 1.0), ON_PAPER))
            read = [frame for frame in frames if frame.text_boxes and first <= frame.at <= last]
            kept([box for frame in read for box in frame.text_boxes], ON_TEXT / max(1, len(read)))
    return found
