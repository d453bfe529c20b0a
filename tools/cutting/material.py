"""What a cut is measured against: words, shots and levels, without what tightening takes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tools.cutting import certify, tighten
from tools.cutting.edges import Material
from tools.cutting.tighten import Tight
from tools.finding import reader
from tools.finding.standing_alone import fitted
from tools.ids import Stretch
from tools.media import levels
from tools.ports import Bench
from tools.schema import Candidate, CutList, Pick
from tools.text import clean
from tools.words.sentences import resolve


def working(bench: Bench, picks: Sequence[Pick] = ()) -> tuple[Material, Tight | None]:
    """What a cut of this run is measured against; where it is to be tightened, without what is gone, which comes with it."""
    workspace = bench.workspace
    heard = Material.of(workspace.source, workspace.transcript, workspace.observation, _levels(bench, picks))
    told = reader.of_run(workspace.transcript, bench.steps)
    material = replace(heard, read=told and fitted(heard.sentences, told))
    if not bench.brief.options.tighten:
        return material, None
    tight = tighten.removals(material)
    return tighten.squeezed(material, tight), tight


def tightened(bench: Bench, made: CutList, tight: Tight) -> CutList:
    """The plan as it plays in the source, each removal certified and a row of the record."""
    transcript = bench.workspace.transcript
    laid = tighten.spread(made, tight, transcript.sentences if transcript else ())
    source = Material.of(bench.workspace.source, transcript, bench.workspace.observation)
    laid = certify.removals(laid, source)
    if not all(clip.certificate.passed for clip in laid.clips):
        raise AssertionError(f"a removal cuts what it may not: {[clip.certificate.failures for clip in laid.clips]}")
    bench.candidates.extend(
        Candidate(ids=(each.sentence,), kept=False, score=0.0, reason=f"tightened: {clean(each.reason, 300)}")
        for each in tighten.taken(laid, tight)
    )
    return laid


def pins(bench: Bench) -> dict[tuple[str, ...], tuple[int, int]]:
    """Frames of the clips that a revision keeps, by their ids."""
    return {Stretch.read(ids).ids: (first, first + frames) for ids, (first, frames) in bench.brief.options.pins.items()}


def _levels(bench: Bench, picks: Sequence[Pick]) -> NDArray[np.float32] | None:
    """The same; about the picks alone where the video is not here whole."""
    known, workspace = levels.of_run(bench.workspace), bench.workspace
    if known is not None or not picks or workspace.parts is None or not workspace.source.has_audio:
        return known
    ids = {name for pick in picks for name in resolve(list(pick.ids), workspace.transcript, workspace.observation)[0]}
    spoken = workspace.transcript.sentences if workspace.transcript else ()
    return levels.near(workspace, [(each.start - 1, each.end + 1) for each in spoken if each.id in ids])
