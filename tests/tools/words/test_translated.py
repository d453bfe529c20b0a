"""Captions in another language: every line once, what it must hold, and where the lines stand."""

from __future__ import annotations

import pytest

from agent.steps.recorded import Plain
from tests.tools.rendering.test_captions import cut, transcript
from tools.ports import Bench, Engines, Translator
from tools.schema import Brief, Options, Transcript, Translated
from tools.troubles import Unwritten
from tools.words import cues, translated

SAID = "We cut prices by 40 percent. Nobody left us in those twelve weeks."
ES = {"C1": "Bajamos los precios un 40 %.", "C2": "Nadie se fue en esas 12 semanas."}


class Scripted(Translator):
    """A translator whose answers are written down, one for each call."""

    engine = "scripted"
    accepts_feedback = True

    def __init__(self, *answers, pairs=("en",)):
        self.answers, self.asked, self.pairs = list(answers), [], pairs

    def speaks(self, language, into):
        return language in self.pairs

    def translate(self, lines, language, into, keep=(), feedback=None, before=()):
        self.asked.append((tuple(lines), into, tuple(keep), feedback, tuple(before)))
        said = self.answers.pop(0)
        if isinstance(said, Exception):
            raise said
        rows = said if isinstance(said, list) else list(said.items())
        return tuple(Translated(id=name, text=text, names={}) for name, text in rows)


def asked(tmp_path, translator, *tongues, said: Transcript | None = None, keep=()):
    """The translations of a cut of ``SAID``, and its track."""
    engines = Engines(None, None, None, None, translator=translator)
    brief = Brief(run="r", video="v", options=Options(tongues=tongues or ("es",)))
    bench = Bench(brief=brief, workspace=None, engines=engines, steps=Plain())
    plan = cut("25/1", (0, 200))
    track = cues.tracks(plan, said or transcript(SAID, 0.5))
    return translated.translate(bench, plan, track, keep), track


def test_every_line_is_asked_for_under_its_own_id_with_the_room_of_its_time(tmp_path):
    translator = Scripted(ES)
    made, track = asked(tmp_path, translator)
    lines, into, _, feedback, _ = translator.asked[0]
    assert [each.id for each in lines] == [f"C{n}" for n in range(1, len(track.cues) + 1)]
    assert " ".join(each.text for each in lines) == SAID
    assert all(
        each.room == pytest.approx(17 * (cue.end - cue.start), abs=1)
        for each, cue in zip(lines, track.cues, strict=True)
    )
    assert (into, feedback) == ("es", None)
    assert {each.id: each.text for each in made["es"].lines} == ES
    assert made["es"].warnings == ()


def test_a_line_that_lost_a_number_is_asked_for_once_more_with_what_was_wrong(tmp_path):
    translator = Scripted({**ES, "C1": "Bajamos los precios."}, {"C1": ES["C1"]})
    made, _ = asked(tmp_path, translator)
    _, _, _, feedback, before = translator.asked[1]
    assert list(feedback) == ["C1"]
    assert "40 percent" in feedback["C1"][0]
    assert {each.id for each in before} == {"C1", "C2"}
    assert {each.id: each.text for each in made["es"].lines} == ES
    assert made["es"].warnings == ()


def test_a_line_that_loses_it_twice_stays_as_it_was_said_and_is_told(tmp_path):
    bad = {"C1": "Bajamos los precios."}
    made, track = asked(tmp_path, Scripted({**ES, **bad}, bad))
    assert [each.id for each in made["es"].lines] == ["C2"]
    (told,) = made["es"].warnings
    assert "1 of 2 lines stay as they were said" in told
    assert "40 percent" in told
    shown = [word.text for word in translated.track_of(track, made["es"]).words]
    assert " ".join(shown) == f"We cut prices by 40 percent. {ES['C2']}"


