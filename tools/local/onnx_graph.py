"""A graph of ONNX, written as the bytes of its protocol buffer: as much of it as a model without branches needs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

IR, OPSET = 8, 13
FLOAT, INT64 = 1, 7
"""Types of a tensor's elements."""
_INT, _INTS = 2, 7
"""Types of an attribute."""

Shape = Sequence[int | None]
"""None for a dimension that may be of any size."""


class Graph:
    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []

    def constant(self, value: NDArray[np.float32] | NDArray[np.int64]) -> str:
        """The name of a value that the model holds."""
        name = f"c{len(self._constants)}"
        kind = INT64 if value.dtype == np.int64 else FLOAT
        dims = b"".join(_number(1, size) for size in value.shape)
        raw = np.ascontiguousarray(value).tobytes()
        self._constants.append(_bytes(5, dims + _number(2, kind) + _text(8, name) + _bytes(9, raw)))
        return name

    def add(self, operator: str, given: Sequence[str], to: str = "", **attributes: int | Sequence[int]) -> str:
        """The name of what an operator makes of what it is given; ``to`` where that is the model's output."""
        name = to or f"n{len(self._nodes)}"
        told = b"".join(_text(1, each) for each in given) + _text(2, name) + _text(4, operator)
        told += b"".join(_bytes(5, _attribute(*each)) for each in attributes.items())
        self._nodes.append(_bytes(1, told))
        return name

    def model(self, given: tuple[str, Shape], made: tuple[str, Shape]) -> bytes:
        graph = b"".join(self._nodes) + _text(2, "graph") + b"".join(self._constants)
        graph += _bytes(11, _value(*given)) + _bytes(12, _value(*made))
        return _number(1, IR) + _bytes(7, graph) + _bytes(8, _text(1, "") + _number(2, OPSET))


def _attribute(name: str, value: int | Sequence[int]) -> bytes:
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, _INT)
    return _text(1, name) + b"".join(_number(8, each) for each in value) + _number(20, _INTS)


def _value(name: str, shape: Shape) -> bytes:
    dims = [_text(2, "any") if size is None else _number(1, size) for size in shape]
    tensor = _number(1, FLOAT) + _bytes(2, b"".join(_bytes(1, each) for each in dims))
    return _text(1, name) + _bytes(2, _bytes(1, tensor))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value & (1 << 64) - 1)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])
