"""Judges: a model's answer to one binary question about a clip.  They gate nothing until they agree with people.

Each question is put twice with its two answers in either order, and an answer counts only where both say the same: a judge that takes the
first of two whatever it says is undecided, not wrong in our favour.  Answers are kept by what was asked, so that nothing is asked twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import sqrt
from pathlib import Path
from typing import Any, NamedTuple

from langchain_core.language_models import BaseChatModel

from agent.record.records import Records
from evals.cases import digest, rows
from prompts import load
from tools.prices import dollars
from tools.schema import Clip, Noun, Transcript
from tools.text import clean

AGREEMENT = 0.8
"""Of people's thumbs that a judge must agree with, on clips that they liked and on those that they did not alike."""
LABELS, EACH = 20, 5
"""Thumbs that a calibration needs at least, and of either kind: with fewer, a judge that always says yes looks good."""
AROUND = 4
"""Sentences before and after a clip that a judge of faithfulness reads."""


class Question(NamedTuple):
    """A judge: its prompt, and the two answers it may give, yes first."""

    prompt: str
    yes: str
    no: str
    first_only: bool = False
    """Asked of the clip that opens the promo, and of no other."""


QUESTIONS: dict[str, Question] = {
    "stands alone": Question("judge_alone", "Yes, a stranger could follow it.", "No, a stranger would be lost."),
    "faithful": Question(
        "judge_faithful", "Yes, it still means the same.", "No, it means something else without that."
    ),
    "strong opening": Question("judge_opening", "Yes, they would stop.", "No, they would scroll on.", first_only=True),
}


class Material(Noun):
    """What the judges of one clip read."""

    clip: str
    before: str = ""
    around: str = ""
    opens: bool = False


class Kept(Noun):
    """A line of the file of answers."""

    key: str
    letter: str
    dollars: float = 0.0


class Answers:
    """Answers by a digest of what was asked, in a JSONL file that is only ever appended to."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        there = rows(path, Kept) if path and path.exists() and path.stat().st_size else []
        self._known = {each.key: each for each in there}

    def get(self, key: str, ask: Callable[[], Kept]) -> tuple[Kept, bool]:
        """The answer, and whether it had to be asked for."""
        if key in self._known:
            return self._known[key], False
        self._known[key] = kept = ask()
        if self._path:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(kept.model_dump_json() + "\n")
        return kept, True


class Judge:
    """Puts the questions to a model."""

    def __init__(self, model: BaseChatModel, model_id: str, answers: Answers | None = None) -> None:
        self._model, self.model_id, self._answers = model, model_id, answers or Answers()
        self.dollars, self.asked = 0.0, 0

    def says(self, name: str, material: Material) -> bool | None:
        """Yes or no; None where the order of the answers decides, or the model gives neither."""
        question = QUESTIONS[name]
        one = self._letter(question, material, (question.yes, question.no))
        two = self._letter(question, material, (question.no, question.yes))
        return {("A", "B"): True, ("B", "A"): False}.get((one, two))

    def of(self, materials: Sequence[Material]) -> dict[str, float | None]:
        """The share of yes by question over the clips of a promo; None for a question that none of them is asked."""
        return {name: share([self.says(name, each) for each in materials if asks(name, each)]) for name in QUESTIONS}

    def _letter(self, question: Question, material: Material, answers: tuple[str, str]) -> str:
        prompt = load(question.prompt)
        told = {"clip": material.clip, "before": material.before or "nothing", "around": material.around or "nothing"}
        text = prompt.fill(
            first=answers[0],
            second=answers[1],
            **{name: told[name] for name in prompt.names - {"first", "second"}},
        )
        key = digest(self.model_id, prompt.digest, text)
        kept, fresh = self._answers.get(key, lambda: self._ask(key, text))
        self.asked += fresh
        self.dollars += kept.dollars if fresh else 0.0
        return kept.letter

    def _ask(self, key: str, text: str) -> Kept:
        message = self._model.invoke(text)
        usage: Any = getattr(message, "usage_metadata", None) or {}
        cost = dollars(self.model_id, usage.get("input_tokens", 0), usage.get("output_tokens", 0))
        found = re.match(r"\W*([AB])\b", message.text)
        return Kept(key=key, letter=found[1] if found else "", dollars=cost)


def asks(name: str, material: Material) -> bool:
    """Whether a clip is asked this question."""
    return material.opens or not QUESTIONS[name].first_only


def share(said: Sequence[bool | None]) -> float | None:
    """The share of yes; what is undecided is no yes."""
    return sum(each is True for each in said) / len(said) if said else None


def material(clips: Sequence[Clip], at: int, transcript: Transcript) -> Material:
    """What the judges read of clip ``at`` of a promo."""
    clip, said = clips[at], {sentence.id: number for number, sentence in enumerate(transcript.sentences)}
    places = [said[name] for name in clip.ids if name in said]
    near = transcript.sentences[max(0, places[0] - AROUND) : places[-1] + 1 + AROUND] if places else ()
    return Material(
        clip=_safe(clip.text),
        before=_safe(" ".join(each.text for each in clips[:at])),
        around=_safe(" ".join(each.text for each in near)),
        opens=at == 0,
    )


def materials(clips: Sequence[Clip], transcript: Transcript) -> list[Material]:
    """What the judges read of each clip of a promo, in playing order; clips without words are left out."""
    return [material(clips, at, transcript) for at, clip in enumerate(clips) if clip.text]


def _safe(text: str) -> str:
    """Said text that can't close the marks it stands between."""
    return clean(text, 4000).replace("<<", "‹").replace(">>", "›")


