"""Captions in a language that can't be made are refused before anything is done."""

import pytest

from agent.tongues import demand_tongues
from tests.tools.words.test_translated import Scripted
from tools.local.untranslated import Untranslated
from tools.ports import Engines
from tools.rendering import fonts
from tools.schema import Brief, Options
from tools.troubles import Refusal
from tools.words.languages import LETTERS


def brief(*tongues, **more):
    return Brief(run="r", video="v", options=Options(tongues=tongues), **more)


def engines(translator):
    return Engines(None, None, None, None, translator=translator)


def test_without_a_translator_the_answer_says_what_would_do_it():
    with pytest.raises(Refusal, match="Spanish and Arabic: set HOOKLINE_TRANSLATOR=aws") as no:
        demand_tongues(brief("es", "ar"), engines(Untranslated()))
    assert no.value.code == "translation"
    assert "spoken in Spanish" in str(no.value)


@pytest.mark.parametrize("translator", [Untranslated(), None], ids=["untranslated", "none"])
def test_english_and_the_language_that_is_spoken_need_none(translator):
    demand_tongues(brief("en"), engines(translator))
    demand_tongues(brief("es", language="es-ES"), engines(translator))
    demand_tongues(brief(), engines(translator))


def test_a_translator_that_speaks_it_is_enough():
    demand_tongues(brief("es"), engines(Scripted(pairs=(None,))))


def test_letters_that_no_font_has_are_told_by_the_package_that_may():
    assert fonts.missing("\u0f40", "bo")


@pytest.mark.parametrize("tongue", ["ja", "zh", "ko", "ar", "he", "hi", "th", "ru", "el", "vi", "es"])
def test_the_installed_fonts_have_the_letters_of_every_language(tongue):
    assert fonts.missing(LETTERS.get(tongue, ""), tongue) == ""
