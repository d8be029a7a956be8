"""Synthetic studies in the layout of the RSNA 2022 set: what reads the one reads the other."""

from __future__ import annotations

import csv
import hashlib
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import nibabel
import numpy as np
from numpy.typing import NDArray
from pydicom.uid import ExplicitVRLittleEndian, JPEGLosslessSV1

from inference.phantom.dicom import finish, slice_dataset
from inference.phantom.study import PhantomSpec, PhantomStudy, make_study
from inference.rsna_layout import (
    BOX_COLUMNS,
    BOXES_FILE,
    IMAGES_FOLDER,
    LABEL_COLUMNS,
    LABELS_FILE,
    LPS_TO_RAS,
    MASKS_FOLDER,
)
from inference.types import LEVELS, Level

SCANNER_COORDINATES: Final = 1
"""NIfTI's code for an affine into the scanner's coordinates (nifti1.h, NIFTI_XFORM_SCANNER_ANAT)"""


@dataclass(frozen=True, slots=True)
class ExportedStudy:
    """One study of an exported set, and what was made of it."""

    seed: int
    study_uid: str
    levels: tuple[Level, ...]
    """The fractured ones, as in train.csv."""
    mask: bool
    boxes: bool
    jpeg_lossless: bool
    feet_first: bool
    """Instance Number 1 is the slice nearest the feet."""


def export_rsna(
    directory: Path,
    seeds: Iterable[int],
    *,
    slices: int | None = 200,
    matrix: int = 512,
    masks_every: int = 4,
    boxes_every: int = 2,
    jpeg_lossless: bool = False,
    feet_first_every: int = 5,
) -> tuple[ExportedStudy, ...]:
    """Write phantoms, fractured at RSNA's prevalences, as an RSNA 2022 training set.

    The same arguments give the same bytes. The folder appears whole or not at all.

    Args:
        directory: where the set will lie; must not exist, or be empty.
        seeds: one study each.
        slices: of each study; ``None``: as the protocol of each has it.
        matrix: rows and columns.
        masks_every: every n-th study gets a segmentation, from the first on; 0: none.
        boxes_every: every n-th fractured study gets boxes, from the first on; 0: none.
        jpeg_lossless: compress every other study (JPEG Lossless, first-order prediction).
        feet_first_every: every n-th study, from the n-th on, is numbered from the feet; 0: none.

    Raises:
        FileExistsError: the folder holds something.
        ValueError: a number that no phantom can have, or slices too few to show a fracture.
        OSError: the folder cannot be written.
    """
    return export_rsna_studies(
        directory,
        (PhantomSpec(seed, None, slices, matrix) for seed in seeds),
        masks_every=masks_every,
        boxes_every=boxes_every,
        jpeg_lossless=jpeg_lossless,
        feet_first_every=feet_first_every,
    )


def export_rsna_studies(
    directory: Path,
    specs: Iterable[PhantomSpec],
    *,
    masks_every: int = 4,
    boxes_every: int = 2,
    jpeg_lossless: bool = False,
    feet_first_every: int = 5,
) -> tuple[ExportedStudy, ...]:
    """As :func:`export_rsna`, of any phantoms."""
    if directory.exists() and any(directory.iterdir()):
        raise FileExistsError(f"{directory} is not empty")
    partial = directory.with_name(f".{directory.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    exported: list[ExportedStudy] = []
    boxes: list[tuple[object, ...]] = []
    try:
        for order, spec in enumerate(specs):
            study = make_study(spec)
            fractured = sum(1 for each in exported if each.levels)
            plan = ExportedStudy(
                seed=spec.seed,
                study_uid="",
                levels=tuple(each.level for each in study.fractures),
                mask=_is_turn(order, masks_every),
                boxes=bool(study.fractures) and _is_turn(fractured, boxes_every),
                jpeg_lossless=jpeg_lossless and order % 2 == 1,
                feet_first=_is_turn(order + 1, feet_first_every),
            )
            done = _write_study(partial, study, plan)
            exported.append(done)
            boxes += _box_rows(study, done)
        _write_csv(partial / LABELS_FILE, LABEL_COLUMNS, [_label_row(each) for each in exported])
        _write_csv(partial / BOXES_FILE, BOX_COLUMNS, boxes)
        partial.rename(directory)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return tuple(exported)


def sagittal_mask(
    labels: NDArray[np.uint8], affine: NDArray[np.float64]
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """A segmentation as the real files store it: sagittal planes first, to be aligned by affine.

    The axes run to the left, the front and the head ("LAS"): public solutions of the competition
    bring the real files to (slices, rows, columns) by ``[:, ::-1, ::-1].transpose(2, 1, 0)``, and
    leave out the last flip where the Instance Numbers start at the feet.

    Args:
        labels: (slices, rows, columns), slice 0 nearest the head.
        affine: (column, row, slice, 1) to LPS mm.

    Returns:
        (columns, rows, slices) uint8, and the affine (i, j, k, 1) to RAS mm.
    """
    slices, rows, _ = labels.shape
    stored = labels.transpose(2, 1, 0)[:, ::-1, ::-1]
    flips = np.array([[1, 0, 0, 0], [0, -1, 0, rows - 1], [0, 0, -1, slices - 1], [0, 0, 0, 1]])
    return np.ascontiguousarray(stored), np.diag(LPS_TO_RAS) @ affine @ flips


def _is_turn(order: int, every: int) -> bool:
    return every > 0 and order % every == 0


def _write_study(directory: Path, study: PhantomStudy, plan: ExportedStudy) -> ExportedStudy:
    content = hashlib.sha256(study.hu.tobytes() + study.affine.tobytes()).hexdigest()
    identity = f"{study.seed}/{content}/rsna/{plan.feet_first}"
    study_uid = str(slice_dataset(study, 0, identity, None).StudyInstanceUID)
    folder = directory / IMAGES_FOLDER / study_uid
    folder.mkdir(parents=True)
    for index in range(len(study.hu)):
        ds = slice_dataset(study, index, identity, None)
        ds.InstanceNumber = _number(index, len(study.hu), plan)
        finish(ds, study, index, JPEGLosslessSV1 if plan.jpeg_lossless else ExplicitVRLittleEndian)
        ds.save_as(folder / f"{ds.InstanceNumber}.dcm", enforce_file_format=True)
    if plan.mask:
        stored, affine = sagittal_mask(study.labels, study.affine)
        image = nibabel.Nifti1Image(stored, affine)  # type: ignore[no-untyped-call]
        image.header["sform_code"] = image.header["qform_code"] = SCANNER_COORDINATES
        (directory / MASKS_FOLDER).mkdir(exist_ok=True)
        nibabel.save(image, directory / MASKS_FOLDER / f"{study_uid}.nii")
    return replace(plan, study_uid=study_uid)


def _number(index: int, count: int, plan: ExportedStudy) -> int:
    """Instance Number of a slice, counted from the head."""
    return count - index if plan.feet_first else index + 1


def _label_row(study: ExportedStudy) -> tuple[object, ...]:
    levels = [int(level in study.levels) for level in LEVELS]
    return study.study_uid, int(any(levels)), *levels


def _box_rows(study: PhantomStudy, done: ExportedStudy) -> list[tuple[object, ...]]:
    if not done.boxes:
        return []
    return [
        (
            done.study_uid,
            *(f"{value:.5f}" for value in box),
            _number(index, len(study.hu), done),
        )
        for fracture in study.fractures
        for index, box in enumerate(fracture.boxes, fracture.first_slice)
    ]


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
