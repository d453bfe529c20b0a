"""Words that ask for nothing: greetings, thanks and praise."""

from __future__ import annotations

import re

_TALK = re.compile(
    r"^\W*(?:(?:hi|hello|hey|good (?:morning|evening|afternoon)|thanks?|thank you|thx|great|nice|cool|perfect|awesome|lovely|wow|ok(?:ay)?|yes|good|well done|"
    r"(?:i )?(?:like|love) it|(?:it |that |this )?(?:looks|sounds) (?:good|great|fine|nice)|so much|very much|a lot|job|work|there|everyone|all)[\W]*)+$",
    re.IGNORECASE,
)


def is_talk(said: str) -> bool:
    """Whether words greet, thank or praise and ask for nothing."""
    return bool(_TALK.match(said))
