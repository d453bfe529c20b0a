#!/usr/bin/env python3
"""export.py --model DIR --weights reader.pt --out reader.onnx [--temperature T.json]: the trained reader as ONNX, int8 weights (embeddings too).

Inputs as pack.batch makes them (int64): input_ids, token_type_ids (windows, tokens); sentence (windows, tokens); markers (windows, sentences).
Output: logits (windows, sentences, len(pack.FIELDS)). What each field means stands in the model's metadata.
"""

import argparse
import json
import os
from pathlib import Path

import onnx
import pack
import quantised
import torch
from train import Reader


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--model", required=True)
    ap.add_argument("--weights", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--calibration", help="JSON: head -> [scale, shift] of its logit")
    ap.add_argument(
        "--reader", type=int, default=None, help="whose bias is built in (0: the first marks); none: the mean"
    )
    ap.add_argument("--keep", action="store_true", help="keep the float model beside it")
    a = ap.parse_args()
    state = torch.load(a.weights, map_location="cpu")
    net = Reader(a.model, state["bias"].shape[0])
    net.load_state_dict(state)
    net.eval()
    with torch.no_grad():
        net.body.embeddings.word_embeddings.weight[:4] += net.marks
        net.marks.zero_()
        if a.reader is not None:
            net.heads.bias += net.bias[a.reader]
    windows = [
        pack.window([[2023, 2003], [2748, 1012, 2023], [2053]], ["a", "b", "a"], 0, 2),
        pack.window([[2023], [2748, 1012]], None, 0, 1),
    ]
    quantised.write(net, pack.batch(windows), a.out, a.keep)
    m = onnx.load(a.out)
    for key, value in {
        "fields": json.dumps(pack.FIELDS),
        "calibration": Path(a.calibration).read_text() if a.calibration else "{}",
    }.items():
        m.metadata_props.add(key=key, value=value)
    onnx.save(m, a.out)
    print(a.out, os.path.getsize(a.out), "bytes")


if __name__ == "__main__":
    main()
