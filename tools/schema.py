"""The nouns.  Spans are half-open seconds on the source's clock unless a name says otherwise."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
"""A part of a whole: 0 is none, 1 is all."""

Shape = Literal["16x9", "9x16", "1x1"]
Role = Literal["hook", "context", "proof", "payoff", "close"]
Style = Literal["clean", "bold", "karaoke", "none"]
SHORTEST, LONGEST = 6.0, 180.0
"""Seconds of a promo."""
SIZES: dict[Shape, tuple[int, int]] = {"16x9": (1920, 1080), "9x16": (1080, 1920), "1x1": (1080, 1080)}
"""Width and height in pixels of each shape."""


Box = tuple[float, float, float, float]
"""x, y, width, height in shares of an upright frame, from the left and the top."""


def _none(value: object) -> bool:
    """Whether there is nothing to tell: such fields are left out of a noun's JSON."""
    return not value


class Noun(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Take(Noun):
    """One of the recordings that a reel plays one after the other, and where in it."""

    name: str
    """As its file was called; only shown."""
    start: Seconds
    end: Seconds
    sha256: str = ""
    """Of the file that it was made of."""
    timecode: str = ""
    """The camera's number of its first frame, as ``Source.timecode``."""
    timecode_rate: str = ""
    """Frames that it counts in a second of time, a fraction: 30000/1001 where it counts 30."""


class Source(Noun):
    """What measuring a video, or sound alone, told; never what its name or header claims."""

    name: str
    sha256: str
    """Of all bytes; of what pins the object, where only parts of it are read."""
    bytes: int
    container: str
    duration: Seconds
    width: int = 0
    height: int = 0
    """Pixels as shown: after rotation and sample aspect ratio."""
    rate: str = "0/1"
    """Frames per second that promos are cut at, a fraction from 20 to 60: the file's own where it is even and in that range."""
    variable_rate: bool = False
    rotation: int = 0
    mirrored: bool = False
    """Whether it is turned about its upright axis before it is rotated, as a front camera may ask."""
    hdr: bool = False
    interlaced: bool = False
    video_codec: str | None = None
    audio_codec: str | None = None
    video_index: int | None = None
    audio_index: int | None = None
    art_index: int | None = None
    """Of sound alone: the picture that the file carries to stand for it; None without one."""
    channels: int = 0
    sample_rate: int = 0
    start: float = 0.0
    """First presentation time in the file; seeks add it, spans do not."""
    video_start: Seconds = 0.0
    """First frame on the source's clock; above 0 where sound comes first."""
    audio_start: Seconds = 0.0
    """First sound on the source's clock."""
    audio_first: bool = False
    """Whether the sound is the file's first stream of sound, which is the one that others would take."""
    audio_also: tuple[int, ...] = ()
    """Further tracks that are heard with it: voices that answer each other."""
    sides: Literal["", "left", "right", "both"] = ""
    """Which channels are heard on both sides; empty for each on its own."""
    heard: str = ""
    """Why this sound and no other, in sentences for a person; empty where there was nothing to choose."""
    colour: str = ""
    """Matrix of the picture: bt709, bt601 or bt2020."""
    timecode: str = ""
    """The camera's number of the first frame, ``14:09:42:05``, with ``;`` before the frames where it drops."""
    timecode_second: int = 0
    """Frames that it counts in a second."""
    takes: tuple[Take, ...] = Field(default=(), exclude_if=_none)
    """Of a reel: what plays in it, in order; none of a video that is one recording."""

    @property
    def fps(self) -> Fraction:
        return Fraction(self.rate)

    @property
    def has_video(self) -> bool:
        return self.video_index is not None

    @property
    def has_audio(self) -> bool:
        return self.audio_index is not None


class Span(Noun):
    start: Seconds
    end: Seconds

    @model_validator(mode="after")
    def _ordered(self) -> Span:
        if self.end < self.start:
            raise ValueError(f"a span must not end before it starts: {self.start} to {self.end}")
        return self

    @property
    def length(self) -> float:
        return self.end - self.start


class Word(Span):
    text: str
    confidence: Share | None = None
    speaker: str | None = None


class Sentence(Span):
    id: str
    """``S`` and a number from 1, in spoken order."""
    text: str
    words: tuple[Word, ...] = ()
    speaker: str | None = None
    take: int = Field(default=0, exclude_if=_none)
    """Of a reel: the place, from 0, of the take in which it is said."""


class Speech(Noun):
    """What a recogniser heard, before sentences are made of it."""

    words: tuple[Word, ...]
    language: str = "en"
    engine: str = ""
    warnings: tuple[str, ...] = ()


class Transcript(Noun):
    sentences: tuple[Sentence, ...] = ()
    language: str = "en"
    engine: str = ""
    warnings: tuple[str, ...] = ()
    takes: tuple[str, ...] = Field(default=(), exclude_if=_none)
    """Of a reel: the names of its takes."""

    @property
    def words(self) -> tuple[Word, ...]:
        return tuple(word for sentence in self.sentences for word in sentence.words)


class Shot(Span):
    id: str
    """``V`` and a number from 1, in order of time."""
    level: float | None = None
    """Mean loudness of its sound, dBFS; None without sound."""
    fade: float = 0.0
    """Seconds that the dissolve or fade at its start takes, centred on ``start``; 0 after a cut."""


class Face(Noun):
    """A box in shares of the frame's width and height, from the left and the top."""

    x: float
    y: float
    w: float
    h: float
    score: Share
    eyes_open: Share | None = None
    yaw: float | None = None
    """Degrees from facing the camera, where the engine tells."""
    smile: Share | None = None
    lids: float | None = None
    """How far the lids are apart, of an eye's width, where that was measured."""
    mouth: float | None = None
    """How far the lips are apart, of the mouth's width."""
    speaking: bool | None = None
    """Whether this is who speaks, where several faces of a shot were compared."""

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.w / 2, self.y + self.h / 2


class Label(Noun):
    name: str
    confidence: Share


class Frame(Noun):
    """One still: where it is, and what measuring and looking told."""

    at: Seconds
    shot: str
    file: str
    """Its name within the run folder, JPEG, at most 640 pixels wide."""
    sharpness: float = 0.0
    exposure: float = 0.0
    """Mean luma, 0 to 255."""
    contrast: float = 0.0
    """Standard deviation of luma."""
    colour: float = 0.0
    phash: str = ""
    straight: float = 0.0
    """Share of its edges that lie in long straight lines: 0.3 and more for slides and screens."""
    columns: tuple[float, ...] = ()
    """Where what draws the eye lies from left to right, 16 shares that sum to 1."""
    rows: tuple[float, ...] = ()
    """The same from top to bottom."""
    ground: str = ""
    """The colour of its edge, ``#rrggbb``, where that is one colour all around."""
    inner: Box | None = None
    """The box outside which it is nothing but ``ground``."""
    picture: Box | None = None
    """The box within bars that are burned in; None without any.  ``ground`` is that of its edge then."""
    paper: str = ""
    """The colour, ``#rrggbb``, that a slide is written on, where most of it is one."""
    content: Box | None = None
    """Of a slide: the box of all that stands on its paper, without its footer, its trim and a small picture of who speaks."""
    inset: Box | None = None
    """Of a slide: the box of a small picture of who speaks."""
    gates: tuple[str, ...] = ()
    """Why it can't be a cover: ``black``, ``white``, ``blur``, ``dissolve``, ``flat``, ``unsafe``."""
    faces: tuple[Face, ...] = ()
    labels: tuple[Label, ...] = ()
    text: tuple[str, ...] = ()
    text_boxes: tuple[Box, ...] = ()
    """x, y, w, h in shares of the frame, one for each line of ``text``."""
    unsafe: tuple[str, ...] = ()

    def distance(self, other: Frame) -> int:
        """Bits, of 64, in which the hashes of two pictures differ; up to 6 is the same picture to an eye."""
        return (int(self.phash or "0", 16) ^ int(other.phash or "0", 16)).bit_count()


class Observation(Noun):
    shots: tuple[Shot, ...] = ()
    frames: tuple[Frame, ...] = ()
    engine: str = ""
    warnings: tuple[str, ...] = ()


class Pick(Noun):
    """What the model chooses: ids, never times."""

    ids: tuple[str, ...] = Field(
        min_length=1, description="One id, or consecutive ids: S14, S15 (speech) or V3 (shots)"
    )
    role: Role
    reason: str = Field(min_length=1, max_length=600, description="Why this passage, in one sentence")
    optional: bool = Field(default=False, description="True if it may be left out to meet the length")


class Candidate(Noun):
    """Something that could have been picked, with what speaks for and against it."""

    ids: tuple[str, ...]
    kept: bool
    score: float
    parts: dict[str, float] = {}
    """Score by part, for example relevance, salience, alone, delivery, position, novelty."""
    reason: str = ""


class Check(Noun):
    """One measured promise: what, how much, the limit, and whether it held."""

    name: str
    value: float | str | None
    limit: str = ""
    passed: bool = True


class Certificate(Noun):
    checks: tuple[Check, ...] = ()

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    @property
    def failures(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.passed)


class Original(Noun):
    """Where a clip of a reel lies in the recording that it is of: seconds of its own, and the camera's number of its first frame."""

    name: str
    start: Seconds
    end: Seconds
    timecode: str = ""


class Clip(Span):
    """One span of the source in the promo, in playing order."""

    label: str
    """A, B, C … in playing order."""
    ids: tuple[str, ...]
    role: Role
    reason: str
    text: str = ""
    first_frame: int = 0
    frames: int = 0
    """Source frames from ``first_frame``, at ``CutList.rate``."""
    held: tuple[int, int] = (0, 0)
    """Frames at the start and at the end whose picture is held from inside the clip while their sound plays: another shot's."""
    certificate: Certificate = Certificate()
    flags: tuple[str, ...] = ()
    """Risks a person should look at, for example ``dangling opening``."""
    notes: tuple[str, ...] = ()
    """Risks that are not sure enough to warn of: for who looks closer, and for a strict run."""
    original: Original | None = Field(default=None, exclude_if=_none)
    """Of a reel: the recording that it is of."""


class CutList(Noun):
    id: str
    """``P`` and a number: the plan that ``assemble`` and ``cover`` take."""
    target: Seconds
    length: Seconds
    """Exact: the sum of the clips' frames, and of an end card's, over the rate."""
    rate: str
    """Frames per second of the promo, a fraction."""
    clips: tuple[Clip, ...]
    left_out: tuple[Candidate, ...] = ()
    certificate: Certificate = Certificate()
    wish: str = ""
    flags: tuple[str, ...] = ()
    card: int = 0
    """Frames of a brand's end card behind the clips; target and length hold it."""

    @property
    def fps(self) -> Fraction:
        return Fraction(self.rate)

    @property
    def frames(self) -> int:
        """Of the clips."""
        return sum(clip.frames for clip in self.clips)

    @property
    def clips_target(self) -> float:
        """Seconds that the clips are to last."""
        return self.target - float(self.card / self.fps)

    def starts(self) -> list[int]:
        """The frame of the promo at which each clip begins."""
        return [0, *accumulate(clip.frames for clip in self.clips[:-1])]


class Infeasible(Noun):
    """Why no cut meets the target, and what could."""

    reason: str
    nearest: tuple[Seconds, ...] = ()


class Platform(Noun):
    """Where a post goes: hard limits and our aims; None where there is no limit."""

    id: str
    name: str
    looked_up: str
    """Year and month; limits change."""
    shapes: tuple[Shape, ...]
    seconds_max: float
    seconds_aim: tuple[float, float] | None = None
    title_characters: int | None = None
    """None where the platform has no title."""
    description_characters: int | None = None
    description_bytes: int | None = None
    caption_characters: int | None = None
    """Where there is one text: hook, description and tags share it."""
    tags_max: int | None = None
    tags_ours: int = 3
    tags_characters: int | None = None
    """Of all tags together."""
    hook_characters: int = 100
    seen_first: int = Field(description="Characters that are seen before a reader asks for more")
    voice: str = ""

    @property
    def has_title(self) -> bool:
        return self.title_characters is not None

    @property
    def text_limit(self) -> int:
        """Characters of the description at most."""
        return self.description_characters or self.caption_characters or 280


class Line(Noun):
    """One piece of copy with the ids that it rests on."""

    text: str
    evidence: tuple[str, ...] = Field(min_length=1)


class Copy(Noun):
    """What is written for one platform."""

    platform: str
    hooks: tuple[Line, ...] = ()
    title: Line | None = None
    description: Line | None = None
    tags: tuple[Line, ...] = ()
    written_by: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """All that it says, in the order of a post."""
        return (*self.hooks, *(line for line in (self.title, self.description) if line), *self.tags)


class Cover(Noun):
    shape: Shape
    file: str
    still: str = ""
    """The still in the run folder that a chosen one is made of; empty where it is a plain ground."""
    at: Seconds
    score: float
    parts: dict[str, float] = {}
    hook: str | None = None
    chosen: bool = True
    reason: str = ""


class Framing(Noun):
    """How a stretch of the source is laid into a shape.  Boxes are x, y, w, h in shares of the upright source frame."""

    mode: Literal["crop", "fit", "split"] = "crop"
    """``fit`` lays the whole frame on ``ground`` or its own blur; ``split`` stacks ``box`` over ``second``."""
    box: Box = (0.0, 0.0, 1.0, 1.0)
    second: Box | None = None
    ground: str = ""
    """A colour, ``#rrggbb``, that goes on beyond the frame's edge; empty for its blur."""
    share: Share = 0.0
    """Of a split: the upper box takes this much of the height and the lower is shown whole on ``ground``; 0 for two filled halves."""
    reason: str = ""


class Piece(Noun):
    """Consecutive frames of one clip under one framing; the pieces of a clip cover its frames exactly."""

    clip: str
    first_frame: int
    """Source frame number at the cut's rate, as ``Clip.first_frame``."""
    frames: int
    framing: Framing


MEDIA_TYPES = {
    ".mp4": "video/mp4",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
    ".srt": "application/x-subrip",
    ".vtt": "text/vtt",
    ".ass": "text/x-ssa",
    ".xml": "application/xml",
    ".fcpxml": "application/xml",
    ".csv": "text/csv; charset=utf-8",
    ".edl": "text/plain",
    ".otio": "application/json",
}
"""Of all that is published, by how its name ends."""


class Artifact(Noun):
    """A file made and verified."""

    name: str
    """Its name in the outbox folder of the run."""
    sha256: str
    bytes: int
    media_type: str
    duration: Seconds | None = None
    certificate: Certificate | None = None
    viewer: Certificate | None = None
    """What a viewer sees of a promo; what does not hold is told, and nothing is refused for it."""


class Copies(Noun):
    copies: tuple[Copy, ...] = ()


class Covers(Noun):
    plan: str
    covers: tuple[Cover, ...] = ()
    warnings: tuple[str, ...] = ()


class Said(Noun):
    """A line that is to be translated."""

    id: str
    text: str
    room: int = Field(default=0, ge=0)
    """Columns of the translation that can be read in the line's time; 0 where there is no such bound."""


class Translated(Noun):
    """A line in another language."""

    id: str
    text: str
    names: dict[str, str] | None = None
    """Names that the line holds, each as the translation writes it; None from an engine that does not tell."""


class Translation(Noun):
    """The captions of one plan in another language."""

    plan: str
    language: str
    engine: str = ""
    lines: tuple[Translated, ...] = ()
    """Those that hold all that they must; any other line stays as it was said."""
    warnings: tuple[str, ...] = ()


class Artifacts(Noun):
    plan: str
    artifacts: tuple[Artifact, ...] = ()
    warnings: tuple[str, ...] = ()
    heard: str = ""
    """What a recogniser heard in the finished promo; empty where none was asked."""
    earlier: tuple[str, ...] = ()
    """Plans that were made in this run before, and whose files this one replaced."""


class Part(Noun):
    """Something that must be in the promo, in the person's words or as a time of the video."""

    query: str = Field(min_length=1, max_length=400)
    place: Literal["first", "any", "last"] = "any"

    def __str__(self) -> str:
        return f"{ {'first': 'opens with', 'any': 'has', 'last': 'ends with'}[self.place] } “{self.query}”"


class Window(Noun):
    """Where in the video a promo is taken from: seconds, those below zero from the end, or shares of it."""

    start: float = 0.0
    end: float | None = None
    """None for the video's end."""
    share: bool = False

    def of(self, duration: float) -> tuple[float, float]:
        """From where to where in a video of this many seconds."""
        whole = duration if self.share else 1.0
        start, end = self.start * whole, duration if self.end is None else self.end * whole
        first, last = (duration + each if each < 0 else each for each in (start, end))
        return max(0.0, first), min(duration, last)

    def __str__(self) -> str:
        if self.share:
            return f"{100 * self.start:.0f} to {100 * (1.0 if self.end is None else self.end):.0f} %"
        if self.start < 0 and self.end is None:
            return f"the last {-self.start:g} s"
        if self.end is None:
            return f"{_clock(self.start)} on"
        return f"{_clock(self.start)} to {_clock(self.end) if self.end >= 0 else f'{-self.end:g} s before the end'}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"


class Read(Noun):
    """Which model read the person's words, and what that cost."""

    by: str = ""
    dollars: float = 0.0


class Revised(Noun):
    """What a change is of: the promo as it played, what the rules make of the change, and what its words hold a cut to."""

    now: tuple[Pick, ...]
    """The clips before the change, in playing order."""
    rules: tuple[Pick, ...] = ()
    """The clips that the rules come to."""
    objections: tuple[str, ...] = ()
    """What an editor would object to in those, and did not in the ones before."""
    gone: tuple[str, ...] = ()
    """Ids that were taken out by name."""
    plays: tuple[tuple[str, ...], ...] = ()
    """Runs of ids that were named to stay, of each of which something plays."""
    first: tuple[str, ...] = ()
    """Ids of the clip that was named to open, one of which the opening plays."""
    last: tuple[str, ...] = ()
    """The same of the end."""
    order: tuple[tuple[str, ...], ...] = ()
    """Runs that play in this order, as far as they play."""
    opened: str = ""
    """The sentence or shot that opened before, where another opening was asked for."""
    whole: bool = False
    """Whether all of it was named, as by a length."""


class Options(Noun):
    """Further settings that change the result, all of which are part of what identifies a run.

    What was not asked is left out of their JSON, which goes into the run's id; names that nothing reads any more are passed over, so that
    briefs of before open.
    """

    model_config = ConfigDict(extra="ignore")

    strict: bool = False
    """Refuse a cut that carries a risk."""
    tighten: bool = False
    """Take out pauses and filler words."""
    clean: bool = False
    """Make a copy without captions too."""
    music: str = ""
    """The SHA-256 of a person's own music."""
    sidecar: str = ""
    """The SHA-256 of a transcript that came with the video."""
    brand: str = ""
    """The digest of a brand kit, which lies in the run's folder."""
    styled: bool = False
    """Whether the style of captions was asked for in words: of a brand's look their colours, size and place remain."""
    card: Seconds = 0.0
    """Of the target, what the brand's end card takes."""
    fresh: str = ""
    """A word that was never used before, where the same request is to be made again."""
    used: tuple[str, ...] = ()
    """Ids that play in another promo of the same request."""
    parts: tuple[Part, ...] = ()
    tone: str = ""
    least: Seconds | None = None
    most: Seconds | None = None
    """Between which the length may lie where the target can't be met; None where the target alone was asked."""
    without: tuple[str, ...] = ()
    """What may not be spoken of, in the person's words."""
    window: tuple[Window, ...] = ()
    """Where in the video the promo is taken from; all of it where there is none."""
    left: tuple[str, ...] = ()
    """What was asked and is not done, in sentences; each is a warning of the run."""
    opening: Literal["", "any"] = ""
    """``any`` where a person has decided what opens the promo."""
    pins: dict[str, tuple[int, int]] = {}
    """First frame and frames of the clips that a revision keeps, by their ids as ``S4-S5``."""
    revised: Revised | None = None
    """Of a change of what plays: what it is a change of."""
    restores: str = ""
    """The run that this version goes back to."""
    read: Read | None = None
    """Of this very request: no later one pays for it again."""
    highlights: int = 0
    """How many whole moments are proposed of the video; 0 for a promo."""
    highlight: Pick | None = None
    """The one moment that this promo plays, whole; chosen before."""
    sign: str = ""
    """Which key signs the promos: the beginning of its certificates' SHA-256, or its name where it has none."""
    tongues: tuple[str, ...] = ()
    """Languages into which captions are translated, by ISO 639; the first is burned in."""
    version: str = ""
    """The exact bytes, where what was used of them is found again by the next request."""

    def lasting(self, **asked: Any) -> Options:
        """Of a revision: what holds for every version of a promo, and what is ``asked`` of this one."""
        return Options(**{name: getattr(self, name) for name in LASTING} | asked)

    def but(self, **asked: Any) -> Options:
        return Options(**dict(self) | asked)

    @model_serializer(mode="wrap")
    def _as_asked(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in dump(self).items() if getattr(self, name) != getattr(NOTHING, name)}


LASTING = (
    "strict",
    "tighten",
    "clean",
    "music",
    "sidecar",
    "brand",
    "card",
    "styled",
    "fresh",
    "used",
    "without",
    "window",
    "tongues",
    "sign",
)
"""Options that a revision keeps."""
NOTHING = Options()
"""Where nothing further is asked."""


class Brief(Noun):
    """What was asked.  ``agent.brief`` makes it; its id is the run's."""

    run: str
    video: str
    """The name to show; never a path."""
    wish: str = ""
    topic: str = ""
    """What the promo should be about, in words; empty for the talk's own main point."""
    target: Seconds = 30.0
    shapes: tuple[Shape, ...] = ("16x9", "9x16", "1x1")
    platforms: tuple[str, ...] = ("youtube", "shorts", "tiktok", "reels", "linkedin", "x")
    captions: Style = "clean"
    language: str | None = None
    options: Options = NOTHING
    understood: str = ""
    """What was understood of the wish, for a person to read; no part of what identifies the run."""

    @property
    def clips_target(self) -> float:
        """Seconds that the clips are to last: the target without a brand's end card."""
        return self.target - self.options.card


class Highlight(Span):
    """A whole moment of the video that is proposed as a promo of its own."""

    rank: int = Field(ge=1)
    ids: tuple[str, ...] = Field(min_length=1)
    lasts: Seconds
    """As it plays: ``end`` less ``start``, unless pauses are taken out."""
    score: Share
    hook: str = ""
    """Its first words, for a list."""
    text: str
    reason: str
    still: str = ""
    """A picture of it in the run folder."""


class Highlights(Noun):
    highlights: tuple[Highlight, ...] = ()
    """Best first; no two share a sentence or say the same."""
    short: str = ""
    """Why there are fewer than were asked; empty where there are as many."""


class Misheard(Noun):
    """A word that the editor takes for misheard; a person confirms it, and nothing is changed before."""

    id: str
    """The sentence in which it stands."""
    heard: str
    said: str

    def __str__(self) -> str:
        return f"{self.id} “{self.heard}” may be “{self.said}”"


class Misheards(Noun):
    misheard: tuple[Misheard, ...] = ()


Status = Literal["done", "done with warnings", "nothing to make", "refused", "failed"]


class Outcome(Noun):
    run: str
    status: Status
    reason: str = ""
    understood: str = ""
    """What was understood of the wish; what was not is among the warnings."""
    offer: str = ""
    """What to ask for instead, where nothing could be made."""
    said: str = ""
    """The last words of the language model that edited; empty where none did."""
    misheard: tuple[Misheard, ...] = ()
    cut: CutList | None = None
    highlights: tuple[Highlight, ...] = ()
    """What is proposed, where whole moments were asked for."""
    artifacts: tuple[Artifact, ...] = ()
    covers: tuple[Cover, ...] = ()
    copies: tuple[Copy, ...] = ()
    warnings: tuple[str, ...] = ()
    brand: dict[str, Any] | None = None
    """The brand kit that it wears, with its digest."""
    dollars: float = 0.0
    seconds: float = 0.0
    engines: dict[str, str] = {}
