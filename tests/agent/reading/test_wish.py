"""A wish in words is read by rules, and what can't be is refused with what to say instead."""

import pytest

from agent.reading.wish import WishError, read_wish


@pytest.mark.parametrize(
    ("wish", "target"),
    [
        ("make a 30s promo", 30),
        ("15 seconds for TikTok", 15),
        ("a one minute cut", 60),
        ("half a minute about onboarding", 30),
        ("45-second teaser", 45),
        ("1.5 min for LinkedIn", 90),
        ("twenty seconds, vertical", 20),
        ("promo", 30),
        ("", 30),
    ],
)
def test_the_length_is_read_in_figures_and_in_words(wish, target):
    assert read_wish(wish).target == target


@pytest.mark.parametrize("wish", ["make a 0s promo", "a 4000 seconds film", "3 seconds", "20 minutes"])
def test_a_length_no_promo_can_have_is_refused_with_the_range(wish):
    with pytest.raises(WishError, match="6 to 180 seconds"):
        read_wish(wish)


def test_a_wish_of_ten_kilobytes_is_refused():
    with pytest.raises(WishError, match="2000 bytes"):
        read_wish("about pricing " * 800)


@pytest.mark.parametrize(
    ("wish", "topic"),
    [
        ("make a 30s promo for LinkedIn about pricing", "pricing"),
        ("make a 30s promo about pricing for LinkedIn", "pricing"),
        ("20 s about how we fixed churn, no captions", "how we fixed churn"),
        ("something short", ""),
        ("about the customer story, vertical", "the customer story"),
    ],
)
def test_the_topic_ends_where_the_next_request_begins(wish, topic):
    assert read_wish(wish).topic == topic


@pytest.mark.parametrize(
    ("wish", "clean", "captions"),
    [
        ("make a 30s promo with a clean version without captions", True, "clean"),
        ("30s about pricing, also a clean master", True, "clean"),
        ("30s about pricing with a caption-free master for LinkedIn", True, "clean"),
        ("karaoke captions, plus a textless copy", True, "karaoke"),
        ("30s with and without captions", True, "clean"),
        ("30s without captions", False, "none"),
        ("a square one without captions", False, "none"),
        ("30s, clean captions", False, "clean"),
        ("make a clean cut about pricing", False, "clean"),
    ],
)
def test_a_clean_master_is_asked_for_beside_the_promo_and_no_captions_are_a_look_of_it(wish, clean, captions):
    told = read_wish(wish)
    assert (told.clean, told.captions) == (clean, captions)
    assert told.topic in ("", "pricing")
    assert not clean or (not told.unread and "each with a clean master" in str(told))


@pytest.mark.parametrize(
    ("wish", "platforms", "shapes"),
    [
        ("30s for LinkedIn", ("linkedin",), ("16x9", "1x1", "9x16")),
        ("15 seconds for TikTok", ("tiktok",), ("9x16",)),
        ("a vertical one", ("youtube", "shorts", "tiktok", "reels", "linkedin", "x"), ("9x16",)),
        ("square for Instagram", ("reels",), ("1x1",)),
        ("YouTube Shorts please", ("shorts",), ("9x16",)),
        ("for YouTube", ("youtube",), ("16x9",)),
    ],
)
def test_platforms_name_their_shapes_unless_a_shape_is_named(wish, platforms, shapes):
    reading = read_wish(wish)
    assert reading.platforms == platforms
    assert reading.shapes == shapes


def test_captions_can_be_declined_or_styled():
    assert read_wish("a vertical one without captions").captions == "none"
    assert read_wish("30 s with bold captions").captions == "bold"
    assert read_wish("30 s").captions == "clean"


