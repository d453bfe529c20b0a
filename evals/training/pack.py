"""How an excerpt becomes windows of tokens, and windows become marks again: no torch, so that training and the product share it.

A window is  [CLS] m0 w w w m1 w w ... [SEP]  with a marker before each sentence (same voice, another voice, not known) and the
voice as the token's type: 0 not known, 1 to 3 the voices of this window in order of first word (the third stands for all later ones).
"""

import numpy as np

CLS, SEP, PAD = 101, 102, 0
TOPIC = -2  # the sentence of a topic's tokens
SAME, OTHER, UNKNOWN = 1, 2, 3  # [unused0..2] of the vocabulary
LONGEST = 110  # tokens of one sentence that are read: its first 70 and its last 40
EDGE = 3  # sentences that a window wants on either side of the one it judges
FIELDS = [
    "leans>=1",
    "leans>=2",
    "leans>=3",
    "leans=9",
    "sets_up>=1",
    "sets_up>=2",
    "sets_up>=3",
    "sets_up=9",
    "open>=1",
    "open>=2",
    "open>=3",
    "close>=1",
    "close>=2",
    "close>=3",
    "worth>=1",
    "worth>=2",
    "worth>=3",
    "house",
]
HEADS = {"leans": 0, "sets_up": 4, "open": 9, "close": 12, "worth": 15, "house": 17}


def tokens(tokenizer, texts):
    rows = [e.ids for e in tokenizer.encode_batch(list(texts), add_special_tokens=False)]
    return [r if len(r) <= LONGEST else r[:70] + r[-40:] for r in rows]


def window(rows, voices, first, last):
    """ids, types, the sentence of each token (-1: none) and where each sentence's marker stands, for sentences first..last inclusive.
    ``voices``: None, or one name a sentence (None: not known)."""
    ids, types, sentence, at, seen = [CLS], [0], [-1], [], []
    for k in range(first, last + 1):
        voice = voices[k] if voices else None
        if voice is None:
            kind, mark = 0, UNKNOWN
        else:
            if voice not in seen:
                seen.append(voice)
            kind, mark = min(3, 1 + seen.index(voice)), SAME if k and voices[k - 1] == voice else OTHER
        at.append(len(ids))
        ids += [mark, *rows[k]]
        types += [kind] * (len(rows[k]) + 1)
        sentence += [k - first] * (len(rows[k]) + 1)
    return [*ids, SEP], [*types, 0], [*sentence, -1], at


def topic_window(topic, rows):
    """The same for sentences in the sight of a topic, which stands before them; the markers tell no voices."""
    ids, types, sentence, at = [CLS, *topic, SEP], [0] * (len(topic) + 2), [-1, *[TOPIC] * len(topic), -1], []
    for k, row in enumerate(rows):
        at.append(len(ids))
        ids += [SAME, *row]
        types += [1] * (len(row) + 1)
        sentence += [k] * (len(row) + 1)
    return [*ids, SEP], [*types, 1], [*sentence, -1], at


def spans(rows, longest, edge=EDGE):
    """Overlapping runs of sentences, so that each stands at least ``edge`` from the end of some window where the excerpt allows."""
    n, out, first = len(rows), [], 0
    while True:
        last, size = first, 3 + len(rows[first])
        while last + 1 < n and size + len(rows[last + 1]) + 1 <= longest:
            last += 1
            size += len(rows[last]) + 1
        out.append((first, last))
        if last == n - 1:
            return out
        first = max(first + 1, last + 1 - 2 * edge)


def batch(windows):
    """Arrays for the model: input_ids, token_type_ids, sentence, markers; padding is sentence -1, and marker 0."""
    wide, many = max(len(w[0]) for w in windows), max(len(w[3]) for w in windows)
    ids = np.zeros((len(windows), wide), np.int64)
    types = np.zeros_like(ids)
    sentence = np.full_like(ids, -1)
    at = np.zeros((len(windows), many), np.int64)
    for r, (i, t, s, a) in enumerate(windows):
        ids[r, : len(i)], types[r, : len(i)], sentence[r, : len(i)], at[r, : len(a)] = i, t, s, a
    return {"input_ids": ids, "token_type_ids": types, "sentence": sentence, "markers": at}


def read(run, rows, voices, longest=384, size=4):
    """Logits (sentences, fields): ``run`` is the model on a batch; where windows overlap, the one with more around the sentence counts more."""
    n, total, weight = len(rows), None, np.zeros(len(rows))
    cut = spans(rows, longest)
    for k in range(0, len(cut), size):
        some = cut[k : k + size]
        out = run(batch([window(rows, voices, a, z) for a, z in some]))
        if total is None:
            total = np.zeros((n, out.shape[-1]))
        for (a, z), logits in zip(some, out, strict=False):
            for j in range(a, z + 1):
                near = min(EDGE if a == 0 else j - a, EDGE if z == n - 1 else z - j, EDGE)
                w = (near + 0.1) ** 2
                total[j] += w * logits[j - a]
                weight[j] += w
    return total / weight[:, None]
