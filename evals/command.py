"""`hookline evals`: run the suites, compare, replay, calibrate the judges, learn the weights."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from evals.cases import Case
    from evals.judges import Judge
    from evals.suites import Given

CHECK_FAILED = 6
OUT = Path("evals-report")
ALL = ("cut", "copy", "safety", "film", "find")
ASKED = ("editor",)
"""Suites that take minutes, and are run where they are named."""
THERE = click.Path(exists=True, dir_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
MODEL = "local, aws or module:Class"


@click.group(invoke_without_command=True)
@click.option("--suite", type=click.Choice([*ALL, *ASKED, "all"]), default="all", show_default=True)
@click.option("--model", help=f"Who decides: {MODEL}; default is the embedded planner.")
@click.option("--copywriter", help=f"Who writes: {MODEL}; default is the extractive one.")
@click.option("--against", type=THERE, help="A report to compare with.")
@click.option("--out", type=FOLDER, default=OUT, show_default=True)
@click.option(
    "--data",
    type=THERE,
    help="Meetings with people's labels for the suite find, or excerpts with an editor's marks for the suite editor; default are those that come along.",
)
@click.option(
    "--cuts", type=FILE, help="Write the cuts of the suite editor into this file, as runs of the excerpts' sentences."
)
@click.option(
    "--sentences", type=FILE, help="Write what the reader of sentences says of the suite editor's into this file."
)
@click.option("--predictions", type=FILE, help="Write the passages that find chooses into this file.")
@click.option("--lexical", is_flag=True, help="The suite find without embeddings.")
@click.option("--record", type=FOLDER, help="Keep the conversations of the suite cut in this folder, as cassettes.")
@click.option("--cassettes", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Play them instead.")
@click.option("--judge", help=f"Who answers the judges' questions: {MODEL}.")
@click.pass_context
def evals_command(context: click.Context, **asked: Any) -> None:
    """Score the agent beside what it must beat; needs no account and no network.

    Ends with 6 where it is worse than the report to compare with by more than chance, or breaks what must hold always.
    """
    if context.invoked_subcommand is None:
        _evals(**asked)


def _evals(
    suite: str,
    model: str | None,
    copywriter: str | None,
    against: Path | None,
    out: Path,
    data: Path | None,
    cuts: Path | None,
    sentences: Path | None,
    predictions: Path | None,
    lexical: bool,
    record: Path | None,
    cassettes: Path | None,
    judge: str | None,
) -> None:
    if sum(map(bool, (model, cassettes))) > 1 or (record and cassettes):
        raise click.UsageError("--cassettes plays what was recorded; leave --model and --record out.")
    suites = list(ALL) if suite == "all" else [suite]
    if cassettes or record:
        suites = [name for name in suites if name in ("cut", "copy")] or ["cut"]
    # Imported here, so that --help stays quick; everything that may be missing is asked for before a case begins.
    from evals.cases import DataError, cases
    from evals.page import page
    from evals.suites import earlier, regressions, run, told

    try:
        before = earlier(against) if against else None
        given = _given(suites, model, copywriter, data, lexical, judge, out)
        over = cases()
        if cassettes:
            given, over = _played(given, over, cassettes)
        if record:
            given = _recorded(given, record)
    except DataError as error:
        raise click.ClickException(str(error)) from error
    if cuts:
        given, sent = _collected(given)
    report = run(suites, over, given)
    report["regressions"] = list(regressions(report, before)) if before is not None else []
    if cuts:
        from evals import editor

        editor.save(sent, cuts)
        click.echo(f"{cuts}", err=True)
    if sentences:
        from evals import editor

        excerpts = dict.fromkeys(case.excerpt for case in given.edited)
        editor.save(
            [{"id": each.id, "s": at} | row for each in excerpts for at, row in enumerate(editor.marks(each))],
            sentences,
        )
        click.echo(f"{sentences}", err=True)
    if predictions:
        _predict(given, predictions)
    out.mkdir(parents=True, exist_ok=True)
    (out / "report.json").write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    (out / "report.html").write_text(page(report), "utf-8")
    click.echo(told(report))
    click.echo(f"{out / 'report.html'}, {out / 'report.json'}", err=True)
    if report["gates"] or report["regressions"]:
        sys.exit(CHECK_FAILED)


def _given(
    suites: Sequence[str],
    model: str | None,
    copywriter: str | None,
    data: Path | None,
    lexical: bool,
    judge: str | None,
    out: Path,
) -> Given:
    """Who decides, finds and judges.  Raises ``NotReady`` for what is missing: credentials, packages, a region."""
    from evals import find
    from evals.judges import calibrated
    from evals.suites import Given
    from tools.finding.passages import PassageFinder

    known: dict[str, Any] = {}
    if model:
        chosen, model_id = _model(model)
        known |= {"model": lambda case: chosen, "model_id": model_id}
    if copywriter:
        from agent.settings import load
        from agent.wiring import engines

        known["copywriter"] = engines(load(copywriter=copywriter)).copywriter
    if judge:
        known["judge"] = asked = _judge(judge, out)
        known["agreements"] = calibrated(_calibration(out), asked.model_id)
    if "editor" in suites:
        from evals import editor

        known["edited"] = editor.cases(editor.load(data or editor.MARKED))
    if "find" in suites:
        known["meetings"] = find.load(data or find.MEETINGS)
        finder = PassageFinder(None if lexical else find.embedder())
        known["finder"] = lambda: finder
    return Given(**known)


def _model(name: str) -> tuple[BaseChatModel, str]:
    """The chat model of a cell of the wiring, and its name for the record."""
    from agent import wiring
    from agent.settings import load

    chosen = load(model=name)
    return wiring.model(chosen), chosen.model_id


def _judge(name: str, out: Path) -> Judge:
    from evals.judges import Answers, Judge

    return Judge(*_model(name), Answers(out / "judgements.jsonl"))


def _calibration(out: Path) -> Path:
    return out / "calibration.jsonl"


def _predict(given: Given, path: Path) -> None:
    from evals import find

    find.save(list(find.predict(given.meetings, given.finder())), path)
    click.echo(f"{path}", err=True)


def _collected(given: Given) -> tuple[Given, list[dict[str, object]]]:
    """The same, and a list that grows by each cut of the suite editor: ``{"case", "clips"}``."""
    from dataclasses import replace

    from evals.editor import Edited, clips_of
    from evals.scorers import Attempt
    from evals.suites import AGENT

    found: list[dict[str, object]] = []

    def seen(case: Case, attempt: Attempt) -> None:
        if isinstance(case, Edited) and attempt.solver == AGENT:
            found.append({"case": case.id, "clips": clips_of(case, attempt)})

    return replace(given, seen=seen), found


def _recorded(given: Given, folder: Path) -> Given:
    """The same with every conversation kept, a case a file, as it goes on."""
    from dataclasses import replace

    from evals.cassettes import Recorder, place

    def model(case: Case) -> BaseChatModel:
        return Recorder(inner=given.model(case), path=place(folder, case), case=case.id, model_id=given.model_id)

    return replace(given, model=model)


def _played(given: Given, over: Sequence[Case], folder: Path) -> tuple[Given, list[Case]]:
    """The cases that have a cassette, and a model that plays it.  Raises ``DataError`` where none has."""
    from dataclasses import replace

    from evals.cases import DataError
    from evals.cassettes import Player, load, place

    known = {case.id: load(path) for case in over if (path := place(folder, case)).exists()}
    if not known:
        raise DataError(
            f"{folder} holds no cassette of these {len(over)} cases; make some with --model aws --record {folder}"
        )
    names = sorted({each.model_id for each in known.values()})
    play: Callable[[Case], BaseChatModel] = lambda case: Player(cassette=known[case.id])  # noqa: E731
    return replace(given, model=play, model_id=names[0]), [case for case in over if case.id in known]


@evals_command.command("replay")
@click.argument("runs", nargs=-1, required=True)
def replay_command(runs: tuple[str, ...]) -> None:
    """Carry finished RUNS out again from their record, with no model and no cloud, and compare the cut lists byte for byte.

    Ends with 6 where one comes out otherwise.
    """
    from agent.settings import load
    from doors.studio import open_records
    from evals.replay import difference, replay

    settings = load()
    ledger, same = open_records(settings), True
    for run in runs:
        again = replay(run, ledger, settings.home / "runs")
        same &= again.same
        told = f"the same cut list, {len(again.made)} bytes" if again.same else "another cut list"
        click.echo(f"{again.run[:12]}  {told}")
        for name in again.other:
            click.echo(f"  {name} answers otherwise than it did", err=True)
        if not again.same:
            click.echo(difference(again))
    sys.exit(0 if same else CHECK_FAILED)


@evals_command.command("record")
@click.argument("video")
@click.argument("wish")
@click.option("--revise", multiple=True, metavar="WORDS", help="A change of what was made; may be given again.")
@click.option("--into", type=FOLDER, help="Where conversations are kept; default is where they come along.")
@click.option("--name", default="", help="The file's name; default is made of the video and the words.")
def record_command(video: str, wish: str, revise: Sequence[str], into: Path | None, name: str) -> None:
    """Make a promo with the model of the settings, and keep the whole conversation, for `hookline evals play`.

    Whose video it is and what may be kept of it stands in videos.toml of the folder; without that nothing is asked.
    """
    from agent.settings import load
    from evals import conversations, rerun

    settings = load()
    if settings.model == "local":
        raise click.UsageError("No language model is chosen: set HOOKLINE_MODEL=aws, and HOOKLINE_COPYWRITER=aws.")
    what = f"Answers of a language model ({settings.model}, {settings.copywriter})."
    kept, made = conversations.record(
        video, [wish, *revise], settings, into or conversations.KEPT, settings.model_id, what, name, click.echo
    )
    for outcome, place in made:
        click.echo(f"{outcome.status}  {place}")
    click.echo(rerun.table([(kept, kept.tally)]))


@evals_command.command("play")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False)
def play_command(folder: Path | None) -> None:
    """Play every kept conversation, with no model, and print what each came to.

    Ends with 6 where one is stale or breaks what must hold of any run; where tools only answer otherwise than then, that is told.
    """
    from evals import conversations, rerun

    played, sound = [], True
    for path in conversations.there(folder or conversations.KEPT):
        conversation = conversations.load(path)
        told = rerun.told(conversation)
        sound &= told.sound
        played.append((conversation, told.tally))
        for line in told.lines:
            click.echo(f"{conversation.id}: {line}", err=True)
    if not played:
        raise click.ClickException(f"{folder or conversations.KEPT} holds no kept conversation.")
    click.echo(rerun.table(played))
    sys.exit(0 if sound else CHECK_FAILED)


@evals_command.command("calibrate")
@click.option("--judge", default="aws", show_default=True, help=f"Who answers: {MODEL}.")
@click.option("--out", type=FOLDER, default=OUT, show_default=True)
def calibrate_command(judge: str, out: Path) -> None:
    """Put the judges beside people's thumbs on clips.  A judge that agrees by 80 % may gate; no other does."""
    from agent.settings import load
    from doors.studio import open_records
    from evals import judges

    asked, settings = _judge(judge, out), load()
    labels = list(judges.labelled(open_records(settings), settings.home / "runs"))
    if not labels:
        raise LookupError("Nobody has given a thumb yet. Open a run's page (hookline serve) and give its clips thumbs.")
    found = judges.calibrate(asked, labels)
    judges.save(_calibration(out), found)
    click.echo(judges.told(found))
    click.echo(f"{len(labels)} thumbs, {asked.asked} questions asked, ${asked.dollars:.4f}, {asked.model_id}", err=True)


