"""What an editor would object to in a choice of sentences: how it opens, how it ends, whether it is still what was meant.

Where sentences were read (``reader``), that says what leans and what is set up; elsewhere rules over English words do.  Findings are risks to look
at and not verdicts, and those that are right less than four times in five are notes (``docs/cut.md``).  In other languages only punctuation speaks.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tools.schema import Sentence
from tools.words.sentences import PAUSE

if TYPE_CHECKING:
    from tools.finding.reader import Readings

THOUGHT = 12.0
"""Seconds that a repair may add at one end."""
PAYOFF = 9.0
"""Seconds that it may add for a payoff that an editor might do without."""
SLIGHT = ("weak opening", "ends before its payoff")
"""Findings that are no risk where they stand without a note: a strict run lets them pass."""
NEAR = 3.0
"""Seconds between sentences beyond which they are not one thought."""
SURE = 0.5
"""Probability from which a reading is held against a cut; the reader's are as often right as they say."""
SURELY = 0.9
"""Probability from which a reading by itself is a warning: of clips that the search chose, four in five were faults (``docs/cut.md``)."""
RULED = 0.48
"""Share of the sentences that the rules say lean, in talks such as those that the reader learned from."""
AHEAD = 4
"""Sentences within which what is set up is paid, as the marks that the reader learned from are counted."""


class Finding(NamedTuple):
    kind: str
    ids: tuple[str, ...]
    """The sentence that was objected to first, then what it needs, if that is known."""
    note: str
    severe: bool = True
    """False for what an editor might leave."""
    warns: bool = True
    """Whether it is right so often that a person is warned of it; the rest are notes."""


