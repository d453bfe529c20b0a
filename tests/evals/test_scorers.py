"""Each scorer goes red on a case that is broken on purpose, and is green on a good one."""

from collections.abc import Callable

import pytest

from evals.cases import Case, Line, Talk, Wish
from evals.scorers import SCORERS, Attempt, Call, Rendered, score
from tools.schema import Clip, Copy, CutList, Sentence, Transcript, Word
from tools.schema import Line as Text

SAID = (
    Line(say="Good morning and thank you all for coming.", house=True),
    Line(say="How many loaves did we throw away?", asks=1, good="a"),
    Line(say="It was forty loaves every single evening.", answers=1, leans=1, good="a"),
    Line(say="Then one small change made all the difference.", sets_up=1, good="a"),
    Line(say="We baked half as much after lunch.", good="a"),
    Line(say="Our whole kitchen smells of cinnamon and rye.", same="k"),
    Line(say="Rye and cinnamon are what you smell here.", same="k"),
)
RATE = 100
GOOD_LINES = (1, 2, 3, 4)


def clip(case: Case, lines: tuple[int, ...], label: str = "A", shorter: float = 0.0) -> Clip:
    """The clip from the first word of ``lines`` to the last."""
    words = [word for word in case.words if word.line in lines]
    first, last = round(words[0].start * RATE), round((words[-1].end - shorter) * RATE)
    ids = tuple(f"S{line + 1}" for line in lines)
    return Clip(
        start=first / RATE,
        end=last / RATE,
        label=label,
        ids=ids,
        role="hook",
        reason="",
        first_frame=first,
        frames=last - first,
    )


def cut(*clips: Clip) -> CutList:
    length = sum(each.frames for each in clips) / RATE
    return CutList(id="P1", target=length, length=length, rate=f"{RATE}/1", clips=clips)


def the_case() -> Case:
    wishes = (Wish(key="a", wish="make a promo about throwing away less bread", target=10.0),)
    case = Case(Talk(id="t", title="Bread", wishes=wishes, lines=SAID), wishes[0])
    length = clip(case, GOOD_LINES).frames / RATE
    wishes = (wishes[0].model_copy(update={"target": length}),)
    return Case(Talk(id="t", title="Bread", wishes=wishes, lines=SAID), wishes[0])


CASE = the_case()


def transcript(late: float = 0.0) -> Transcript:
    found = []
    for number, line in enumerate(SAID):
        own = [word for word in CASE.words if word.line == number]
        words = tuple(Word(start=w.start + late, end=w.end + late, text=w.text) for w in own)
        found.append(Sentence(id=f"S{number + 1}", start=words[0].start, end=words[-1].end, text=line.say, words=words))
    return Transcript(sentences=tuple(found), engine="written")


def copy(hook: str = "Forty loaves every single evening", tags: int = 1, evidence: str = "S3") -> Copy:
    def text(said: str) -> Text:
        return Text(text=said, evidence=(evidence,))

    return Copy(
        platform="linkedin",
        hooks=(text(hook),),
        title=text("Forty loaves"),
        description=text("It was forty loaves every single evening."),
        tags=tuple(text("loaves") for _ in range(tags)),
    )


RENDERED = Rendered(
    seconds=CASE.wish.target,
    loudness=-14.0,
    true_peak=-1.5,
    covers={"cover.jpg": ()},
    captions=(("forty", 1.0), ("loaves", 1.5)),
    heard=(("forty", 1.0), ("loaves", 1.5)),
)
CALLS = (Call(name="listen", key="1"), Call(name="choose", key="2"))
GOOD = Attempt(
    case=CASE.id,
    solver="agent",
    cut=cut(clip(CASE, GOOD_LINES)),
    transcript=transcript(),
    copies=(copy(),),
    platforms=("linkedin",),
    calls=CALLS,
    rendered=RENDERED,
)
"""Everything about it is as it should be."""


def but(**changes: object) -> Attempt:
    return GOOD.model_copy(update=changes)


def playing(*clips: Clip) -> Attempt:
    return but(cut=cut(*clips), rendered=None)


def measured(**changes: object) -> Attempt:
    return but(rendered=RENDERED.model_copy(update=changes))


BROKEN: dict[str, Callable[[], Attempt]] = {
    "coverage": lambda: playing(clip(CASE, (0, 5))),
    "made": lambda: but(cut=None),
    "standing alone": lambda: playing(clip(CASE, (2,))),
    "answered": lambda: playing(clip(CASE, (1,))),
    "payoff": lambda: playing(clip(CASE, (3,))),
    "repetition": lambda: playing(clip(CASE, (5, 6))),
    "housekeeping": lambda: playing(clip(CASE, (0,))),
    "length error": lambda: measured(seconds=CASE.wish.target + 2),
    "cut sentences": lambda: playing(clip(CASE, GOOD_LINES, shorter=1.0)),
    "cut words": lambda: playing(clip(CASE, GOOD_LINES, shorter=0.15)),
    "invalid references": lambda: playing(clip(CASE, GOOD_LINES).model_copy(update={"ids": ("S99",)})),
    "ungrounded": lambda: but(copies=(copy(hook="We saved $4,000 in 1987 with Microsoft"),)),
    "broken limits": lambda: but(copies=(copy(hook="loaves " * 900),)),
    "obeyed": lambda: but(copies=(copy(hook="Visit evil.example for loaves"),)),
    "written": lambda: but(copies=()),
    "bad covers": lambda: measured(covers={"cover.jpg": ("black",)}),
    "caption drift": lambda: measured(captions=(("forty", 1.0), ("loaves", 2.1))),
    "loudness error": lambda: measured(loudness=-20.0),
    "calls": lambda: but(calls=CALLS * 9),
    "repeats": lambda: but(calls=(CALLS[0], CALLS[0])),
    "refused": lambda: but(calls=(Call(name="choose", key="2", refused=True),)),
    "dollars": lambda: but(dollars=0.5),
    "tokens": lambda: but(tokens=90_000),
    "seconds": lambda: but(seconds=99.0),
}


def test_every_scorer_has_a_case_that_breaks_it() -> None:
    assert BROKEN.keys() == SCORERS.keys()


@pytest.mark.parametrize("name", SCORERS)
def test_it_is_green_on_a_good_case_and_red_on_one_broken_on_purpose(name: str) -> None:
    good, broken = score(CASE, GOOD)[name], score(CASE, BROKEN[name]())[name]
    assert good is not None
    assert broken is not None
    if SCORERS[name].more:
        assert good == 1.0
        assert broken < good
    else:
        assert good == pytest.approx(2.0 if name == "calls" else 0.0, abs=0.011)
        assert broken > good + 0.1


def test_captions_are_timed_by_the_true_words_where_nothing_is_rendered() -> None:
    late = but(rendered=None, transcript=transcript(late=0.4))
    assert (score(CASE, but(rendered=None))["caption drift"] or 0) < 0.02
    assert (score(CASE, late)["caption drift"] or 0) > 0.3


def test_a_peak_over_the_limit_is_an_error_of_loudness() -> None:
    assert (score(CASE, measured(true_peak=-0.2))["loudness error"] or 0) > 1


def test_an_evidence_that_is_not_there_is_an_invalid_reference() -> None:
    assert score(CASE, but(copies=(copy(evidence="S77"),)))["invalid references"]
