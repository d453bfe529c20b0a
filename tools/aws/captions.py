"""Claude, or another model of Converse, as the translator of captions: every line under its own id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prompts import load
from tools.aws.converse import Conversing, one_object
from tools.ports import Translator
from tools.prices import dollars
from tools.schema import Said, Translated
from tools.text import clean, fence
from tools.troubles import Unwritten
from tools.words.languages import name

MOST = 400
"""Lines of one request: a promo has some thirty."""
PROMPT, LETTERS = 900, 3.0
"""Tokens of the prompt without its lines, and letters that a token has in what is said; a translation takes up to three times as many."""


class _Name(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    said: str = Field(max_length=200)
    written: str = Field(max_length=200)


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    id: str = Field(max_length=12)
    text: str = Field(max_length=2000)
    names: list[_Name] = Field(max_length=20)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    lines: list[_Line] = Field(max_length=2 * MOST)


@dataclass
class Captions(Conversing, Translator):
    """Translates all lines in one call, and those that were wrong in another; an answer that can't be read is asked for once more."""

    accepts_feedback = True

    def cost(self, characters: int) -> float:
        """About the dollars of translating so many characters into one language."""
        said = characters / LETTERS
        return dollars(self.model, round(PROMPT + 2 * said), round(4 * said))

    def speaks(self, language: str | None, into: str) -> bool:
        """Whether it translates between two languages: all that can be asked for."""
        return True

    def translate(
        self,
        lines: Sequence[Said],
        language: str,
        into: str,
        keep: Sequence[str] = (),
        feedback: Mapping[str, Sequence[str]] | None = None,
        before: Sequence[Translated] = (),
    ) -> tuple[Translated, ...]:
        """``lines`` in the language ``into``, or only those that ``feedback`` tells of, by their ids.

        Raises ``Unwritten`` where the model or the service refuses, is out of reach, or twice answers what can't be read.
        """
        asked = _prompt(lines, language, into, keep, feedback or {}, before)
        talk: list[dict[str, Any]] = [{"role": "user", "content": [{"text": asked}]}]
        wrong = ""
        for _ in range(2):
            said = self.ask(talk, "captions", _schema())
            found, wrong = read(said)
            if not wrong:
                return found
            told = f"Your answer could not be used: {wrong}. Give the whole JSON again."
            talk += [
                {"role": "assistant", "content": [{"text": clean(said, 20_000) or "…"}]},
                {"role": "user", "content": [{"text": told}]},
            ]
        raise Unwritten(f"{self.engine} twice answered what can't be used: {wrong}")


def read(said: str) -> tuple[tuple[Translated, ...], str]:
    """The lines in an answer, or what is wrong with it."""
    if not said.strip():
        return (), "it was empty or cut off"
    try:
        answer = _Answer.model_validate_json(one_object(said))
    except ValidationError as error:
        first = error.errors()[0]
        return (), f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    except (ValueError, RecursionError) as error:
        return (), f"it is not the JSON that was asked for: {clean(error, 120)}"
    return tuple(
        Translated(id=line.id, text=line.text, names={each.said: clean(each.written, 200) for each in line.names})
        for line in answer.lines
    ), ""


def _schema() -> dict[str, Any]:
    """Our answer as the schema that the service holds to: objects closed and whole, no bounds, which it does not take."""
    text = {"type": "string"}
    pair = _closed({"said": text, "written": text})
    line = _closed({"id": text, "text": text, "names": {"type": "array", "items": pair}})
    return _closed({"lines": {"type": "array", "items": line}})


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _prompt(
    lines: Sequence[Said],
    language: str,
    into: str,
    keep: Sequence[str],
    feedback: Mapping[str, Sequence[str]],
    before: Sequence[Translated],
) -> str:
    told = "\n".join(f"{each.id} (room {each.room}) {clean(each.text, 600)}" for each in lines[:MOST])
    form = 'Answer with JSON only, without fences: {"lines": [{"id", "text", "names": [{"said", "written"}]}]}'
    filled = load("captions").fill(
        language=name(language),
        into=name(into),
        keep=", ".join(clean(each, 60) for each in keep) or "none",
        lines=fence(told, "lines"),
        feedback=_refused(feedback, before),
    )
    return f"{filled.rstrip()}\n\n{form}"


def _refused(feedback: Mapping[str, Sequence[str]], before: Sequence[Translated]) -> str:
    """What was wrong with a first try; only these lines are wanted again."""
    if not feedback:
        return ""
    known = {each.id: each.text for each in before}
    wrong = [
        f"- {line}: {clean(known.get(line, ''), 300) or 'nothing'} — {clean('; '.join(faults), 400)}"
        for line, faults in feedback.items()
    ]
    right = [f"- {line}: {clean(text, 300)}" for line, text in known.items() if line not in feedback]
    return (
        "You translated them once. These lines were refused; answer with these ids alone, put right:\n"
        + "\n".join(wrong)
        + "\n\nThe others are kept as they are, for you to fit in with:\n"
        + ("\n".join(right) or "none")
    )