_VERB = (
    r"(?:is|are|was|were|'s|’s|'re|’re|'ll|’ll|'d|’d|has|have|had|can|could|will|would|does|do|did|may|might|must|should|isn't|wasn't|aren't|weren't|doesn't|didn't|don't|won't|can't|"
    r"also|just|only|really|never|always|then|still|even|makes?|made|means?|meant|gives?|gave|comes?|came|goes|went|gets?|got|takes?|took|turns?|happens?|happened|works?|worked|helps?|helped|"
    r"looks?|seems?|sounds?|feels?|felt|allows?|shows?|showed|needs?|wants?|wanted|said|says?|told|used|knew|know|thought|think|became|becomes|led|leads|changes?|changed|saved|saves|cost|costs|cuts?|broke|breaks|failed|fails|"
    r"ran|runs|grew|grows|fell|falls|rose|stood|sat|lay|hit|left|lost|won|paid|pays|sold|wrote|held|kept|keeps|brought|taught|met|spent|stuck|began|begins|ends|stops?|starts?|turned|rings?|rang|\w{3,}(?<!ne)ed)"
)
CONNECTIVE = re.compile(
    r"^(?:and|but|or|nor|so|because|then|also|however|therefore|thus|hence|otherwise|instead|besides|furthermore|moreover|plus|which|whereas|likewise|similarly|"
    r"consequently|meanwhile|nevertheless|even so|after that|before that|as a result|for that reason|that's why|this is why|that is why|in other words|in that case|"
    r"on the other hand|not only that|as i (?:said|say|mentioned)|like i (?:said|mentioned)|as we (?:saw|said)|the other one|the same (?:goes|thing|is true)|except|"
    r"or rather|i mean|for example|for instance|such as|to (?:that|this) end|at that point|either way|neither)\b(?!\s+(?:then there were))",
    re.IGNORECASE,
)
FRESH_SO = re.compile(
    r"^(?:so|and|but|then|now),?\s+(?:what|how|why|when|where|who|which|let me|let's|here's|here is|imagine|picture)\b",
    re.IGNORECASE,
)
"""A connective that only begins a new thought aloud."""
MILD = re.compile(
    r"^(?:now|well|okay|ok|right|yeah|yes|no|look|see|you know|anyway|alright|all right|oh|um+|uh+|er+)\b[,.]?",
    re.IGNORECASE,
)
PRONOUN = re.compile(
    rf"^(?:(?:that|this|it|these|those|he|she|they)(?:\s+|(?='|’)){_VERB}\b|(?:he|she|they|them|him)\s|(?:\w+ )?\w+ of (?:them|these|those|it)\b|the (?:ones\b|reason (?:was|is)\b)|what (?:did|came|happened) [^.?]*\b(?:is|was|were)\b|(?:that|those) (?:one|ones|day|kind|sort|way|point)\b)",
    re.IGNORECASE,
)
DEICTIC = re.compile(
    r"^(?:(?:it|that)(?:\s+is|'s|’s|\s+was)\s+(?:\w+\s+)?(?:\w+)\s+(?:to|that|how|when|if)\b|it (?:turns out|takes|took)\b|it(?:'s|’s| is| was) (?:about|time|the|a|\d|not (?:about|the|a))\b|"
    r"this (?:is|was) (?:a|an|the story|the moment|my|our|what|where|how|who)\b|(?:this|these) (?:is|are) (?:a|an|the|my|our|what) \w+ (?:of|about|that|who|i|we)\b|they say\b)",
    re.IGNORECASE,
)
"""Openings that look like a pronoun and lean on nothing."""
POINTS = re.compile(
    r"^(?:(?:and|so|but|then|now|well|because|or|yeah|no|like|i mean)[,.]? )*"
    r"(?P<word>he|she|it|they(?! say\b)|these|those|that(?=['’]s|['’]ll| (?:is|was|would|will|means|makes)\b))\b",
    re.IGNORECASE,
)
"""A beginning that points at what was said; where the reader holds that it leans, it is a fault five times in six."""
PERSONS = ("he", "she", "they")
HOUSEKEEPING = re.compile(
    r"^(?:\W*(?:hi|hello|hey)\b(?! (?:is|was)))|^\W*good (?:morning|afternoon|evening)\b|\bwelcome (?:back|everyone|everybody|to (?:the|this|my|our|another|today))|^welcome\b(?! to a (?:new )?world)|"
    r"\bcan (?:you|everyone|everybody|people|you all) (?:all )?(?:hear|see) (?:me|us|my|this|the)|\bis my (?:mic|screen|audio|sound|video)|\bmy name is\b|^i'?m [A-Z]\w+(?: [A-Z]\w+)?[,.]|"
    r"\bthank(?:s| you)(?: all| so much| very much| everyone)?,? (?:for (?:watching|joining|coming|being|having|listening|tuning|your (?:time|attention|patience))|everyone|everybody|all)\b|^thank(?:s| you)\b|\bbefore (?:we|i) (?:start|begin|get (?:started|going)|dive)|\blet'?s (?:get started|begin|dive in|get going)|"
    r"\bnext slide\b|\bhouse ?keeping\b|\brestrooms?\b|\bbathrooms?\b|\bfire exits?\b|\bwi-?fi\b|\bcoffee (?:break|(?:is|will be) (?:served|outside|available|ready))\b|\bslides (?:will|are going to) be\b|\b(?:is|are|being|be) recorded\b|\brecording (?:this|is on)|"
    r"\bmute (?:your|yourself)|\b(?:like|hit|smash) (?:and subscribe|the (?:bell|like))|\bsubscribe\b|\blinks? (?:is |are )?in the (?:description|chat|bio)|\blinks? below|\bshare my screen|\bany questions\b|"
    r"\bquestions (?:at the end|in the chat)|\btoday'?s sponsor|\bsponsored by|\bon (?:the|today'?s) agenda|\bgrab a seat|\btake (?:your|a) seat|\bwe'?ll wait (?:for|a)|\bas (?:you can see )?on (?:this|the) slide|\bsound check|\btesting,? (?:one|testing)",
    re.IGNORECASE,
)
LISTING = re.compile(
    r"(?:\b(?:two|three|four|five|six|seven|ten|several|a few|some|these|the following|\d+) (?:\w+ )?(?:things|reasons|steps|ways|points|questions|rules|lessons|parts|problems|ideas|kinds|types|options|principles|mistakes|tips|facts)\W*$)|"
    r"\bhere(?:'s|’s| is| are) (?:why|how|what|the (?:thing|trick|secret|answer|problem)|an example)(?: \w+){0,4}\W*$|\bthere(?:'s|’s| is) (?:an?|one|another) (?:\w+ )?(?:answer|reason|way|catch|problem|trick|solution|secret)\W*$|\b(?:first|for example|for instance|such as|namely)\W*$|:\W*$",
    re.IGNORECASE,
)
TRAILING = re.compile(
    r"(?:\b(?:and|but|or|because|the|a|an|um|uh)[\"'”’]*[.,]?|\b(?:so|that|which|who|of|to|if|when|while|with|for|from|is|are|was|were),?|,|;|—|–|-|…|\.\.\.)[\"'”’]*$",
    re.IGNORECASE,
)
REST = re.compile(
    r"(?:because|which|until|so that|unless|(?P<list>one,|first,|firstly|first of all|number one))(?!\w)", re.IGNORECASE
)
_COUNT = r"(?:two|three|four|five|six|seven|eight|nine|ten|twelve|\d+|a few|several|many|some)"
_NOUN = r"(?:thing|rule|trick|question|reason|problem|lesson|idea|secret|condition|habit|mistake|step|line|part|way|kind|point)"
SCENE = re.compile(
    rf"^(?:and |so |but |then |well,? )?(?:(?:(?:just|about|almost|exactly|only) )?(?:\w+ )?{_COUNT} (?:years?|months?|weeks?|days?|nights?|hours?) (?:ago|later|earlier)|(?:years|months|weeks|a (?:year|month|week|while|long time)) ago|"
    r"(?:one|that|the (?:other|next|same|first|last)|last|early one|late one) (?:day|morning|night|evening|afternoon|week|month|year|weekend|summer|winter|spring|autumn|fall|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b|"
    r"at (?:\w+ (?:in the (?:morning|afternoon|evening)|at night|o'?clock)|noon|midnight|first\b)|in (?:the (?:beginning|first \w+|(?:early|late) \w+)|my (?:first|last|second) \w+|(?:19|20)\d\d)\b|back in\b|once (?:upon|there|i|we|a)\b|"
    r"when (?:i|we) (?:was|were|first|started|began|opened|founded|joined|moved|got)\b)",
    re.IGNORECASE,
)
"""A story begins: time and place are given, and what happened is still to come."""
PROMISE = re.compile(
    rf"\b(?:(?:i|we)(?:'ll|’ll| will|'m going to|’m going to| want to| would like to) (?:tell|show|explain(?: to)?|share with) you\b|(?:only |just )?one (?:\w+ )?{_NOUN}\b(?!(?: \w+){{0,6}} (?:is|was|were|are)\b|:)|"
    rf"(?:has|have|had|are|were|needs?|takes?|took|asks? for|learned|found) (?:only |just |these )?{_COUNT} (?:\w+ )?{_NOUN}s\b)|"
    r"\b(?:i|we|he|she|they|everyone|everybody|nobody|people|most (?:of us|people)) (?:all |had |always |really )?(?:expected|assumed|feared|predicted|hoped|guessed)\b(?![^.]*\b(?:but|instead|turned out|was wrong|were wrong)\b)",
    re.IGNORECASE,
)
"""Something is announced or expected, and the sentence does not say what came."""
FOLLOWS = re.compile(
    r"^(?:(?:and )?(?:he|she|they) (?:said|answered|replied|told|asked|laughed|smiled|nodded|shook|wrote back)\b|"
    r"(?:and )?the (?:first|second|third|fourth|fifth|last|other)(?: \w+)? (?:is|was|were|are)\b|the (?:ones|reason|answer|result|catch|half)\b|"
    r"what (?:did|came|happened|it|we|they|he|she) [^.?]*\b(?:is|was|were)\b|when (?:it|he|she|they) |(?:it|he|she) (?:had|came|ran|turned|ended|cost|lasted)\b)",
    re.IGNORECASE,
)
"""What was just begun goes on: someone answers, a list is told, a result is given."""
QUALIFIER = re.compile(
    r"^(?:but|however|except|unless|although|though|yet|still,|not really|just kidding|i'?m (?:just )?(?:kidding|joking)|actually,? no|no,|nope|wrong\b|that'?s (?:not|wrong|a (?:lie|myth)|false|what (?:they|people|i) (?:thought|think|said|told))|"
    r"that (?:is|was|turned out to be) (?:not|wrong|false)|it'?s not true|it (?:was|is)n'?t|at least|that said|of course not|or so (?:i|we|they)|well, not|not (?:quite|exactly|always|true|anymore|so)|only (?:if|when)|on the other hand|in reality|"
    r"and (?:that'?s|that is|that was) (?:wrong|false|not))(?!\w)",
    re.IGNORECASE,
)
FRAME = re.compile(
    r"(?:\b(?:people|they|critics|some|everyone|everybody|others|many|skeptics|opponents|he|she|my boss|you might|you may) (?:would |will |used to |often |always |like to )?(?:say|says|said|claim|claims|claimed|think|thinks|thought|believe|believed|told (?:me|us)|tell (?:you|me|us))\b[^.]{0,60}[:,.]?\W*$)|"
    r"\b(?:imagine|suppose|let'?s pretend|what if|hypothetically|the myth|it'?s a myth|here'?s the lie|the wrong (?:way|answer)|don'?t (?:believe|say|do|think)|if i (?:told|said))\b",
    re.IGNORECASE,
)
EFFECT = re.compile(
    r"^(?:so|therefore|thus|hence|as a result|consequently|that'?s why|this is why|because of (?:that|this)|which is why|for that reason)\b",
    re.IGNORECASE,
)


