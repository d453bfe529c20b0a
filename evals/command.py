"""`hookline evals`: the suites that can be run from the command line."""

import json
import sys
from pathlib import Path

import click

CHECK_FAILED = 6
OUT = Path("evals-report")
FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--suite", type=click.Choice(["cut", "copy", "safety", "find", "all"]), default="all", show_default=True)
@click.option("--data", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Meetings with labels.")
@click.option("--predictions", type=FILE, help="Where the passages of the suite find go; else into the folder.")
@click.option("--lexical", is_flag=True, help="The suite find without embeddings.")
@click.option(
    "--against", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A report to compare with."
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=OUT, show_default=True)
def evals_command(
    suite: str, data: Path | None, predictions: Path | None, lexical: bool, against: Path | None, out: Path
) -> None:
    """Score the agent on words alone, beside what it must beat; needs no account and no network.

    Ends with 6 where it is worse than the report to compare with by more than chance, or breaks what must hold always.
    """
    if suite == "find" and data is None:
        raise click.UsageError("The suite find needs --data FILE: meetings with people's labels.")
    wrong = suite != "find" and _scored([suite] if suite != "all" else ["cut", "copy", "safety"], against, out)
    if data is not None and suite in ("find", "all"):
        find(data, predictions, lexical, out)
    elif suite == "all":
        click.echo("find: left out, since it needs --data FILE", err=True)
    if wrong:
        sys.exit(CHECK_FAILED)


def _scored(suites: list[str], against: Path | None, out: Path) -> bool:
    """Whether something is wrong with what the report says, which is written and printed."""
    from evals.cases import DataError, cases
    from evals.page import page
    from evals.suites import earlier, regressions, run, told

    try:
        before = earlier(against) if against else None
        over = cases()
    except DataError as error:
        raise click.ClickException(str(error)) from error
    report = run(suites, over)
    report["regressions"] = list(regressions(report, before)) if before is not None else []
    out.mkdir(parents=True, exist_ok=True)
    (out / "report.json").write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    (out / "report.html").write_text(page(report), "utf-8")
    click.echo(told(report))
    click.echo(f"{out / 'report.html'}, {out / 'report.json'}", err=True)
    return bool(report["gates"] or report["regressions"])


def find(data: Path, predictions: Path | None, lexical: bool, out: Path) -> None:
    from evals.find import main

    if predictions is None:
        out.mkdir(parents=True, exist_ok=True)
        predictions = out / "predictions.jsonl"
    main(["--data", str(data), "--predictions", str(predictions), *(["--lexical"] if lexical else [])])
