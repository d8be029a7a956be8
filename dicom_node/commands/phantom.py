"""``cspine-node phantom``: a synthetic CT series as DICOM files."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import typer

from dicom_node.errors import InputError
from inference.phantom.dicom import write_series
from inference.phantom.fractures import FractureType
from inference.phantom.study import FractureSpec, PhantomSpec, make_study
from inference.phantom.transfer_syntaxes import TRANSFER_SYNTAXES


def phantom(
    directory: Path,
    *,
    seed: int,
    fractures: Sequence[str] | None,
    slices: int,
    transfer_syntax: str,
) -> None:
    """Write the series and say what is broken in it; the files appear when all are written.

    Raises:
        InputError: the folder is in use or cannot be written.
    """
    wanted = parse_fractures(fractures)
    if transfer_syntax not in TRANSFER_SYNTAXES:
        known = ", ".join(TRANSFER_SYNTAXES)
        raise typer.BadParameter(f"one of {known}", param_hint="--transfer-syntax")
    partial = directory / ".partial"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if any(each != partial for each in directory.iterdir()):
            raise InputError(f"{directory} is not empty")
        shutil.rmtree(partial, ignore_errors=True)
        study = make_study(PhantomSpec(seed, wanted, slices))
        paths = write_series(study, partial, transfer_syntax=TRANSFER_SYNTAXES[transfer_syntax])
        for path in paths:
            path.rename(directory / path.name)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--fracture or --slices") from error
    except OSError as error:
        raise InputError(f"{directory}: {error.strerror}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    broken = ", ".join(f"{each.level} {each.type.value}" for each in study.fractures)
    typer.echo(f"{len(paths)} slices in {directory}: {broken or 'intact'}")


def parse_fractures(texts: Sequence[str] | None) -> tuple[FractureSpec, ...] | None:
    """``LEVEL[:TYPE]`` each, or the one word ``none``; ``None`` leaves it to the seed."""
    if not texts:
        return None
    if "none" in texts:
        if len(texts) > 1:
            raise typer.BadParameter("'none' stands alone", param_hint="--fracture")
        return ()
    return tuple(_parse(text) for text in texts)


def _parse(text: str) -> FractureSpec:
    level, _, kind = text.partition(":")
    try:
        return FractureSpec(level.upper(), FractureType(kind) if kind else None)  # type: ignore[arg-type]  # checked by FractureSpec
    except ValueError as error:
        raise typer.BadParameter(f"{text}: {error}", param_hint="--fracture") from error
