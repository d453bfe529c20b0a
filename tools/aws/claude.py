"""A Claude of the small class, or another model of Converse, as the copywriter: lines with the sentence ids they rest on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prompts import load
from tools.aws.converse import Conversing, one_object
from tools.finding.limits import limiting
from tools.ports import Copywriter, Steps
from tools.prices import dollars
from tools.schema import Brief, Copy, Line, Platform, Transcript
from tools.text import GLANCE, clean, fence
from tools.troubles import Unwritten
from tools.words.compact import speakers

HOOKS = 3
"""Asked for on each platform."""
SENTENCES = 120_000
"""Characters of sentences in one prompt."""
USUAL = (4000, 1200)
"""Tokens in and out of one call for a promo of half a minute and five platforms."""
BESIDE, AROUND = 2, 8000
"""Sentences on either side of one of the cut that are told beside it, and characters of them all."""
ANEW = "Answer with JSON of the same form that holds only new lines for those: no other hooks or tags, null for a title or description that was not refused."
WRONG = 20
"""Faults that are told to the model at once."""


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    text: str = Field(min_length=1, max_length=6000)
    evidence: list[str] = Field(min_length=1, max_length=40)


class _Copy(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    platform: str
    hooks: list[_Line] = Field(max_length=10)
    title: _Line | None
    description: _Line | None
    tags: list[_Line] = Field(max_length=30)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    copies: list[_Copy] = Field(max_length=12)


@dataclass
class Claude(Conversing, Copywriter):
    """Writes for all platforms in one call, and once more with the list of what was wrong; then ``Unwritten``."""

    accepts_feedback = True

    def cost(self) -> float:
        """About the dollars of one call."""
        return dollars(self.model, *USUAL)

    def write(
        self,
        brief: Brief,
        transcript: Transcript,
        chosen: Sequence[str],
        limits: Sequence[Platform],
        steps: Steps,
        tone: str = "",
        feedback: Sequence[str] = (),
        before: Sequence[Copy] = (),
    ) -> tuple[Copy, ...]:
        """Hooks, title, description and tags for each platform.

        Raises ``Unwritten`` where the model or the service refuses, is out of reach, or twice answers what can't be used.
        """
        known = {sentence.id: sentence.text for sentence in transcript.sentences}
        ids = [name for name in dict.fromkeys(chosen) if name in known]
        asked = _prompt(brief, transcript, ids, known, limits, tone, () if before else feedback)
        talk: list[dict[str, Any]] = [{"role": "user", "content": [{"text": asked}]}]
        if before:
            talk += [
                {"role": "assistant", "content": [{"text": _written(before)}]},
                {"role": "user", "content": [{"text": f"{_refused(feedback)}\n{ANEW}"}]},
            ]
        wrong: list[str] = []
        for _ in range(2):
            said = self.ask(talk, "copies", _schema())
            copies, wrong = read(said, ids, limits)
            if not wrong:
                return tuple(copy.model_copy(update={"written_by": self.engine}) for copy in copies)
            told = (
                "Your answer could not be used:\n"
                + "\n".join(f"- {fault}" for fault in wrong[:WRONG])
                + "\nGive the whole JSON again."
            )
            talk += [
                {"role": "assistant", "content": [{"text": clean(said, 20_000) or "…"}]},
                {"role": "user", "content": [{"text": told}]},
            ]
        raise Unwritten(f"{self.engine} twice answered what can't be used: {wrong[0]}")


def read(said: str, ids: Sequence[str], limits: Sequence[Platform]) -> tuple[tuple[Copy, ...], list[str]]:
    """The copies in an answer, or all that is wrong with it.  Evidence is one of ``ids``, a platform one of ``limits``."""
    if not said.strip():
        return (), ["it was empty or cut off; write less"]
    try:
        answer = _Answer.model_validate_json(one_object(said))
    except ValidationError as error:
        return (), [f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()]
    except (ValueError, RecursionError) as error:
        return (), [f"it is not the JSON that was asked for: {clean(error, 120)}"]
    wrong = []
    wanted = [each.id for each in limits]
    there = [copy.platform for copy in answer.copies]
    wrong += [
        f"{clean(name, 40)} is not a platform that was asked for, or comes twice"
        for name in there
        if name not in wanted or there.count(name) > 1
    ]
    wrong += [f"nothing is written for {name}" for name in wanted if name not in there]
    for copy in answer.copies:
        lines = [*copy.hooks, *(line for line in (copy.title, copy.description) if line), *copy.tags]
        strange = dict.fromkeys(clean(name, 20) for line in lines for name in line.evidence if name not in ids)
        wrong += [f"{clean(copy.platform, 40)}: {name} is not one of the ids that are listed" for name in strange]
    if wrong:
        return (), wrong
    return tuple(
        Copy(
            platform=copy.platform,
            hooks=tuple(_line(line) for line in copy.hooks),
            title=_line(copy.title) if copy.title else None,
            description=_line(copy.description) if copy.description else None,
            tags=tuple(_line(line) for line in copy.tags),
        )
        for copy in answer.copies
    ), []


def _line(line: _Line) -> Line:
    return Line(text=clean(line.text, 6000, lines=True), evidence=tuple(dict.fromkeys(line.evidence)))


def _schema() -> dict[str, Any]:
    """Our answer as the schema that the service holds to: objects closed and whole, no bounds, which it does not take."""
    line = {
        "type": "object",
        "properties": {"text": {"type": "string"}, "evidence": {"type": "array", "items": {"type": "string"}}},
        "required": ["text", "evidence"],
        "additionalProperties": False,
    }
    lines, maybe = {"type": "array", "items": line}, {"anyOf": [line, {"type": "null"}]}
    parts = {
        "platform": {"type": "string"},
        "hooks": {**lines, "description": f"One of them is a cover line, of {GLANCE} words at most"},
        "title": maybe,
        "description": {
            **maybe,
            "description": "The post: its first sentence as a person would write it, up to how it ended",
        },
        "tags": {**lines, "description": "Only such as people use for the subject"},
    }
    copy = {"type": "object", "properties": parts, "required": list(parts), "additionalProperties": False}
    copies = {"type": "array", "items": copy}
    return {"type": "object", "properties": {"copies": copies}, "required": ["copies"], "additionalProperties": False}


def _written(copies: Sequence[Copy]) -> str:
    """The JSON that these copies were read from."""
    rows = [each.model_dump(mode="json", exclude={"written_by", "warnings"}) for each in copies]
    return json.dumps({"copies": rows}, ensure_ascii=False)


def _refused(feedback: Sequence[str]) -> str:
    return "These lines were refused; all others are kept as they are:\n" + "\n".join(
        f"- {clean(fault, 300)}" for fault in feedback[:WRONG]
    )


def _asked(brief: Brief) -> str:
    """The words of the request; a change of a promo ("drop the second clip") does not say what the promo is about."""
    wish, topic = clean(brief.wish, 2000), clean(brief.topic, 400)
    about = f"about {topic}" if topic and topic.lower() not in wish.lower() else ""
    return "; ".join(filter(None, (wish, about))) or "nothing particular"


def _around(transcript: Transcript, ids: Sequence[str]) -> str:
    """What is said between and beside the sentences of the cut, and what limits them: to be known, not to be quoted."""
    said = transcript.sentences
    places = [at for at, each in enumerate(said) if each.id in set(ids)]
    near = {at + step for at in places for step in range(-BESIDE, BESIDE + 1)}
    near |= {at for at, _ in limiting(said, [(place, place) for place in places])}
    told = [f"{said[at].id} {clean(said[at].text, 400)}" for at in sorted(near - set(places)) if 0 <= at < len(said)]
    return "\n".join(told)[:AROUND] or "nothing"


def _prompt(
    brief: Brief,
    transcript: Transcript,
    ids: Sequence[str],
    known: Mapping[str, str],
    limits: Sequence[Platform],
    tone: str,
    feedback: Sequence[str],
) -> str:
    told = {
        each.id: each.model_dump(mode="json", exclude={"looked_up", "shapes"}, exclude_none=True) for each in limits
    }
    voices = speakers(transcript.sentences)
    letter = {each.id: f"[{voices[each.speaker]}] " for each in transcript.sentences if each.speaker in voices}
    said = "\n".join(f"{name} {letter.get(name, '')}{clean(known[name], 2000)}" for name in ids)[:SENTENCES]
    before = (
        "What was wrong with the last try, as a list; mend it:\n"
        + "\n".join(f"- {clean(fault, 300)}" for fault in feedback[:WRONG])
        if feedback
        else ""
    )
    form = 'Answer with JSON only, without fences: {"copies": [{"platform", "hooks": [{"text", "evidence": [ids]}], "title": {…} or null, "description": {…} or null, "tags": [{…}]}]}'
    filled = load("copy").fill(
        hooks=HOOKS,
        cover=GLANCE,
        voices="; ".join(f"{each.id}: {each.voice or 'plain'}" for each in limits),
        tone=clean(tone, 200) or "none",
        language=transcript.language,
        limits=json.dumps(told, ensure_ascii=False),
        request=fence(_asked(brief), "request"),
        sentences=fence(said, "sentences"),
        around=fence(_around(transcript, ids), "around"),
        feedback=before,
    )
    return f"{filled.rstrip()}\n\n{form}"
