"""The tool ``transcribe``: what is said, as numbered sentences."""

from __future__ import annotations

from langchain.tools import ToolRuntime
from langchain_core.tools import ToolException, tool
from pydantic import BaseModel, Field

from tools.ports import Bench
from tools.schema import Speech, Transcript
from tools.troubles import NotReady, Refusal
from tools.words import cues, sidecar, timing
from tools.words.compact import pack
from tools.words.sentences import sentences


class TranscribeArgs(BaseModel):
    # A schema without fields makes LangChain drop the runtime, too.
    language: str = Field(
        default="", max_length=12, description="Language to listen for, such as en or de; empty for the request's"
    )


@tool("transcribe", args_schema=TranscribeArgs)
def transcribe(runtime: ToolRuntime[Bench], language: str = "") -> str:
    """Listen to the video.  Call it first.

    Answers numbered sentences: S14, when it begins, how long it lasts, who speaks, the words.  A long video gives an
    outline and how to read on.  A video without speech says so; look at it then, and cut by shots.
    """
    bench = runtime.context
    try:
        return view(listen(bench, bench.brief.language or language or None), bench)
    except NotReady as missing:
        if bench.brief.language or not language:
            raise
        raise ToolException(str(missing)) from missing  # the model's own idea, so the model may do without


def listen(bench: Bench, language: str | None = None) -> Transcript:
    """The run's transcript: what lies beside the video if that can be used, else what the engine hears."""
    workspace = bench.workspace
    if (known := workspace.transcript) is not None:
        return known
    source = workspace.source
    bench.steps.progress("transcribe", 0.0, "listening")
    speech = _beside(bench, language)
    if speech is None or (not speech.words and source.has_audio):
        told = speech.warnings if speech else ()
        heard = _heard(bench, language)
        speech = heard.model_copy(update={"warnings": (*told, *heard.warnings)})
    speech = _told_apart(bench, speech)
    transcript = Transcript(
        sentences=sentences(speech.words, speech.language, source.duration),
        language=speech.language,
        engine=speech.engine,
        warnings=speech.warnings,
    )
    cues.publish(workspace, transcript)
    bench.steps.progress("transcribe", 1.0, f"{len(transcript.sentences)} sentences")
    return transcript


def _heard(bench: Bench, language: str | None) -> Speech:
    source = bench.workspace.source
    if not source.has_audio:
        return Speech(
            words=(), warnings=("The video has no sound, so there is nothing to transcribe; it is cut by shots.",)
        )
    return bench.engines.transcriber.transcribe(source, bench.workspace, bench.steps, language)


def _told_apart(bench: Bench, speech: Speech) -> Speech:
    """The words with their speakers, where they came without and voices can be told apart."""
    diariser = bench.engines.diariser
    if diariser is None or not bench.workspace.source.has_audio or any(word.speaker for word in speech.words):
        return speech
    try:
        words = diariser.tell_apart(speech.words, bench.workspace, bench.steps)
    except NotReady as missing:
        return speech.model_copy(update={"warnings": (*speech.warnings, f"Voices were not told apart: {missing}")})
    return speech.model_copy(update={"words": words})


def _beside(bench: Bench, language: str | None) -> Speech | None:
    """The transcript beside the video, with word times from the engine where it has none of its own and hearing costs nothing."""
    workspace, source = bench.workspace, bench.workspace.source
    path = sidecar.find(workspace.folder)
    if path is None:
        return None
    try:
        speech, timed = sidecar.read(path, source.duration)
    except Refusal as refusal:
        return Speech(words=(), warnings=(f"The transcript beside the video was not used: {refusal}.",))
    speech = speech.model_copy(update={"language": language or speech.language})
    if timed or not speech.words or not source.has_audio:
        return speech
    guessed = (
        *speech.warnings,
        "The captions beside the video have no word times; a word's time is its share of its line.",
    )
    if bench.engines.transcriber.cost(source.duration) > 0:
        return speech.model_copy(update={"warnings": guessed})
    try:
        heard = _heard(bench, language)
    except NotReady as missing:
        return speech.model_copy(update={"warnings": (*guessed, str(missing))})
    words = timing.align(speech.words, heard.words)
    if words == speech.words:
        return speech.model_copy(update={"warnings": guessed})
    words = bench.engines.transcriber.align(words, workspace, speech.language)
    return speech.model_copy(update={"words": words, "engine": f"sidecar, timed by {heard.engine}"})


def view(transcript: Transcript, bench: Bench) -> str:
    """What the model reads."""
    words = len(transcript.words)
    if not words:
        head = "No speech: there are no sentences to cut by. Call look, then cut by shots (V1, V2 …)."
    else:
        head = f"{len(transcript.sentences)} sentences, {words} words, {transcript.language}, {bench.workspace.source.duration:.1f} s of video."
    notes = [f"Note: {warning}" for warning in transcript.warnings]
    return "\n".join([head, *notes, *([pack(transcript)] if words else [])])