def is_housekeeping(sentence: Sentence) -> bool:
    """Whether it greets, thanks or sees to the room rather than says something."""
    return bool(HOUSEKEEPING.search(sentence.text))


def is_question(sentence: Sentence) -> bool:
    return sentence.text.rstrip("\"'”’) ").endswith(("?", "？"))


def is_unfinished(sentence: Sentence) -> bool:
    """Whether its last words promise more of the same sentence."""
    return bool(TRAILING.search(sentence.text.strip()))


def opening(
    sentences: Sequence[Sentence], first: int, read: Readings | None = None, heard: Container[int] = ()
) -> list[Finding]:
    """Why a clip should not begin with sentence ``first``, where the sentences ``heard`` have played before it."""
    if read is not None:
        return _read_opening(sentences, first, read, heard)
    sentence, text = sentences[first], sentences[first].text.strip()
    before = sentences[first - 1] if first else None
    needs = (sentence.id, before.id) if before else (sentence.id,)
    start = " ".join(text.split()[:3]).rstrip(",.")
    found = []
    if is_housekeeping(sentence):
        found.append(Finding("housekeeping opening", (sentence.id,), f"{sentence.id} is a greeting or housekeeping"))
    if before and CONNECTIVE.search(text) and not FRESH_SO.search(text):
        found.append(
            Finding("dangling opening", needs, f'{sentence.id} begins with "{start}", which goes on from {before.id}')
        )
    elif before and PRONOUN.search(text) and not DEICTIC.search(text):
        found.append(
            Finding("pronoun opening", needs, f'{sentence.id} begins with "{start}", which refers to {before.id}')
        )
    elif before and runs_on(before, sentence):
        found.append(
            Finding("dangling opening", needs, f"{sentence.id} begins inside a sentence that starts in {before.id}")
        )
    elif MILD.search(text):
        found.append(Finding("weak opening", (sentence.id,), f'{sentence.id} begins with "{start}"', False, False))
    if before and _answers(before, sentence):
        found.append(Finding("answer without its question", needs, f"{sentence.id} answers {before.id}"))
    return found


