"""Reads a revision in words without a model: what to change of the last cut, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from agent.reading import request, wish
from agent.reading.change import NOTHING_LEFT, Change, RevisionError
from agent.reading.edges import read_edge
from agent.reading.grammar import parse
from agent.reading.named import CLIP, COUNTS, find_clips, find_passage
from agent.reading.talk import is_talk
from agent.reading.text import Text

_VERBS = (
    r"(?:please )?(?:can you |could you |now |also |but |then )*"
    r"(?:drop|remove|delete|lose|kill|skip|cut|take out|get rid of|leave out|keep|only|swap|switch|exchange|move|put|start|open|begin|lead|end|finish|"
    r"close|add|include|use|replace|make|shorten|shorter|tighten|tighter|trim|lengthen|longer|extend|a bit|a little|much|slightly|no |without|with |bold|"
    r"karaoke|clean|captions|subtitles|undo|revert|go back|back to|version|another|try again|square|vertical|horizontal|portrait|landscape|for (?:tik|linked|"
    r"you|insta|reel|short|twitter|x\b)|rewrite|new (?:hook|title|tag)|different|reorder|\d+ ?s)"
)
_SPLIT = re.compile(
    rf"\s*(?:(?:[,;]+|\.+(?=\s))\s*(?:and |then |but )*|\s(?:and|then|but)\s+(?:then )?)(?={_VERBS})", re.IGNORECASE
)
_POLITE = re.compile(
    r"^(?:(?:ok(?:ay)?|ugh|uh|um|no(?=[\s,]+(?:no|go|before|undo|back|i)\b)|omg|oh|bro|nah|lol|yeah|perfect|lovely|sorry|hi|hey|hmm|well|yes|no, |nice|great|good|thanks?|cool|please|pls|can you|could you|would you|will you|i(?:'d| would) like (?:you )?to|i want (?:you )?to|let'?s|just|now|and|but|then|maybe|actually)[\s,.!]+)+",
    re.IGNORECASE,
)
_TAIL = re.compile(r"[\s,]*(?:please|pls|thanks|thank you|now|again please|instead please)?[\s.!?]*$", re.IGNORECASE)
_DROP = r"(?:strike|bin|ripple delete|(?:we |you )?(?:can'?t|cannot|do not|don'?t) use|drop|remove|delete|lose|kill|skip|cut out|cut|take out|take|get rid of|leave out|without|throw out|no more|ditch|scrap)"
_OUT = re.compile(r"\s+(?:out|away|off)$", re.IGNORECASE)
_CAPTIONS = r"(?:the )?(?:burned[- ]in )?(?:captions?|subtitles?|subs|text on (?:the )?screen)"
_SHAPES = {
    r"vertical|portrait|upright|9 ?[:x×] ?16": "9x16",
    r"square|1 ?[:x×] ?1": "1x1",
    r"horizontal|landscape|wide(?:screen)?|16 ?[:x×] ?9": "16x9",
}


def read_changes(said: str) -> tuple[Change, ...]:
    """What a revision asks, in its order.  Raises ``RevisionError`` naming what was not understood."""
    return hear_changes(said)[0]


_STORY = re.compile(r"\b(?:stor(?:y|ies)|anecdote|tale)\b", re.IGNORECASE)
"""What is asked for is a whole by itself, and not a remark."""


def hear_changes(said: str) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """What a revision asks, in its order, and the words beside it that ask for nothing which is understood.

    Raises ``RevisionError`` where those words ask for a change, or where no change is asked at all.
    """
    if len(said.encode("utf-8", "replace")) > wish.WISH_BYTES:
        raise RevisionError(f"That is longer than {wish.WISH_BYTES} bytes; say in a sentence or two what to change.")
    whole = " ".join(said.split())
    if not whole:
        raise RevisionError(f"Say what to change. {CHANGE_EXAMPLES}")
    found: list[Change] = []
    left: list[str] = []
    text = parse(wish.clean_lines(said))
    for clause in _clauses(text):
        changes, beside = _heard(clause, text.language == "en")
        left += beside
        for change in changes:
            if change.query and change.what in ("open", "close", "add", "replace") and _STORY.search(clause):
                change = change.model_copy(update={"story": True})
            if found and change.what == "shapes" == found[-1].what and change.how == found[-1].how:
                change = _joined(found.pop(), change)
            found.append(change)
    if not found:
        raise RevisionError(_unread(left[0] if left else whole))
    return tuple(found), tuple(left)


def _heard(clause: str, english: bool) -> tuple[list[Change], list[str]]:
    """A clause as one change; else by what stands between its commas, of which some may be mere talk."""
    pieces = [
        piece for part in re.split(r",\s+", clause) if (piece := _TAIL.sub("", _POLITE.sub("", part + " ")).strip())
    ]
    change = _read(clause)
    if change is not None and (len(pieces) < 2 or not _beside(change, pieces)):
        return [change], []
    read = [(piece, _read(piece)) for piece in pieces]
    changes = [one for _, one in read if one is not None]
    beside = [piece for piece, one in read if one is None]
    orders = [piece for piece in beside if not english or _orders(piece)]
    if orders or not changes:
        if not changes and english and not _orders(clause):
            return [], beside
        raise RevisionError(_unread(orders[0] if changes else clause))
    return changes, beside


def _beside(change: Change, pieces: Sequence[str]) -> bool:
    """Whether a passage that was read over a comma took talk for a part of its name."""
    return bool(change.query) and "," in change.query and _read(pieces[0]) is not None


_ORDER = re.compile(
    r"\b(?:drop|remove|delete|lose|kill|skip|cut|take|leave|keep|only|swap|switch|move|put|start|open|begin|end|finish|close|add|include|use|replace|exchange|make|shorten|"
    r"tighten|trim|extend|shorter|longer|without|captions?|subtitles?|titles?|hooks?|tags?|cover|thumbnail|music|logo|change|fix|should|must|can|could|would|please|instead|"
    r"undo|revert|again|another|version|vertical|square|wants?|needs?|let|as well|too|bigger|smaller|pick|choose|correct|spelled|wrong|typo)\b|[+→\d]",
    re.IGNORECASE,
)


def _orders(piece: str) -> bool:
    """Whether words ask for something, though nobody knows what."""
    return bool(_ORDER.search(piece)) and not re.match(r"not (?:on|with|the|at)\b", piece, re.IGNORECASE)


def _unmade(clause: str) -> str:
    """What is never made and asked for here, with what does it; empty where there is none."""
    text = parse(clause)
    request.phrase(text)
    return next((f"“{what}”: {why}" for what, why in text.values("unmade")), "")


def _unread(clause: str) -> str:
    if told := _unmade(clause):
        return told
    try:
        wish.find_language(clause.lower())
    except wish.WishError as no:
        return str(no)
    return f"“{clause[:120]}” is no change that is understood here. {CHANGE_EXAMPLES}"


def _joined(one: Change, other: Change) -> Change:
    """Both of "vertical and square"."""
    both = {
        name: tuple(dict.fromkeys((*getattr(one, name), *getattr(other, name)))) for name in ("shapes", "platforms")
    }
    return one.model_copy(update=both)


CHANGE_EXAMPLES = "For example: shorter · 20 seconds · drop the second clip · start with the bit about pricing · swap 2 and 3 · no captions · only vertical · undo."


def _clauses(text: Text) -> Iterator[str]:
    """What stands between full stops, and before another verb of change."""
    first = 0
    for at in range(len(text.tokens) + 1):
        if at < len(text.tokens) and text.tokens[at].form != ";":
            continue
        for part in _SPLIT.split(text.surface(first, at)):
            clause = _TAIL.sub("", _POLITE.sub("", part.strip(" ,;.!") + " ")).strip()
            if clause and not is_talk(clause):
                yield clause
        first = at + 1


def _read(clause: str) -> Change | None:
    for rule in _RULES:
        if (found := rule(clause)) is not None:
            return found
    return None


def _match(pattern: str, clause: str) -> re.Match[str] | None:
    return re.fullmatch(pattern, clause, re.IGNORECASE)


def _back(clause: str) -> Change | None:
    if _match(
        r"(?:undo(?: (?:that|it|this|the last (?:change|one)))?|revert(?: (?:that|it))?|take (?:that|it) back|(?:go )?back|(?:go )?back to the (?:last|previous|one before)(?: (?:one|version))?|the (?:previous|last) (?:one|version)(?: again)?|as (?:it was )?before|(?:the (?:one|version) )?before was better)",
        clause,
    ):
        return Change(what="undo")
    if found := _match(
        r"(?:go |return |revert )?(?:back )?(?:to )?(?:the )?(?:version|v) ?(?P<n>\d{1,3})(?: again| back| was better)?",
        clause,
    ):
        return Change(what="version", version=max(1, int(found["n"])))
    if _match(
        r"(?:go |return |revert )?(?:back )?to the (?:first version|original|beginning)|start over|the original(?: one| version)?(?: again)?",
        clause,
    ):
        return Change(what="version", version=1)
    return None


def _other(clause: str) -> Change | None:
    if found := _match(
        r"(?:make |do |give me |show me )?(?:another|a (?:completely |totally )?(?:different|new|fresh)|one more)(?: (?:one|promo|version|cut|video|clip))?(?: about (?P<topic>.+))?|(?:try|do it|do|start) (?:it )?again|re ?roll|(?:do |give me )?another take|do (?:another|a different|a diff) one|something (?:else|different)(?: about (?P<more>.+))?",
        clause,
    ):
        return Change(what="another", query=wish.trim_passage(found["topic"] or found["more"] or ""))
    return None


def _captioned(clause: str) -> Change | None:
    if tongues := _tongues(clause):
        return Change(what="captions", tongues=tongues)
    if _match(
        rf"(?:(?:with)?out|no|drop|remove|delete|lose|hide|turn off|switch off|take off|get rid of|skip) {_CAPTIONS}|{_CAPTIONS} off",
        clause,
    ):
        return Change(what="captions", captions="none")
    if found := _match(
        rf"(?:with |use |make (?:the )?|add |put )?(?:{_CAPTIONS} )?(?P<style>bold|karaoke|clean|plain|simple)(?:er)?(?: {_CAPTIONS})?",
        clause,
    ):
        style = {"plain": "clean", "simple": "clean"}.get(found["style"].lower(), found["style"].lower())
        return Change(what="captions", captions=style)
    if _match(
        rf"(?:with|add|show|turn|turn on|bring|bring back|put back) {_CAPTIONS}(?: (?:back on|on|back|again))?|{_CAPTIONS} (?:on|back|again)",
        clause,
    ):
        return Change(what="captions", captions="clean")
    return None


def _tongues(clause: str) -> tuple[str, ...]:
    """The languages of captions that a clause asks for and nothing else; none where it asks for what is not made."""
    try:
        return wish.find_tongues(clause)
    except wish.WishError:
        return ()


def _shaped(clause: str) -> Change | None:
    shapes = [shape for pattern, shape in _SHAPES.items() if re.search(rf"\b(?:{pattern})\b", clause, re.IGNORECASE)]
    platforms = wish.find_platforms(clause)
    rest = re.sub(
        rf"\b(?:{'|'.join(_SHAPES)})\b|youtube shorts?|tik ?tok|linked ?in|youtube|instagram|insta|reels?|shorts?|twitter|\bx\b",
        " ",
        clause,
        flags=re.IGNORECASE,
    )
    words = set(re.findall(r"[a-z]+", rest.lower()))
    if not (shapes or platforms) or words - _FORM_WORDS:
        return None
    how = "also" if words & {"also", "too", "add", "additionally", "plus", "well"} else "only"
    if words & {"without", "drop", "remove", "no", "not", "skip", "lose", "delete"}:
        how = "without"
    wanted = shapes or ([] if how == "without" else [s for name in platforms for s in wish.SHAPES[name]])
    return Change(what="shapes", shapes=tuple(dict.fromkeys(wanted)), platforms=platforms, how=how)


_FORM_WORDS = frozenset(
    re.findall(
        r"\w+",
        """make it in a an the one version format shape cut video promo only just for on instead also too add
        additionally plus as well without drop remove no not skip lose delete and with to me give turn into please
        post posts us use do show want need have i we include same thing be can please too""",
    )
)


def _resized(clause: str) -> Change | None:
    low = clause.lower()
    much = (
        0.6
        if re.search(r"\b(?:much|a lot|way|far|considerably)\b", low)
        else 0.9
        if re.search(r"\b(?:a bit|a little|slightly|a touch|a tad|somewhat)\b", low)
        else 0.8
    )
    seconds = wish.find_seconds(low)
    if seconds is None and re.search(r"\d", low):
        return None
    if found := _match(
        r"(?:(?:it|that|this)(?:'s| is)? |the (?:promo|video|cut) is )?(?:still )?(?:a bit |a little |much |way |far )?too (?P<how>long|short)",
        low,
    ):
        return Change(what="length", factor=much if found["how"] == "long" else round(1 / much, 3))
    if found := re.search(r"\b(shorter|tighter|snappier|punchier|quicker|faster|longer)\b", low):
        longer = found[1] == "longer"
        if set(re.findall(r"[a-z]+", low)) - _LENGTH_WORDS:
            return None
        if seconds is not None:
            return Change(what="length", by=seconds if longer else -seconds)
        return Change(what="length", factor=round(1 / much, 3) if longer else much)
    if _match(
        r"(?:(?:cut|make|be) )*(?:it |be )*(?:in|to|cut to) half(?: the length)?|half (?:as long|the length)|halve it",
        low,
    ):
        return Change(what="length", factor=0.5)
    if _match(r"(?:make it )?(?:twice as long|double(?: the length| it)?)", low):
        return Change(what="length", factor=2.0)
    if (
        seconds is not None
        and (found := re.match(r"(?:trim|cut|shave|take|lose|drop|add|remove)\b", low))
        and (
            re.search(r"\b(?:off|by|more|trim|shave|from it|away|add|lose|drop|remove)\b", low)
            or (found[0] == "cut" and not re.search(r"\b(?:to|down|it|at|under|for)\b", low))
        )
        and not set(re.findall(r"[a-z]+", low)) - _LENGTH_WORDS
    ):
        return Change(what="length", by=seconds if found[0] == "add" else -seconds)
    more = re.search(r"\b(?:more|extra|less|fewer)\b", low)
    if seconds is not None and more and not set(re.findall(r"[a-z]+", low)) - _LENGTH_WORDS - {more[0]}:
        return Change(what="length", by=-seconds if more[0] in ("less", "fewer") else seconds)
    if seconds is not None and not set(re.findall(r"[a-z]+", low)) - _LENGTH_WORDS:
        return Change(what="length", seconds=seconds)
    if _match(r"(?:shorten|tighten)(?: it| the (?:promo|video|cut))?(?: a bit| a little| a lot)?", low):
        return Change(what="length", factor=much)
    if _match(r"(?:lengthen|extend)(?: it| the (?:promo|video|cut))?(?: a bit| a little| a lot)?", low):
        return Change(what="length", factor=round(1 / much, 3))
    return None


_LENGTH_WORDS = frozenset(
    re.findall(
        r"\w+",
        """make it the a an bit little touch tad slightly much lot way far somewhat considerably shorter tighter snappier punchier
        quicker faster longer than that this now by to cut down get bring keep under around about roughly exactly only
        just be should must trim shave take lose drop add remove off more from away whole promo video s sec secs
        second seconds m min mins minute minutes long in instead please max at most half of again still even want i
        would like second dont don't care where could back please bit exactly precisely""",
    )
) | {*COUNTS, *wish.NUMBERS}


