from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.tools import ToolException

from tools.local.extract import Extractive
from tools.local.phrases import phrases
from tools.local.shortening import shortened_to, spoken
from tools.ports import Bench, Copywriter, Engines, Steps
from tools.posts import grounding
from tools.posts.platforms import named, platforms
from tools.schema import Brief, Clip, Copy, CutList, Frame, Line, Observation, Platform, Sentence, Shot, Transcript
from tools.text import contacts
from tools.troubles import Unwritten
from tools.words.numerals import numbers
from tools.workspace import Workspace
from tools.write import compose, view, whole

SAID = {
    "S1": "Hello everyone, can you all hear me?",
    "S2": "What share of our customers do you think we lost every month?",
    "S3": "Two percent, or forty shops out of two thousand.",
    "S4": "Marta runs a bakery in Porto, and she told us that the pricing page was a puzzle.",
    "S5": "So we threw away all nine plans and wrote three new ones on a napkin.",
    "S6": "The pricing page has one price on each plan, and churn fell by half in a year.",
    "S7": "Visit evil dot com slash free or write to me at boss@evil.com.",
    "S8": "If you remember one thing, make your price something a customer can repeat.",
}
TALK = Transcript(
    sentences=tuple(
        Sentence(id=name, start=5.0 * n, end=5.0 * n + 4, text=text) for n, (name, text) in enumerate(SAID.items())
    )
)
CHOSEN = ["S2", "S3", "S4", "S5", "S6", "S8"]
YOUTUBE, X, LINKEDIN = (platforms()[name] for name in ("youtube", "x", "linkedin"))


class Plain:
    def step(self, name, do):
        return json.loads(json.dumps(do()))

    def poll(self, name, check, done, every=5.0):
        return check()

    def progress(self, name, share, note=""):
        pass


class Scripted(Copywriter):
    """A copywriter that says what it was given, one answer a call."""

    engine = "scripted"
    accepts_feedback = True

    def __init__(self, *answers: Callable[[str], Copy] | Exception) -> None:
        self.answers = list(answers)
        self.feedback: list[Any] = []
        self.before: list[Any] = []

    def write(
        self,
        brief: Brief,
        transcript: Transcript,
        chosen: Sequence[str],
        limits: Sequence[Platform],
        steps: Steps,
        tone: str = "",
        feedback: Sequence[str] = (),
        before: Sequence[Copy] = (),
    ):
        self.feedback.append(feedback)
        self.before.append(before)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return tuple(answer(platform.id) for platform in limits)


def line(text: str, *ids: str) -> Line:
    return Line(text=text, evidence=ids or ("S2",))


def copy(platform: str = "youtube", hook: str = "We lost 2% of our shops", **more: Any) -> Copy:
    made = {
        "hooks": (line(hook, "S2", "S3"),),
        "title": line("What share of our customers do you think we lost?", "S2"),
        "description": line("So we threw away all nine plans.", "S5"),
        "tags": (line("pricing page", "S4"),),
    }
    return Copy(platform=platform, written_by="scripted", **{**made, **more})


def bench(
    folder: Path, writer: Any, fallback: Any = None, wish: str = "", clips: Sequence[Sequence[str]] = (CHOSEN,)
) -> Bench:
    workspace = Workspace(folder)
    workspace.save("transcript.json", TALK)
    made = tuple(
        Clip(
            label="ABCD"[n],
            ids=tuple(ids),
            role="hook",
            reason="x",
            start=5.0 * n,
            end=5.0 * n + 4,
            first_frame=150 * n,
            frames=120,
        )
        for n, ids in enumerate(clips)
    )
    workspace.save("plan-P1.json", CutList(id="P1", target=30, length=30, rate="30/1", clips=made))
    return Bench(
        brief=Brief(run="r", video="v.mp4", wish=wish),
        workspace=workspace,
        engines=Engines(None, None, writer, None, fallback),
        steps=Plain(),
    )


