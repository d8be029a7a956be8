"""How ``cspine-train prepare`` is typed."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from inference.training.prepare import prepare
from inference.training.progress import progress_bars
from inference.training.pseudo_labels import make_pseudo_labels


def prepare_command(  # noqa: PLR0913, PLR0917 - one per option
    directory: Annotated[Path, typer.Argument(help="The RSNA 2022 set: train.csv, train_images.")],
    output: Annotated[Path, typer.Option(help="Folder for the prepared set.")],
    folds: Annotated[int, typer.Option(min=2, help="Of the cross-validation.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Of the folds.")] = 0,
    thin_to: Annotated[
        float | None,
        typer.Option(min=0.1, help="Leave out slices down to this distance, mm; else keep all."),
    ] = None,
    leave_free: Annotated[float, typer.Option(min=0, help="Room to leave on the disk, GB.")] = 1.0,
    pseudo_labels: Annotated[
        Path | None,
        typer.Option(
            help="A model file: it says which slices show which level where no segmentation does.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    device: Annotated[str, typer.Option(help="Of that model: auto, cpu or cuda[:n].")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Read a training set in the RSNA 2022 layout; goes on where a killed run stopped."""
    with progress_bars() as bars:
        report = prepare(
            directory,
            output,
            folds=folds,
            seed=seed,
            thin_to_mm=thin_to,
            leave_free_bytes=round(leave_free * 1e9),
            on_progress=bars,
        )
        pseudo = None
        if pseudo_labels is not None:
            pseudo = make_pseudo_labels(output, pseudo_labels, device=device, on_progress=bars)
    if as_json:
        value = {**asdict(report), "pseudo_labels": None if pseudo is None else asdict(pseudo)}
        sys.stdout.write(json.dumps(value) + "\n")
        return
    lines = report.lines if pseudo is None else (*report.lines, pseudo.line)
    sys.stdout.write("\n".join(lines) + "\n")
