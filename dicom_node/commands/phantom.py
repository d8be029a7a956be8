"""``cspine-node phantom``: a synthetic CT series as DICOM files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from dicom_node.errors import InputError
from inference.phantom.dicom import write_series
from inference.phantom.fractures import FractureType
from inference.phantom.study import FractureSpec, PhantomSpec, make_study


def phantom(directory: Path, *, seed: int, fractures: Sequence[str] | None, slices: int) -> None:
    """Write the series and say what is broken in it.

    Raises:
        InputError: the folder is in use or cannot be written.
    """
    wanted = parse_fractures(fractures)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise InputError(f"{directory} is not empty")
        study = make_study(PhantomSpec(seed, wanted, slices))
        paths = write_series(study, directory)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--fracture or --slices") from error
    except OSError as error:
        raise InputError(f"{directory}: {error.strerror}") from error
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
