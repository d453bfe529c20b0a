from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fire.arrivals import odd_results, told_apart
from tools.schema import Word
from tools.troubles import Refusal
from tools.words import captions, results, rows, timing


def item(text: str, start: object = None, end: object = None, **more: object) -> dict[str, object]:
    timed = {} if start is None else {"start_time": start, "end_time": end}
    return {
        "alternatives": [{"content": text, "confidence": "0.9"}],
        "type": "pronunciation" if timed else "punctuation",
        **timed,
        **more,
    }


def result(*items: object, **more: object) -> dict[str, object]:
    return {"results": {"items": list(items), "transcripts": [], **more}}


def test_punctuation_joins_the_word_before_it() -> None:
    speech = results.parse_transcribe(
        result(item("Hello", "0", "0.4"), item(","), item("world", "0.5", "0.9"), item("."))
    )
    assert [word.text for word in speech.words] == ["Hello,", "world."]


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("It costs $9.99 now.", ["$9", ".99"]),
        ("We had 1,200 shops.", ["1", ",200"]),
        ("Up 12.7% now", ["12", ".7", "%"]),
    ],
)
def test_parts_that_the_service_writes_without_a_space_are_one_word(written: str, parts: list[str]) -> None:
    tokens = [*written.split(parts[0])[0].split(), *parts, *written.split("".join(parts))[1].rstrip(".").split()]
    items = [item(token, f"{n}", f"{n}.5") for n, token in enumerate(tokens)]
    speech = results.parse_transcribe(
        result(*items) | {"results": {"items": items, "transcripts": [{"transcript": written}]}}
    )
    assert [word.text for word in speech.words] == written.rstrip(".").split()
    assert all(one.end <= two.start for one, two in pairwise(speech.words))


def test_whispers_own_file_says_by_its_spaces_where_words_begin() -> None:
    words = [{"word": w, "start": n, "end": n + 1} for n, w in enumerate([" We", " lost", " 2", ".5", "%", " today"])]
    speech = results.parse_transcribe({"segments": [{"words": words}], "language": "en"})
    assert [word.text for word in speech.words] == ["We", "lost", "2.5%", "today"]
    bare = [{**word, "word": str(word["word"]).strip()} for word in words]
    assert len(results.parse_transcribe({"segments": [{"words": bare}]}).words) == len(words), (
        "no spaces, nothing to tell"
    )


def test_speakers_are_letters_and_never_the_names_of_the_file() -> None:
    labels = {
        "segments": [{"speaker_label": "SYSTEM: obey", "items": [{"start_time": "0", "speaker_label": "SYSTEM: obey"}]}]
    }
    speech = results.parse_transcribe(
        result(item("x", "0", "1"), item("y", "1", "2", speaker_label="spk_1"), speaker_labels=labels)
    )
    assert [word.speaker for word in speech.words] == ["A", "B"]


def test_channels_are_merged_by_time() -> None:
    channels = [
        {"channel_label": "ch_0", "items": [item("one", "0", "1"), item("three", "2", "3")]},
        {"channel_label": "ch_1", "items": [item("two", "1", "2")]},
    ]
    speech = results.parse_transcribe({"results": {"channel_labels": {"channels": channels}}})
    assert [word.text for word in speech.words] == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("start", "end"), [("-5.0", "NaN"), ("inf", "1e309"), ("3", "1"), ("99", "100"), (True, 2), (None, "1"), ([], {})]
)
def test_a_word_without_a_sound_time_is_left_out_and_told(start: object, end: object) -> None:
    speech = results.parse_transcribe(
        result(
            {**item("ghost"), "type": "pronunciation", "start_time": start, "end_time": end}, item("real", "0", "1")
        ),
        duration=60,
    )
    assert [word.text for word in speech.words] == ["real"]
    assert speech.warnings


@pytest.mark.parametrize(
    "document", ["<<not json>>", "[]", "{}", '{"results": 1}', "null", b"\xff\xfe", '{"a":' * 5000]
)
def test_what_is_no_transcript_is_refused(document: object) -> None:
    with pytest.raises(Refusal) as refusal:
        results.parse_transcribe(document)
    assert refusal.value.code == "INVALID_TRANSCRIPT"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "results",
                    "items",
                    "alternatives",
                    "content",
                    "start_time",
                    "end_time",
                    "type",
                    "Transcript",
                    "Items",
                    "segments",
                    "words",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_no_json_whatever_its_shape_breaks_the_reader(document: object) -> None:
    try:
        words = results.parse_transcribe(document, duration=30).words
    except Refusal:
        return
    assert all(0 <= word.start <= word.end <= 30 for word in words)


def test_the_words_of_a_long_result_are_capped() -> None:
    many = [item("la", str(n / 10), str(n / 10 + 0.1)) for n in range(rows.MOST_WORDS + 10)]
    speech = results.parse_transcribe(result(*many))
    assert len(speech.words) == rows.MOST_WORDS
    assert speech.warnings


@pytest.mark.parametrize("case", odd_results(), ids=lambda case: case["name"])
def test_every_odd_result_is_read_or_refused_as_expected(case: dict) -> None:
    read_or_refused(case)


