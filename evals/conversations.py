"""Whole runs of a language model over a video, kept as files: what was heard and seen, what was asked, and the model's answers in full.

A conversation is a request and the changes asked of what came of it, each a run.  With its words and levels in place of the video, everything
that comes after the model is carried out again (``evals.rerun``) and nothing is asked of anybody.
"""

from __future__ import annotations

import base64
import gzip
import re
import tomllib
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from agent.deciding.ledger import digest
from agent.outcome import place
from agent.reading.intent import changes_of
from agent.reading.understand import understand_wish
from agent.revising.planned import carry
from agent.revising.revision import plan_revision
from agent.settings import Settings
from agent.steps.recorded import Recorded
from doors.laptop import find_video, make_reading
from doors.studio import studio
from evals.cases import DataError
from evals.cassettes import Page, Tape, Turn, Typewriter
from tools.aws.claude import Claude
from tools.files.whole import fingerprint, write
from tools.media.levels import read
from tools.ports import Json
from tools.schema import Brief, Noun, Outcome
from tools.text import clean
from tools.troubles import Refusal
from tools.workspace import Workspace

if TYPE_CHECKING:
    from agent.studio import Studio

KEPT = Path(__file__).parent / "cassettes"
VIDEOS = "videos.toml"
SUFFIX = ".json.gz"
TOOL = re.compile(r"(?:\d+\.(?!model)[a-z_]+|intake)\Z")
"""Steps that a conversation keeps: what came in, and each tool's answer."""
SKIPPED = re.compile(
    r"(?:plan-.*|copies|known|clips|speech|voices|observation-draft|heard-.*|seen-.*|voices-.*|aligned-.*)\.json\Z"
)
"""Files of a run's folder that are made again, or were only a way to others that are kept."""
FINE = 100
"""Steps of a decibel in kept levels."""


class Rights(Noun):
    """Whose video it is, and what may be kept of it."""

    name: str
    licence: str
    credit: str
    words: bool = True
    """Whether its words may be kept; else only ids and digests are."""


class Tally(Noun):
    """What a conversation came to."""

    calls: int
    """Of the model, the copywriter's among them."""
    tools: int
    refusals: int
    """Calls of tools that were refused."""
    lines: int = 0
    """Lines for posts that were written and not kept."""
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    dollars: float
    """By the price list."""
    ends: tuple[str, ...]
    """The status of each run."""
    clips: tuple[tuple[str, ...], ...] = ()
    """Ids of the last promo's clips."""
    seconds: float = 0.0
    """Of that promo."""


class Run(Noun):
    """One request or change, and what came of it."""

    said: str
    brief: Brief
    steps: dict[str, Any]
    files: dict[str, Any]
    """The run folder's JSON by name."""
    levels: str = ""
    """What was heard, as loudness of each 10 ms; empty where the run before has it or there is no sound."""
    outcome: Outcome


class Conversation(Noun):
    id: str
    what: str
    answered_by: str
    """The model that answered, as it is called by who ran it."""
    recorded: str
    video: str
    """Its SHA-256."""
    rights: Rights
    models: dict[str, str]
    """As whom each was asked, by which its dollars are counted."""
    turns: tuple[Turn, ...] = ()
    pages: tuple[Page, ...] = ()
    runs: tuple[Run, ...] = ()
    """None where the words may not be kept."""
    digests: tuple[str, ...] = ()
    """Of the model's answers, where these are not kept."""
    tally: Tally


def rights(folder: Path = KEPT) -> dict[str, Rights]:
    """What may be kept, by a video's SHA-256.  Raises ``DataError`` that names the entry that is wrong."""
    path = folder / VIDEOS
    try:
        told = tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}
        return {sha: Rights.model_validate(each) for sha, each in told.items()}
    except (tomllib.TOMLDecodeError, ValidationError) as wrong:
        raise DataError(f"{path.name}: {clean(wrong, 300)}") from wrong


def load(path: Path) -> Conversation:
    """Raises ``DataError`` with the file and what is wrong in it."""
    try:
        return Conversation.model_validate_json(gzip.decompress(path.read_bytes()))
    except (ValidationError, OSError, EOFError, zlib.error) as wrong:
        raise DataError(f"{path.name} is no kept conversation: {clean(wrong, 300)}") from wrong