# --- people's thumbs --------------------------------------------------------------------------------------------------


class Labelled(NamedTuple):
    material: Material
    liked: bool


class Agreement(Noun):
    """How a judge compares with people's thumbs."""

    question: str
    model_id: str
    prompt: str
    """Digest of the prompt that was asked; another prompt is another judge."""
    up: int
    down: int
    agreed_up: int
    agreed_down: int

    @property
    def labels(self) -> int:
        return self.up + self.down

    @property
    def agreement(self) -> float:
        """The mean of the shares agreed with on thumbs up and on thumbs down."""
        sides = [agreed / all_ for agreed, all_ in ((self.agreed_up, self.up), (self.agreed_down, self.down)) if all_]
        return sum(sides) / len(sides) if sides else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the share agreed with."""
        n, z = max(1, self.labels), 1.96
        p = (self.agreed_up + self.agreed_down) / n
        middle, reach = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, (middle - reach) / (1 + z * z / n)), min(1.0, (middle + reach) / (1 + z * z / n))

    @property
    def enough(self) -> bool:
        return self.labels >= LABELS and min(self.up, self.down) >= EACH

    @property
    def gates(self) -> bool:
        return self.enough and self.agreement >= AGREEMENT


def labelled(records: Records, home: Path, limit: int = 10_000) -> Iterator[Labelled]:
    """Every clip that somebody gave a thumb, with what judges read of it; ``home`` holds the folders of runs."""
    for row in records.runs(limit):
        thumbs = records.labels(row["run"])
        outcome = records.run(row["run"])["outcome"] if thumbs else None
        if not outcome or not outcome.get("cut"):
            continue
        clips = [Clip.model_validate(each) for each in outcome["cut"]["clips"]]
        kept = home / row["run"] / "transcript.json"
        transcript = Transcript.model_validate_json(kept.read_bytes()) if kept.exists() else Transcript()
        for at, clip in enumerate(clips):
            if clip.text and at + 1 in thumbs:
                yield Labelled(material(clips, at, transcript), thumbs[at + 1] == 1)


def calibrate(judge: Judge, labels: Iterable[Labelled]) -> list[Agreement]:
    """Each judge beside people.  One that reads what was said around a clip is left out where a record does not hold that."""
    there = list(labels)
    found = []
    for name, question in QUESTIONS.items():
        prompt = load(question.prompt)
        own = [each for each in there if asks(name, each.material) and _readable(prompt.names, each.material)]
        said = [(judge.says(name, each.material), each.liked) for each in own]
        found.append(
            Agreement(
                question=name,
                model_id=judge.model_id,
                prompt=prompt.digest,
                up=sum(liked for _, liked in said),
                down=sum(not liked for _, liked in said),
                agreed_up=sum(liked and yes is True for yes, liked in said),
                agreed_down=sum(not liked and yes is False for yes, liked in said),
            )
        )
    return found


def _readable(names: frozenset[str], material: Material) -> bool:
    return "around" not in names or bool(material.around)


def save(path: Path, found: Sequence[Agreement]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(each.model_dump_json() + "\n" for each in found), "utf-8")


def calibrated(path: Path, model_id: str) -> dict[str, Agreement]:
    """The calibration of each question that still holds: of this model, and of the prompt as it is now."""
    known = rows(path, Agreement) if path.exists() else []
    return {
        each.question: each
        for each in known
        if each.question in QUESTIONS
        and each.model_id == model_id
        and each.prompt == load(QUESTIONS[each.question].prompt).digest
    }


def row(yes: float | None, agreement: Agreement | None) -> dict[str, Any]:
    """A judge's line of the report."""
    known = agreement if agreement and agreement.enough else None
    return {
        "yes": yes,
        "agreement": known.agreement if known else None,
        "labels": agreement.labels if agreement else 0,
        "gates": bool(known and known.gates),
    }


def told(found: Mapping[str, Agreement] | Sequence[Agreement]) -> str:
    """The calibration as a page of text."""
    each_ = list(found.values()) if isinstance(found, Mapping) else list(found)
    lines = [f"{'judge':16}{'agrees':>8}{'95 %':>16}{'thumbs':>8}"]
    for each in each_:
        low, high = each.interval
        why = (
            "gates"
            if each.gates
            else "gates nothing: "
            + (
                f"{AGREEMENT:.0%} is needed"
                if each.enough
                else f"{LABELS} thumbs are needed, {EACH} of either kind; there are {each.up} up and {each.down} down"
            )
        )
        lines.append(f"{each.question:16}{each.agreement:>8.0%}{f'{low:.0%} to {high:.0%}':>16}{each.labels:>8}  {why}")
    return "\n".join(lines)