def _of_one(clause: str) -> Change | None:
    """A clip made shorter or longer."""
    for pattern in (
        r"(?:make )(?P<clip>.+?) (?:a bit |a little |much |slightly |a lot )?(?P<how>shorter|tighter|longer)",
        r"(?P<how>shorten|tighten|trim|lengthen|extend) (?P<clip>.+?)(?: a bit| a little| slightly| a lot)?",
        r"(?P<how>shorter|longer) (?P<clip>.+)",
        r"(?P<clip>.+?) (?:should be |can be |is too )(?P<how>shorter|long|longer|short)",
    ):
        if (found := _match(pattern, clause)) and (named := find_clips(found["clip"])):
            how = found["how"].lower()
            longer = how in ("longer", "lengthen", "extend", "short")
            return Change(what="extend" if longer else "trim", clips=named)
    return None


def _dropped(clause: str) -> Change | None:
    found = _match(
        rf"(?:(?:i )?(?:(?:don'?t|do not|never) (?:want|like|need)|hate|dislike) )(?P<a>.+)|{_DROP} (?P<b>.+)"
        r"|(?P<c>.+?) (?:must|should|has to|needs to|have to|can|muss) (?:go|go out|be (?:removed|cut|dropped|deleted|taken out|left out)|not appear|not be in(?: it)?|come out|raus)",
        clause,
    )
    if not found:
        return None
    rest = _OUT.sub("", found["a"] or found["b"] or found["c"])
    if re.match(
        rf"(?:it|that|this|them)\s+\w|(?:the )?(?:{CLIP} \d+|\w+ {CLIP})\s+(?!(?:about|where|with|on|of|when|that|which|and|,)\b)\w",
        rest,
        re.IGNORECASE,
    ) and not find_clips(rest):
        return None
    if _match(rf"(?:(?:it|them) )?(?:all|everything)(?: (?:of )?(?:it|them|the {CLIP}|{CLIP}))?", rest):
        raise RevisionError(NOTHING_LEFT)
    if named := find_clips(rest):
        return Change(what="drop", clips=named)
    if re.match(
        rf"(?:the |that |all |everything |anything |what )?(?:{CLIP}|story|joke|sentence|line|moment|everything|anything)?\b",
        rest,
        re.IGNORECASE,
    ):
        return Change(what="drop", query=find_passage(rest))
    return None


