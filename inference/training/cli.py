"""The command ``cspine-train``: make a model from phantoms or a prepared set, and measure one."""

from __future__ import annotations

import sys

import typer

from inference.errors import InferenceError
from inference.training.evaluate_command import evaluate_command
from inference.training.export_command import export_command
from inference.training.fit_command import fit_command
from inference.training.phantoms_command import phantoms_command
from inference.training.prepare_command import prepare_command

app = typer.Typer(
    help="Make a model, and measure one: on synthetic phantoms, or on a prepared set.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


app.command("phantoms")(phantoms_command)
app.command("prepare")(prepare_command)
app.command("fit")(fit_command)
app.command("evaluate")(evaluate_command)
app.command("export")(export_command)


def main() -> None:
    """Entry point: exit 0 done, 1 failed with one line on stderr, 2 wrong usage."""
    try:
        app()
    except InferenceError as error:
        sys.stderr.write(f"cspine-train: {error}\n")
        sys.exit(1)