def fitted(sentences: Sequence[Sentence], read: Readings) -> Readings:
    """The readings, the chance of leaning fitted to a talk in which less leans: written, or read aloud.

    The share that the rules say leans tells one talk from another better than one sentence from another; the odds are moved by it
    as for another prior (Saerens, Latinne and Decaestecker, Neural Computation 2002).
    """
    ruled = [any(each.severe for each in opening(sentences, at)) for at in range(len(sentences))]
    share = min(max(sum(ruled) / len(ruled), 0.03), RULED)
    moved = read.leans * (share / (1 - share)) / (RULED / (1 - RULED))
    return read._replace(leans=moved / (moved + 1 - read.leans))


def _read_opening(sentences: Sequence[Sentence], first: int, read: Readings, heard: Container[int]) -> list[Finding]:
    sentence, before = sentences[first], sentences[first - 1] if first else None
    if is_housekeeping(sentence) or read.house[first] >= SURE:
        told, warns = f"{sentence.id} is a greeting or housekeeping", bool(read.house[first] >= SURE)
        return [Finding("housekeeping opening", (sentence.id,), told, warns=warns)]
    leans, points = float(read.leans[first]), POINTS.match(sentence.text.strip())
    if before is None or leans < SURE or (first - 1 in heard and points is None):
        return []
    warns, word = leans >= SURELY or points is not None, points["word"].capitalize() if points else ""
    if first - 1 in heard:
        told = f"{sentence.id} says “{word}” of what {before.id} told, and something else plays between"
    elif points:
        whom = "anybody was named" if word.lower() in PERSONS else "it was said what that is"
        told = f"{sentence.id} says “{word}” before {whom}: {before.id} does not play ({leans:.0%} sure)"
    else:
        told = f"{sentence.id} leans on {before.id}, which does not play ({leans:.0%} sure)"
    return [Finding("dangling opening", (sentence.id, before.id), told, warns=warns)]


