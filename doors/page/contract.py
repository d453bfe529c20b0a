"""What the HTTP doors take and give, as models; the OpenAPI document is made of them."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from agent.quote import Quote

ID = r"^[0-9a-f]{20}$"
KEY = r"^[!-~]{1,128}$"
"""An idempotency key: visible ASCII."""
MESSAGE = 2000
"""Characters of one message at most."""


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


def _said(text: str) -> str:
    """``text`` if it says something.  Controls and lone surrogates are refused rather than dropped: nobody types them."""
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\r\t" for char in text):
        raise ValueError("holds control characters; send plain text")
    if not text.strip():
        raise ValueError("is empty; say what you want, for example: make a 30s promo about pricing")
    return text


class Said(Model):
    """A request, a revision or a question in words."""

    message: Annotated[str, Field(min_length=1, max_length=MESSAGE), AfterValidator(_said)]
    video: Annotated[str, Field(pattern=ID)] | None = Field(default=None, description="Needed where no thread is given")
    thread: Annotated[str, Field(pattern=ID)] | None = Field(default=None, description="A conversation to go on with")
    clean: bool = Field(default=False, description="For a new promo: beside each its master without captions")
    strict: bool = Field(
        default=False,
        description="For a new promo: refuse a wish that is not met whole, and a cut that carries a risk to the speaker's meaning",
    )
    tighten: bool = Field(default=False, description="For a new promo: take out fillers and long silences")
    fresh: bool = Field(default=False, description="For a new promo: make it again even when it was made before")
    music: Annotated[str, Field(pattern=ID)] | None = Field(
        default=None, description="For a new promo: the id of music that was given with the video, laid under the voice"
    )
    sheet: bool = Field(
        default=False,
        description="For the best moments, each a short of its own: propose them and render none; which are rendered is said by /runs/{run_id}/moments",
    )
    plan: bool = Field(default=False, description="Only say what would happen, how long it takes and what it costs")

    @property
    def beside(self) -> dict[str, Any]:
        """What is asked for a new promo beside its words."""
        return {name: value for name in BESIDE if (value := getattr(self, name))}


BESIDE = {
    "clean": "A clean master",
    "strict": "A strict run",
    "tighten": "A promo without fillers and silences",
    "fresh": "Making it again",
    "music": "Music",
    "sheet": "A sheet of moments",
}
"""What is asked for a new promo beside its words, each as a sentence begins with it."""


class Fix(Model):
    """What was heard wrong, put right."""

    words: list[Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_said)]] = Field(
        min_length=1,
        max_length=20,
        description="The right word where what was heard sounds like it, as Kubernetes; else both, as cooper netties=Kubernetes",
    )


class Chosen(Model):
    """Which of the moments that a run proposed are rendered."""

    only: list[Annotated[int, Field(ge=1, le=100)]] = Field(
        min_length=1, max_length=100, description="Their numbers, as the run tells them"
    )


class Forgotten(Model):
    """A run that was deleted, and what of it could not be."""

    run_id: str
    left: list[str]


class Thumb(Model):
    """What a person thinks of a clip."""

    clip: int = Field(ge=1, le=1000, description="The clip's number in playing order, from 1")
    thumb: Literal["up", "down"]


class Decided(Model):
    """What a person decides about a promo."""

    verdict: Literal["approved", "rejected"]


class Share(Model):
    """A file of a run that is to be seen by someone else."""

    name: Annotated[str, Field(min_length=1, max_length=200)]


class Wanted(Model):
    """A video that is to be uploaded."""

    name: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_said)]


class Trouble(Model):
    """What was wrong, and what to do."""

    code: str
    error: str
    to_do: str


class Answer(Model):
    """What came of a message: ``run_id`` where something is made, ``reply`` where words suffice, ``plan`` where only that was asked."""

    thread: str | None = None
    run_id: str | None = None
    version: int | None = None
    status: str | None = None
    understood: str = ""
    changes: str = ""
    reply: str = ""
    plan: Quote | None = None


class Step(Model):
    name: str
    title: str = Field(description="The same in a person's words")
    state: Literal["working", "done", "refused", "failed"]
    share: float = Field(ge=0, le=1)
    seconds: float
    dollars: float
    note: str = ""


class Output(Model):
    name: str
    url: str
    media_type: str
    bytes: int
    seconds: float | None = None


class Cost(Model):
    dollars: float
    tokens_in: int
    tokens_out: int
    model_calls: int
    tool_calls: int


class Clip(Model):
    """``start`` and ``end`` are seconds of the video."""

    n: int
    label: str
    role: str
    start: float
    end: float
    ids: list[str]
    text: str
    reason: str
    thumb: Literal["up", "down"] | None = None


class Moment(Model):
    """A whole moment that is proposed as a promo of its own; ``start`` and ``end`` are seconds of the video."""

    n: int
    start: float
    end: float
    seconds: float
    text: str
    reason: str
    run_id: str | None = Field(default=None, description="The run that rendered it")


class Approval(Model):
    """Who decided about a promo, and when."""

    verdict: Literal["approved", "rejected"]
    who: str
    at: str


class Link(Model):
    """An address from which anyone who holds it may have the file."""

    url: str
    expires_in: int


class Line(Model):
    """A run in a list."""

    run_id: str
    thread: str
    version: int
    parent: str | None = None
    video: str
    wish: str
    status: str
    created: str
    seconds: float
    dollars: float


class Misheard(Model):
    """What the editor takes for misheard, for a person to confirm."""

    id: str
    heard: str
    said: str


class Run(Line):
    reply: str
    understood: str = Field(
        default="", description="What was understood of the wish; what was not is among the warnings"
    )
    changes: str
    reason: str
    offer: str
    said: str
    misheard: list[Misheard]
    length: float | None
    steps: list[Step]
    clips: list[Clip]
    moments: list[Moment] = Field(default=[], description="What is proposed, best first, where moments were asked for")
    outputs: list[Output]
    cost: Cost
    warnings: list[str]
    report: str | None
    approval: Approval | None = None


class Runs(Model):
    runs: list[Line]


class Video(Model):
    id: str
    name: str
    bytes: int
    seconds: float | None
    added: str
    transcript: str | None = Field(default=None, description="The name of the transcript that was given with it")
    music: list[Sound] = Field(default=[], description="Music that was given with it")


class Sound(Model):
    """Music that was given with a video."""

    id: str
    name: str
    bytes: int


class Videos(Model):
    videos: list[Video]


def tell_video(video: dict[str, Any]) -> Video:
    """A video of a shelf, without what is not told of it."""
    return Video.model_validate({name: video[name] for name in Video.model_fields if name in video})


class Form(Model):
    """A form to post to the store itself: all ``fields`` first, then the video as ``file``."""

    url: str
    fields: dict[str, str]
    expires_in: int


class Thumbs(Model):
    thumbs: dict[str, Literal["up", "down"]]


MODELS: tuple[type[BaseModel], ...] = (
    Said,
    Fix,
    Chosen,
    Forgotten,
    Sound,
    Thumb,
    Decided,
    Share,
    Approval,
    Moment,
    Link,
    Wanted,
    Trouble,
    Answer,
    Run,
    Runs,
    Video,
    Videos,
    Form,
    Thumbs,
)


def schemas() -> dict[str, Any]:
    """All models as JSON Schema, by name, as OpenAPI keeps them."""
    from pydantic.json_schema import models_json_schema

    _, found = models_json_schema(
        [(model, "validation") for model in MODELS], ref_template="#/components/schemas/{model}"
    )
    made: dict[str, Any] = found["$defs"]
    return made
