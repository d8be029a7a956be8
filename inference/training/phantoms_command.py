"""How ``cspine-train phantoms`` is typed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from inference.errors import DataError
from inference.phantom.export import ExportOrder, export_phantoms, writing
from inference.phantom.rsna import export_rsna_studies
from inference.phantom.study import PhantomSpec
from inference.phantom.transfer_syntaxes import TRANSFER_SYNTAXES
from inference.training.progress import progress_bars

PLAIN: Final = "explicit"


class Layout(StrEnum):
    """How the files lie."""

    RSNA = "rsna"
    DICOM = "dicom"
    NUMPY = "numpy"


def known_syntax(name: str) -> str:
    """The name, if there is such a transfer syntax."""
    if name not in TRANSFER_SYNTAXES:
        raise typer.BadParameter(f"one of {', '.join(TRANSFER_SYNTAXES)}")
    return name


def phantoms_command(
    directory: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    layout: Annotated[
        Layout, typer.Option(help="The RSNA 2022 set's, DICOM folders, or arrays with labels.")
    ] = Layout.DICOM,
    first_seed: Annotated[int, typer.Option(min=0, help="From 100000 on they are for tests.")] = 0,
    count: Annotated[int, typer.Option(min=1, help="Studies, with seeds one after another.")] = 10,
    slices: Annotated[
        int | None, typer.Option(min=8, help="Of each study; as its protocol has it if not said.")
    ] = None,
    matrix: Annotated[int, typer.Option(min=32, help="Rows and columns.")] = 512,
    transfer_syntax: Annotated[
        str,
        typer.Option(help=f"For dicom: {', '.join(TRANSFER_SYNTAXES)}.", callback=known_syntax),
    ] = PLAIN,
    fracture_prevalence: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Share of fractured studies; 0.474 as in RSNA's if not said."
        ),
    ] = None,
) -> None:
    """Write synthetic studies for training or tests; no patient is behind them."""
    if layout is not Layout.DICOM and transfer_syntax != PLAIN:
        raise typer.BadParameter("only with --layout dicom", param_hint="--transfer-syntax")
    seeds = range(first_seed, first_seed + count)
    order = ExportOrder(layout.value, slices, matrix, fracture_prevalence, transfer_syntax)
    with progress_bars() as bars:
        made = _export(directory, order, seeds, lambda done: bars("phantoms", done, count))
    sys.stdout.write(f"{made} synthetic studies written to {directory}\n")


def _export(
    directory: Path, order: ExportOrder, seeds: range, on_progress: Callable[[int], None]
) -> int:
    if order.layout != Layout.RSNA:
        return export_phantoms(directory, order, seeds, on_progress=on_progress)
    with writing(directory):
        try:
            specs = _counted(order, seeds, on_progress)
            studies = export_rsna_studies(directory, specs, jpeg_lossless=True)
        except (FileExistsError, ValueError) as error:
            raise DataError(str(error)) from error
    return len(studies)


def _counted(
    order: ExportOrder, seeds: range, on_progress: Callable[[int], None]
) -> Iterator[PhantomSpec]:
    """The studies' specifications; asking for the next one means that the last is done."""
    for done, seed in enumerate(seeds):
        on_progress(done)
        yield order.spec(seed)
    on_progress(len(seeds))