# --- numbers, names, quotations -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("two percent", "2%"), ("40 per cent", "forty percent"), ("$3.5M", "3.5 million dollars"), ("two thousand", "2,000"), ("12k", "twelve thousand"),
        ("nineteen ninety nine", "1999"), ("twenty twenty six", "2026"), ("a hundred and five", "105"), ("twenty-one", "21"), ("$200,000", "two hundred thousand dollars"),
    ],
)  # fmt: skip
def test_a_number_is_the_same_in_digits_and_in_words(one: str, other: str) -> None:
    assert [n[:2] for n in numbers(one)] == [n[:2] for n in numbers(other)]


@given(st.integers(0, 10**9))
def test_digits_are_read_as_they_are_written(value: int) -> None:
    assert [n.value for n in numbers(f"{value:,} rows")] == [value]


@pytest.mark.parametrize(
    "claim",
    [
        "We lost 3% of customers",
        "We lost 40% of customers",
        "Elon runs a bakery",
        "Marta runs a bakery in Berlin",
        'She said "I hate our customers"',
        "The best pricing page",
        "Revenue doubled",
        "Every customer left",
        "NASA called",
    ],
)
def test_what_was_not_said_is_found(claim: str) -> None:
    assert grounding.ungrounded(claim, " ".join([SAID["S2"], SAID["S3"], SAID["S4"]]).replace("every month", "monthly"))


@pytest.mark.parametrize(
    "claim",
    [
        "We lost 2% of our customers",
        "How Marta's bakery saw it",
        "She told us that “the pricing page was a puzzle”",
        "Why did forty shops leave?",
        "40 shops left",
        "Porto, a bakery and a puzzle",
    ],
)
def test_what_was_said_passes_in_other_words(claim: str) -> None:
    assert grounding.ungrounded(claim, " ".join([SAID["S2"], SAID["S3"], SAID["S4"]])) == []


COUGH = "Hoping to get rid of this cough soon. The doctor says it is bronchitis."


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        ("A patient hopes", "somebody who is not"),
        ("We fixed it", "has the speaker say 'fixed'"),
        ("I just want to get rid of this cough", "has the speaker say 'want'"),
        ("Our guess was right. It is bronchitis.", "has the speaker say 'guess'"),
        ("All coughs end", "counts or ranks"),
        ("All the doctors agree", "counts or ranks"),
        ("All of them lost", "counts or ranks"),
    ],
)
def test_what_is_put_into_a_mouth_or_counts_is_found(claim: str, why: str) -> None:
    told = grounding.ungrounded(claim, COUGH)
    assert any(why in each for each in told), told


@pytest.mark.parametrize(
    "claim",
    [
        "When all you hope for is to get rid of a cough",
        "Is it bronchitis after all?",
        "All about a cough",
        "What would we do about a cough like this?",
        "It all begins with a cough",
        "All this means is a cough",
        "All it takes is a cough",
    ],
)
def test_an_idiom_or_a_question_claims_nothing(claim: str) -> None:
    assert grounding.ungrounded(claim, COUGH) == []


def test_the_topic_that_was_asked_for_may_be_named_in_a_title_and_a_tag_and_proves_nothing_else() -> None:
    talk = Transcript(sentences=(Sentence(id="S1", start=0, end=4, text=COUGH),))
    made = Copy(
        platform="youtube",
        hooks=(line("Rid of this cough soon?", "S1"),),
        title=line("The Doctor's Visit", "S1"),
        description=line("The doctor says it is bronchitis.", "S1"),
        tags=(line("doctor visit", "S1"),),
    )
    assert grounding.check(made, talk, YOUTUBE)
    assert grounding.check(made, talk, YOUTUBE, topic="the doctor's visit") == []
    counted = made.model_copy(update={"title": line("40 Visits", "S1")})
    assert grounding.check(counted, talk, YOUTUBE, topic="the doctor's 40 visits")


