"""Reads wishes and revisions by the model where there is one, and by rules where there is none or where it fails."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from pydantic import BaseModel, Field, ValidationError

from agent.reading.change import Change, RevisionError
from agent.reading.changes import CHANGE_EXAMPLES, hear_changes
from agent.reading.wish import (
    GUESSED,
    MOMENTS,
    MOST,
    SHAPES,
    WISH_BYTES,
    Reading,
    WishError,
    asks_for_promo,
    asks_nothing,
    read_wish,
)
from prompts import load
from tools.files import whole
from tools.finding.terms import names
from tools.posts.platforms import named
from tools.prices import dollars
from tools.schema import LONGEST, SHORTEST, Options, Part, Read, Shape, Style
from tools.text import clean
from tools.words.languages import NAMES

if TYPE_CHECKING:
    from agent.studio import Studio

log = logging.getLogger("hookline")
N = TypeVar("N", bound=BaseModel)

_TRANSLATED = re.compile(rf"translat|subtitle|caption|{'|'.join(NAMES.values())}", re.IGNORECASE)
"""What a model calls a translation that it takes for impossible, and the grammar has read."""
_OWN = re.compile(r"\b(?:own|each|every|both|promos?|different|separate)\b", re.IGNORECASE)
"""The same of promos that each have a topic, a length or a platform of their own."""
TRIES = 2
"""Calls for one reading: the second is told what was wrong with the first."""


class Asked(BaseModel):
    """What a model says that a wish asks; what it leaves out was not asked."""

    target: float | None = Field(default=None, ge=SHORTEST, le=LONGEST, description="Seconds of each promo")
    shapes: list[Shape] = Field(default=[], max_length=3)
    platforms: list[str] = Field(default=[], max_length=6, description="youtube, shorts, tiktok, reels, linkedin, x")
    topic: str = Field(default="", max_length=400)
    captions: Style | None = None
    parts: list[Part] = Field(default=[], max_length=4)
    tone: str = Field(default="", max_length=100)
    clean: bool = Field(
        default=False, description="True only where a master without captions is asked for beside the promo"
    )
    count: int = Field(default=1, ge=1, le=MOMENTS)
    cannot: list[str] = Field(
        default=[], max_length=6, description="What was asked and can't be done, in a few words each"
    )


class Told(BaseModel):
    changes: list[Change] = Field(max_length=8)
    cannot: list[str] = Field(
        default=[], max_length=6, description="What was asked and can't be done, in a few words each"
    )


def understand_wish(studio: Studio, said: str) -> Reading:
    """What a wish asks.  The bounds are the grammar's whoever reads: what it refuses is refused, and what it rules out stays ruled out."""
    plain = read_wish(said)
    found, spent = _heard(
        studio,
        said,
        Asked,
        load("wish").fill(shortest=f"{SHORTEST:g}", longest=f"{LONGEST:g}", most=MOST),
        {},
    )
    if (found is None or found == Asked()) and not asks_for_promo(said, plain):
        raise asks_nothing(said)
    if found is None:
        return plain
    cannot = [each for each in found.cannot if not _read(plain, each)]
    if cannot and found.model_copy(update={"cannot": []}) == Asked():
        raise WishError(
            f"That can't be done here: {clean('; '.join(cannot), 300)}. Leave it out, and the rest is made."
        )
    known, _ = named(found.platforms)
    platforms = tuple(each.id for each in known)
    shapes = tuple(dict.fromkeys(found.shapes)) or tuple(dict.fromkeys(s for name in platforms for s in SHAPES[name]))
    told: dict[str, Any] = {
        "target": found.target,
        "shapes": shapes,
        "platforms": platforms,
        "topic": clean(found.topic, 400),
        "captions": found.captions,
        "styled": plain.styled,
        "parts": tuple(found.parts),
        "tone": clean(found.tone, 100),
        "clean": found.clean,
        "language": plain.language,
        "tongues": plain.tongues,
        "openings": plain.openings,
        "count": found.count,
        "options": Options(read=Read(by=studio.model_id, dollars=spent)),
        "unmet": tuple(f"“{clean(each, 200)}” can't be done here" for each in cannot),
    }
    told |= _bounds(plain, told)
    return Reading(**{name: value for name, value in told.items() if value})


def _read(plain: Reading, cannot: str) -> bool:
    """Whether the grammar has read what a model takes for impossible."""
    return bool(plain.tongues and _TRANSLATED.search(cannot) or plain.each and _OWN.search(cannot))


def _bounds(plain: Reading, told: dict[str, Any]) -> dict[str, Any]:
    """What the grammar read that a model may add to and not take away."""
    ruled_out = {word for each in plain.without for word in names(each)}
    inverted = bool(ruled_out) and bool(topic := set(names(told["topic"]))) and topic <= ruled_out
    return {
        "without": plain.without,
        "window": plain.window,
        "each": plain.each,
        "count": plain.count if plain.each or plain.highlights else min(told["count"], MOST),
        "highlights": plain.highlights,
        "least": plain.least,
        "most": plain.most,
        "target": plain.target if plain.each or plain.least or plain.most else told["target"],
        "tighten": plain.tighten,
        "unmet": (*(each for each in plain.unmet if GUESSED not in each), *told["unmet"]),
        **({"topic": plain.topic} if inverted else {}),
    }


