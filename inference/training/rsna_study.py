"""One study of the RSNA 2022 layout: its slices → a volume, by the rules of the node.

Where the node refuses a series with a damaged file, a training set goes on without that file; the
rest must still be a regular volume, so that only files at an end can be spared.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import CTImageStorage

from inference.attributes import UnreadableInstanceError, quiet_pydicom
from inference.decoders import PixelDataError
from inference.fitness import judge
from inference.geometry import Geometry
from inference.limits import DEFAULT_LIMITS, FitnessLimits
from inference.pixels import open_pixels
from inference.slices import read_headers
from inference.training.problems import Problem, ProblemKind
from inference.types import CtVolume, NotAnalysed, SliceHeader, SliceSource
from inference.volume import judge_intensities
from inference.wording import mm

SQUARE_TOLERANCE: Final = 0.01
"""Relative. A scanner reconstructs square pixels; others were resampled by someone."""

_MAX_THREADS: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class StudyVolume:
    """A study that was read.

    Attributes:
        volume: slice 0 nearest the head.
        numbers: one per slice: it was stored as ``<number>.dcm``.
        patient_key: equal for studies of one patient; does not tell who it is.
    """

    volume: CtVolume
    numbers: tuple[int, ...]
    patient_key: str


def slice_files(folder: Path) -> tuple[dict[int, Path], int]:
    """The files named ``<number>.dcm``, ascending by number, and how many others there are.

    Raises:
        OSError: the folder cannot be listed.
    """
    every = [each for each in folder.iterdir() if not each.name.startswith(".")]
    named = {
        int(each.stem): each
        for each in every
        if each.suffix == ".dcm" and each.stem.isascii() and each.stem.isdecimal()
    }
    return dict(sorted(named.items())), len(every) - len(named)


def read_study(
    study_uid: str, files: Mapping[int, Path], limits: FitnessLimits = DEFAULT_LIMITS
) -> tuple[StudyVolume | None, list[Problem]]:
    """Read, judge and decode; ``None`` if the study is to be left out. The problems say why.

    Args:
        study_uid: the folder's name.
        files: as :func:`slice_files` gives them.
        limits: what a fit series may be.
    """
    with quiet_pydicom():
        headers, problems = _headers(study_uid, files)
        if not headers:
            return None, problems
        geometry = _judge(study_uid, headers, limits)
        if isinstance(geometry, Problem):
            return None, [*problems, geometry]
        hu, undecoded = _decode(geometry)
    if undecoded:
        problems += [
            _damaged(study_uid, geometry.slices[at].path, str(error))
            for at, error in undecoded.items()
        ]
        kept = [each for at, each in enumerate(geometry.slices) if at not in undecoded]
        rest = _judge(study_uid, kept, limits)
        if isinstance(rest, Problem):
            return None, [*problems, rest]
        geometry, hu = rest, hu[[geometry.slices.index(each) for each in rest.slices]]
    if refusal := judge_intensities(hu, geometry.slices, limits):
        return None, [*problems, _not_fit(study_uid, refusal)]
    return _volume(geometry, hu), problems


def _headers(study_uid: str, files: Mapping[int, Path]) -> tuple[list[SliceHeader], list[Problem]]:
    headers: list[SliceHeader] = []
    problems: list[Problem] = []
    for path in files.values():
        try:
            found = read_headers((path,))
        except UnreadableInstanceError:
            problems.append(_damaged(study_uid, str(path), "it is no DICOM file"))
            continue
        if len(found) != 1 or found[0].frame_number is not None:
            problems.append(_damaged(study_uid, str(path), "it holds several frames"))
        else:
            headers.append(_completed(found[0], study_uid))
    return headers, problems


def _completed(header: SliceHeader, study_uid: str) -> SliceHeader:
    """With what the set itself vouches for, where anonymisation removed it from the files."""
    return replace(
        header,
        modality=header.modality or "CT",
        sop_class_uid=header.sop_class_uid or str(CTImageStorage),
        study_uid=header.study_uid or study_uid,
        series_uid=header.series_uid or study_uid,
    )


def _judge(
    study_uid: str, headers: Sequence[SliceHeader], limits: FitnessLimits
) -> Geometry | Problem:
    geometry = judge(headers, limits)
    if isinstance(geometry, NotAnalysed):
        return _not_fit(study_uid, geometry)
    first = geometry.slices[0]
    if first.study_uid != study_uid:
        text = "its images name another Study Instance UID than their folder"
        return Problem(study_uid, ProblemKind.OTHER_STUDY, text)
    _, row_mm, column_mm = geometry.spacing_mm
    if abs(row_mm / column_mm - 1) > SQUARE_TOLERANCE:
        text = f"its pixels are not square: {mm(row_mm)} by {mm(column_mm)} mm"
        return Problem(study_uid, ProblemKind.NOT_SQUARE, text)
    count, rows, columns = len(geometry.slices), first.rows or 0, first.columns or 0
    if count * rows * columns > limits.max_voxels:
        text = f"it is too large: {count} slices of {rows} by {columns} pixels"
        return Problem(study_uid, ProblemKind.NOT_FIT, text)
    return geometry


def _decode(geometry: Geometry) -> tuple[NDArray[np.int16], dict[int, Exception]]:
    """(slices, rows, columns) HU, and by index the slices that could not be decoded."""
    slices = geometry.slices
    hu = np.empty((len(slices), slices[0].rows or 0, slices[0].columns or 0), np.int16)
    workers = min(_MAX_THREADS, len(os.sched_getaffinity(0)))
    with ThreadPoolExecutor(workers, thread_name_prefix="decode") as pool:
        failures = list(pool.map(_write, slices, hu))
    return hu, {at: failure for at, failure in enumerate(failures) if failure is not None}


def _write(header: SliceHeader, plane: NDArray[np.int16]) -> Exception | None:
    try:
        plane[...] = open_pixels(Path(header.path)).hu(header.frame_number)
    except (PixelDataError, UnreadableInstanceError) as error:
        return error
    return None


def _volume(geometry: Geometry, hu: NDArray[np.int16]) -> StudyVolume:
    first = geometry.slices[0]
    patient = first.patient_id or first.study_uid
    sources = tuple(SliceSource(each.sop_instance_uid) for each in geometry.slices)
    return StudyVolume(
        volume=CtVolume(hu, geometry.affine, sources, first.series_uid),
        numbers=tuple(int(Path(each.path).stem) for each in geometry.slices),
        patient_key=hashlib.sha256(patient.encode()).hexdigest()[:16],
    )


def _damaged(study_uid: str, path: str, how: str) -> Problem:
    text = f"the file {Path(path).name} is damaged: {how.rstrip('.')}"
    return Problem(study_uid, ProblemKind.DAMAGED_FILE, text)


def _not_fit(study_uid: str, refusal: NotAnalysed) -> Problem:
    text = f"{refusal.text.rstrip('.')} [{refusal.code.value}]"
    return Problem(study_uid, ProblemKind.NOT_FIT, text)
