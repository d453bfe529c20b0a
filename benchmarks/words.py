"""``python -m benchmarks.words [--music FILE FROM TO]``: how far word times are off those of the demo's voice, which says how long it holds every sound."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein

from benchmarks import heard
from examples.demo import ensure, truth_of
from tools.local import align, speech
from tools.local.word_times import place
from tools.media.levels import measure
from tools.schema import Word


def off(found: Sequence[Word], true: Sequence[Word]) -> list[float]:
    """Milliseconds that the beginning of each word that both have is late."""
    one, two = ([" ".join(heard.plain(word.text)) for word in each] for each in (true, found))
    return [
        1000 * (found[step.dest_start + n].start - true[step.src_start + n].start)
        for step in Levenshtein.opcodes(one, two)
        if step.tag == "equal"
        for n in range(step.src_end - step.src_start)
    ]


def table(sound: heard.Samples, true: Sequence[Word]) -> str:
    """A row for Whisper's own times, for those moved to where sound begins, and for the aligned ones."""
    model, levels = speech.load(speech.choose("tiny.en")), measure(sound, speech.RATE)
    raw = [word for phrase, _ in speech.recognise(model, sound, "en") for word in phrase.words]
    placed = place(raw, levels)
    lines = ["| times | words | middle, ms | p95, ms | over 80 ms |", "|---|---|---|---|---|"]
    for name, words in (
        ("Whisper's own", raw),
        ("moved to where sound begins after pauses", placed),
        ("aligned", align.refine(placed, sound)),
    ):
        late = np.array(off(words, true))
        size, share = np.percentile(np.abs(late), 95), np.mean(np.abs(late) > 80)
        lines.append(f"| {name} | {len(late)} | {np.median(late):+.0f} | {size:.0f} | {share:.1%} |")
    return "\n".join(lines)


def under(sound: heard.Samples, music: heard.Samples, decibels: float) -> heard.Samples:
    """The talk over music that is so much quieter, played as often as it takes."""
    loud, soft = (float(np.sqrt(np.mean(each.astype(np.float64) ** 2))) for each in (sound, music))
    over = np.resize(music, len(sound)) * (loud / soft) * 10 ** (-decibels / 20)
    return np.clip(sound + over, -32767, 32767).astype(np.int16)


def main() -> None:
    """Print the tables."""
    ask = argparse.ArgumentParser(prog="benchmarks.words", description=__doc__)
    ask.add_argument("--music", nargs=3, metavar=("FILE", "FROM", "TO"), help="also under these seconds of a file")
    asked = ask.parse_args()
    video = ensure()
    true = [
        Word(start=each["start"], end=each["end"], text=each["text"])
        for each in json.loads(truth_of(video).read_text("utf-8"))["words"]
    ]
    sound = heard.samples(video)
    print(f"{len(true)} words were said.", table(sound, true), sep="\n\n")
    if asked.music:
        first, last = (round(float(at) * speech.RATE) for at in asked.music[1:])
        music = heard.samples(Path(asked.music[0]))[first:last]
        for decibels in (20, 12, 6):
            print(f"\nMusic {decibels} dB under the voice:", table(under(sound, music, decibels), true), sep="\n\n")


if __name__ == "__main__":
    main()
