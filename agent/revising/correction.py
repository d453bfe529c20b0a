"""A word that was heard wrong, put right in the captions, the words and the transcript of a run.

It is a revision like any other; the cut stays as it is to the frame, and what does not hold the word is taken over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agent.deciding.reviser import Moves
from agent.reading.change import RevisionError
from agent.reading.wish import WISH_BYTES
from agent.revising.carried_over import Kept, Seed
from agent.revising.origin import demand_cut, identify, read_origin, recall_folder, trace_lineage
from agent.revising.planned import Next
from tools.schema import SIZES, CutList, Outcome, Transcript
from tools.text import clean
from tools.words import corrections
from tools.workspace import Workspace

if TYPE_CHECKING:
    from agent.studio import Studio


def plan_correction(studio: Studio, run: str, words: Sequence[str], tenant: str | None = None) -> Next:
    """What putting ``words`` right makes of a run.  Nothing is made or recorded.

    Raises ``RevisionError`` for what can't be read or isn't there, and ``LookupError`` for a run that isn't there.
    """
    row = studio.records.run(run, tenant=tenant)
    parent, base = read_origin(row)
    cut, folder = demand_cut(base), recall_folder(studio, base.run)
    right, changed, told = _corrected(Workspace(folder).transcript, words)
    kept = _still_true(base, cut, changed)
    render = parent.shapes if not kept.promos else ()
    brief = parent.model_copy(
        update={
            "run": identify(row["run"], "fix", list(words)),
            "wish": clean(f"fix {', '.join(words)}", WISH_BYTES),
            "options": parent.options.but(opening="any", restores="", read=None),
        }
    )
    tone = parent.options.tone
    moves = Moves(
        plan=cut.id,
        write=None if kept.words else {"platforms": list(parent.platforms), "tone": tone},
        cover=set(kept.covers) != set(parent.shapes),
        assemble={"shapes": list(render), "captions": parent.captions} if render else None,
    )
    return Next(
        brief=brief,
        moves=moves,
        lineage=trace_lineage(studio, row),
        seed=Seed(base=base.run, cut=cut, kept=kept, right=right),
        diff=told,
        render=render,
        length=cut.length,
    )


def _corrected(transcript: Transcript | None, words: Sequence[str]) -> tuple[Transcript, set[str], str]:
    """The transcript put right, the ids of its sentences that changed, and what changed in words."""
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
