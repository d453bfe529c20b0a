"""A kept conversation once more: the model's answers, what was heard and what was seen from the file, all that comes after the model anew.

A prompt or a tool that changed makes it stale, and the message names it.  A tool that answers otherwise than it did is drift: it is told, the
conversation is played on, and what must hold of any run is asked of this one.
"""

from __future__ import annotations

import re
import tempfile
import wave
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agent.loop import run as run_loop
from agent.reading.intent import changes_of
from agent.reading.understand import understand_wish
from agent.record.records import Records
from agent.revising.planned import cast
from agent.revising.revision import plan_revision
from agent.studio import Studio
from evals.cassettes import Cassette, Player, Reprint, Stale
from evals.conversations import Conversation, Run, Tally, tally, unpacked
from evals.replay import Again
from evals.solvers import Blind, Written
from tools.aws.claude import Claude
from tools.cutting.solver import TOLERANCE
from tools.ids import is_spoken
from tools.local.extract import Extractive
from tools.local.folder import Folder
from tools.media.audio import RATE
from tools.ports import Copywriter, Engines, Steps
from tools.posts import grounding
from tools.posts.platforms import platforms
from tools.schema import Brief, Outcome, Speech
from tools.workspace import Workspace

ANEW = re.compile(r"\d+\.(?:find|read|cut|write|correct|propose)\Z")
"""Tools that are carried out again; the others' work is in the file."""
MADE = {"cover": "covers.json", "assemble": "artifacts.json"}
"""What a tool that is not carried out again leaves in the run folder."""
MADE_AT_ALL = ("done", "done with warnings")


class Rerun(NamedTuple):
    id: str
    drift: tuple[str, ...]
    """What was answered otherwise than then, in order."""
    broken: tuple[str, ...]
    """What must hold of any run and does not."""
    tally: Tally


def rerun(conversation: Conversation) -> Rerun:
    """Play a conversation.  Raises ``Stale`` where a prompt or a tool changed since it was kept."""
    drift: list[str] = []
    broken: list[str] = []
    with tempfile.TemporaryDirectory(prefix="hookline-rerun-") as place:
        records = Records(f"sqlite:///{place}/records.db")
        try:
            records.migrate()
            at = _studio(conversation, Path(place), records, drift)
            made = [each for n, run in enumerate(conversation.runs) for each in _again(at, run, n, drift)]
            for run, (brief, outcome) in zip(conversation.runs, made, strict=True):
                broken += _broken(at, run, brief, outcome)
            runs = [run.model_copy(update={"outcome": o}) for run, (_, o) in zip(conversation.runs, made, strict=True)]
            figures = tally(at, runs, conversation.turns, conversation.pages)
        finally:
            records.close()
    return Rerun(conversation.id, tuple(drift), tuple(broken), figures)


def _studio(conversation: Conversation, place: Path, records: Records, drift: list[str]) -> Studio:
    cassette = Cassette(
        case=conversation.id,
        model_id=conversation.models["editor"],
        recorded=conversation.recorded,
        turns=conversation.turns,
    )
    return Studio(
        engines=Engines(Written(Speech(words=())), Blind(), _writer(conversation, drift), Folder(place), Extractive()),
        model=Player(cassette=cassette, drift=drift.append),
        model_id=conversation.models["editor"],
        records=records,
        home=place / "runs",
    )


def _writer(conversation: Conversation, drift: list[str]) -> Copywriter:
    if conversation.models["copywriter"] == Extractive().engine:
        return Extractive()
    return Claude(conversation.models["copywriter"], api=Reprint(conversation.pages, conversation.id, drift.append))


def _again(at: Studio, run: Run, n: int, drift: list[str]) -> Iterator[tuple[Brief, Outcome]]:
    """One request or change once more; nothing where it can no longer be asked, which is told as drift."""
    if n:
        before = at.records.runs(1)[0]["run"]
        told = changes_of(at, before, run.said)
        _check(at)
        planned = plan_revision(at, before, run.said, told.changes, read=told.read, left=told.left)
        planned.seed.sow(at.home, at.home / planned.brief.run)
        brief, at = planned.brief, replace(cast(at, planned.moves), lineage=planned.lineage)
    else:
        brief = run.brief
        if brief.options.read:
            drift += _read_otherwise(brief, understand_wish(at, run.said))
            _check(at)
        _lay(run, Workspace(at.home / brief.run))
    steps = Again(run.steps.get, lambda tool: _put_back(run, Workspace(at.home / brief.run), tool), ANEW)

    def taken(*_: Any) -> Steps:
        return steps

    yield brief, run_loop(brief, replace(at, steps=taken), _no_video)
    drift += [f"the answer of {name.partition('.')[2]}" for name in steps.other]


def _check(at: Studio) -> None:
    """Raises ``Stale``, which whoever reads words takes for a model that fails."""
    if isinstance(at.model, Player):
        at.model.check()


def _read_otherwise(brief: Brief, reading: Any) -> list[str]:
    """What of a wish is read otherwise than it was."""
    names = ("target", "shapes", "platforms", "topic", "captions", "language")
    return [f"{name} of the wish" for name in names if getattr(reading, name) != getattr(brief, name)]


def _lay(run: Run, workspace: Workspace) -> None:
    """What the run's folder held once it had heard and seen."""
    for name, text in run.files.items():
        if name not in (*MADE.values(), "misheard.json"):
            workspace.write(name, text.encode())
    workspace.video.touch()
    if run.levels:
        _sound(unpacked(run.levels), workspace.audio)


def _put_back(run: Run, workspace: Workspace, tool: str) -> None:
    if MADE[tool] in run.files:
        workspace.write(MADE[tool], run.files[MADE[tool]].encode())