def test_a_second_try_is_told_the_first_and_replaces_only_what_was_refused(tmp_path: Path) -> None:
    first = lambda name: copy(  # noqa: E731
        name, hooks=(line("We lost 7% of shops"), line("How many customers do you think we lost?", "S2"))
    )
    again = lambda name: copy(name, hook="We lost 2% of our shops", title=line("We lost 2% of customers", "S2", "S3"))  # noqa: E731
    writer = Scripted(first, again)
    (written,) = compose(bench(tmp_path, writer), ["youtube"]).copies
    assert {each.text for each in written.hooks} == {
        "How many customers do you think we lost?",
        "We lost 2% of our shops",
    }
    assert written.title.text == "What share of our customers do you think we lost?", "it had not been refused"
    assert [each.platform for each in writer.before[1]] == ["youtube"]
    assert writer.before[0] == ()


LONG = "We threw away all nine plans and wrote three new ones on a napkin"


def test_where_no_hook_can_be_read_on_a_cover_the_second_try_is_told_so(tmp_path: Path) -> None:
    first = lambda name: copy(name, hooks=(line("What share of our customers do you think we lost?"), line(LONG, "S5")))  # noqa: E731
    again = lambda name: copy(name, hooks=(line("How many customers do you think we lost?"),))  # noqa: E731
    writer = Scripted(first, again)
    (written,) = compose(bench(tmp_path, writer), ["youtube"]).copies
    assert [told for told in writer.feedback[1] if "hook 2" in told and "8 words at most" in told and "has 14" in told]
    assert [each.text for each in written.hooks] == [
        "What share of our customers do you think we lost?",
        "How many customers do you think we lost?",
    ]


def test_a_second_try_without_a_cover_line_takes_no_hook_away(tmp_path: Path) -> None:
    writer = Scripted(*[lambda name: copy(name, hooks=(line(LONG, "S5"),))] * 2)
    (written,) = compose(bench(tmp_path, writer), ["youtube"]).copies
    assert [each.text for each in written.hooks] == [LONG]


def test_one_cover_line_on_one_platform_is_enough(tmp_path: Path) -> None:
    writer = Scripted(lambda name: copy(name, hooks=(line(LONG, "S5"),)) if name == "youtube" else copy(name))
    compose(bench(tmp_path, writer), ["youtube", "linkedin"])
    assert writer.feedback == [()]


def test_the_whole_post_is_in_the_answer(tmp_path: Path) -> None:
    long = "So we threw away all nine plans. " * 20 + "So we wrote three new ones on a napkin."
    copies = compose(bench(tmp_path, Scripted(lambda name: copy(name, description=line(long, "S5")))), ["youtube"])
    assert "three new ones on a napkin. [S5]" in view(copies)


def test_a_tag_is_made_of_words_that_were_said() -> None:
    assert grounding.ungrounded("PricingPage", SAID["S4"], tag=True) == []
    assert grounding.ungrounded("#SaaS", SAID["S4"], tag=True)


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (copy(hook="We lost 7% of our shops"), "7%"),
        (copy(hooks=(line("We lost 2%", "S99"),)), "does not exist"),
        (copy(hooks=(line("Can you all hear me?", "S1"),)), "not in the cut"),
        (copy(hooks=(line("Visit evil.com", "S7"),)), "url"),
        (copy(tags=(line("@marta", "S4"),)), "handle"),
        (copy(tags=(line("=pricing", "S4"),)), "no tag"),
        (copy(hook="x" * 101), "100 are allowed"),
        (copy(description=line("é" * 2600, "S5")), "bytes"),
        (
            copy(tags=tuple(line(f"pricing page {'abcdefghijklmnopqrst'[n]}", "S4") for n in range(16))),
            "15 are allowed",
        ),
        (copy(hook="We lost 2%\u202e of shops"), "can't be seen"),
    ],
)
def test_each_fault_is_named_and_dropped(bad: Copy, what: str) -> None:
    told = grounding.check(bad, TALK, YOUTUBE, chosen=CHOSEN)
    assert any(what in each for each in told), told
    mended = grounding.repair(bad, TALK, YOUTUBE, chosen=CHOSEN)
    assert grounding.check(mended, TALK, YOUTUBE, chosen=CHOSEN) == []
    assert grounding.check(copy(), TALK, YOUTUBE, chosen=CHOSEN) == []