def _kept(clause: str) -> Change | None:
    found = _match(r"(?:keep )?only (?P<a>.+)|keep (?:just )?(?P<b>.+?)(?: only| and nothing else)?", clause)
    named = find_clips(found["a"] or found["b"]) if found else None
    return Change(what="keep", clips=named) if named else None


def _swapped(clause: str) -> Change | None:
    found = _match(r"(?:swap|switch|exchange|flip)(?: round)? (?P<what>.+?)(?: around| round| over)?", clause)
    named = find_clips(found["what"]) if found else None
    return Change(what="swap", clips=named) if named and len(named) == 2 else None


def _ordered(clause: str) -> Change | None:
    found = _match(
        r"(?:re-?order|order|arrange|play)(?: them| it| the clips)?:? (?:as |to |in the order )?(?P<what>.+)", clause
    )
    named = find_clips(found["what"]) if found else None
    return Change(what="order", clips=named) if named and len(named) > 1 else None


def _moved(clause: str) -> Change | None:
    found = _match(
        r"(?:(?P<verb>move|put|place|bring|play) )?(?P<clip>.+?) (?:(?P<place>first|last|to the (?:front|start|beginning|top|end|back)|at the (?:front|start|beginning|end|back)|up front)|(?P<side>before|after|behind|in front of) (?P<other>.+))",
        clause,
    )
    if not found:
        return None
    named = find_clips(found["clip"])
    if found["place"]:
        last = bool(re.search(r"last|end|back", found["place"], re.IGNORECASE))
        if named and len(named) == 1:
            return Change(what="move", clips=named, place="last" if last else "first")
        return (
            None
            if named or not found["verb"]
            else Change(what="close" if last else "open", query=find_passage(found["clip"]))
        )
    other = find_clips(found["other"])
    if not named or not other or len(named) != 1 or len(other) != 1:
        return None
    return Change(
        what="move", clips=(*named, *other), place="after" if found["side"].lower() in ("after", "behind") else "before"
    )


