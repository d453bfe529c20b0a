"""Captions that a video has burned into its picture already: where they stand, so that no promo shows two sets, or half a line."""

from __future__ import annotations

import re

from tools.picture.people import LEAST_FLOOR
from tools.schema import Box, Framing, Observation, Transcript

LOW = 0.5
"""Height, in shares of the frame, below which captions stand."""
NEAR = 5.0
"""Seconds from a still within which what is written in it must be said; a line stays for some seconds."""
ALIKE = 0.7
"""Share of a line's words that must be."""
LEAST = 3
"""Stills that must show such lines, and different texts among them: a slide or a title that is read aloud stays the same."""
MARGIN = 0.015
"""Share of the frame kept clear of their outline."""


def find(observation: Observation | None, transcript: Transcript | None) -> Box | None:
    """x, y, w, h of all open captions, in shares of the frame; None unless most stills taken while someone speaks show them."""
    if observation is None or transcript is None:
        return None
    said = [(word.start, part) for word in transcript.words for part in _words(word.text)]
    spoken, boxes, texts = 0, list[list[Box]](), list[set[str]]()
    for frame in observation.frames:
        near = {part for at, part in said if abs(at - frame.at) <= NEAR}
        spoken += any(abs(at - frame.at) <= 1 for at, _ in said)
        lines = [
            (box, line)
            for line, box in zip(frame.text, frame.text_boxes, strict=True)
            if box[1] >= LOW and (parts := _words(line)) and sum(part in near for part in parts) >= ALIKE * len(parts)
        ]
        if sum(len(_words(line)) for _, line in lines) >= 2:
            boxes.append([box for box, _ in lines])
            text = {part for _, line in lines for part in _words(line)}
            if all(2 * len(text & other) < len(text | other) for other in texts):
                texts.append(text)
    if len(texts) < LEAST or 2 * len(boxes) < spoken:
        return None
    # A title that is read aloud stands higher, and once.
    usual = sorted(min(box[1] for box in each) for each in boxes)[len(boxes) // 4] - MARGIN
    kept = [box for each in boxes for box in each if box[1] >= usual]
    left, top = (min(box[n] for box in kept) for n in (0, 1))
    right, bottom = (max(box[n] + box[n + 2] for box in kept) for n in (0, 1))
    return left, top, right - left, bottom - top


def floor(captions: Box | None) -> float:
    """Height, in shares, down to which a picture without them reaches; 1 where there are none, or too little would be left."""
    above = captions[1] - MARGIN if captions else 1.0
    return above if above >= LEAST_FLOOR else 1.0


def whole(captions: Box, framing: Framing) -> bool:
    """Whether a framing shows them whole."""
    left, top, wide, tall = framing.box
    return framing.mode != "split" and (
        left <= captions[0]
        and top <= captions[1]
        and left + wide >= captions[0] + captions[2]
        and top + tall >= min(1.0, captions[1] + captions[3])
    )


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold().replace("’", "'"))