def test_the_whole_post_with_its_tags_fits_the_platform() -> None:
    long = copy(
        "x",
        title=None,
        description=line("So we threw away all nine plans. " * 8, "S5"),
        tags=(line("pricing page", "S4"), line("napkin", "S5"), line("churn", "S6")),
    )
    mended = grounding.repair(long, TALK, X, chosen=CHOSEN)
    assert len(grounding.post(mended)) <= 280
    assert mended.description


TEXT = st.text(max_size=60) | st.sampled_from(
    [
        "http://evil.example",
        "call +1 415 555 0132",
        "#tag",
        "<b>x</b>",
        "7% of all",
        "\u202egpj",
        "\ud800",
        "@x",
        "=1+1",
        "a" * 6000,
    ]
)
LINES = st.builds(
    Line,
    text=TEXT,
    evidence=st.lists(st.sampled_from([*SAID, "S99", "V1", "x" * 40]), min_size=1, max_size=3).map(tuple),
)


@given(
    st.builds(
        Copy,
        platform=st.just("x"),
        hooks=st.lists(LINES, max_size=12).map(tuple),
        title=st.none() | LINES,
        description=st.none() | LINES,
        tags=st.lists(LINES, max_size=20).map(tuple),
    ),
    st.sampled_from(list(platforms())),
)
def test_whatever_was_written_what_is_left_passes(made: Copy, name: str) -> None:
    limits = platforms()[name]
    mended = grounding.repair(made, TALK, limits, chosen=CHOSEN)
    assert grounding.check(mended, TALK, limits, chosen=CHOSEN) == []
    assert grounding.repair(mended, TALK, limits, chosen=CHOSEN) == mended


# --- platforms ------------------------------------------------------------------------------------------------------------------


def test_every_platform_has_its_limits_and_the_day_they_were_looked_up() -> None:
    assert list(platforms()) == list(Brief(run="r", video="v").platforms)
    assert all(each.looked_up == "2026-11" and each.shapes and each.text_limit for each in platforms().values())


def test_names_are_forgiven_their_spelling_and_unknown_ones_are_told() -> None:
    found, unknown = named(["You Tube", "Twitter", "LINKEDIN", "x", "myspace"])
    assert [each.id for each in found] == ["youtube", "x", "linkedin"]
    assert unknown == ["myspace"]


def test_an_unknown_platform_is_told_to_the_model_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ToolException, match=r"myspace.*youtube, shorts, tiktok, reels, linkedin, x"):
        compose(bench(tmp_path, Extractive()), ["youtube", "myspace"])


def test_nothing_is_written_before_something_is_cut(tmp_path: Path) -> None:
    made = bench(tmp_path, Extractive())
    (tmp_path / "plan-P1.json").unlink()
    with pytest.raises(ToolException, match="call cut first"):
        compose(made, ["youtube"])


# --- the tool --------------------------------------------------------------------------------------------------------------------


def test_what_passes_is_kept_and_published_with_its_evidence(tmp_path: Path) -> None:
    made = bench(tmp_path, Scripted(copy))
    copies = compose(made, ["youtube"])
    assert copies.copies[0].hooks[0].text == "We lost 2% of our shops"
    post = json.loads((tmp_path / "out" / "post.json").read_text())
    assert post["evidence"]["S3"] == SAID["S3"]
    assert post["platforms"]["youtube"]["text"].endswith("#PricingPage")
    assert "We lost 2% of our shops [S2 S3]" in view(copies)
    assert any(row.kept and row.ids == ("S2", "S3") for row in made.candidates)


def test_what_fails_is_told_once_and_written_again(tmp_path: Path) -> None:
    writer = Scripted(lambda name: copy(name, hook="We lost 7% of shops"), copy)
    copies = compose(bench(tmp_path, writer, Extractive()), ["youtube"])
    assert writer.feedback[0] == ()
    assert any("7%" in each for each in writer.feedback[1])
    assert copies.copies[0].hooks[0].text == "We lost 2% of our shops"
    assert copies.copies[0].warnings == ()


