"""The verb ``fix``: a word that was heard wrong, put right in the captions, the words and the transcript of a run.

It is a revision like any other; the cut stays as it is to the frame, and what does not hold the word is taken over.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from agent.revising.revision import Kept, Next
    from agent.studio import Studio
    from tools.schema import CutList, Outcome, Transcript
    from tools.workspace import Workspace


@click.command("fix")
@click.argument("run")
@click.argument("words", nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path), help="The outbox folder; default from the settings.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def fix_command(run: str, words: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Put right what was heard wrong in RUN: "Kubernetes", or "cooper netties=Kubernetes" to say what was heard."""
    from agent.loop import place
    from agent.revising.revision import carry
    from agent.settings import load
    from doors.command.outcome import CODES, tell
    from doors.command.progress import Board
    from doors.studio import studio, writable

    settings = load(outbox=str(out)) if out else load()
    writable(Path(settings.outbox), "--out or HOOKLINE_OUTBOX")
    with Board() as board:
        at = studio(settings, board.step)
        planned = correction(at, run, words)
        board.say(planned.diff)
        outcome = carry(at, planned)
    tell(outcome, Path(settings.outbox) / place(planned.brief), as_json, changed=planned.diff)
    sys.exit(CODES[outcome.status])


def correction(studio: Studio, run: str, words: Sequence[str], tenant: str | None = None) -> Next:
    """What putting ``words`` right makes of a run.  Nothing is made or recorded.

    Raises ``RevisionError`` for what can't be read or isn't there, and ``LookupError`` for a run that isn't there.
    """
    from agent.revising.revision import Next, Reviser, _base, _cut, _folder, _id, _lineage, seed
    from tools.text import clean
    from tools.workspace import Workspace

    row = studio.records.run(run, tenant=tenant)
    parent, base = _base(studio, row)
    cut, folder = _cut(base), _folder(studio, base.run)
    transcript, changed, told = _corrected(Workspace(folder).transcript, words)
    kept = _still_true(base, cut, changed)
    render = parent.shapes if not kept.promos else ()
    brief = parent.model_copy(
        update={
            "run": _id(row["run"], "fix", list(words)),
            "wish": clean(f"fix {', '.join(words)}", 2000),
            "options": {**parent.options, "revises": base.run, "opening": "any"},
        }
    )
    tone = parent.options.get("tone", "")
    model = Reviser(
        plan=cut.id,
        write=None if kept.words else {"platforms": list(parent.platforms), "tone": tone},
        cover=set(kept.covers) != set(parent.shapes),
        assemble={"shapes": list(render), "captions": parent.captions} if render else None,
    )
    right = _writes(transcript, cut)
    return Next(
        brief,
        model,
        _lineage(studio, row),
        lambda into: seed(folder, into.parent, cut, kept, right),
        told,
        render,
        cut.length,
    )


def _corrected(transcript: Transcript | None, words: Sequence[str]) -> tuple[Transcript, set[str], str]:
    """The transcript put right, the ids of its sentences that changed, and what changed in words."""
    from agent.reading.changes import RevisionError
    from tools.text import clean
    from tools.words import corrections

    if transcript is None or not transcript.sentences:
        raise RevisionError("Nothing was heard in this video, so there is no word to put right.")
    changed: set[str] = set()
    told: list[str] = []
    for said in words:
        try:
            heard, right = corrections.read(said)
        except ValueError as error:
            raise RevisionError(f"{clean(said, 80)}: {error}") from error
        found = corrections.find(transcript, heard, right)
        if not found:
            what = f"“{heard}” was not heard" if heard else f"nothing that was heard sounds like “{right}”"
            raise RevisionError(f'{what[0].upper()}{what[1:]}; say what stands there now, as in "heard={right}".')
        ids = [transcript.sentences[one.sentence].id for one in found]
        forms = list(dict.fromkeys(one.heard for one in found))
        told.append(f"“{'”, “'.join(forms)}” → “{right}” in {', '.join(dict.fromkeys(ids))}")
        changed |= set(ids)
        transcript = corrections.apply(transcript, found, right)
    return transcript, changed, "; ".join(told)


def _still_true(base: Outcome, cut: CutList, changed: set[str]) -> Kept:
    """What of the old files holds none of the sentences that changed."""
    from agent.revising.revision import Kept
    from tools.schema import SIZES

    lines = [line for copy in base.copies for line in copy.lines]
    words = bool(base.copies) and not any(changed & set(line.evidence) for line in lines)
    played = {name for clip in cut.clips for name in clip.ids}
    shapes = tuple(shape for shape in SIZES if any(a.name == f"promo_{shape}.mp4" for a in base.artifacts))
    covers = tuple(sorted({cover.shape for cover in base.covers if cover.chosen}))
    lettered = any(cover.hook for cover in base.covers if cover.chosen)
    return Kept(
        plan=True,
        promos=() if played & changed else shapes,
        words=words,
        covers=covers if words or not lettered else (),
    )


def _writes(transcript: Transcript, cut: CutList) -> Callable[[Workspace], None]:
    """Writes the right words into a run folder: transcript, captions of the whole video, the plan's text."""
    from tools.words import cues

    by_id = {sentence.id: sentence.text for sentence in transcript.sentences}
    clips = tuple(
        clip.model_copy(update={"text": " ".join(by_id[name] for name in clip.ids)}) if clip.ids[0] in by_id else clip
        for clip in cut.clips
    )

    def write(workspace: Workspace) -> None:
        whole = cues.whole(transcript)
        workspace.write("out/captions.srt", cues.srt(whole).encode())
        workspace.write("out/captions.vtt", cues.vtt(whole, transcript.language).encode())
        workspace.save("out/transcript.json", transcript)
        workspace.save("transcript.json", transcript)
        workspace.save(f"plan-{cut.id}.json", cut.model_copy(update={"clips": clips}))

    return write
