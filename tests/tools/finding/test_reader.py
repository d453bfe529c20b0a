"""The reader of sentences: windows, what is made of the model's answers, and what the packaged weights say of real speech."""

from types import ModuleType

import numpy as np
import pytest

from evals import editor
from tools.finding import reader, windows

needs_reader = pytest.mark.skipif(not reader.available(), reason="the reader's runtime is not installed")


def test_each_sentence_is_in_a_window_with_enough_around_it() -> None:
    found = windows.spans([30] * 100)
    for at in range(100):
        inside = [(first, last) for first, last in found if first <= at <= last]
        room = max(
            min(at - first if first else windows.EDGE, last - at if last < 99 else windows.EDGE)
            for first, last in inside
        )
        assert room >= windows.EDGE - 1
    assert all(3 + 31 * (last - first + 1) - 1 <= windows.LONGEST + 31 for first, last in found)


def test_a_very_long_sentence_stands_alone_in_its_window() -> None:
    assert windows.spans([500, 3, 3]) == [(0, 0), (1, 2)]


def test_voices_are_numbered_as_they_begin_and_a_change_is_marked() -> None:
    made = reader.window([[7], [8], [9]], ["Ann", "Bo", "Ann"], 0, 2)
    assert made.ids == [windows.CLS, reader.OTHER, 7, reader.OTHER, 8, reader.OTHER, 9, windows.SEP]
    assert made.types == [0, 1, 1, 2, 2, 1, 1, 0]
    assert made.markers == [1, 3, 5]
    assert reader.window([[7], [8]], None, 0, 1).ids[1::2] == [reader.UNKNOWN, reader.UNKNOWN, windows.SEP]


def test_where_windows_overlap_the_one_with_more_around_the_sentence_counts_for_more() -> None:
    seen: list[int] = []

    def run(arrays):
        seen.append(len(arrays["input_ids"]))
        values = np.arange(seen[-1], dtype=np.float32) + 10 * (len(seen) - 1)
        return np.broadcast_to(values[:, None, None], (seen[-1], arrays["markers"].shape[1], 18))

    rows = [[5] * 40] * 30
    told = windows.judged(run, [40] * 30, lambda first, last: reader.window(rows, None, first, last))
    assert told.shape == (30, 18)
    assert np.all(np.diff(told[:, 0]) >= -1e-9)
    assert told[0, 0] == 0


def test_windows_are_laid_out_as_in_training(pack: ModuleType) -> None:
    rows = [[5] * (3 + 7 * n % 50) for n in range(60)]
    voices = ["Ann" if n % 3 else "Bo" for n in range(60)]
    assert windows.spans([len(row) for row in rows]) == pack.spans(rows, windows.LONGEST)
    for first, last in windows.spans([len(row) for row in rows]):
        assert list(reader.window(rows, voices, first, last)) == list(pack.window(rows, voices, first, last))


@needs_reader
def test_the_packaged_reader_tells_what_an_editor_marked_in_talk_that_it_never_saw() -> None:
    excerpt = min(editor.load(), key=lambda each: len(each.sentences))
    told = reader.read([each.text for each in excerpt.sentences], [each.speaker for each in excerpt.sentences])
    for name, scores in (("leans", told.leans), ("open", told.open), ("house", told.house), ("worth", told.worth)):
        holds = np.array([each.holds()[name] for each in excerpt.sentences])
        ranks = scores.argsort().argsort() + 1
        area = (ranks[holds].sum() - holds.sum() * (holds.sum() + 1) / 2) / holds.sum() / (~holds).sum()
        assert area > 0.7, (name, area)


@needs_reader
def test_it_reads_where_nobody_knows_who_speaks_and_of_one_sentence() -> None:
    told = reader.read(["We lost half of our customers in one month."])
    assert all(values.shape == (1,) for values in told)
    assert all(0 <= float(values[0]) <= 3 for values in told)