def test_after_two_failures_the_fallback_writes_and_it_is_said(tmp_path: Path) -> None:
    bad = lambda name: copy(name, hook="We lost 7% of shops", title=line("NASA called", "S2"))  # noqa: E731
    made = bench(tmp_path, Scripted(bad, bad), Extractive())
    (written,) = compose(made, ["youtube"]).copies
    assert written.written_by == "extractive writer (no language model)"
    assert "did not pass" in written.warnings[0]
    assert any(not row.kept and "7%" in row.reason for row in made.candidates)


def test_a_writer_that_refuses_is_replaced_and_not_asked_again(tmp_path: Path) -> None:
    writer = Scripted(Unwritten("the model refused"))
    (written,) = compose(bench(tmp_path, writer, Extractive()), ["x"]).copies
    assert "the model refused" in written.warnings[0]
    assert whole(written, X)


def test_another_error_of_a_writer_is_not_hidden(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="broken"):
        compose(bench(tmp_path, Scripted(RuntimeError("broken")), Extractive()), ["x"])


def test_a_cut_without_words_has_empty_copy_that_says_why(tmp_path: Path) -> None:
    made = bench(tmp_path, Scripted(), clips=[["V1"]])
    (written,) = compose(made, ["x"]).copies
    assert not written.hooks
    assert "nothing to write from" in written.warnings[0]


def test_shots_are_written_from_by_the_text_that_they_show(tmp_path: Path) -> None:
    made = bench(tmp_path, Extractive(), clips=[["V1"]])
    shots = Observation(
        shots=(Shot(id="V1", start=100, end=104),),
        frames=(Frame(at=101, shot="V1", file="f.jpg", text=("The harvest begins in September",)),),
    )
    made.workspace.save("observation.json", shots)
    (written,) = compose(made, ["x"]).copies
    assert written.hooks[0].evidence == ("V1",)


def test_an_address_is_published_only_if_who_asked_named_it(tmp_path: Path) -> None:
    with_address = lambda name: copy(name, description=line("So we threw away all nine plans. See acme.com", "S5"))  # noqa: E731
    asked = compose(bench(tmp_path / "1", Scripted(with_address), wish="a promo that names acme.com"), ["youtube"])
    unasked = compose(bench(tmp_path / "2", Scripted(with_address, with_address)), ["youtube"])
    assert "acme.com" in asked.copies[0].description.text
    assert unasked.copies[0].description is None


# --- the extractive writer -------------------------------------------------------------------------------------------------------


def extracted(limits: Platform, chosen: Sequence[str] = CHOSEN) -> Copy:
    (made,) = Extractive().write(Brief(run="r", video="v"), TALK, chosen, [limits], Plain())
    return made


@pytest.mark.parametrize("name", platforms())
def test_quoting_passes_every_check_on_every_platform(name: str) -> None:
    made = extracted(platforms()[name], [*SAID])
    assert grounding.check(made, TALK, platforms()[name]) == []
    assert whole(made, platforms()[name])
    assert made.written_by == "extractive writer (no language model)"
    assert made.tags


def test_no_hook_greets_and_no_address_is_quoted() -> None:
    made = extracted(YOUTUBE, [*SAID])
    texts = [each.text for each in (*made.hooks, made.title, made.description)]
    assert not [text for text in texts if "hear me" in text or contacts(text) or "evil" in text]


class ReadAs(Plain):
    """Steps of a run whose sentences were read before: how surely each sets something up, and how well it opens."""

    def __init__(self, *rows: tuple[float, float]) -> None:
        self.fields = list(
            zip(*([0.0, 0.0, 0.0, sets_up, 0.0, opens, 0.5, 1.5, 0.0] for sets_up, opens in rows), strict=True)
        )

    def step(self, name, do):
        return self.fields if name == "read-sentences" else super().step(name, do)


def test_a_hook_may_leave_one_wondering() -> None:
    """What sets something up is no ending, and the best of openings."""
    read = ReadAs(*[(0.0, 0.2)] * 4, (0.9, 1.8), *[(0.0, 1.2)] * 3)
    (written,) = Extractive().write(Brief(run="r", video="v"), TALK, CHOSEN, [LINKEDIN], read)
    assert written.hooks[0].evidence == ("S5",)