def save(conversation: Conversation, folder: Path) -> Path:
    path = folder / f"{conversation.id}{SUFFIX}"
    folder.mkdir(parents=True, exist_ok=True)
    write(path, gzip.compress(conversation.model_dump_json(exclude_defaults=True).encode(), mtime=0))
    return path


def there(folder: Path = KEPT) -> list[Path]:
    """Every kept conversation, by name."""
    return sorted(folder.glob(f"*{SUFFIX}"))


# --- loudness in a file ---------------------------------------------------------------------------------------------


def packed(levels: NDArray[np.float32]) -> str:
    """Levels in dBFS per 10 ms as text, to a hundredth of a decibel."""
    fine = np.diff(np.round(levels * FINE).astype("<i2"), prepend=np.int16(0)).astype("<i2")
    return base64.b64encode(zlib.compress(fine.tobytes(), 9)).decode()


def unpacked(text: str) -> NDArray[np.float32]:
    fine = np.frombuffer(zlib.decompress(base64.b64decode(text)), "<i2")
    return (np.cumsum(fine, dtype=np.int16) / FINE).astype(np.float32)


# --- recording ------------------------------------------------------------------------------------------------------


class Notebook(Recorded):
    """Steps as ever; the answers that a conversation keeps are noted in ``pages`` by the run's id."""

    def __init__(self, notes: dict[str, dict[str, Json]], records: Any, claim: Any, *watchers: Any) -> None:
        super().__init__(records, claim, *watchers)
        self._notes = notes.setdefault(claim.run, {})

    def step(self, name: str, do: Callable[[], Json]) -> Json:
        answer = super().step(name, do)
        if TOOL.match(name):
            self._notes[name] = answer
        return answer


def record(
    video: str,
    said: Sequence[str],
    settings: Settings,
    folder: Path | None,
    answered_by: str,
    what: str,
    name: str = "",
    say: Callable[[str], None] = lambda text: None,
) -> tuple[Conversation, list[tuple[Outcome, Path]]]:
    """Make a promo of a video as ``said`` first, change it as said then, and keep the conversation in ``folder``, if one is given.

    Raises ``Refusal`` before anything is asked where nothing is known of the video's licence.
    """
    path = find_video(video)
    sha = fingerprint(path)
    known = rights(folder).get(sha) if folder else None
    if folder and known is None:
        raise Refusal(
            "licence",
            f"{path.name} (SHA-256 {sha}) is not in {folder / VIDEOS}: write its licence and credit there first.",
        )
    notes: dict[str, dict[str, Json]] = {}
    at, tape, pages = _taped(settings, notes)
    wish, *changes = said
    made = make_reading(video, wish, understand_wish(at, wish), settings, at, say=say)
    for words in changes:
        if made[-1][0].cut is None:
            break
        told = changes_of(at, made[-1][0].run, words)
        planned = plan_revision(at, made[-1][0].run, words, told.changes, read=told.read, left=told.left)
        made.append((carry(at, planned), Path(settings.outbox) / place(planned.brief)))
    runs = tuple(
        _kept(at, outcome, words, notes[outcome.run], first=not n)
        for n, ((outcome, _), words) in enumerate(zip(made, said, strict=False))
    )
    conversation = Conversation(
        id=name or _name(path.stem, said),
        what=what,
        answered_by=answered_by,
        recorded=datetime.now(UTC).date().isoformat(),
        video=sha,
        rights=known or Rights(name=path.name, licence="not kept", credit=""),
        models={"editor": at.model_id, "copywriter": at.engines.copywriter.engine},
        turns=tuple(tape.turns),
        pages=tuple(pages),
        runs=runs,
        tally=tally(at, runs, tape.turns, pages),
    )
    if folder:
        save(conversation if conversation.rights.words else without_words(conversation), folder)
    return conversation, made