def _opened(clause: str) -> Change | None:
    found = _match(
        r"(?P<verb>start|open|begin|lead|hook|end|finish|close|conclude)(?:s|ing)?(?: it| the promo)? (?:with|on|by|at|from) (?P<what>.+?)(?: instead)?",
        clause,
    )
    if not found:
        return None
    what = "close" if found["verb"].lower() in ("end", "finish", "close", "conclude") else "open"
    named = find_clips(found["what"])
    if named and len(named) == 1:
        return Change(what=what, clips=named)
    return Change(what=what, query=find_passage(found["what"]))


def _replaced(clause: str) -> Change | None:
    found = _match(
        r"(?:replace|exchange|swap|switch|change) (?P<clip>.+?) (?:with|by|for|to|against) (?P<what>.+)", clause
    )
    if found and (named := find_clips(found["clip"])) and len(named) == 1:
        what = found["what"]
        return Change(
            what="replace",
            clips=named,
            query=""
            if re.match(r"(?:something|another|anything)(?: (?:else|different|one))?$", what, re.IGNORECASE)
            else find_passage(what),
        )
    for pattern in (
        r"(?:use |try |find |take |give me )?(?:another|a different|a better|a new|something (?:else|different|better) (?:for|instead of)|a different (?:clip|one) (?:for|instead of))(?: clip| one)? (?:for |instead of |as )?(?P<clip>.+)",
        r"(?:replace|change|exchange) (?P<clip>.+)",
        r"(?P<clip>.+?) (?:is|was|feels|sounds) (?:(?:too|a bit|so|very|really|rather|quite) )?(?:weak|boring|bad|dull|flat|awful|terrible|poor|wrong|not (?:good|great|right|strong))(?: enough)?",
    ):
        if (found := _match(pattern, clause)) and (named := find_clips(found["clip"])) and len(named) == 1:
            return Change(what="replace", clips=named)
    return None