@pytest.mark.parametrize(
    "first",
    [{"C1": ES["C1"]}, [*ES.items(), ("C2", "Otra vez.")], {**ES, "C9": "De nadie."} | {"C2": ""}],
    ids=["missing", "twice", "empty"],
)
def test_a_line_that_does_not_come_back_once_is_asked_for_again(tmp_path, first):
    translator = Scripted(first, {"C2": ES["C2"]})
    made, _ = asked(tmp_path, translator)
    assert list(translator.asked[1][3]) == ["C2"]
    assert {each.id: each.text for each in made["es"].lines} == ES


def test_a_second_try_that_is_worse_is_not_taken(tmp_path):
    soft = "Nadie, pero nadie, se nos fue en el transcurso de aquellas 12 larguísimas semanas de trabajo, ni siquiera uno solo de todos ellos."
    made, _ = asked(tmp_path, Scripted({**ES, "C2": soft}, {"C2": "Nadie se fue."}))
    assert {each.id: each.text for each in made["es"].lines}["C2"] == soft
    assert "columns" in made["es"].warnings[0]


def test_a_service_that_fails_leaves_the_captions_as_they_were_said_and_says_so(tmp_path):
    made, track = asked(tmp_path, Scripted(Unwritten("the service is out of reach")))
    assert made["es"].lines == ()
    assert "out of reach" in made["es"].warnings[0]


def test_a_service_that_fails_at_the_second_try_keeps_the_first(tmp_path):
    made, _ = asked(tmp_path, Scripted({**ES, "C1": "Bajamos."}, Unwritten("gone")))
    assert [each.id for each in made["es"].lines] == ["C2"]


def test_nothing_is_asked_where_the_language_is_the_spoken_one(tmp_path):
    made, _ = asked(tmp_path, Scripted(), "en")
    assert made == {}


def test_a_language_that_is_not_spoken_is_told(tmp_path):
    made, _ = asked(tmp_path, Scripted(pairs=()), "es")
    assert "nothing here translates English into Spanish" in made["es"].warnings[0]


def test_markup_of_a_translation_reaches_no_player(tmp_path):
    made, track = asked(
        tmp_path, Scripted({**ES, "C2": "{\\an8}Nadie <b>se</b> fue 12"}, {"C2": "{\\an8}Nadie <b>se</b> fue 12"})
    )
    text = cues.srt(translated.track_of(track, made["es"]))
    assert "<b>" not in text
    assert "{" not in text


def test_translated_words_stand_in_the_time_of_their_line(tmp_path):
    made, track = asked(tmp_path, Scripted(ES))
    told = translated.track_of(track, made["es"])
    assert not told.timed
    assert told.words[0].start == track.cues[0].start
    assert all(one.end <= other.start + 1e-9 for one, other in zip(told.words, told.words[1:], strict=False))
    second = next(word for word in told.words if word.text == "Nadie")
    assert second.start == pytest.approx(track.cues[1].words[0].start)


JA = {"C1": "価格を40%下げました。", "C2": "12週間、誰も離れませんでした。"}
AR = {"C1": "خفضنا الأسعار بنسبة 40٪.", "C2": "لم يغادرنا أحد في الأسابيع الـ12."}


def test_lines_of_japanese_part_between_phrases_and_hold_their_width(tmp_path):
    made, track = asked(tmp_path, Scripted(JA), "ja")
    told = translated.track_of(track, made["ja"])
    assert "".join(word.text for word in told.words) == "".join(JA.values())
    assert all(cues.columns(line) <= cues.COLUMNS for cue in told.cues for line in cue.lines)
    assert not any(line[0] in cues.NOT_FIRST for cue in told.cues for line in cue.lines)


def test_english_left_in_japanese_captions_keeps_its_spaces(tmp_path):
    made, track = asked(tmp_path, Scripted({"C2": JA["C2"]}, {}), "ja")
    assert "We cut prices by 40 percent." in cues.srt(translated.track_of(track, made["ja"])).replace("\n", " ")


def test_arabic_runs_from_right_to_left(tmp_path):
    made, track = asked(tmp_path, Scripted(AR), "ar")
    told = translated.track_of(track, made["ar"])
    assert told.language == "ar"
    assert all(cues.leftward(cue.words, "ar") for cue in told.cues)