@pytest.mark.parametrize(
    ("wish", "topic"),
    [
        ("make a 20s promo about starting out as a beekeeper", "starting out as a beekeeper"),
        ("a 20s promo about opening a second shop", "opening a second shop"),
        ("make a 30s promo about leading remote teams", "leading remote teams"),
        ("make a 30s promo about ending the night shift", "ending the night shift"),
        ("make a 30s promo about how to start a company", "how to start a company"),
        ("make a 30s promo about why projects end badly", "why projects end badly"),
        ("make a 30s promo about starting with nothing", "starting with nothing"),
    ],
)
def test_a_topic_that_begins_with_a_verb_is_no_request_for_the_opening(wish, topic):
    reading = read_wish(wish)
    assert reading.topic == topic
    assert reading.parts == ()


def test_an_opening_that_is_asked_for_in_passing_is_still_heard():
    reading = read_wish("make a 30s promo about bread, starting with the bin and ending on the sign")
    assert [(part.place, part.query) for part in reading.parts] == [("first", "the bin"), ("last", "the sign")]


@pytest.mark.parametrize(
    ("wish", "count", "bounds"),
    [
        ("the 8 best moments as shorts", 8, (15, 60)),
        ("ten clips", 10, (15, 60)),
        ("cut this into 5 shorts of 20 to 40 s", 5, (20, 40)),
        ("give me three highlights", 3, (15, 60)),
        ("top 5 quotes for LinkedIn, square", 5, (15, 60)),
        ("turn the webinar into clips", 5, (15, 60)),
        ("the best moments as shorts for tiktok", 5, (15, 60)),
        ("6 reels under a minute", 6, (15, 60)),
        ("4 clips of at least 40 seconds", 4, (40, 80)),
        ("3 clips of 30 s", 3, (None, None)),
        ("fünf Clips für TikTok", 5, (15, 60)),
        ("dame los 5 mejores momentos", 5, (15, 60)),
        ("cinq extraits de moins de 40 secondes", 5, (15, 40)),
    ],
)
def test_whole_moments_are_read_by_their_number_and_name(wish, count, bounds):
    reading = read_wish(wish)
    assert reading.highlights
    assert (reading.count, (reading.least, reading.most)) == (count, bounds)
    assert not reading.left
    assert f"{count} whole moments" in str(reading)


@pytest.mark.parametrize(
    "wish",
    [
        "30 s promo of the best moments",
        "give me the highlights",
        "three different ones of 30 s",
        "two promos about pricing",
        "a clip of the ace",
        "2 clips, one 15s and one 30s",
        "cut it into a 30s video for shorts",
    ],
)
def test_a_promo_put_together_of_moments_is_no_whole_moment(wish):
    assert not read_wish(wish).highlights


def test_what_a_whole_moment_can_not_have_is_told():
    assert "nothing is put into it" in read_wish("6 reels, open with the joke").left[0]


def test_no_more_moments_are_proposed_than_a_sheet_holds():
    with pytest.raises(WishError, match="1 to 20 moments"):
        read_wish("25 clips")
    with pytest.raises(WishError, match="the 8 best moments"):
        read_wish("8 promos")


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [
        ("1 minut", 60),
        ("30 secnods about pricing", 30),
        ("45 secods, square", 45),
        ("two minuets", 120),
        ("a 15 sekond clip", 15),
        ("one minite teaser", 60),
        ("une minute", 60),
        ("eine Minute", 60),
        ("un minuto y medio", 90),
        ("une minute trente", 90),
        ("ein Clip unter 30 Sekunden", 29.5),
    ],
)
def test_a_unit_is_read_misspelt_and_in_a_wish_of_two_words(wish, seconds):
    reading = read_wish(wish)
    assert (reading.target, reading.unread) == (seconds, "")


@pytest.mark.parametrize("wish", ["30 sessions", "5 seasons of it", "2 miners", "10 mines"])
def test_a_word_that_is_like_a_unit_is_none(wish):
    assert read_wish(wish).target == 30


@pytest.mark.parametrize(
    ("wish", "shapes"),
    [
        ("sixteen by nine", ("16x9",)),
        ("nine by sixteen, 20 s", ("9x16",)),
        ("sixteen to nine, 30 s", ("16x9",)),
        ("9 by 16", ("9x16",)),
        ("one to one format", ("1x1",)),
    ],
)
def test_a_shape_is_read_in_number_words(wish, shapes):
    assert read_wish(wish).shapes == shapes


