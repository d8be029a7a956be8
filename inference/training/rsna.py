"""A training set in the RSNA 2022 layout: its tables, and what they name on the disk.

Nothing is decoded here. What cannot be used at all raises; what is wrong with one study is a
:class:`inference.training.problems.Problem`, and the rest of the set is used.
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inference.attributes import is_uid
from inference.errors import DataError
from inference.rsna_layout import (
    BOX_COLUMNS,
    BOXES_FILE,
    IMAGES_FOLDER,
    LABEL_COLUMNS,
    LABELS_FILE,
    MASKS_FOLDER,
    OVERALL_COLUMN,
    SLICE_COLUMN,
    UID_COLUMN,
)
from inference.training.problems import Problem, ProblemKind
from inference.types import LEVELS, Level

KNOWN_BAD: Final = frozenset({"1.2.826.0.1.3680043.20574", "1.2.826.0.1.3680043.29952"})
"""Left out by most public solutions of the competition (its discussion 344862)."""

_TRUTH: Final = {"0": False, "1": True, "0.0": False, "1.0": True}


@dataclass(frozen=True, slots=True)
class Box:
    """A box around a fracture, in pixels of the slice stored as ``<number>.dcm``."""

    number: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class StudyFiles:
    """One labelled study with images; ``levels`` are the fractured ones."""

    study_uid: str
    levels: tuple[Level, ...]
    boxes: tuple[Box, ...]
    images: Path
    mask: Path | None


@dataclass(frozen=True, slots=True)
class RsnaSet:
    """The studies that may be usable, ordered by UID, and what is wrong with the others."""

    studies: tuple[StudyFiles, ...]
    problems: tuple[Problem, ...]


def read_set(directory: Path) -> RsnaSet:
    """Read the tables of ``directory`` and find what they name.

    Boxes and segmentations may be missing altogether.

    Raises:
        DataError: no such folder, no train.csv, no train_images, or a table that cannot be
            understood: a missing column, a value that is no label, a UID that is none or twice.
    """
    images = directory / IMAGES_FOLDER
    if not (directory / LABELS_FILE).is_file():
        raise DataError(f"There is no {LABELS_FILE} in {directory}: it is no RSNA 2022 set.")
    if not images.is_dir():
        raise DataError(f"There is no folder {IMAGES_FOLDER} in {directory}.")
    labels = read_labels(directory / LABELS_FILE)
    boxes, problems = read_boxes(directory / BOXES_FILE)
    folders = {each.name: each for each in _listed(images) if each.is_dir()}
    masks = {each.stem: each for each in _listed(directory / MASKS_FOLDER) if each.suffix == ".nii"}
    problems += _strays(labels, folders, masks, boxes)
    studies = []
    for study_uid in sorted(labels):
        overall, levels = labels[study_uid]
        refusal = _refusal(study_uid, overall, levels, folders)
        if refusal:
            problems.append(refusal)
            continue
        found = boxes.get(study_uid, [])
        if found and not levels:
            text = "it has boxes, but no fractured level"
            problems.append(Problem(study_uid, ProblemKind.STRAY_BOXES, text))
            found = []
        studies.append(
            StudyFiles(study_uid, levels, tuple(found), folders[study_uid], masks.get(study_uid))
        )
    return RsnaSet(tuple(studies), tuple(problems))


def read_labels(path: Path) -> dict[str, tuple[bool, tuple[Level, ...]]]:
    """StudyInstanceUID → (fractured at all, fractured levels).

    Raises:
        DataError: see :func:`read_set`.
    """
    labels: dict[str, tuple[bool, tuple[Level, ...]]] = {}
    for line, row in _rows(path, LABEL_COLUMNS):
        study_uid = row[UID_COLUMN]
        if not is_uid(study_uid):
            raise DataError(f"{path.name} line {line}: the {UID_COLUMN} is no UID.")
        if study_uid in labels:
            raise DataError(f"{path.name} line {line}: the study {study_uid} is there twice.")
        truth = {}
        for column in LABEL_COLUMNS[1:]:
            if row[column] not in _TRUTH:
                raise DataError(f"{path.name} line {line}: {column} is neither 0 nor 1.")
            truth[column] = _TRUTH[row[column]]
        labels[study_uid] = truth[OVERALL_COLUMN], tuple(each for each in LEVELS if truth[each])
    if not labels:
        raise DataError(f"{path.name} lists no study.")
    return labels


def read_boxes(path: Path) -> tuple[dict[str, list[Box]], list[Problem]]:
    """Boxes by StudyInstanceUID, and the rows that are none; nothing if there is no such file.

    Raises:
        DataError: a column is missing, a UID is none, or the file cannot be read.
    """
    boxes: dict[str, list[Box]] = defaultdict(list)
    problems: list[Problem] = []
    if not path.exists():
        return boxes, problems
    for line, row in _rows(path, BOX_COLUMNS):
        study_uid = row[UID_COLUMN]
        if not is_uid(study_uid):
            raise DataError(f"{path.name} line {line}: the {UID_COLUMN} is no UID.")
        box = _box(row)
        if box is not None and box not in boxes[study_uid]:
            boxes[study_uid].append(box)
            continue
        text = "describes no box" if box is None else "repeats a box"
        problem = Problem(study_uid, ProblemKind.BAD_BOX, f"{path.name} line {line} {text}")
        problems.append(problem)
    return boxes, problems


def _box(row: Mapping[str, str]) -> Box | None:
    try:
        x, y, width, height, number = (
            float(row[each]) for each in ("x", "y", "width", "height", SLICE_COLUMN)
        )
    except ValueError:
        return None
    finite = all(map(math.isfinite, (x, y, width, height, number)))
    if not finite or width <= 0 or height <= 0 or not number.is_integer():
        return None
    return Box(int(number), x, y, width, height)


def _refusal(
    study_uid: str, overall: bool, levels: Sequence[Level], folders: Mapping[str, Path]
) -> Problem | None:
    """Why a labelled study is left out before its files are looked at."""
    if study_uid in KNOWN_BAD:
        text = "it is known to be bad, and left out by most public solutions"
        return Problem(study_uid, ProblemKind.KNOWN_BAD, text)
    if overall != bool(levels):
        text = f"{OVERALL_COLUMN} is {int(overall)}, but {len(levels)} levels are fractured"
        return Problem(study_uid, ProblemKind.CONTRADICTORY_LABELS, text)
    if study_uid not in folders:
        text = f"{LABELS_FILE} lists it, but {IMAGES_FOLDER} has no such folder"
        return Problem(study_uid, ProblemKind.NO_IMAGES, text)
    return None


def _strays(
    labels: Mapping[str, object],
    folders: Mapping[str, Path],
    masks: Mapping[str, Path],
    boxes: Mapping[str, object],
) -> list[Problem]:
    """What lies on the disk or in the boxes' table, but not in the labels' table."""
    named: tuple[tuple[Mapping[str, object], ProblemKind, str], ...] = (
        (folders, ProblemKind.NO_LABELS, f"{IMAGES_FOLDER} has a folder"),
        (masks, ProblemKind.STRAY_MASK, f"{MASKS_FOLDER} has a file"),
        (boxes, ProblemKind.STRAY_BOXES, f"{BOXES_FILE} has boxes"),
    )
    return [
        # A name that is no UID may be a patient's: it is not shown.
        Problem(
            name if is_uid(name) else "(a name that is no UID)",
            kind,
            f"{what} of it, but {LABELS_FILE} does not list it",
        )
        for names, kind, what in named
        for name in sorted(set(names) - set(labels))
    ]


def _listed(folder: Path) -> list[Path]:
    if not folder.exists():
        return []
    try:
        return [each for each in folder.iterdir() if not each.name.startswith(".")]
    except OSError as error:
        raise DataError(f"The folder {folder} cannot be read: {error.strerror}.") from error


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and stripped values of each row; further columns are passed over."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            names = list(reader.fieldnames or ())
            if missing := [each for each in columns if each not in names]:
                raise DataError(f"{path.name} lacks the column {', '.join(missing)}.")
            if twice := [each for each in columns if names.count(each) > 1]:
                raise DataError(f"{path.name} has the column {', '.join(twice)} twice.")
            for row in reader:
                yield reader.line_num, {each: row[each].strip() for each in columns}
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{path.name} is no CSV file in UTF-8.") from error