@evals_command.command("train")
@click.option(
    "--on", type=click.Choice(["local", "sagemaker"]), help="Go on from the weights in use, here or by a training job."
)
@click.option("--data", type=THERE, help="Meetings with people's labels; with --on, in place of what your team chose.")
@click.option(
    "--held", type=THERE, help="Without --on: meetings to report on, never learned from; prints the ablation."
)
@click.option("--cache", type=FILE, help="Without --on: keep embeddings in this .npz between runs.")
@click.option(
    "--out",
    type=FOLDER,
    help="Where the weights go; with --on the folder weights of HOOKLINE_HOME, else where the finder reads them.",
)
@click.option(
    "--set",
    "told",
    multiple=True,
    metavar="NAME=VALUE",
    help="A hyperparameter of the job: of=trees, rounds=20 …; may be given again.",
)
@click.option("--image", default="", help="With --on sagemaker: the pushed image of sam/model.Dockerfile.")
@click.option("--role", default="", help="With --on sagemaker: the ARN of the role that the job takes.")
@click.option("--instance", default="ml.m5.large", show_default=True, help="With --on sagemaker: the machine.")
@click.option("--on-demand", is_flag=True, help="With --on sagemaker: no spot, which is cheaper and may wait.")
def train_command(on: str | None, data: Path | None, **asked: Any) -> None:
    """Learn the weights of the passage finder from the passages that people chose; needs lightgbm where it is done.

    With --on they are your team's: thumbs, and clips kept and dropped in words, out of the record.  They are written only where no score on
    talks that were held out falls; it ends with 6 where one does.
    """
    from evals.cases import DataError

    try:
        if on:
            sys.exit(_learn(on, data, **asked))
        if data is None:
            raise click.UsageError(
                "--data names the meetings to learn from; --on local learns from what your team chose."
            )
        from evals.train_find import train

        train(data, held=asked["held"], cache=asked["cache"], out=asked["out"])
    except DataError as error:
        raise click.ClickException(str(error)) from error


