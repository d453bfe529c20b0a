"""Whether captions in the languages of a brief can be made, told before anything is done for them."""

from __future__ import annotations

from tools.ports import Engines
from tools.rendering import fonts
from tools.schema import Brief
from tools.troubles import Refusal
from tools.words.languages import LETTERS, base, listed, name

WHO = "set HOOKLINE_TRANSLATOR=aws (Claude) or amazon (Amazon Translate), with credentials"


def demand_tongues(brief: Brief, engines: Engines) -> None:
    """Raises ``Refusal`` where a language is asked that nobody here translates into, or whose letters no font has.

    What is spoken is not known yet: English needs no translator where it is, and elsewhere the run's warning tells.
    """
    spoken = base(brief.language) if brief.language else None
    asked = tuple(each for each in brief.options.tongues if each != spoken)
    who = engines.translator
    foreign = tuple(each for each in asked if not (who and who.speaks(brief.language, each)) and each != "en")
    if foreign:
        raise Refusal(
            "translation",
            f"Nothing here translates captions into {listed(foreign)}: {WHO}; or leave that out. "
            f"If {name(foreign[0])} is spoken in the video, say “spoken in {name(foreign[0])}”.",
        )
    if brief.captions == "none":
        return
    for tongue in asked[:1]:
        missing = fonts.missing(LETTERS.get(tongue, ""), tongue)
        if missing:
            raise Refusal(
                "letters",
                f"Captions in {name(tongue)} need letters that no font here has: pip install {missing} (make base brings those of Chinese, Japanese and Korean), "
                "or ask for no captions, which leaves the .srt and .vtt.",
            )