def _added(clause: str) -> Change | None:
    if _match(
        r"(?:add|with|use|put in|include|some)? ?(?:some |a |the |background |quiet |soft )*(?:music|song|soundtrack|jingle|beat)(?: (?:track|bed))?(?: (?:under|below|behind) .+)?",
        clause,
    ):
        raise RevisionError("Music is a file of your own: give it when the promo is made, with --music FILE.")
    if told := _unmade(clause):
        raise RevisionError(told)
    found = _match(
        r"(?:add|include|use|bring in|insert|put in|mention|work in)(?: also| in)? (?P<what>.+?)(?: too| as well| also| instead)?",
        clause,
    )
    return Change(what="add", query=find_passage(found["what"])) if found and not find_clips(found["what"]) else None


def _written(clause: str) -> Change | None:
    if _match(
        r"(?:make )?(?:the )?(?:captions?|subtitles?|text|letters|font)(?: size)? (?:much |a bit )?(?:bigger|larger|smaller)|(?:much )?(?:bigger|larger|smaller) (?:captions?|subtitles?|text|letters|font)",
        clause,
    ):
        raise RevisionError("Captions have three looks: clean, bold and karaoke. Say, for example: bold captions.")
    found = _match(
        r"(?:(?:rewrite|redo|write|give me|make|new|other|different|better|try)(?: me)?(?: again)? ?)+(?:the |some |other |new |different |better )*(?P<tone>(?:more |less )?[a-z]+ )??(?:hooks?|titles?|tags?|hashtags|words|copy|description|posts?|texts?)(?: and (?:titles?|tags?|hooks?))?(?: again| (?:sound )?(?P<more>(?:more|less|a bit|very) .+|[a-z]+er))?",
        clause,
    )
    if found:
        tone = (found["tone"] or found["more"] or "").strip()
        return Change(
            what="words",
            tone="" if tone.lower() in ("the", "new", "other", "some", "different", "better", "again") else tone,
        )
    found = _match(
        r"(?P<tone>(?:more |less |funnier|punchier|bolder|friendlier|drier)[a-z ]*?) ?(?:hooks?|titles?|words|copy|texts?|tone)",
        clause,
    )
    return Change(what="words", tone=found["tone"].strip()) if found else None


_RULES: tuple[Callable[[str], Change | None], ...] = (
    read_edge,
    _back,
    _captioned,
    _written,
    _of_one,
    _resized,
    _other,
    _replaced,
    _swapped,
    _ordered,
    _moved,
    _opened,
    _shaped,
    _kept,
    _dropped,
    _added,
)
