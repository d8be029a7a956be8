"""How ``cspine-train export`` is typed."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from inference.training.agreement import MAPS
from inference.training.export import Exported, export_model


def export_command(
    output: Annotated[Path, typer.Option(help="A new folder for what a node needs.")],
    weights: Annotated[
        Path | None, typer.Option(help="A safetensors file; the shipped one if not said.")
    ] = None,
    onnx: Annotated[bool, typer.Option(help="Also write the bundle for ONNX Runtime.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write weights, ONNX bundle and card, if both engines say the same of the same images."""
    exported = export_model(weights, output, onnx=onnx)
    if as_json:
        sys.stdout.write(json.dumps(asdict(exported), default=str) + "\n")
    else:
        _show(exported)


def _show(exported: Exported) -> None:
    console = Console(soft_wrap=True, highlight=False)
    for path in (exported.weights, exported.onnx, exported.card):
        if path is not None:
            console.print(str(path))
    if exported.agreement is not None:
        table = Table("output", "largest difference", title="PyTorch and ONNX Runtime, CPU")
        for name, value in exported.agreement.differences.items():
            unit = " of the maps' range" if name == MAPS else ""
            table.add_row(name, f"{value:.1e}{unit}")
        console.print(table)
