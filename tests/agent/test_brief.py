"""What identifies a run."""

from agent.brief import make_brief
from agent.reading.wish import Reading, read_wish
from tools.schema import NOTHING, Brief, Options, Part, Read


def test_the_same_request_is_the_run_that_it_always_was() -> None:
    assert make_brief("talk.mp4", "a" * 64, read_wish("make a 30s promo")).run == "3cebbf98aaef74564e49"


def test_everything_that_may_be_asked_goes_into_the_id_as_it_always_did() -> None:
    reading = Reading(
        target=20.0,
        shapes=("9x16",),
        platforms=("tiktok",),
        topic="pricing",
        parts=(Part(place="first", query="the question"),),
        tone="funny",
        options=Options(read=Read(by="claude", dollars=0.0125)),
    )
    asked = Options(
        strict=True, tighten=True, sidecar="b" * 64, music="c" * 64, used=("S1", "S2"), fresh="00ff", tone="", parts=()
    )
    made = make_brief("talk.mp4", "a" * 64, reading, wish="20s about pricing", tenant="t", key="k", options=asked)
    assert made.run == "912e0410d75f7fbbda9f"
    assert made.options.parts == reading.parts
    assert made.options.tone == "funny"


def test_options_of_before_open_and_leave_out_what_nothing_reads() -> None:
    told = {
        "run": "r",
        "video": "v",
        "options": {"words": True, "revises": "r0", "opening": "any", "pins": {"S1": [3, 40]}},
    }
    opened = Brief.model_validate(told)
    assert opened.options == Options(opening="any", pins={"S1": (3, 40)})
    assert opened.model_dump(mode="json")["options"] == {"opening": "any", "pins": {"S1": [3, 40]}}


def test_what_was_not_asked_is_not_in_the_record() -> None:
    assert Brief(run="r", video="v").model_dump()["options"] == {}
    assert NOTHING.but(strict=True).model_dump() == {"strict": True}