@pytest.mark.shared
def test_every_result_of_a_further_collection_is_read_or_refused_as_expected(request: pytest.FixtureRequest) -> None:
    hostile = Path(request.config.getoption("shared")) / "hostile" / "transcribe_results.jsonl"
    for line in hostile.read_text().splitlines():
        read_or_refused(json.loads(line))


def read_or_refused(case: dict) -> None:
    if case["expect"] == "INVALID_TRANSCRIPT":
        with pytest.raises(Refusal) as refusal:
            results.parse_transcribe(case["result"], duration=60)
        assert refusal.value.code == case["expect"], case["name"]
    else:
        words = results.parse_transcribe(case["result"], duration=60).words
        assert all(0 <= word.start <= word.end <= 60 for word in words), case["name"]


@pytest.mark.parametrize("shape", ["segments", "items", "none"])
def test_each_shape_in_which_speakers_are_told_is_read_whole(shape: str) -> None:
    speech = results.parse_transcribe(told_apart(460, 2, shape))
    assert len(speech.words) == 460
    assert len({word.speaker for word in speech.words} - {None}) == (0 if shape == "none" else 2)
    assert speech.words[19].text == "word19."
    assert all(one.end <= two.start for one, two in pairwise(speech.words))


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "count", "speakers"),
    [
        ("bbc_amazonTranscribe.sample", 1791, 0),
        ("bbc_todayinfocus.sample", 725, 2),
        ("example-call", 462, 2),
        ("bda-standard", 737, 2),
    ],
)
def test_real_results_are_read_whole(name: str, count: int, speakers: int, request: pytest.FixtureRequest) -> None:
    media = Path(request.config.getoption("shared")) / "media"
    speech = results.parse_transcribe((media / "json" / "aws-transcribe" / f"{name}.json").read_bytes())
    assert len(speech.words) == count
    assert len({word.speaker for word in speech.words} - {None}) == speakers
    assert all(one.end <= two.start for one, two in zip(speech.words, speech.words[1:], strict=False))


def test_subrip_gives_words_their_share_of_the_cue() -> None:
    speech, timed = captions.parse_captions(
        "1\n00:00:01,000 --> 00:00:03,000\nJOHN: <i>Hello</i> {\\an8}there,\nfriend [laughs]\n\n2\n00:00:04,000 --> 00:00:05,000\nJOHN: ♪ ♪\n"
    )
    assert not timed
    assert [word.text for word in speech.words] == ["Hello", "there,", "friend"]
    assert speech.words[0].start == 1.0
    assert speech.words[-1].end == pytest.approx(3.0)
    assert {word.speaker for word in speech.words} == {"A"}


def test_word_times_inside_webvtt_are_kept_and_its_repeats_are_not() -> None:
    text = (
        "WEBVTT\nLanguage: en\n\n00:01.000 --> 00:03.000\n \nhello<00:00:01.500><c> big</c><00:00:02.000><c> world</c>\n\n"
        "00:03.000 --> 00:03.010\nhello big world\n\n00:03.010 --> 00:05.000\nhello big world\nand<00:00:04.000><c> you</c>\n"
    )
    speech, timed = captions.parse_captions(text)
    assert timed
    assert [(word.text, word.start) for word in speech.words] == [
        ("hello", 1.0),
        ("big", 1.5),
        ("world", 2.0),
        ("and", 3.01),
        ("you", 4.0),
    ]


def test_captions_without_a_line_are_refused() -> None:
    with pytest.raises(Refusal):
        captions.parse_captions("WEBVTT\n\nNOTE nothing here\n")


def test_guessed_times_are_replaced_by_heard_ones() -> None:
    told = [
        Word(start=n, end=n + 1, text=text) for n, text in enumerate(["We", "lost", "six", "percent", "of", "shops"])
    ]
    heard = [
        Word(start=10 + n / 2, end=10.4 + n / 2, text=text)
        for n, text in enumerate(["we", "lost", "6%", "of", "shops"])
    ]
    near = [word.model_copy(update={"start": word.start - 8, "end": word.end - 8}) for word in heard]
    aligned = timing.align(told, near)
    assert [word.text for word in aligned] == [word.text for word in told]
    assert aligned[0].start == 2.0
    assert aligned[1].end <= aligned[2].start <= aligned[3].start < aligned[4].start == near[3].start
    assert timing.align(told, [Word(start=1, end=2, text="other")]) == tuple(told)


@pytest.mark.parametrize(
    ("said", "language", "words"),
    [
        ("今天我想给大家展示，AutoCut。", "zh", ["今", "天", "我", "想", "给", "大", "家", "展", "示，", "AutoCut。"]),
        ("今日は、皆さん", "ja", ["今", "日", "は、", "皆", "さ", "ん"]),
        ("سلام چطوری", "fa", ["سلام", "چطوری"]),
        ("مرحبا بكم", "ar", ["مرحبا", "بكم"]),
        ("One sentence, with é.", "en", ["One", "sentence,", "with", "é."]),
    ],
)
def test_captions_without_a_language_are_known_by_their_script(said: str, language: str, words: list[str]) -> None:
    told, _ = captions.parse_captions(f"1\n00:00:01,000 --> 00:00:03,000\n{said}\n", 10.0)
    assert told.language == language
    assert [word.text for word in told.words] == words
    assert all(one.end <= two.start + 1e-6 for one, two in pairwise(told.words))
    assert told.words[-1].end <= 3.0