def _learn(
    on: str, data: Path | None, out: Path | None, told: Sequence[str], image: str, role: str, instance: str, on_demand: bool, **_: Any
) -> int:  # fmt: skip
    """Learn from a team's choices; the exit status."""
    from agent import wiring
    from agent.settings import load
    from doors.studio import open_records
    from evals import choices, find, learning

    settings, parameters = load(), dict(_pair(each) for each in told)
    records, store = open_records(settings), wiring.build("store", settings.store, settings)
    rows = find.load(data) if data else choices.meetings(records, store)
    click.echo(choices.told(rows), err=True)
    if not rows:
        raise LookupError(
            "Nobody has judged a promo that was asked for by a topic. Give clips thumbs (hookline serve), or drop and keep clips in words."
        )
    base = wiring.weights_folder(settings, store)
    if on == "local":
        made = learning.here(rows, base, parameters, lambda text: click.echo(text, err=True))
    else:
        from tools.aws.training import JobFailed, Training

        training = Training(
            settings.outbox_bucket, image, role, settings.outbox_prefix, instance, settings.kms_key or None, settings.region or None,
            not on_demand, say=lambda text: click.echo(text, err=True),
        )  # fmt: skip
        held = records.reserve("local", training.most, settings.dollars_per_day)
        try:
            made = learning.there(rows, base, parameters, training)
        except JobFailed as error:
            raise click.ClickException(str(error)) from error
        records.settle(held, made.dollars)
    if made.failure:
        raise click.ClickException(made.failure)
    click.echo(learning.told(made.scores))
    if not made.files:
        click.echo("Nothing is written: a score fell on talks that were held out.", err=True)
        return CHECK_FAILED
    folder = out or settings.home / "weights"
    elsewhere = learning.bring(made, folder, store)
    click.echo(
        f"{', '.join(made.files)} are written (${made.dollars:.4f}).  Use them: HOOKLINE_WEIGHTS={folder}, elsewhere HOOKLINE_WEIGHTS={elsewhere}"
    )
    return 0


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--set {text}: give NAME=VALUE, such as rounds=20")
    return name.strip(), value.strip()