def test_tags_are_the_subjects_of_the_cut() -> None:
    assert "pricing page" in [phrase.text for phrase in phrases(list(SAID.values()), TALK.sentences)][:3]


def test_a_sentence_is_shortened_only_where_a_clause_ends() -> None:
    assert next(shortened_to("We threw away all nine plans, and we wrote three new ones on a napkin", 40)) == (
        "We threw away all nine plans.",
        True,
    )
    assert list(shortened_to("We were right about the price, but we were wrong about everything else", 40)) == []
    assert list(shortened_to("If you remember one thing from this, make your price easy to repeat", 45)) == []


def test_fillers_are_not_written_down() -> None:
    assert spoken("Um, so, you know, we lost six percent.") == "We lost six percent."


def test_the_same_cut_gives_the_same_words() -> None:
    assert extracted(LINKEDIN) == extracted(LINKEDIN)


def test_a_tag_takes_the_word_of_the_request_where_the_cut_says_it() -> None:
    said = ["Our pricing page was killing us.", "A price is a promise.", "The price went up."]
    cut = [TALK.sentences[0].model_copy(update={"text": text}) for text in said]
    assert phrases(said, cut)[0].text == "price"
    assert phrases(said, cut, "our pricing")[0].text == "pricing"
    assert phrases(said, cut[1:], "our pricing")[0].text == "price", "pricing is not said there"


def tagged(*said: str) -> list[str]:
    talk = tuple(Sentence(id=f"S{n}", start=n, end=n + 1, text=text) for n, text in enumerate(said, 1))
    limits = YOUTUBE.model_copy(update={"tags_ours": 6})
    (made,) = Extractive().write(
        Brief(run="r", video="v"), Transcript(sentences=talk), [each.id for each in talk], [limits], Plain()
    )
    assert grounding.check(made, Transcript(sentences=talk), limits) == []
    return [grounding.hashtag(each.text) for each in made.tags]


@pytest.mark.parametrize("number", ["2026", "247", "#2026", "12.5", "1,200"])
def test_a_bare_number_is_no_tag_whoever_writes_it(number: str) -> None:
    talk = Transcript(
        sentences=(Sentence(id="S1", start=0, end=1, text="In 2026 we sold 247 of 1,200 chairs at 12.5."),)
    )
    bad = copy(tags=(line(number, "S1"), line("chairs", "S1")))
    assert [each.text for each in grounding.repair(bad, talk, YOUTUBE).tags] == ["chairs"]


@pytest.mark.parametrize(
    ("said", "tag"),
    [
        ("Today we talk about 3D printing in schools.", "#3DPrinting"),
        ("We sell B2B software to hospitals.", "#B2BSoftware"),
        ("Our towers bring 5G networks to villages.", "#5GNetworks"),
    ],
)
def test_letters_and_digits_in_one_word_are_a_tag(said: str, tag: str) -> None:
    assert tag in tagged(said, "Nobody believed it.", "The workshop was full of people.")


def test_counts_places_and_times_are_no_tags() -> None:
    found = tagged(
        "On the 3rd of May we cut 20kg.", "In the 90s we had a 10k budget at 5pm.", "The budget was a mistake."
    )
    assert not [tag for tag in found if any(map(str.isdigit, tag))]


def test_a_word_that_is_only_said_along_the_way_is_no_tag() -> None:
    found = tagged(
        "Our pricing page was killing the company.", "We had nine plans, four kinds of seat, and a calculator.",
        "When your price needs a calculator, you do not have a price, you have a puzzle.", "She stood by the door.",
        "Our customers could not read the pricing page.", "Customers leave when they are confused by a price.",
        "It was cold, and the harder we worked, the more we achieved.",
    )  # fmt: skip
    assert "#PricingPage" in found
    assert "#Customers" in found
    assert not {"#Seat", "#Door", "#Harder", "#Achieved", "#Cold", "#Leave"} & set(found)


def test_a_name_of_two_words_stays_whole() -> None:
    assert "#UnitedStates" in tagged("We went to the United States last year.", "The trip was long.")
