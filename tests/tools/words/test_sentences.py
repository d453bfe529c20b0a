from hypothesis import example, given
from hypothesis import strategies as st

from tools.schema import Observation, Shot, Transcript, Word
from tools.words.sentences import LONGEST, MOST_WORDS, is_punctuated, mend, resolve, sentences


def spoken(
    text: str, start: float = 0.0, each: float = 0.3, gap: float = 0.05, speaker: str | None = None
) -> list[Word]:
    words, at = [], start
    for token in text.split():
        words.append(Word(start=round(at, 3), end=round(at + each, 3), text=token, speaker=speaker))
        at += each + gap
    return words


def texts(words: list[Word], **more) -> list[str]:
    return [sentence.text for sentence in sentences(words, **more)]


def test_abbreviations_and_prices_do_not_end_a_sentence() -> None:
    words = spoken("I met Dr. Smith at 5 p.m. on Main St. and paid $3.5M for it. So what? We won!")
    assert texts(words) == ["I met Dr. Smith at 5 p.m. on Main St. and paid $3.5M for it.", "So what?", "We won!"]


def test_a_word_that_can_not_be_seen_is_no_word_whatever_engine_hears_it() -> None:
    hidden = "".join(chr(0xE0000 + ord(each)) for each in "obey")
    assert texts(spoken(f"We {hidden} kept\u202e {hidden}three\u200b plans.")) == ["We kept three plans."]


def test_ids_are_numbered_from_one_in_spoken_order() -> None:
    assert [sentence.id for sentence in sentences(spoken("One. Two. Three."))] == ["S1", "S2", "S3"]


def test_a_change_of_voice_ends_a_sentence() -> None:
    words = spoken("and then we", speaker="a") + spoken("you left, didn't you.", start=1.1, speaker="b")
    made = sentences(words)
    assert [(sentence.text, sentence.speaker) for sentence in made] == [
        ("and then we", "a"),
        ("you left, didn't you.", "b"),
    ]


def test_a_long_pause_ends_a_sentence_that_nothing_else_ends() -> None:
    words = spoken("we waited for") + spoken("the answer.", start=3.0)
    assert texts(words) == ["we waited for", "the answer."]


def test_words_without_punctuation_are_parted_at_pauses() -> None:
    words = (
        spoken("this is how it began") + spoken("nobody had asked", start=2.4) + spoken("and nobody knew", start=3.5)
    )
    assert not is_punctuated(words)
    assert texts(words) == ["this is how it began", "nobody had asked and nobody knew"]


def test_a_sentence_too_long_is_parted_at_its_clauses() -> None:
    words = spoken(" ".join(["one two three four five six seven eight,"] * 9) + " end.")
    made = sentences(words)
    assert len(made) > 1
    assert all(sentence.length <= LONGEST and len(sentence.words) <= MOST_WORDS for sentence in made)
    assert all(sentence.text.endswith((",", ".")) for sentence in made)


def test_a_word_past_the_end_of_the_video_is_dropped_and_one_across_it_clipped() -> None:
    words = [
        Word(start=0, end=1, text="Yes."),
        Word(start=9.5, end=11, text="No."),
        Word(start=12, end=13, text="Ghost."),
    ]
    assert [(word.text, word.end) for word in mend(words, duration=10.0)] == [("Yes.", 1.0), ("No.", 10.0)]


def test_a_first_word_heard_long_before_its_sentence_is_put_beside_it() -> None:
    words = [Word(start=0.2, end=1.3, text="When"), *spoken("you share it, you gain.", start=7.6)]
    made = sentences(words)
    assert [sentence.text for sentence in made] == ["When you share it, you gain."]
    assert made[0].start == 7.3


def test_words_out_of_order_are_sorted_and_words_a_little_off_are_not() -> None:
    assert [word.text for word in mend([Word(start=5, end=6, text="b"), Word(start=1, end=2, text="a")])] == ["a", "b"]
    assert [word.text for word in mend([Word(start=5, end=6, text="a"), Word(start=4.9, end=5.5, text="b")])] == [
        "a",
        "b",
    ]


def test_chinese_is_joined_without_spaces() -> None:
    words = [Word(start=i, end=i + 0.5, text=text) for i, text in enumerate(["大家", "好。", "我的", "名字。"])]
    assert texts(words, language="zh") == ["大家好。", "我的名字。"]


def test_no_words_make_no_sentences() -> None:
    assert sentences([]) == ()
    assert sentences([Word(start=0, end=1, text="  ")]) == ()


moments = st.floats(0, 300, allow_nan=False).map(lambda x: round(x, 2))
tokens = st.sampled_from(["so", "Well,", "yes.", "No?", "Dr.", "3.5", "the", "and", "…", "end!", "\n", "a\u2028b"])
heard = st.lists(st.tuples(moments, st.floats(0, 3), tokens, st.sampled_from([None, "a", "b"])), max_size=60)


@given(heard, st.one_of(st.none(), st.floats(0.1, 200)))
@example([(0.0, 1.0, "so", None), (0.0, 0.0, "so", None)], 1.0)  # the second is pushed past the end
def test_times_rise_whatever_the_recogniser_says(rows: list, duration: float | None) -> None:
    words = [Word(start=start, end=start + length, text=text, speaker=voice) for start, length, text, voice in rows]
    made = sentences(words, duration=duration)
    flat = [word for sentence in made for word in sentence.words]
    assert all(one.end <= two.start for one, two in zip(flat, flat[1:], strict=False))
    assert all(
        sentence.start == sentence.words[0].start and sentence.end == sentence.words[-1].end for sentence in made
    )
    assert all(one.end <= two.start for one, two in zip(made, made[1:], strict=False))
    if duration is not None:
        assert all(word.start < duration and word.end <= duration for word in flat)
    assert [sentence.id for sentence in made] == [f"S{n}" for n in range(1, len(made) + 1)]


@given(heard)
def test_no_word_is_lost_without_an_end(rows: list) -> None:
    words = [Word(start=start, end=start + length, text=text) for start, length, text, _ in rows]
    kept = sorted(" ".join(word.text.split()) for word in words if word.text.strip())
    assert sorted(word.text for sentence in sentences(words) for word in sentence.words) == kept


def test_ids_that_do_not_exist_are_all_named_with_what_would_be_right() -> None:
    transcript = Transcript(sentences=sentences(spoken("One. Two. Three.")))
    seen = Observation(shots=(Shot(id="V1", start=0, end=2),))
    found, wrong = resolve(["S2", "s3", "S1-S2", "S41", "V2", "S0", "clip 3", "S1-V1", "S3-S2"], transcript, seen)
    assert found == ["S2", "S3", "S1", "S2"]
    assert wrong == [
        "S41 does not exist; the transcript ends at S3",
        "V2 does not exist; the list of shots ends at V1",
        "S0 does not exist; the transcript starts at S1",
        "'clip 3' is not an id; ids look like S14, S14-S16 or V3",
        "S1-V1 mixes speech and shots; give S and V ids apart",
        "S3-S2 runs backwards; write S2-S3",
    ]
