"""How ``cspine-train evaluate`` is typed."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from inference.errors import DataError
from inference.training import report_lines
from inference.training.config import FIRST_TEST_SEED
from inference.training.evaluation import (
    PHANTOMS,
    PREPARED,
    DataStatement,
    Evaluated,
    Evaluation,
    to_json,
)
from inference.training.evaluation_card import card as model_card
from inference.training.evaluation_page import page
from inference.training.outcomes import Outcome, Reader
from inference.training.phantom_cohort import made_ahead, phantom_cases
from inference.training.prepared import PreparedStudy
from inference.training.prepared_cohort import fold_of, opened
from inference.training.progress import Bars, progress_bars
from inference.training.report_lines import LINES, interval, number
from inference.training.truth import TrueStudy

SEEDS: Final = f"{FIRST_TEST_SEED}-{FIRST_TEST_SEED + 199}"
Cohort = tuple[Iterator[TrueStudy], int, DataStatement]


def evaluate_command(  # noqa: PLR0913, PLR0917 - one per option
    weights: Annotated[
        list[Path] | None,
        typer.Option(help="A model file; several are read side by side. Not said: the shipped."),
    ] = None,
    seeds: Annotated[
        str, typer.Option(help=f"Phantoms, A-B; those below {FIRST_TEST_SEED} are for training.")
    ] = SEEDS,
    negatives: Annotated[int, typer.Option(min=0, help="Volumes without a cervical spine.")] = 12,
    matrix: Annotated[int, typer.Option(min=64, help="Of each phantom.")] = 448,
    slices: Annotated[
        int | None, typer.Option(min=8, help="Of each phantom; not said: 1 to 3 mm apart.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="A prepared set, in the place of phantoms.")
    ] = None,
    fold: Annotated[int, typer.Option(min=0, help="Of the prepared set.")] = 0,
    output: Annotated[
        Path | None, typer.Option(help="Folder for evaluation.json and evaluation.html.")
    ] = None,
    card: Annotated[Path | None, typer.Option(help="Write the model card here.")] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Keep the phantoms here, and take them from here.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="That make phantoms.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda[:n].")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print evaluation.json.")] = False,
) -> None:
    """Measure models on phantoms that no training run may see, or on a fold of a prepared set."""
    cohort = (
        _phantoms(seeds_of(seeds), negatives, matrix, slices, cache, workers)
        if data is None
        else _prepared(fold_of(data, fold), fold)
    )
    shipped: list[Path | None] = [None]
    readers = [Reader.load(each, device) for each in weights or shipped]
    with cohort as (studies, count, statement), progress_bars() as bars:
        outcomes = _read(readers, studies, count, bars)
    evaluation = Evaluation(
        statement,
        tuple(
            Evaluated.of(reader, own)
            for reader, own in zip(readers, zip(*outcomes, strict=True), strict=True)
        ),
    )
    if output is not None:
        _write(output / "evaluation.json", to_json(evaluation))
        _write(output / "evaluation.html", page(evaluation))
    if card is not None:
        _write(card, model_card(evaluation))
    if as_json:
        sys.stdout.write(to_json(evaluation))
    else:
        _print(evaluation)


def seeds_of(text: str) -> range:
    """``A-B``, both included.

    Raises:
        DataError: it is no such range, or holds seeds that may be trained on.
    """
    match = re.fullmatch(r"(\d+)-(\d+)", text)
    if match is None or int(match[1]) > int(match[2]):
        raise DataError(f"seeds {text!r} are no range: say for example {SEEDS}")
    first, last = int(match[1]), int(match[2])
    if first < FIRST_TEST_SEED:
        raise DataError(
            f"seeds {text} are refused: those below {FIRST_TEST_SEED} are for training "
            "and validation"
        )
    return range(first, last + 1)


@contextmanager
def _phantoms(
    seeds: range,
    negatives: int,
    matrix: int,
    slices: int | None,
    cache: Path | None,
    workers: int | None,
) -> Iterator[Cohort]:
    cases = phantom_cases(seeds, negatives=negatives, matrix=matrix, slices=slices)
    distance = "1 to 3 mm apart" if slices is None else f"{slices} of them"
    text = (
        f"{len(seeds)} procedural phantoms of the cervical spine (seeds {seeds[0]}–{seeds[-1]}), "
        f"fractured as often and at the same levels as in the RSNA 2022 set, and {negatives} "
        f"volumes without a cervical spine; slices {distance}, {matrix}×{matrix} pixels."
    )
    statement = DataStatement(True, text, (seeds[0], cases[-1].seed), PHANTOMS)
    with made_ahead(cases, workers=workers or os.cpu_count() or 1, kept=cache) as studies:
        yield studies, len(cases), statement


@contextmanager
def _prepared(studies: Sequence[PreparedStudy], fold: int) -> Iterator[Cohort]:
    fractured = sum(bool(each.levels) for each in studies)
    text = (
        f"Fold {fold} of the prepared set “{studies[0].directory.name}”: {len(studies)} studies, "
        f"{fractured} of them fractured. Whether the model was trained on them, "
        "the set does not tell."
    )
    yield opened(studies), len(studies), DataStatement(False, text, None, PREPARED)


def _read(
    readers: Sequence[Reader], studies: Iterator[TrueStudy], count: int, bars: Bars
) -> list[list[Outcome]]:
    """For each study what each reader says."""
    outcomes = []
    bars("reading studies", 0, count)
    for study in studies:
        outcomes.append([reader.read(study) for reader in readers])
        bars("reading studies", len(outcomes), count)
    return outcomes


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}") from error


def _print(evaluation: Evaluation) -> None:
    console = Console()
    console.print(evaluation.data.text)
    table = Table("", "aim", *(each.title for each in evaluation.models))
    for title, lines in LINES.items():
        table.add_section()
        table.add_row(f"[bold]{title}")
        for line in lines:
            aim = "" if line.aim is None else report_lines.aim_in_words(line.aim, line.unit)
            cells = []
            for model in evaluation.models:
                figure = model.figures.values[line.name]
                cells.append(
                    f"{number(figure.value, line.unit)}  [dim]{interval(figure, line.unit)}"
                )
            table.add_row(line.label, aim, *cells)
    console.print(table)
    console.print(f"[bold]{evaluation.data.warning}")