def _taped(settings: Settings, notes: dict[str, dict[str, Json]]) -> tuple[Studio, Tape, list[Page]]:
    """The studio of ``settings`` with everything noted that goes to a model and comes from one."""
    at = studio(settings)
    tape, pages = Tape(inner=at.model, profile=at.model.profile), list[Page]()
    if isinstance(writer := at.engines.copywriter, Claude):
        typewriter = Typewriter(writer.bedrock)
        writer.api, pages = typewriter, typewriter.pages
        writer.__dict__.pop("bedrock", None)

    def steps(records: Any, claim: Any, progress: Any) -> Notebook:
        return Notebook(notes, records, claim, progress)

    # By whose name dollars are counted: the inference profile, whatever cell of the wiring asks it.
    return replace(at, model=tape, model_id=getattr(at.model, "model_id", at.model_id), steps=steps), tape, pages


def _kept(at: Studio, outcome: Outcome, said: str, steps: dict[str, Json], first: bool) -> Run:
    workspace = Workspace(at.home / outcome.run)
    files = {
        path.name: path.read_text("utf-8")
        for path in sorted(workspace.folder.glob("*.json"))
        if not SKIPPED.match(path.name)
    }
    return Run(
        said=said,
        brief=Brief.model_validate(at.records.run(outcome.run)["brief"]),
        steps=steps,
        files=files,
        levels=packed(read(workspace.audio)) if first and workspace.audio.exists() else "",
        outcome=outcome,
    )


def tally(at: Studio, runs: Sequence[Run], turns: Sequence[Turn], pages: Sequence[Page]) -> Tally:
    """The figures of some runs: calls and refusals by their record, tokens as the services told them."""
    rows = [row for run in runs for row in at.records.decisions(run.outcome.run) if row["kind"] == "tool"]
    lost = [each for run in runs for each in at.records.candidates(run.outcome.run) if _lost(each)]
    cut = next((run.outcome.cut for run in reversed(runs) if run.outcome.cut), None)
    told = [*map(_of_turn, turns), *map(_of_page, pages)]
    return Tally(
        calls=len(told),
        tools=len(rows),
        refusals=sum(row["verdict"] != "accepted" for row in rows),
        lines=len(lost),
        tokens_in=sum(each[0] for each in told),
        tokens_out=sum(each[1] for each in told),
        tokens_cached=sum(each[2] for each in told),
        dollars=round(sum(run.outcome.dollars for run in runs), 6),
        ends=tuple(run.outcome.status for run in runs),
        clips=tuple(clip.ids for clip in cut.clips) if cut else (),
        seconds=round(cut.length, 2) if cut else 0.0,
    )


def _of_turn(turn: Turn) -> tuple[int, int, int]:
    """Tokens in, out, and of those in read from the cache."""
    used = turn.reply["data"].get("usage_metadata") or {}
    details = used.get("input_token_details") or {}
    return used.get("input_tokens", 0), used.get("output_tokens", 0), details.get("cache_read", 0)


def _of_page(page: Page) -> tuple[int, int, int]:
    used = page.reply.get("usage") or {}
    cached, stored = used.get("cacheReadInputTokens", 0), used.get("cacheWriteInputTokens", 0)
    return used.get("inputTokens", 0) + cached + stored, used.get("outputTokens", 0), cached


def _lost(row: Mapping[str, Any]) -> bool:
    """Whether a row is of a line for a post that was not kept."""
    return not row["kept"] and bool(re.match(r"(?:youtube|shorts|tiktok|reels|linkedin|x): ", row["reason"] or ""))


def without_words(conversation: Conversation) -> Conversation:
    """What may be kept of a conversation about a video whose words may not be."""
    answers = [turn.reply for turn in conversation.turns] + [page.reply for page in conversation.pages]
    told = tuple(digest(str(each)) for each in answers)
    return conversation.model_copy(update={"turns": (), "pages": (), "runs": (), "digests": told})


def _name(stem: str, said: Sequence[str]) -> str:
    """A file's name for a conversation."""
    words = re.sub(r"[^a-z0-9]+", "-", f"{stem} {' '.join(said)}".lower()).strip("-")
    return f"{words[:60].rstrip('-')}-{digest(' | '.join(said))[:6]}"