def ending(
    sentences: Sequence[Sentence], last: int, read: Readings | None = None, later: Container[int] = ()
) -> list[Finding]:
    """Why a promo should not end with sentence ``last``, or a clip where the sentences ``later`` play after it."""
    if read is not None:
        return _read_ending(sentences, last, read, later)
    sentence, text = sentences[last], sentences[last].text.strip()
    after = sentences[last + 1] if last + 1 < len(sentences) else None
    needs = (sentence.id, after.id) if after else (sentence.id,)
    if is_question(sentence):
        return [Finding("ends on a question", needs, f"{sentence.id} asks and is not answered", warns=False)]
    if LISTING.search(text):
        return [Finding("ends before its payoff", needs, f"{sentence.id} announces what comes next", warns=False)]
    torn = runs_on(sentence, after) if after else breaks_off(sentences)
    if is_unfinished(sentence) or torn:
        return [Finding("unfinished ending", needs, f"{sentence.id} stops before its sentence ends", warns=torn)]
    if after is not None and _near(sentence, after) and (rest := REST.match(after.text.strip())):
        return [
            Finding(
                "ends before its payoff",
                needs,
                f"{after.id} says why or what follows",
                severe=rest["list"] is not None,
                warns=False,
            )
        ]
    if after is not None and _promises(sentence, after):
        return [
            Finding("ends before its payoff", needs, f"{after.id} tells what came of it", severe=False, warns=False)
        ]
    return []


def _read_ending(sentences: Sequence[Sentence], last: int, read: Readings, later: Container[int]) -> list[Finding]:
    sentence, after = sentences[last], sentences[last + 1] if last + 1 < len(sentences) else None
    needs = (sentence.id, after.id) if after else (sentence.id,)
    sets_up = float(read.sets_up[last])
    paid, sure = any(at in later for at in range(last + 1, last + 1 + AHEAD)), f"({sets_up:.0%} sure)"
    torn = runs_on(sentence, after) if after else breaks_off(sentences)
    if is_unfinished(sentence) or torn:
        clause = sentence.text.rstrip().endswith((",", ";"))  # where a long sentence was parted: it may rest there
        warns = (torn and not later and not clause) or (sets_up >= SURELY and not paid)
        return [Finding("unfinished ending", needs, f"{sentence.id} stops before its sentence ends", warns=warns)]
    if sets_up < SURE or paid:
        return []
    warns = sets_up >= SURELY
    if is_question(sentence):
        return [Finding("ends on a question", needs, f"{sentence.id} asks and is not answered {sure}", warns=warns)]
    told = f"what {sentence.id} sets up does not play {sure}"
    return [Finding("ends before its payoff", needs, told, warns=warns)]


def _promises(sentence: Sentence, after: Sentence) -> bool:
    """Whether ``sentence`` begins what ``after`` goes on to tell: the same voice, without a pause between."""
    if not _near(sentence, after) or sentence.speaker != after.speaker or is_housekeeping(after):
        return False
    text, more = sentence.text.strip(), after.text.strip()
    return bool(SCENE.search(text) or PROMISE.search(text) or FOLLOWS.search(more))


