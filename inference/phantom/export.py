"""Many synthetic studies on disk, one folder each, with what is known of them beside.

    DIR/phantoms.json              what was asked; with it, a killed export goes on
    DIR/PHANTOM-7/study.json       fractures with their boxes, confounders, patient, scanner
    DIR/PHANTOM-7/dicom/0001.dcm …                       layout "dicom"
    DIR/PHANTOM-7/hu.npy, labels.npy, affine.npy         layout "numpy"

A study's folder appears whole or not at all.
"""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from inference.errors import DataError, NoRoomError
from inference.phantom.dicom import write_series
from inference.phantom.spec import draw_fractures
from inference.phantom.study import PhantomSpec, PhantomStudy, make_study
from inference.phantom.transfer_syntaxes import TRANSFER_SYNTAXES

ORDER_FILE: Final = "phantoms.json"
STUDY_FILE: Final = "study.json"
NOTE: Final = "Synthetic: made of geometry, no patient. It says nothing about clinical accuracy."


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """What is the same for all studies of an export.

    Attributes:
        layout: a key of ``LAYOUTS``.
        slices, matrix: as of :class:`PhantomSpec`.
        prevalence: share of fractured studies (0 … 1); ``None``: RSNA's, by the seed.
        transfer_syntax: a key of ``TRANSFER_SYNTAXES``, for DICOM.
    """

    layout: str
    slices: int | None = None
    matrix: int = 512
    prevalence: float | None = None
    transfer_syntax: str = "explicit"

    def spec(self, seed: int) -> PhantomSpec:
        """One of its studies."""
        share = self.prevalence
        wanted = None if share is None else draw_fractures(seed, share)
        return PhantomSpec(seed, wanted, self.slices, self.matrix)


def write_dicom(study: PhantomStudy, folder: Path, order: ExportOrder) -> None:
    """A CT series, numbered from the head."""
    syntax = TRANSFER_SYNTAXES[order.transfer_syntax]
    write_series(study, folder / "dicom", transfer_syntax=syntax)


def write_numpy(study: PhantomStudy, folder: Path, order: ExportOrder) -> None:
    """The arrays of :class:`PhantomStudy`."""
    del order
    for name in ("hu", "labels", "affine"):
        np.save(folder / f"{name}.npy", getattr(study, name))


LAYOUTS: Final[dict[str, Callable[[PhantomStudy, Path, ExportOrder], None]]] = {
    "dicom": write_dicom,
    "numpy": write_numpy,
}


def export_phantoms(
    directory: Path,
    order: ExportOrder,
    seeds: range,
    *,
    on_progress: Callable[[int], None] | None = None,
) -> int:
    """Write the studies that are not there yet; one process at a time.

    Args:
        directory: new, empty, or of an earlier export with the same ``order``.
        order: what to write of each.
        seeds: one study each.
        on_progress: called with the number of studies done.

    Returns:
        How many were made now.

    Raises:
        DataError: the folder holds something else or cannot be written, or a fracture cannot be
            shown by so few slices.
        NoRoomError: the disk is full.
        ValueError: a number that no phantom can have.
    """
    for seed in seeds:
        order.spec(seed)  # refuses impossible numbers before anything is made
    with writing(directory):
        claim(directory, order)
        missing = [seed for seed in seeds if not folder_of(directory, seed).exists()]
        for done, seed in enumerate(missing, start=len(seeds) - len(missing) + 1):
            _write_one(directory, order, seed)
            if on_progress is not None:
                on_progress(done)
    return len(missing)


def folder_of(directory: Path, seed: int) -> Path:
    """Where a study lies."""
    return directory / f"PHANTOM-{seed}"


def claim(directory: Path, order: ExportOrder) -> None:
    """Make the folder this export's own, or refuse one that is another's.

    Raises:
        DataError: it holds something else, or studies of another order.
        OSError: it cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path, text = directory / ORDER_FILE, json.dumps({"note": NOTE, **asdict(order)}, indent=1)
    if path.exists():
        if path.read_text(encoding="utf-8") != text:
            raise DataError(f"{directory} holds phantoms made with other options")
        return
    hidden = directory / f".{ORDER_FILE}"  # a killed export may have left it
    if any(each != hidden for each in directory.iterdir()):
        raise DataError(f"{directory} is not empty")
    hidden.write_text(text, encoding="utf-8")
    hidden.replace(path)


def _write_one(directory: Path, order: ExportOrder, seed: int) -> None:
    final = folder_of(directory, seed)
    partial = directory / f".{final.name}.partial"
    try:
        study = make_study(order.spec(seed))
    except ValueError as error:
        raise DataError(f"seed {seed}: {error}") from error
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir()
        LAYOUTS[order.layout](study, partial, order)
        (partial / STUDY_FILE).write_text(json.dumps(describe(study), indent=1), encoding="utf-8")
        partial.rename(final)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def describe(study: PhantomStudy) -> dict[str, Any]:
    """All that is known of a study, for JSON; box corners in pixels, slices from 0 at the head."""
    return {
        "note": NOTE,
        "seed": study.seed,
        "shape": list(study.hu.shape),
        "spacing_mm": list(study.to_volume().spacing_mm),
        "thickness_mm": study.thickness_mm,
        "labels": "0 background, 1-7 C1-C7, 8-19 T1-T12",
        "age": study.age,
        "sex": "F" if study.female else "M",
        "kernel": "sharp" if study.sharp else "smooth",
        "kvp": study.kvp,
        "fractures": [
            {
                "level": each.level,
                "type": each.type.value,
                "first_slice": each.first_slice,
                "last_slice": each.last_slice,
                "boxes": [
                    {"slice": index, "x": x, "y": y, "width": width, "height": height}
                    for index, (x, y, width, height) in enumerate(each.boxes, each.first_slice)
                ],
            }
            for each in study.fractures
        ],
        "confounders": [
            {"kind": each.kind.value, "levels": list(each.levels), "detail": each.detail}
            for each in study.confounders
        ],
    }


@contextmanager
def writing(directory: Path) -> Iterator[None]:
    """Say in one line why a folder cannot be written.

    Raises:
        DataError: instead of ``OSError``; :class:`NoRoomError` when the disk is full.
    """
    try:
        yield
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        problem = NoRoomError if full else DataError
        raise problem(f"{directory}: {error.strerror or error}") from error