def _no_video(into: Path) -> None:
    raise LookupError("a kept conversation does not hold its video")


def _sound(levels: NDArray[np.float32], path: Path) -> None:
    """A 16-bit WAV of these levels, one hundredth of a second each, to the nearest that 16 bits can tell."""
    hop = RATE // 100
    power = (32768.0 * 10 ** (levels.astype(float) / 20)) ** 2
    low = np.minimum(np.floor(np.sqrt(power)), 32766)
    more = np.round(hop * (power - low**2) / (2 * low + 1)).clip(0, hop)
    rows = low[:, None] + (np.arange(hop) < more[:, None])
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(rows.astype("<i2").tobytes())


# --- what must hold of any run --------------------------------------------------------------------------------------


def _broken(at: Studio, run: Run, brief: Brief, outcome: Outcome) -> Iterator[str]:
    workspace = Workspace(at.home / brief.run)
    if _end(outcome) != _end(run.outcome):
        yield f"it ended as {run.outcome.status} and ends as {outcome.status}: {outcome.reason or outcome.warnings}"
    rows = at.records.decisions(brief.run)
    if [row["seq"] for row in rows] != list(range(1, len(rows) + 1)):
        yield "the record has a gap"
    yield from (f"{row['name']}, {row['seq']} of the record, has no answer" for row in rows if not row["verdict"])
    if abs(sum(row["dollars"] or 0 for row in rows) + _read_for(brief) - outcome.dollars) > 1e-6:
        yield "the outcome's dollars are not those of its record"
    if _end(outcome) == "made":
        yield from _promo(workspace, brief, outcome)
    yield from _words(workspace, brief, outcome)


def _end(outcome: Outcome) -> str:
    return "made" if outcome.status in MADE_AT_ALL else outcome.status


def _read_for(brief: Brief) -> float:
    return brief.options.read.dollars if brief.options.read else 0.0


def _promo(workspace: Workspace, brief: Brief, outcome: Outcome) -> Iterator[str]:
    cut = outcome.cut
    if cut is None:
        yield "it was made of a plan that there is not"
        return
    least, most = brief.options.least or brief.target, brief.options.most or brief.target
    if not least - TOLERANCE <= cut.length <= most + TOLERANCE:
        asked = f"{least:g}" if least == most else f"{least:g} to {most:g}"
        yield f"{cut.length:.2f} s is not the length that was asked, {asked} s"
    heard, seen = workspace.transcript, workspace.observation
    known = {each.id for each in (heard.sentences if heard else ())} | {
        each.id for each in (seen.shots if seen else ())
    }
    ids = [name for clip in cut.clips for name in clip.ids]
    yield from (f"{name} is not in the video" for name in ids if name not in known)
    if not brief.options.tighten and len(set(ids)) < len(ids):
        yield "a sentence plays twice"
    if not brief.options.pins and [clip.role for clip in cut.clips if clip.role == "hook"][1:]:
        yield "two clips are the hook"
    for certificate in (cut.certificate, *(clip.certificate for clip in cut.clips)):
        yield from (f"a check does not hold: {check}" for check in certificate.failures)
    spans = sorted((clip.first_frame, clip.first_frame + clip.frames) for clip in cut.clips)
    if any(begins < ended for (_, ended), (begins, _) in zip(spans, spans[1:], strict=False)):
        yield "two clips play the same frames"


def _words(workspace: Workspace, brief: Brief, outcome: Outcome) -> Iterator[str]:
    """What the words say that was not said."""
    heard = workspace.transcript
    if heard is None or outcome.cut is None:
        return
    limits, played = platforms(), [name for clip in outcome.cut.clips for name in clip.ids]
    if not all(map(is_spoken, played)):
        return
    for copy in outcome.copies:
        yield from grounding.check(copy, heard, limits[copy.platform], brief.wish, played, brief.topic)


class Told(NamedTuple):
    sound: bool
    tally: Tally
    lines: tuple[str, ...]
    """What is wrong, and what drifted."""


def told(conversation: Conversation) -> Told:
    """What playing a conversation tells; one without its words is not played."""
    if not conversation.runs:
        return Told(True, conversation.tally, ("its words are not kept, so it is not played",))
    try:
        again = rerun(conversation)
    except Stale as stale:
        return Told(False, conversation.tally, (str(stale),))
    except LookupError as lost:
        return Told(False, conversation.tally, (f"it can't be played to its end: {lost}",))
    drift = (f"drift: {len(again.drift)}, first {again.drift[0]}",) if again.drift else ()
    return Told(not again.broken, again.tally, (*again.broken, *drift))


def table(told: Sequence[tuple[Conversation, Tally]]) -> str:
    """A line a conversation: calls, refusals, tokens, dollars by the price list, and what came of it."""
    width = max([len("conversation"), *(len(each.id) for each, _ in told)])
    head = f"{'conversation':<{width}}  calls  tools  refused  lines    tokens in  (cached)   out        $  ends"
    return "\n".join([head, *(_row(each, figures, width) for each, figures in told)])


def _row(conversation: Conversation, figures: Tally, width: int) -> str:
    ends = ", ".join(figures.ends) + (f" ({figures.seconds:g} s)" if figures.seconds else "")
    return (
        f"{conversation.id:<{width}}  {figures.calls:>5}  {figures.tools:>5}  {figures.refusals:>7}  {figures.lines:>5}"
        f"  {figures.tokens_in:>11}  {figures.tokens_cached:>8}  {figures.tokens_out:>4}  {figures.dollars:>7.4f}  {ends}"
    )
