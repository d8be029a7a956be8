"""The command ``cspine-train``: make a model from phantoms, and measure one."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from inference.errors import InferenceError
from inference.predictor import Predictor
from inference.training import evaluate as evaluation
from inference.training.cohort import Outcome, cohort, read_cohort
from inference.training.export_command import export_command
from inference.training.fit_command import fit_command
from inference.training.prepare_command import prepare_command
from inference.training.progress import progress_bars
from inference.training.recipe import FIRST_TEST_SEED

app = typer.Typer(
    help="Make a model from synthetic phantoms, and measure one.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


app.command("prepare")(prepare_command)
app.command("fit")(fit_command)
app.command("export")(export_command)


@app.command()
def evaluate(  # noqa: PLR0913, PLR0917 - one per option
    weights: Annotated[
        Path | None, typer.Option(help="A model file; the shipped one if not said.")
    ] = None,
    fractured: Annotated[int, typer.Option(min=1)] = 42,
    intact: Annotated[int, typer.Option(min=1)] = 42,
    negatives: Annotated[int, typer.Option(min=1)] = 12,
    first_seed: Annotated[
        int, typer.Option(min=FIRST_TEST_SEED, help="Seeds below this are for training.")
    ] = FIRST_TEST_SEED,
    slices: Annotated[int, typer.Option(min=2, help="Of each phantom.")] = 96,
    matrix: Annotated[int, typer.Option(min=64, help="Of each phantom.")] = 512,
    device: Annotated[str, typer.Option()] = "auto",
    card: Annotated[Path | None, typer.Option(help="Write the model card here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure a model on phantoms that no training run may see."""
    predictor = Predictor.load(weights, device)
    cases = cohort(
        first_seed,
        fractured=fractured,
        intact=intact,
        negatives=negatives,
        slices=slices,
        matrix=matrix,
    )
    outcomes: list[Outcome] = []
    with progress_bars() as bars:
        for outcome in read_cohort(predictor, cases):
            outcomes.append(outcome)
            bars("reading phantoms", len(outcomes), len(cases))
    summary = evaluation.summarise(outcomes, predictor.record.operating_point)
    if card is not None:
        text = evaluation.card(predictor.identity, predictor.record, summary, cases)
        card.write_text(text, encoding="utf-8")
    if as_json:
        sys.stdout.write(json.dumps(asdict(summary)) + "\n")
        return
    table = Table("on synthetic phantoms, not patients", "measured")
    for what, value in evaluation.rows_of(summary):
        table.add_row(what, value)
    Console().print(table)


def main() -> None:
    """Entry point: exit 0 done, 1 failed with one line on stderr, 2 wrong usage."""
    try:
        app()
    except InferenceError as error:
        sys.stderr.write(f"cspine-train: {error}\n")
        sys.exit(1)
