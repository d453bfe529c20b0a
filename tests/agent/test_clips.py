"""Ten clips of one video: proposed together by one run, chosen by number, each a run that passes what any promo passes."""

from __future__ import annotations

import csv
import re
from dataclasses import replace

import pytest

from agent.clips import TABLE, read_chosen
from agent.deciding.planner import Planner
from agent.reading.wish import WishError, read_wish
from agent.settings import load
from doors.laptop import make_reading
from report.page import report
from report.sheet import sheet
from tests.agent.test_loop import Heard, studio, video  # noqa: F401 - fixtures
from tools.troubles import Refusal

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("rendered_once")]

TALK = (
    "We lost half of our customers every single year. Nobody could read the price page, so nobody stayed. "
    "Our rule is now that a price must fit on one line. "
    "Good bread needs two days of patience and very little yeast. A slow dough gives every loaf its crust and its taste. "
    "That is why our bakers never hurry the oven. "
    "Whales sing in long songs that travel across whole oceans. Each spring every male learns the new song of the year. "
    "Scientists still do not know who writes it."
)
"""Three subjects, each told in three sentences."""
WISH = "the 3 best moments, 6 to 12 seconds, square, no captions, for LinkedIn"


@pytest.fixture
def making(studio, video):  # noqa: F811
    """Makes what a wish asks for of the talk, and answers the outcomes with their folders."""
    made = studio(Planner(), report=lambda *run: (sheet if run[0].highlights else report)(*run))
    at = replace(made, model_id="planner", engines=replace(made.engines, transcriber=Heard(TALK)))
    settings = load(environ={}, home=str(at.home.parent), outbox=str(at.engines.store.root))

    def making(wish=WISH, **given):
        return make_reading(str(video), wish, read_wish(wish), settings, at, **given)

    making.at = at
    return making


def _rows(folder):
    return list(csv.DictReader((folder / TABLE).open(encoding="utf-8")))


def test_moments_are_proposed_on_one_sheet_and_only_those_that_are_chosen_are_rendered(making):
    [(proposed, folder)] = making(only=())
    assert proposed.status.startswith("done"), proposed.reason
    assert len(proposed.highlights) >= 2
    page = (folder / "report.html").read_text()
    assert all(each.text.split(".")[0] in page for each in proposed.highlights)
    assert [row["file"] for row in _rows(folder)] == [""] * len(proposed.highlights)

    (again, _), (second, _) = making(only=(2,))
    assert again.run == proposed.run, "the sheet is the one that was chosen from"
    assert second.cut.clips[0].ids == proposed.highlights[1].ids
    rows = _rows(folder)
    assert [bool(row["file"]) for row in rows] == [row["rank"] == "2" for row in rows]
    assert (folder / rows[1]["file"]).is_file()
    assert rows[1]["reason"] == proposed.highlights[1].reason


def test_each_short_is_one_whole_moment_that_passes_the_certificate_of_a_promo(making):
    (proposed, _), *shorts = making()
    assert len(shorts) == len(proposed.highlights)
    for each, (short, folder) in zip(proposed.highlights, shorts, strict=True):
        assert short.status.startswith("done"), short.reason
        [clip] = short.cut.clips
        assert clip.ids == each.ids
        assert clip.certificate.passed
        assert short.cut.certificate.passed
        promo = next(made for made in short.artifacts if made.name == "promo_1x1.mp4")
        assert promo.certificate.passed
        assert (folder / promo.name).is_file()
        assert abs(short.cut.length - each.lasts) <= 0.1
    rows = [making.at.records.run(outcome.run) for outcome, _ in [(proposed, None), *shorts]]
    assert {row["thread"] or row["run"] for row in rows} == {proposed.run}
    assert making.at.engines.transcriber.calls == 1, "the shorts are not listened to again"


def test_the_record_keeps_what_was_proposed_and_what_stood_beside_it(making):
    [(proposed, _)] = making(only=())
    candidates = making.at.records.candidates(proposed.run)
    kept = [tuple(row["ids"]) for row in candidates if row["kept"]]
    assert kept == [each.ids for each in proposed.highlights]
    assert all(row["reason"] for row in candidates)


def test_the_next_request_does_not_repeat_what_was_rendered_and_the_same_request_is_the_same_run(making):
    (first, _), _ = making(only=(1,))
    used = set(first.highlights[0].ids)
    [(same, _)] = making(only=())
    assert same.run == first.run
    [(other, _)] = making(wish=f"another {WISH}".replace("the 3", "3"), only=())
    assert other.run != first.run
    assert not used & {name for each in other.highlights for name in each.ids}
    assert other.highlights[0].ids == first.highlights[1].ids, "what was proposed and not rendered may come again"


def test_a_language_model_is_not_asked_what_was_decided(making):
    (proposed, _), (short, _) = making(only=(1,))
    names = [row["name"] for row in making.at.records.decisions(proposed.run) if row["kind"] == "tool"]
    assert names == ["transcribe", "look", "propose"]
    names = [row["name"] for row in making.at.records.decisions(short.run) if row["kind"] == "tool"]
    assert names == ["transcribe", "look", "cut", "write", "cover", "assemble"]


def test_a_number_that_no_moment_has_is_refused_with_those_that_there_are(making):
    with pytest.raises(Refusal, match=re.escape("There is no moment 9; the sheet has 1 to")):
        making(only=(9,))


def test_choosing_is_refused_where_no_moments_were_asked_for(making):
    with pytest.raises(WishError, match="the 8 best moments as shorts"):
        making(wish="a 9s square promo", only=(1,))


def test_a_video_in_which_too_little_stands_alone_says_so_and_offers_what_helps(making):
    [(proposed, _)] = making(wish="9 best moments of 6 to 12 seconds, square", only=())
    assert len(proposed.highlights) < 9
    assert any(
        f"{len(proposed.highlights)} of 9 moments" in each and "wider range" in each for each in proposed.warnings
    )


def test_where_nothing_stands_alone_nothing_is_made_and_the_reason_is_told(making):
    [(proposed, _)] = making(wish="3 clips of 170 seconds, square")
    assert proposed.status == "nothing to make"
    assert "0 of 3 moments" in proposed.reason


@pytest.mark.parametrize(
    ("said", "ranks"),
    [("1,3", (1, 3)), ("2-4", (2, 3, 4)), ("3 1", (3, 1)), ("1,1-2", (1, 2)), ("all", None)],
)
def test_moments_are_chosen_by_their_numbers(said, ranks):
    assert read_chosen(said) == ranks


@pytest.mark.parametrize("said", ["", "one", "0", "3-1", "1,,", "1.5", "99999"])
def test_what_names_no_moment_is_refused_with_how_to_say_it(said):
    with pytest.raises(Refusal, match=re.escape("such as 1,3 or 2-4")):
        read_chosen(said)
