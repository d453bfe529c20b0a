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
