"""`hookline evals`: the suites that can be run from the command line."""

import json
import sys
from pathlib import Path

import click

CHECK_FAILED = 6
FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--suite", type=click.Choice(["cut", "find"]), default="cut", show_default=True)
@click.option("--data", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Meetings with labels.")
@click.option("--predictions", type=FILE, help="Where the passages of the suite find go; else into the folder.")
@click.option("--lexical", is_flag=True, help="The suite find without embeddings.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("evals-report"))
def evals_command(suite: str, data: Path | None, predictions: Path | None, lexical: bool, out: Path) -> None:
    """Score the agent on words alone, beside what it must beat; needs no account and no network."""
    if suite == "find":
        find(data, predictions, lexical, out)
        return
    from evals.cases import cases
    from evals.suites import run, told

    report = run([suite], cases())
    out.mkdir(parents=True, exist_ok=True)
    (out / "report.json").write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    click.echo(told(report))
    click.echo(f"{out / 'report.json'}", err=True)
    if report["gates"]:
        sys.exit(CHECK_FAILED)


def find(data: Path | None, predictions: Path | None, lexical: bool, out: Path) -> None:
    from evals.find import main

    if data is None:
        raise click.UsageError("The suite find needs --data FILE: meetings with people's labels.")
    if predictions is None:
        out.mkdir(parents=True, exist_ok=True)
        predictions = out / "predictions.jsonl"
    main(["--data", str(data), "--predictions", str(predictions), *(["--lexical"] if lexical else [])])