def meaning(sentences: Sequence[Sentence], runs: Sequence[tuple[int, int]]) -> list[Finding]:
    """What the stitched sentences would say that the speaker did not; ``runs`` are first and last, in playing order."""
    found: list[Finding] = []
    played = {index: place for place, (first, last) in enumerate(runs) for index in range(first, last + 1)}
    for place, (first, last) in enumerate(runs):
        head, tail = sentences[first], sentences[last]
        if last + 1 < len(sentences) and last + 1 not in played and _qualifies(tail, sentences[last + 1]):
            other = sentences[last + 1]
            found.append(
                Finding(
                    "loses its qualification",
                    (tail.id, other.id),
                    f'{other.id} takes back or limits {tail.id}: "{_quote(other)}"',
                    warns=False,
                )
            )
        if (
            first
            and first - 1 not in played
            and _near(sentences[first - 1], head)
            and FRAME.search(sentences[first - 1].text)
        ):
            other = sentences[first - 1]
            found.append(
                Finding(
                    "loses its frame",
                    (head.id, other.id),
                    f'{other.id} says that {head.id} is reported, supposed or denied: "{_quote(other)}"',
                    warns=False,
                )
            )
        if first and EFFECT.search(head.text.strip()) and played.get(first - 1, -1) > place:
            found.append(
                Finding(
                    "causes reordered",
                    (head.id, sentences[first - 1].id),
                    f"{head.id} draws on {sentences[first - 1].id}, which plays later",
                )
            )
        if place:
            found += _splice(sentences, runs[place - 1], runs[place])
    return found


def _splice(sentences: Sequence[Sentence], one: tuple[int, int], two: tuple[int, int]) -> list[Finding]:
    """What is wrong where clip ``two`` follows clip ``one`` and did not in the source."""
    if two[0] == one[1] + 1:
        return []
    tail, head = sentences[one[1]], sentences[two[0]]
    found = []
    if is_question(tail) and one[1] + 1 < len(sentences):
        asked = two[0] > 0 and is_question(sentences[two[0] - 1])
        own = sentences[two[0] - 1].id if asked else None
        if asked or is_question(head) is False and _sounds_answering(head):
            found.append(
                Finding(
                    "an answer under another question",
                    (head.id, tail.id),
                    f"{head.id} would answer {tail.id}" + (f"; it was said to {own}" if own else ""),
                    warns=False,
                )
            )
    if (is_unfinished(tail) or head.text[:1].islower()) and tail.speaker != head.speaker:
        found.append(
            Finding(
                "two speakers in one sentence",
                (tail.id, head.id),
                f"{tail.id} and {head.id} are different voices and would read as one sentence",
                warns=False,
            )
        )
    elif is_unfinished(tail) and not is_question(tail):
        found.append(
            Finding(
                "two sentences in one",
                (tail.id, head.id),
                f"{tail.id} is unfinished and would run into {head.id}",
                warns=False,
            )
        )
    return found


def review(
    sentences: Sequence[Sentence],
    runs: Sequence[tuple[int, int]],
    roles: Sequence[str] = (),
    read: Readings | None = None,
) -> list[list[Finding]]:
    """The findings of each clip, in playing order; one clip may go on where the clip before it stopped.

    ``runs`` are indices of first and last sentences.  A hook may end on a question: that is what makes one stay.
    """
    by_clip: list[list[Finding]] = []
    spans = [range(first, last + 1) for first, last in runs]
    for place, (first, last) in enumerate(runs):
        found = []
        heard, later = ({at for span in some for at in span} for some in (spans[:place], spans[place + 1 :]))
        if not (place and runs[place - 1][1] == first - 1):
            found += opening(sentences, first, read, heard)
        goes_on = place + 1 < len(runs) and runs[place + 1][0] == last + 1
        asks = place + 1 < len(runs) and is_question(sentences[last]) and place < len(roles) and roles[place] == "hook"
        if not (goes_on or asks):
            found += ending(sentences, last, read, later)
        by_clip.append(found)
    where = {sentences[index].id: place for place, (first, last) in enumerate(runs) for index in range(first, last + 1)}
    for one in meaning(sentences, runs):
        by_clip[where[one.ids[0]]].append(one)
    return by_clip


