"""What can be asked of Hookline, and how at each door: one table, which the tests hold against the doors themselves.

``python -m doors.offers`` prints it as docs/doors.md has it.
"""

from __future__ import annotations

from typing import NamedTuple


class Not(str):
    """Why a door has no such thing, or how it is had there instead."""


Ways = tuple[str, ...] | Not


class Offer(NamedTuple):
    """One thing that can be asked, and how at each door.

    ``command`` holds verbs with an option or argument, ``words`` what a person may say, ``http`` operations with a field,
    ``page`` controls by their id or attribute, ``agents`` tools with an argument.
    """

    what: str
    command: Ways
    words: Ways
    http: Ways
    page: Ways
    agents: Ways


BY_WORDS = Not("in the message, in words")
A_FILE = Not("it is a file")
BY_HAND = Not("what can't be undone is not begun by words that may be misread")
A_PERSON = Not("it is a person's to say")
MACHINE = Not("it is about the machine that serves")
NO_WORDS = Not("it is about how the door is used, not about the promo")
RESULT = Not("answers are data as they are")

OFFERS = (
    Offer(
        "a video",
        ("make VIDEO", "chat VIDEO", "serve VIDEOS", "mcp VIDEOS"),
        A_FILE,
        ("POST /videos",),
        ("#file", "#video"),
        Not("agents name ids; a video comes by who started the server, by the page, or over HTTP"),
    ),
    Offer(
        "many videos at once",
        ("make VIDEO", "batch FILE", "batch WISH"),
        A_FILE,
        Not("a program asks for one after the other; they are made in that order"),
        Not("each is asked for on its own; they are made in that order"),
        Not("an agent asks for one after the other; they are made in that order"),
    ),
    Offer(
        "several recordings in one promo",
        ("make --with", "join VIDEOS", "join --into"),
        A_FILE,
        Not("`hookline join` makes one file of them, which is uploaded like any"),
        Not("`hookline join` makes one file of them, which is uploaded like any"),
        Not("`hookline join` makes one file of them, which is served like any"),
    ),
    Offer("the videos", Not("files are named by their paths"), NO_WORDS, ("GET /videos",), ("#video",), ("videos",)),
    Offer(
        "a promo",
        ("make WISH", "chat"),
        ("make a 30s promo for LinkedIn about pricing",),
        ("POST /chat message", "POST /chat video"),
        ("#message", "#send"),
        ("make message", "make video"),
    ),
    Offer(
        "its captions",
        ("make --captions",),
        ("karaoke captions", "no captions"),
        BY_WORDS,
        BY_WORDS,
        BY_WORDS,
    ),
    Offer(
        "captions in other languages",
        ("make --captions-in",),
        ("with Spanish subtitles", "captions in Japanese and Arabic"),
        BY_WORDS,
        BY_WORDS,
        BY_WORDS,
    ),
    Offer(
        "two openings of one promo, for a test",
        ("make --openings",),
        ("a 30s promo with two openings",),
        BY_WORDS,
        BY_WORDS,
        BY_WORDS,
    ),
    Offer(
        "taking out fillers and silences",
        (
            "make --tighten",
            "batch --tighten",
        ),
        ("remove the silences",),
        ("POST /chat tighten",),
        ("#tighten",),
        ("make tighten", "plan tighten"),
    ),
    Offer(
        "a clean master",
        (
            "make --clean",
            "batch --clean",
        ),
        ("also a clean master",),
        ("POST /chat clean",),
        ("#clean",),
        ("make clean", "plan clean"),
    ),
    Offer(
        "strictness",
        (
            "make --strict",
            "batch --strict",
        ),
        Not("it says how a wish is kept, and is no part of one"),
        ("POST /chat strict",),
        ("#strict",),
        ("make strict", "plan strict"),
    ),
    Offer(
        "making it again",
        (
            "make --fresh",
            "batch --fresh",
        ),
        Not("the same words are the same request"),
        ("POST /chat fresh",),
        ("#fresh",),
        ("make fresh",),
    ),
    Offer(
        "music",
        ("make --music",),
        A_FILE,
        ("POST /videos/{video_id}/music", "POST /chat music"),
        ("#song", "#music"),
        ("make music",),
    ),
    Offer(
        "the best moments, each a short of its own",
        ("make --sheet", "make --only"),
        ("the 8 best moments as shorts",),
        ("POST /chat sheet", "POST /runs/{run_id}/moments only"),
        ("#sheet", "data-moment", "#choose"),
        Not("in the message, in words; all that are proposed are rendered"),
    ),
    Offer(
        "a team's own look",
        ("make --brand", "brand"),
        A_FILE,
        Not("kits lie on the machine; the command line dresses a promo in one"),
        Not("kits lie on the machine; the command line dresses a promo in one"),
        Not("kits lie on the machine; the command line dresses a promo in one"),
    ),
    Offer(
        "promos that say where they came from, signed",
        ("make --sign", "origin FILE", "origin --json"),
        Not("a key is a file"),
        Not("HOOKLINE_SIGN signs whatever is made here"),
        Not("HOOKLINE_SIGN signs whatever is made here"),
        Not("HOOKLINE_SIGN signs whatever is made here"),
    ),
    Offer(
        "a transcript instead of listening",
        Not("one that lies beside the video under its name is used"),
        A_FILE,
        ("POST /videos/{video_id}/transcript", "DELETE /videos/{video_id}/transcript"),
        ("#transcript", "#listen"),
        Not("agents send no files; one that was given on the page or over HTTP is used"),
    ),
    Offer(
        "a plan with its cost, and nothing made",
        ("make --dry-run", "again --dry-run"),
        NO_WORDS,
        ("POST /chat plan",),
        ("#plan",),
        ("plan message", "plan video", "plan thread"),
    ),
    Offer(
        "a change",
        ("again RUN", "again WISH", "chat"),
        ("shorter", "drop the second clip", "undo"),
        ("POST /chat thread",),
        ("#message", "#send"),
        ("change message", "change thread"),
    ),
    Offer(
        "a misheard word put right",
        ("fix RUN", "fix WORDS"),
        Not("a name that is set by hand is not guessed out of a sentence"),
        ("POST /runs/{run_id}/fix words",),
        ("#fix", "#heard", "#right", "data-fix"),
        ("fix run_id", "fix words"),
    ),
    Offer(
        "why, what was left out, what it cost",
        ("show --why", "chat"),
        ("why clip 2?", "what did it cost?"),
        ("POST /chat message",),
        ("#message",),
        ("why run_id", "why question"),
    ),
    Offer(
        "what was made",
        ("runs --limit",),
        NO_WORDS,
        ("GET /runs limit",),
        ("#h-runs",),
        ("runs limit",),
    ),
    Offer(
        "one run, and how far it is",
        ("show RUN", "open RUN"),
        NO_WORDS,
        ("GET /runs/{run_id}", "GET /runs/{run_id}/events", "GET /runs/{run_id}/report"),
        ("#steps", "#state"),
        ("run run_id", "run wait", "make wait", "change wait", "fix wait"),
    ),
    Offer(
        "its files",
        Not("they lie in the outbox"),
        NO_WORDS,
        ("GET /runs/{run_id}/files/{name}",),
        ("#player",),
        ("files run_id", "file run_id", "file name"),
    ),
    Offer(
        "all files as one zip",
        Not("they lie in the outbox, in one folder"),
        NO_WORDS,
        ("GET /runs/{run_id}/files.zip",),
        (".zip",),
        Not("agents read the files that they need"),
    ),
    Offer(
        "a link for somebody else",
        Not("the file can be sent"),
        NO_WORDS,
        ("POST /runs/{run_id}/share name",),
        ("#share",),
        A_PERSON,
    ),
    Offer(
        "thumbs for a clip",
        Not("it is said while one looks at it, on the page"),
        NO_WORDS,
        ("POST /runs/{run_id}/thumbs clip", "POST /runs/{run_id}/thumbs thumb"),
        ("data-thumb",),
        A_PERSON,
    ),
    Offer(
        "approval",
        Not("it is said while one looks at it, on the page"),
        NO_WORDS,
        ("POST /runs/{run_id}/approval verdict",),
        ("data-verdict",),
        A_PERSON,
    ),
    Offer("deletion", ("forget RUN", "forget --yes"), BY_HAND, ("DELETE /runs/{run_id}",), ("#forget",), A_PERSON),
    Offer(
        "where finished sets go",
        ("make --out", "batch --out", "again --out", "fix --out", "chat --out", "serve --out", "mcp --out"),
        MACHINE,
        MACHINE,
        MACHINE,
        MACHINE,
    ),
    Offer(
        "answers as JSON",
        ("make --json", "batch --json", "again --json", "fix --json", "show --json", "runs --json"),
        NO_WORDS,
        RESULT,
        Not("a person reads the page"),
        RESULT,
    ),
    Offer(
        "the contract as a document",
        Not("--help of each verb"),
        NO_WORDS,
        ("GET /openapi.json",),
        Not("a person reads the page"),
        Not("the protocol lists the tools with what they take"),
    ),
    Offer(
        "the machine: what is installed, what is due, serving, evals",
        (
            "doctor",
            "doctor --aws",
            "sweep",
            "serve --host",
            "serve --port",
            "mcp --http",
            "mcp --host",
            "mcp --port",
            "evals",
        ),
        MACHINE,
        MACHINE,
        MACHINE,
        MACHINE,
    ),
)

DOORS = {
    "command": "command line",
    "words": "words",
    "http": "HTTP",
    "page": "page",
    "agents": "MCP",
}


def as_markdown() -> str:
    """The table for people."""
    rows = [["", *DOORS.values()], ["---"] * (1 + len(DOORS))]
    rows += [[offer.what, *(_cell(getattr(offer, door), door) for door in DOORS)] for offer in OFFERS]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(ways: Ways, door: str) -> str:
    if isinstance(ways, Not):
        return f"– {ways}"
    mark = '"' if door == "words" else "`"
    return ", ".join(f"{mark}{way}{mark}" for way in ways)


if __name__ == "__main__":
    print(as_markdown())
