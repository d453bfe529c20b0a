"""The tools ``transcribe`` and ``correct``: what is said, as numbered sentences, and what of it was misheard."""

from __future__ import annotations

from langchain.tools import ToolRuntime
from langchain_core.tools import ToolException, tool
from pydantic import BaseModel, Field

from tools.brand import shelf
from tools.ports import Bench
from tools.schema import Misheard, Misheards, Speech, Transcript
from tools.text import clean, contacts
from tools.troubles import NotReady, Refusal
from tools.words import corrections, cues, made_up, reeled, sidecar, timing
from tools.words.compact import pack, speakers
from tools.words.sentences import resolve

PROPOSED = 40
"""Words that a run may propose to put right."""


class TranscribeArgs(BaseModel):
    # A schema without fields makes LangChain drop the runtime, too.
    language: str = Field(
        default="", max_length=12, description="Language to listen for, such as en or de; empty for the request's"
    )


@tool("transcribe", args_schema=TranscribeArgs)
def transcribe(runtime: ToolRuntime[Bench], language: str = "") -> str:
    """Listen to the video.  Call it first.

    Answers numbered sentences: S14, when it begins, how long it lasts, who speaks as [A], [B] where voices were told
    apart, the words as they were heard.  A long video gives an outline and how to read on.  A video without speech says so; look at it then, and cut by shots.
    """
    bench = runtime.context
    try:
        return view(listen(bench, bench.brief.language or language or None), bench)
    except NotReady as missing:
        if bench.brief.language or not language:
            raise
        raise ToolException(str(missing)) from missing  # the model's own idea, so the model may do without


class CorrectArgs(BaseModel):
    id: str = Field(max_length=12, description="The sentence: S25")
    heard: str = Field(
        min_length=1, max_length=corrections.LONGEST, description="The words as they stand in it: comments"
    )
    said: str = Field(min_length=1, max_length=corrections.LONGEST, description="What was said there: commons")


@tool("correct", args_schema=CorrectArgs)
def correct(id: str, heard: str, said: str, runtime: ToolRuntime[Bench]) -> str:
    """Propose to put right a word that was misheard in a sentence that you use.  A person confirms it after the run.

    Until then everything keeps what was heard, so use a sentence that makes sense as it stands where you have the choice.
    """
    one = propose(runtime.context, id, heard, said)
    return f"Noted, for a person to confirm: {one}. Captions and words keep “{one.heard}” in this run."


def propose(bench: Bench, name: str, heard: str, said: str) -> Misheard:
    """The proposal, kept beside those before it; ``ToolException`` with all that is wrong with it."""
    workspace, transcript = bench.workspace, bench.workspace.transcript or Transcript()
    heard, said = clean(heard, corrections.LONGEST), clean(said, corrections.LONGEST)
    ids, wrong = resolve([name], transcript, None)
    wrong += [f"{name} is {len(ids)} sentences; name one"] if len(ids) > 1 else []
    there = [each for each in transcript.sentences if each.id in ids]
    if not wrong and not corrections.find(Transcript(sentences=tuple(there)), heard, said):
        wrong.append(f"“{heard}” does not stand in {ids[0]}, which reads “{clean(there[0].text, 300)}”")
    wrong += [f"what was said names no {contact.kind}" for contact in contacts(said)]
    wrong += ["what was said holds no “=”"] if "=" in heard + said else []
    before = workspace.load("misheard.json", Misheards) or Misheards()
    if len(before.misheard) >= PROPOSED:
        wrong.append(f"{PROPOSED} proposals are the most")
    if wrong:
        raise ToolException("Nothing was noted:\n" + "\n".join(f"- {each}" for each in wrong))
    one = Misheard(id=ids[0], heard=heard, said=said)
    workspace.save("misheard.json", Misheards(misheard=tuple(dict.fromkeys((*before.misheard, one)))))
    return one


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
    told = (source.heard,) if source.heard else ()
    transcript = Transcript(
        sentences=reeled.of_source(speech.words, speech.language, source),
        language=speech.language,
        engine=speech.engine,
        warnings=(*told, *speech.warnings),
        takes=tuple(take.name for take in source.takes),
    )
    laid = shelf.of_run(workspace)
    transcript = corrections.spelled(transcript, laid.brand.words.glossary if laid else ())
    cues.publish(workspace, transcript)
    bench.steps.progress("transcribe", 1.0, f"{len(transcript.sentences)} sentences")
    return transcript


def _heard(bench: Bench, language: str | None) -> Speech:
    source = bench.workspace.source
    if not source.has_audio:
        return Speech(
            words=(), warnings=("The video has no sound, so there is nothing to transcribe; it is cut by shots.",)
        )
    heard = bench.engines.transcriber.transcribe(source, bench.workspace, bench.steps, language)
    return made_up.believed(heard, source.duration)


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
    """What the model reads: how much was said, by how many voices, and the sentences."""
    words = len(transcript.words)
    if not words:
        why = "" if bench.workspace.source.has_audio else ", since the video has no sound"
        head = f"No speech{why}: there are no sentences to cut by. Call look, then cut by shots (V1, V2 …)."
    else:
        voices = len(speakers(transcript.sentences))
        who = f"{voices} voices, by letters" if voices else "voices not told apart"
        head = f"{len(transcript.sentences)} sentences, {words} words, {transcript.language}, {who}, {bench.workspace.source.duration:.1f} s of video."
    # Warnings are for a person: they name settings and commands.
    return "\n".join([head, *([pack(transcript)] if words else [])])
