"""Which passages of a talk a wish asks for, by weights learned from what people chose.

Pure functions over texts; the embedder is handed in, and without one a second set of weights, learned
without it, stands in.  Trees learned by ``evals.train_find`` are walked in numpy.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tools.finding import learned
from tools.finding.terms import NOISE, terms, words

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
Floats = NDArray[np.float64]
Span = tuple[int, int]

WEIGHTS = learned.OWN

REACHES = (60, 150, 350, 800)
"""Words of a neighbourhood, in a talk of ``FULL`` words or more."""

FULL = 5000
"""Words of a talk from which neighbourhoods are of full size; in a shorter one they shrink in proportion."""

TIDY = re.compile(r"\s+([.,?!])")

TURNS = frozenset(["when", "while", "during", "as", "after", "before"])
"""Words that open the second half of a wish, which names the larger subject: "… when discussing the budget"."""

TITLES = frozenset(["am", "mp", "hon", "mr", "ms", "mrs", "dr", "the", "right"])
ADDRESS = frozenset(["mr", "ms", "mrs", "dr", "hon", "minister"])

KINDS = {
    "summary": re.compile("^summari"),
    "why": re.compile("^why"),
    "agree": re.compile("agree"),
    "decision": re.compile("conclu|decision|decid"),
    "group": re.compile("group|team|meeting|they"),
    "when": re.compile("when|while"),
    "discuss": re.compile("discuss"),
}
"""What a wish asks for, read off its words."""


class Wish(NamedTuple):
    """A wish taken apart: the speakers it names, and its words without them."""

    text: str
    speakers: frozenset[str]
    whole: list[str]
    focus: list[str]
    frame: list[str]
    """The words after "when" and its like; those of ``focus`` again when there are none."""


def parse(text: str, speakers: Iterable[str | None]) -> Wish:
    """``text`` as a wish about a talk in which ``speakers`` speak."""
    tokens = words(text)
    found: set[str] = set()
    used: set[int] = set()
    for speaker in sorted({each for each in speakers if each}):
        at = _mention(tokens, speaker)
        if at:
            found.add(speaker)
            used.update(at)
    rest = [each for at, each in enumerate(tokens) if at not in used]
    turn = next((at for at, each in enumerate(rest) if each in TURNS), len(rest))
    whole = list(dict.fromkeys(terms(rest)))
    frame = terms(rest[turn:])
    focus = terms(rest[:turn]) or frame or whole
    return Wish(text, frozenset(found), whole, focus, frame or focus)


def _mention(tokens: list[str], speaker: str) -> range | None:
    """Where ``tokens`` name the speaker: in full, "the professor" for Professor B, or "Mr Smith"."""
    name = words(re.sub(r"\(.*", "", speaker))
    name = [each for each in name if each not in TITLES] or name
    if not name:
        return None
    for at in range(len(tokens) - len(name) + 1):
        if all(_alike(a, b) for a, b in zip(tokens[at:], name, strict=False)):
            return range(at, at + len(name))
    if len(name) == 2 and len(name[1]) == 1 and name[0] in tokens:
        at = tokens.index(name[0])
        letter = tokens[at + 1 : at + 2]
        return None if letter and len(letter[0]) == 1 and letter != ["a"] else range(at, at + 1)
    if len(name) > 1 and len(name[-1]) > 3 and name[-1] in tokens[1:]:
        at = tokens.index(name[-1], 1)
        return range(at, at + 1) if tokens[at - 1] in ADDRESS else None
    return None


def _alike(a: str, b: str) -> bool:
    return a == b or (len(a) > 4 and len(b) > 4 and a[:6] == b[:6])


class Talk(NamedTuple):
    """What is computed once for the units of a talk, whatever is asked."""

    sizes: Floats
    """Words of each unit, 1 at the least."""
    counts: list[Counter[str]]
    vectors: NDArray[np.float32] | None


def read(texts: Sequence[str], embed: Embed | None) -> Talk:
    """The talk made of ``texts``, with one vector a unit when there is an embedder."""
    tokens = [words(each) for each in texts]
    sizes = np.array([max(1, len(each)) for each in tokens], float)
    vectors = None
    if embed is not None:
        plain = [TIDY.sub(r"\1", NOISE.sub(" ", each)).strip() for each in texts]
        distinct = {each: at for at, each in enumerate(dict.fromkeys(plain))}
        vectors = embed(list(distinct))[[distinct[each] for each in plain]]
    return Talk(sizes, [Counter(terms(each)) for each in tokens], vectors)


def _sums(rows: NDArray) -> Floats:
    """Running sums along the first axis, a zero first: ``out[b] - out[a]`` is the sum of ``rows[a:b]``."""
    return np.concatenate([np.zeros((1, *rows.shape[1:])), np.cumsum(rows, 0, dtype=float)])


def _cosines(rows: Floats, others: Floats) -> Floats:
    norms = np.linalg.norm(rows, axis=-1) * np.linalg.norm(others, axis=-1)
    return (rows * others).sum(-1) / norms.clip(1e-9)


def _standard(values: Floats) -> Floats:
    return (values - values.mean()) / (values.std() + 1e-6)


def features(talk: Talk, wish: Wish, speakers: Sequence[str | None], embed: Embed | None) -> dict[str, Floats]:
    """What the scorer sees: a value a unit under each name.  Those from embeddings begin ``cos`` or ``tile``."""
    sizes, count = talk.sizes, len(talk.sizes)
    edges = _sums(sizes)
    middle = (edges[:-1] + edges[1:]) / 2
    scale = min(1.0, edges[-1] / FULL)
    raw = _lexical(talk, wish, edges, middle, scale)
    if embed is not None and talk.vectors is not None:
        queries = embed([wish.text, " ".join(wish.focus), " ".join(wish.frame)])
        raw |= _semantic(talk, queries, edges, middle, scale)
    out: dict[str, Floats] = {}
    for name, values in raw.items():
        out[name] = values
        if not name.startswith("tile"):
            out[name + " z"] = _standard(values)
            out[name + " top"] = values - values.max()
    for reach in (150, 350):
        best = out[f"bm focus {reach} z"] + out.get(f"cos whole {reach} z", 0.0)
        out[f"gap {reach}"] = np.abs(middle - middle[best.argmax()]) / 1000 / scale
        out[f"best {reach}"] = best - best.max()
    out |= _voices(sizes, wish, speakers, edges, middle, scale)
    out["size"] = np.log(sizes)
    out["position"] = middle / edges[-1]
    constant = {name: float(bool(kind.search(wish.text.lower()))) for name, kind in KINDS.items()}
    constant |= {"named": float(len(wish.speakers)), "terms": float(len(wish.whole))}
    return out | {name: np.full(count, value) for name, value in constant.items()}


def _around(edges: Floats, middle: Floats, reach: float) -> tuple[NDArray, NDArray]:
    """The units whole within ``reach`` words about each middle, the unit itself always: half-open."""
    at = np.arange(len(middle))
    first = np.searchsorted(edges[:-1], middle - reach / 2, "left")
    end = np.searchsorted(edges[1:], middle + reach / 2, "right")
    return np.minimum(first, at), np.maximum(end, at + 1)


def _lexical(talk: Talk, wish: Wish, edges: Floats, middle: Floats, scale: float) -> dict[str, Floats]:
    """BM25 of each unit and of its neighbourhoods, for the wish, its focus and its frame."""
    asked = list(dict.fromkeys([*wish.whole, *wish.focus, *wish.frame]))
    column = {term: at for at, term in enumerate(asked)}
    count = len(talk.counts)
    often = np.array([[each[term] for term in asked] for each in talk.counts], float).reshape(count, -1)
    units = (often > 0).sum(0)
    rarity = np.where(units > 0, np.log(1 + (count - units + 0.5) / (units + 0.5)), 0.0)
    lengths = np.array([each.total() for each in talk.counts], float)
    norm = 1.2 * (0.25 + 0.75 * lengths / max(1e-9, lengths.mean()))[:, None]
    total = _sums(often)
    parts = {"whole": wish.whole, "focus": wish.focus, "frame": wish.frame}
    chosen = {name: sorted({column[term] for term in part}) for name, part in parts.items()}
    out = {f"bm {name} 0": (often * 2.2 / (often + norm) * rarity)[:, at].sum(1) for name, at in chosen.items()}
    for reach in REACHES:
        first, end = _around(edges, middle, reach * scale)
        near = total[end] - total[first]
        value = near / (near + reach / 150) * rarity
        for name, at in chosen.items():
            out[f"bm {name} {reach}"] = value[:, at].sum(1) / (rarity[at].sum() + 1e-9)
    return out


def _semantic(
    talk: Talk, queries: NDArray[np.float32], edges: Floats, middle: Floats, scale: float
) -> dict[str, Floats]:
    """Cosine of the wish with each unit and its neighbourhoods; and of what lies before a unit with what follows.

    The second is low where the subject changes: Hearst, "TextTiling", Computational Linguistics 1997.
    """
    assert talk.vectors is not None
    asked = dict(zip(("whole", "focus", "frame"), queries.astype(float), strict=True))
    out = {f"cos {name} 0": talk.vectors @ query for name, query in asked.items()}
    total = _sums(talk.vectors * np.sqrt(talk.sizes)[:, None])
    at = np.arange(len(middle))
    for reach in REACHES:
        first, end = _around(edges, middle, reach * scale)
        near = total[end] - total[first]
        for name, query in asked.items():
            out[f"cos {name} {reach}"] = _cosines(near, query)
        first = np.searchsorted(edges[:-1], edges[:-1] - reach * scale / 2, "left")
        end = np.searchsorted(edges[1:], edges[:-1] + reach * scale / 2, "right")
        out[f"tile {reach}"] = _cosines(total[at] - total[first], total[np.maximum(end, at + 1)] - total[at])
    return out


def _voices(
    sizes: Floats, wish: Wish, speakers: Sequence[str | None], edges: Floats, middle: Floats, scale: float
) -> dict[str, Floats]:
    """The share of words by the speakers whom the wish names; -1 when it names none."""
    if not wish.speakers:
        return {name: np.full(len(sizes), -1.0) for name in ("voice 0", *(f"voice {r}" for r in REACHES))}
    theirs = np.array([each in wish.speakers for each in speakers], float)
    out, total = {"voice 0": theirs}, _sums(theirs * sizes)
    for reach in REACHES:
        first, end = _around(edges, middle, reach * scale)
        out[f"voice {reach}"] = (total[end] - total[first]) / (edges[end] - edges[first])
    return out


class Trees(NamedTuple):
    """Boosted trees in flat arrays: the answer is the logistic of the sum of the leaves reached."""

    names: list[str]
    roots: NDArray[np.int64]
    feature: NDArray[np.int64]
    """The column that a node compares; -1 at a leaf."""
    threshold: Floats
    """A row goes left when its value is at most this; at a leaf, what the leaf adds."""
    left: NDArray[np.int64]
    right: NDArray[np.int64]

    def __call__(self, columns: dict[str, Floats]) -> Floats:
        rows = np.stack([columns[name] for name in self.names], 1)
        node = np.tile(self.roots, (len(rows), 1))
        at = np.arange(len(rows))[:, None]
        while (inner := self.feature[node] >= 0).any():
            goes_left = rows[at, self.feature[node].clip(0)] <= self.threshold[node]
            node = np.where(inner, np.where(goes_left, self.left[node], self.right[node]), node)
        return 1 / (1 + np.exp(-self.threshold[node].sum(1)))


def trees(name: str) -> Trees:
    """The learned weights of that name: a team's own where they are in use."""
    path = learned.place(f"{name}.json")
    return planted(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def planted(path: Path, written: int = 0) -> Trees:
    """The trees in a file, which was ``written`` then."""
    data = json.loads(path.read_text())
    arrays = {key: np.array(data[key], np.int64) for key in ("roots", "feature", "left", "right")}
    return Trees(names=data["names"], threshold=np.array(data["threshold"], float), **arrays)


def window(values: Floats, sizes: Floats, budget: float) -> Span:
    """The run of units, first and last, within ``budget`` words that holds the most of ``values``.

    One unit that alone is longer is allowed.
    """
    edges, total = _sums(sizes), _sums(values)
    at = np.arange(len(sizes))
    end = np.maximum(np.searchsorted(edges, edges[:-1] + budget + 1e-9, "right") - 1, at + 1)
    first = int((total[end] - total[:-1]).argmax())
    return first, int(end[first]) - 1


class PassageFinder:
    """Scores the units of a talk for a wish, and chooses spans of them within a length."""

    def __init__(self, embed: Embed | None = None) -> None:
        self._embed = embed
        self._last: tuple[tuple[str, ...], Talk] | None = None

    def _talk(self, texts: Sequence[str]) -> Talk:
        """The talk, kept until another is asked about: embedding is nearly all of the work."""
        key = tuple(texts)
        if self._last is None or self._last[0] != key:
            self._last = key, read(texts, self._embed)
        return self._last[1]

    def score(self, texts: Sequence[str], query: str, speakers: Sequence[str | None] | None = None) -> Floats:
        """Relevance of each unit to ``query``, from 0 to 1.  The same input gives the same numbers.

        A unit is a sentence or a turn.  ``speakers``, one a unit, lets a query name who speaks.
        """
        if not texts:
            return np.zeros(0)
        named = speakers if speakers is not None else [None] * len(texts)
        if len(named) != len(texts):
            raise ValueError(f"{len(named)} speakers for {len(texts)} texts; one a text is right")
        wish = parse(query, named)
        columns = features(self._talk(texts), wish, named, self._embed)
        return trees("passages" if self._embed else "passages_lexical")(columns)

    def spans(
        self,
        texts: Sequence[str],
        query: str,
        budget: float,
        speakers: Sequence[str | None] | None = None,
    ) -> list[Span]:
        """Spans of units, first and last inclusive, best first, within ``budget`` words."""
        if not texts:
            return []
        scores = self.score(texts, query, speakers)
        sizes = self._talk(texts).sizes
        return [window(scores * sizes, sizes, budget)]