@pytest.mark.parametrize("wish", ["9 to 16 seconds", "step by step, one by one", "4 to 5 clips"])
def test_numbers_that_are_no_shape_are_none(wish):
    assert len(read_wish(wish).shapes) == 3


@pytest.mark.parametrize(
    "wish",
    [
        "a promo no bigger than 20 MB",
        "max 10 MB, 30 s",
        "30 s under 25 megabytes please",
        "keep the file below 8mb",
        "30s, file size at most 50 MB",
        "smaller than 1 gb",
    ],
)
def test_the_size_of_a_file_is_told_as_what_can_not_be_asked_for_and_never_as_a_topic(wish):
    reading = read_wish(wish)
    assert (reading.topic, reading.without, reading.parts) == ("", (), ())
    assert any("as large as its picture" in each for each in reading.left)


def test_a_size_that_is_spoken_of_is_a_topic():
    reading = read_wish("about how we shrank images from 5 mb to 200 kb")
    assert (reading.topic, reading.left) == ("how we shrank images from 5 mb to 200 kb", ())


@pytest.mark.parametrize(
    ("wish", "promos"),
    [
        (
            "a 30s promo about pricing for LinkedIn and a 15s one about onboarding for TikTok",
            [(30, "pricing", ("linkedin",)), (15, "onboarding", ("tiktok",))],
        ),
        ("one about pricing and one about hiring", [(30, "pricing", ()), (30, "hiring", ())]),
        ("make a 20s about churn, and another 40s about the team", [(20, "churn", ()), (40, "the team", ())]),
        (
            "3 reels: the first about sleep, second about food, third about rest, 20 sec each",
            [(20, "sleep", ()), (20, "food", ()), (20, "rest", ())],
        ),
        (
            "two clips, one on churn and the other on hiring, 20 s each",
            [(20, "churn", ()), (20, "hiring", ())],
        ),
    ],
)
def test_promos_that_are_each_about_something_else_are_so_many_promos(wish, promos):
    reading = read_wish(wish)
    assert [(each.target, each.topic, each.platforms) for each in reading.each] == promos
    assert [reading.one(n).topic for n in range(reading.count)] == [topic for _, topic, _ in promos]
    assert (reading.topic, reading.unread) == ("", "")


@pytest.mark.parametrize(
    ("wish", "topic"),
    [
        ("a 15s and a 30s version about pricing", "pricing"),
        ("a 20s promo about how one thing led to another", "how one thing led to another"),
        ("about a story and a lesson about trust", "a story and a lesson about trust"),
        ("three versions about pricing, churn and hiring", "pricing, churn and hiring"),
    ],
)
def test_one_topic_of_several_promos_is_of_all(wish, topic):
    reading = read_wish(wish)
    assert reading.topic == topic
    assert not any(each.topic for each in reading.each)


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ("a 20s promo, start with the line about the shelf", "opens with “the shelf”"),
        ("30 seconds, end on the sentence about the sign", "ends with “the sign”"),
        ("30s promo, start with the napkin line", "opens with “the napkin line”"),
    ],
)
def test_a_line_that_is_to_open_or_close_is_named_by_what_it_is_about(wish: str, said: str) -> None:
    reading = read_wish(wish)
    assert [str(part) for part in reading.parts] == [said]
    assert not reading.topic


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("make a 30s promo from this podcast", ()),
        ("30s teaser of our podcast", ()),
        ("30s promo and a podcast", ("podcast",)),
        ("make a 30s audiogram", ("audiogram",)),
    ],
)
def test_a_podcast_is_what_a_promo_is_made_of_or_what_is_not_made(said: str, left: tuple[str, ...]) -> None:
    assert tuple(each.partition("”")[0].lstrip("“") for each in read_wish(said).left) == left
