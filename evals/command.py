"""`hookline evals`: the suites that can be run from the command line."""

from pathlib import Path

import click


@click.command()
@click.option("--suite", type=click.Choice(["find"]), default="find", show_default=True)
@click.option("--data", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--predictions", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--lexical", is_flag=True, help="Without embeddings.")
def evals_command(suite: str, data: Path, predictions: Path, lexical: bool) -> None:
    """Choose the passages that requests in words ask for, and score them against people's."""
    from evals.find import main

    main(["--data", str(data), "--predictions", str(predictions), *(["--lexical"] if lexical else [])])
