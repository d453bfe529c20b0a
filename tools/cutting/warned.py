"""What a person is warned of in a plan's clips, the worst first."""

from __future__ import annotations

from tools.schema import Clip, CutList

ALONE = "housekeeping opening", "dangling opening", "pronoun opening", "weak opening", "answer without its question"
PAID = "ends on a question", "ends before its payoff", "unfinished ending"
LOST = "causes reordered"
EDGES = 3
"""Rank of what is warned of at edges, after all that is warned of in words."""


def told(cut: CutList) -> list[str]:
    """What a person is warned of in the clips, the worst first: how the promo opens, how it ends, what hangs between; then the edges."""
    ranked = [(_rank(cut, clip, flag), clip, flag) for clip in cut.clips for flag in clip.flags]
    return [
        f"Clip {clip.label}: {flag.partition(': ')[2] if rank < EDGES else flag}"
        for rank, clip, flag in sorted(ranked, key=lambda one: one[0])
    ]


def _rank(cut: CutList, clip: Clip, flag: str) -> int:
    kind = flag.partition(": ")[0]
    if kind in ALONE and clip == cut.clips[0]:
        return 0
    if kind in PAID and clip == cut.clips[-1]:
        return 1
    return 2 if kind in (*ALONE, *PAID, LOST) else EDGES
