"""Speech whose word times are known: the voice says how long it holds every sound."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

RATE = 24_000
"""Samples a second of everything spoken here."""

EARLY = 0.045
"""Seconds before the time that its durations give at which the voice's sounds begin: the middle of 150 words after pauses."""

SILENT = set(' ;:,.!?—…"“”()')
"""Signs of the phoneme alphabet that are pauses, not sounds."""


@dataclass(frozen=True)
class Speech:
    """One line as spoken: samples in -1..1 at RATE, and each written word's start and end in seconds."""

    samples: NDArray[np.float32]
    words: list[tuple[str, float, float]]


Voice = Callable[[str, str], Speech]
"""Says a text in the voice of a speaker ("host" or "guest")."""


def hibari() -> Voice:
    """The neural voice inside the hibari-tts wheel (Apache-2.0, distilled from Kokoro-82M's af_heart)."""
    import onnxruntime

    # By name: the package carries no types.
    engine, dsp = import_module("hibari").Hibari(), import_module("hibari.dsp")
    normalize = import_module("hibari.g2p.normalize").normalize
    with open(engine.model_path, "rb") as file:
        model = file.read() + _graph_output("/Clip_output_0")
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])

    def say(text: str, speaker: str) -> Speech:
        tokens = engine.g2p.phonemize_tokens(engine.g2p.tokenize(normalize(text)))
        signs: list[tuple[str, int]] = []
        word = 0
        for token in tokens:
            signs += [(sign, word) for sign in token.phonemes or "" if sign in engine.vocab]
            if token.whitespace:
                signs.append((" ", word))
                word += 1
        while signs and signs[-1][0] == " ":
            signs.pop()
        ids = [0, *(engine.vocab[sign] for sign, _ in signs), 0]
        pace = 0.94 if speaker == "host" else 1.0
        *spectrum, held = session.run(None, {"ids": np.array([ids]), "speed": np.array([pace], np.float32)})
        lh, th, ln, lr, phi, f0 = (part[0] for part in spectrum)
        # The guest is the same voice with the pitch of a man.
        pitch = f0 if speaker == "host" else f0 * np.float32(0.62)
        samples = dsp.synth(lh, th, ln, lr, phi, pitch, np.random.default_rng(len(text)))
        ends = np.cumsum(held) * (len(samples) / held.sum()) / RATE
        return Speech(samples, _words(text.split(), signs, ends))

    return say


def _words(written: list[str], signs: list[tuple[str, int]], ends: NDArray) -> list[tuple[str, float, float]]:
    """Each written word from its first sound to its last; ``ends[0]`` closes the model's opening pad."""
    ends = np.maximum(0.0, ends - EARLY)
    spans: dict[int, tuple[float, float]] = {}
    for place, (sign, word) in enumerate(signs):
        if sign not in SILENT:
            start = spans.get(word, (float(ends[place]), 0.0))[0]
            spans[word] = (start, float(ends[place + 1]))
    if len(spans) != len(written):
        raise ValueError(f"{len(written)} words written, {len(spans)} spoken: write numbers in words: {written}")
    return [(text, *spans[word]) for text, word in zip(written, sorted(spans), strict=True)]


def _graph_output(name: str) -> bytes:
    """Bytes that, appended to an ONNX file, make one more inner value an output.

    Protobuf merges a repeated message into the first: this is ModelProto{graph{output{name}}}.
    The value wanted is how long each sound is held; the package computes it and does not return it.
    """

    def field(number: int, body: bytes) -> bytes:
        return bytes([number << 3 | 2, len(body)]) + body

    return field(7, field(12, field(1, name.encode())))


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    ]


def espeak() -> Voice:
    """espeak-ng as espeakng-loader carries it (GPL-3): a plain voice that runs everywhere."""
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(2, 0, str(espeakng_loader.get_data_path()).encode(), 0)
    if rate <= 0:
        raise RuntimeError("espeak-ng did not start: reinstall espeakng-loader")
    pcm: list[bytes] = []
    marks: list[tuple[int, int]] = []

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))
    def heard(wave, count, events):
        if wave and count:
            pcm.append(ctypes.string_at(wave, count * 2))
        place = 0
        while events[place].type:
            if events[place].type == 1:
                marks.append((events[place].text_position - 1, events[place].audio_position))
            place += 1
        return 0

    def say(text: str, speaker: str) -> Speech:
        pcm.clear()
        marks.clear()
        library.espeak_SetSynthCallback(heard)  # named here, so that it lives as long as this function
        library.espeak_SetVoiceByName(b"en-us+f3" if speaker == "host" else b"en-us+m3")
        library.espeak_SetParameter(1, 155, 0)
        coded = text.encode()
        library.espeak_Synth(coded, ctypes.c_size_t(len(coded) + 1), 0, 1, 0, 1, None, None)
        raw = np.frombuffer(b"".join(pcm), np.int16).astype(np.float32) / 32768
        there = np.arange(int(len(raw) * RATE / rate)) * (rate / RATE)
        samples = np.interp(there, np.arange(len(raw)), raw).astype(np.float32)
        loud = np.flatnonzero(np.abs(samples) > 0.01)
        last = float(loud[-1] if len(loud) else len(samples)) / RATE
        written, place, known, starts = text.split(), 0, [], []
        for number, word in enumerate(written):
            at = text.index(word, place)
            place = at + len(word)
            for ms in [ms for position, ms in marks if at <= position < place][:1]:
                known.append(number)
                starts.append(ms / 1000)
        # espeak-ng joins small words ("out of") into one event: those in between share its time.
        edges = np.interp(np.arange(len(written) + 1), [*known, len(written)], [*starts, last]).tolist()
        words = list(zip(written, edges, edges[1:], strict=False))
        return Speech(samples, words)

    return say


VOICES = {"hibari": hibari, "espeak": espeak}


def best() -> tuple[str, Voice]:
    """The best voice that speaks here, with its name; says on stderr what the better one lacked."""
    lacks = []
    for name, make in VOICES.items():
        try:
            voice = make()
            voice("Hello there.", "host")
        except (ImportError, OSError, RuntimeError, ValueError) as error:
            print(f"demo: the voice {name} does not speak here ({error})", file=sys.stderr)
            lacks.append(name)
        else:
            return name, voice
    raise RuntimeError(f"no voice speaks here (tried {', '.join(lacks)}): pip install hibari-tts espeakng-loader")
