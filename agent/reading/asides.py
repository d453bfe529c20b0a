"""What is said beside a wish and asks for nothing: greetings, courtesies, reasons, and what somebody tells of themselves.

Only what has the form of one is taken for one: a clause in which anything is asked, ruled out or counted stays a part of the wish.
"""

from __future__ import annotations

import re

from agent.reading.text import Found, Text, Token
from agent.reading.tongues import word_set
from agent.reading.unmade import PURPOSE
from tools.text import clean

_STOPS = (",", ";")
_GREETING = (
    r"(?:hi|hello|hey|hiya|yo|dear|bonjour|bonsoir|salut|ciao|salve|buongiorno|hola|buenas|oi|olá|ola|hallo|moin|hej|guten tag|good (?:morning|afternoon|evening)|tío|tio|gente)"
    r"(?: (?:all|team|there|everyone|everybody|guys|folks|friends|again|hookline|zusammen|a todos|todos|tutti))*"
)
_COURTESY = (
    r"(?:many |so )?(?:thanks|thank you|thx|cheers|merci|danke|gracias|grazie|obrigado|obrigada|bedankt|dank je|tack|dzięki)(?: (?:so much|very much|a lot|a bunch|a million|in advance|again|you|beaucoup|d' avance|schön|vielmals|im voraus|mil|muchas|mille|de antemano))*"
    r"|(?:(?:it|that|this|which|it'd|that'd|would|will) )*be (?:so |really |very |just )*(?:lovely|great|nice|wonderful|perfect|amazing|fantastic|awesome|good|fab|brilliant|appreciated|much appreciated|super)(?: thanks)?"
    r"|would (?:really |love to |very much )?(?:appreciate|love) (?:it|that|this)|if (?:possible|you can|you could|you can help it|it's possible|that's possible|that's ok|that's okay|that works|thats a thing|that's a thing|that is a thing|at all possible)"
    r"|(?:so )?sorry(?: (?:about|for) [a-z' ]+?(?= [,;]| $))?|no (?:rush|hurry|worries|stress)|take your time|god bless(?: you)?|you're (?:a star|the best|amazing)|best regards|kind regards|regards|best|cheers|sincerely|love"
    r"|lol|haha|hehe|idk|idc|tbh|imo|pls|plz|ok|okay|well|right|so|anyway|kkk|rsrs|jaja|jajaja|asap|now|today|please|then"
    r"|you decide(?: (?:the )?(?:rest|everything else|all else))?|(?:the )?rest is up to you|up to you|your call|pick whichever(?: one)?(?: is|'s)? better|whatever you (?:think|like|prefer)(?: is)?(?: (?:best|good|right))?|(?:whatever|any) length you (?:think|like|prefer)(?: is)?(?: (?:best|good|right))?"
)
_PERSON = r"(?:i|we|i'm|i am|we're|we are|i've|we've|he|she|they|it's|my|our|many|most|some|everyone|everybody|people|the (?:other|crowd|audience|team|client|guest|speaker|recording|sound)|she's|he's|they're)"
_TELLING = word_set(
    """am are is was were have has haven't hasn't hates hate loves love like likes speak speaks said thinks think ends starts recorded filmed made know knows isn't
    aren't i'm we're i've we've it's they're he's she's asked told works work live lives been got had liked wrote sent"""
)
_NEVER = word_set(
    """want wants wanted need needs would should must can could can't cannot won't please no never without only just make include about don't doesn't mention
    captions caption subtitles music title titles length topic shape look something looking anything nothing use show cut skip keep drop voice logo
    so if where for subject theme message bit part moment clip clips promo video videos appear called named focus instead rather allowed let may text font colour color too
    vibe tone feel better funny bits start end again also same visible order bold shown seen"""
)
_CAUSE = r"(?:because|cause|cuz|coz|bc|bcs|weil|denn|porque|pq|parce que|parce qu'|perché|omdat|eftersom|since (?:i|we|it|they|he|she|the|our|my)|as (?:i|we|they|he|she)(?:'m|'re|'ve)?)"


def read_asides(text: Text) -> None:
    """Put what asks for nothing together to tokens that nothing else reads."""
    text.reduce(rf"{_GREETING}(?= (?:,|;|i|we|could|can|please|$)| $)", "aside", _first)
    text.reduce(rf"(?:{_COURTESY})(?: (?:{_COURTESY}))*", "aside", _alone)
    text.reduce(rf"{_CAUSE}(?: (?!so |but |and |<|,|;)\S+){{1,12}}", "aside", lambda f: f.form())
    text.reduce(
        r"<(?:pf|elsewhere)>(?: (?:me|nos|rejects|hates|bans|flags|blocks|penalises|penalizes|demonetizes|demonetises|likes|prefers|won't|doesn't|don't|always))(?: (?!but |so |<|,|;)\S+){1,8}",
        "aside",
        _alone,
    )
    _read_telling(text)


def _first(f: Found) -> str | None:
    """A greeting stands at the beginning of a wish or of a sentence of it."""
    return f.form() if f.before in ("", ";") or (f.before == "," and f.after in _STOPS) else None


def _alone(f: Found) -> str | None:
    """A courtesy has a clause to itself, or is a clause's beginning or end."""
    edges = f.before in ("", *_STOPS), f.after in ("", *_STOPS)
    return f.form() if all(edges) or (edges[1] and f.form().startswith("if ")) else None


def read_purposes(text: Text) -> None:
    """Whom or what a promo is for, of what nothing else was understood."""
    text.reduce(
        r"(?:(?:it's|it is|this is|that's|and|one) )*(?:for|aimed at|meant for|para|für|pour|per|till|voor)(?: (?!from |with |using |and |but |about |on |in |at |that |,|;|<)\S+){1,6}",
        "purpose",
        lambda f: (
            None
            if f.form().split()[-1] in ("our", "my", "the", "a")
            or _NEVER & set(f.form().split()[1:]) - {"for"}
            or re.search(r"\d", f.form())
            else (clean(f[0], 80), PURPOSE)
        ),
    )


def _read_telling(text: Text) -> None:
    """Clauses in which somebody tells and doesn't ask: "my guest hates it", "I'm not very technical"."""
    made: list[Token] = []
    clause: list[Token] = []
    for token in (*text.tokens, None):
        if token is not None and token.form not in _STOPS:
            clause.append(token)
            continue
        made += [_aside(clause)] if _tells(clause) else clause
        made += [token] if token is not None else []
        clause = []
    text.become(made)


def _aside(clause: list[Token]) -> Token:
    return Token("<aside>", clause[0].start, clause[-1].end, " ".join(token.form for token in clause))


def _tells(clause: list[Token]) -> bool:
    forms = [token.form for token in clause]
    said = " ".join(forms)
    if not re.match(rf"(?:and |but |oh |well )?{_PERSON} ", said) or _NEVER & set(forms) or "?" in said:
        return False
    allowed = {"<lang>", "<pf>", "<elsewhere>", "<fine>", "<unmade>"}
    if any(form[0] == "<" and form not in allowed for form in forms) or any(form.isdigit() for form in forms):
        return False
    return bool(_TELLING & set(forms[:6])) and len(forms) > 2