def understand_changes(
    studio: Studio, said: str, clips: Sequence[str]
) -> tuple[tuple[Change, ...], Read | None, tuple[str, ...]]:
    """What a revision asks, what reading it cost, and the words beside it that ask for nothing.  The rules are asked first: what they understand whole needs no model.

    ``clips`` are the words of the cut's clips in playing order, for a model to know what is meant.
    """
    try:
        changes, left = hear_changes(said)
        return changes, None, left
    except RevisionError as unread:
        shown = {"clips": [clean(text, 300) for text in clips]}
        found, spent = _heard(studio, said, Told, load("revision").fill(), shown)
        if found is None:
            raise
        if found.cannot or not found.changes:
            told = clean("; ".join(found.cannot), 300) or "no change was found in it"
            raise RevisionError(f"That can't be done here: {told}. {CHANGE_EXAMPLES}") from unread
        return tuple(found.changes), Read(by=studio.model_id, dollars=spent), ()


def _heard(studio: Studio, said: str, kind: type[N], prompt: str, shown: dict[str, Any]) -> tuple[N | None, float]:
    """What the studio's model understood, and the dollars; nothing without a language model or where it fails.

    Kept beside the runs: the same words are read once, so that a request given again is the same run.
    """
    if not studio.language_model:
        return None, 0.0
    asked = json.dumps({"words": clean(said, WISH_BYTES), **shown}, ensure_ascii=False)
    name = hashlib.sha256("\0".join((studio.model_id, prompt, asked)).encode()).hexdigest()[:32]
    memo = studio.home.parent / "readings" / f"{name}.json"
    try:
        kept = json.loads(memo.read_text("utf-8"))
        return kind.model_validate(kept["understood"]), kept["dollars"]
    except (OSError, ValueError, KeyError):
        pass
    try:
        found, spent = _ask(studio.model, studio.model_id, kind, prompt, asked)
    except Exception as error:  # noqa: BLE001 - the rules read what no model does
        log.warning(
            "the model read nothing; the rules do", extra={"error": clean(f"{type(error).__name__}: {error}", 300)}
        )
        return None, 0.0
    if found is not None:
        _keep(memo, {"understood": found.model_dump(mode="json"), "dollars": spent})
    return found, spent


def _ask(model: BaseChatModel, name: str, kind: type[N], prompt: str, asked: str) -> tuple[N | None, float]:
    spec = {"title": "understood", "description": "Say what was asked, in full, once.", **_schema(kind)}
    bound = model.bind_tools([spec])
    messages: list[BaseMessage] = [SystemMessage(prompt), HumanMessage("The person's words, as data:\n" + asked)]
    spent = 0.0
    for _ in range(TRIES):
        answer = bound.invoke(messages)
        if not isinstance(answer, AIMessage):
            return None, spent
        usage: Any = answer.usage_metadata or {}
        spent += dollars(name, usage.get("input_tokens", 0), usage.get("output_tokens", 0))
        call = next((call for call in answer.tool_calls if call["name"] == "understood"), None)
        if call is None:
            return None, spent
        try:
            return kind.model_validate(call["args"]), spent
        except ValidationError as wrong:
            told = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in wrong.errors()[:8])
            messages += [
                answer,
                *(
                    ToolMessage(f"Not understood: {told}. Call it again.", tool_call_id=str(c["id"]), status="error")
                    for c in answer.tool_calls
                ),
            ]
    return None, spent


def _schema(kind: type[BaseModel]) -> dict[str, Any]:
    """The form that a model fills in; a field that may be left out has no default that it could not be given."""
    told: dict[str, Any] = _bare(kind.model_json_schema())
    return {key: value for key, value in told.items() if key != "description"}


def _bare(value: Any) -> Any:
    """Without titles, which say the names again, and defaults of null, which no type of a field here takes."""
    if isinstance(value, list):
        return [_bare(part) for part in value]
    if not isinstance(value, dict):
        return value
    kept = {key: part for key, part in value.items() if not (key == "default" and part is None)}
    kept = kept if isinstance(value.get("title"), dict) else {key: part for key, part in kept.items() if key != "title"}
    choices = [each for each in kept.get("anyOf", ()) if each != {"type": "null"}]
    if len(choices) == 1:
        kept = {**choices[0], **{key: part for key, part in kept.items() if key != "anyOf"}}
    return {key: _bare(part) for key, part in kept.items()}


def _keep(path: Path, value: Any) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        whole.write(path, json.dumps(value).encode())
    except OSError as error:
        log.warning("a reading was not kept", extra={"error": str(error)})
