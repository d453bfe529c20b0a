"""``python -m benchmarks.words``: how far word times are off those of the demo's voice, which says how long it holds every sound."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
from rapidfuzz.distance import Levenshtein

from benchmarks import heard
from examples.demo import ensure, truth_of
from tools.local import align, speech
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


def main() -> None:
    """Print the table."""
    video = ensure()
    true = [
        Word(start=each["start"], end=each["end"], text=each["text"])
        for each in json.loads(truth_of(video).read_text("utf-8"))["words"]
    ]
    sound = heard.samples(video)
    model, levels = speech.load(speech.choose("tiny.en")), speech.loudness(sound)
    phrases = [phrase for phrase, _ in speech._phrases(model, sound, "en")]
    raw = [word for phrase in phrases for word in phrase.words]
    placed = speech.place(raw, levels)
    print(
        f"{len(true)} words were said.\n\n| times | words | middle, ms | p95, ms | over 80 ms |\n|---|---|---|---|---|"
    )
    for name, words in (
        ("Whisper's own", raw),
        ("moved to where sound begins after pauses", placed),
        ("aligned", align.refine(placed, sound)),
    ):
        late = np.array(off(words, true))
        share = np.mean(np.abs(late) > 80)
        print(
            f"| {name} | {len(late)} | {np.median(late):+.0f} | {np.percentile(np.abs(late), 95):.0f} | {share:.1%} |"
        )


if __name__ == "__main__":
    main()