def repair(
    sentences: Sequence[Sentence],
    first: int,
    last: int,
    seconds: float = THOUGHT,
    payoff: float = PAYOFF,
    read: Readings | None = None,
) -> tuple[int, int]:
    """The run moved to where its thought begins and on to its payoff, each by at most ``seconds``.

    ``payoff`` is the same for an end that an editor might leave, 0 to leave it.  Housekeeping at its start is left out.
    An end that can't be mended stays as it is: ask ``opening`` and ``ending``.
    """
    while first < last and is_housekeeping(sentences[first]):
        first += 1
    return _back(sentences, first, seconds, read), _on(sentences, last, seconds, payoff, read)


def _back(sentences: Sequence[Sentence], first: int, seconds: float, read: Readings | None) -> int:
    at = first
    while any(each.severe for each in opening(sentences, at, read)):
        if (
            at == 0
            or is_housekeeping(sentences[at])
            or not _near(sentences[at - 1], sentences[at])
            or sentences[first].start - sentences[at - 1].start > seconds
            or is_housekeeping(sentences[at - 1])
        ):
            return first
        at -= 1
    return at


def _on(sentences: Sequence[Sentence], last: int, seconds: float, payoff: float, read: Readings | None) -> int:
    at = last
    whole: int | None = None
    """The last sentence before which nothing was severe, where going on would have been better still."""
    while (found := ending(sentences, at, read)) or (
        at + 1 < len(sentences) and _qualifies(sentences[at], sentences[at + 1])
    ):
        mild = bool(found) and not any(each.severe for each in found)
        whole = at if mild and whole is None else whole
        if (
            at + 1 == len(sentences)
            or not _near(sentences[at], sentences[at + 1])
            or sentences[at + 1].end - sentences[last].end > (min(seconds, payoff) if mild else seconds)
            or is_housekeeping(sentences[at + 1])
        ):
            return last if whole is None else whole
        at += 1
    return at


def _near(one: Sentence, two: Sentence) -> bool:
    return two.start - one.end <= NEAR and one.take == two.take


_END = re.compile(r"[.?!…。？！؟।][\"'”’»)」]*$")
_STOP = re.compile(r"[.,;:?!…。、？！؟،।](?:\s|$)")
_WRITTEN = re.compile(r"[A-Z]|[.,;:?!…](?:\s|$)")


def breaks_off(sentences: Sequence[Sentence]) -> bool:
    """Whether the recording ends amid its last sentence: what was heard is punctuated, and that one has no end."""
    text = sentences[-1].text.strip()
    return not _END.search(text) and any(_STOP.search(each.text) for each in sentences)


def runs_on(one: Sentence, two: Sentence) -> bool:
    """Whether ``two`` is the rest of a sentence that ``one`` began.

    Where nothing is written large or punctuated, small letters tell nothing: there a pause ends a sentence.
    """
    bare = not _WRITTEN.search(f"{one.text} {two.text}")
    return (
        _near(one, two)
        and one.speaker == two.speaker
        and two.text[:1].islower()
        and not (bare and two.start - one.end >= PAUSE)
        and not _END.search(one.text.strip())
    )


def _answers(one: Sentence, two: Sentence) -> bool:
    """Whether ``two`` answers the question that ``one`` asks: another voice, or a yes or no."""
    if not is_question(one) or not _near(one, two) or is_question(two):
        return False
    return (one.speaker != two.speaker and two.speaker is not None) or _sounds_answering(two)


def _sounds_answering(sentence: Sentence) -> bool:
    return bool(
        re.match(
            r"\W*(?:yes|yeah|no|nope|well|sure|absolutely|exactly|not really|i would say|i'd say|because|of course|definitely|it depends|oh,? (?:yes|no))\b",
            sentence.text,
            re.IGNORECASE,
        )
    )


def _qualifies(one: Sentence, two: Sentence) -> bool:
    return _near(one, two) and bool(QUALIFIER.search(two.text.strip())) and not is_question(one)


def _quote(sentence: Sentence) -> str:
    words = sentence.text.split()
    return " ".join(words[:8]) + (" …" if len(words) > 8 else "")
