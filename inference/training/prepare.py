"""``cspine-train prepare``: an RSNA 2022 set → arrays that training can map into memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.errors import DataError
from inference.limits import DEFAULT_LIMITS, FitnessLimits
from inference.training.folds import FoldCase, assign_folds
from inference.training.nifti import read_mask
from inference.training.prepared import PlacedBox, PreparedStudy, StoredStudy, index_lines
from inference.training.problems import Problem, ProblemKind
from inference.training.rsna import Box, read_set
from inference.training.rsna_study import StudyVolume, read_study, slice_files
from inference.training.slice_labels import slice_shares
from inference.training.store import JournalEntry, Store, open_store, read_journal
from inference.training.survey import (
    LEAVE_FREE_BYTES,
    Job,
    OnProgress,
    check_room,
    slice_step,
    survey,
)
from inference.types import LEVELS, CtVolume

THINNING: Final = "Thinning the slices needs less (--thin-to)."


@dataclass(frozen=True, slots=True)
class PrepareReport:
    """What a run made of a set.

    Attributes:
        studies: usable ones, in the index.
        already: of these, found done by an earlier run.
        with_mask, with_boxes: studies that have a segmentation, or boxes.
        fractured: studies per fractured level; ``overall`` counts those with any.
        folds: studies in each fold.
        bytes: of all arrays.
        problems: what was left out, ordered by study.
    """

    studies: int
    already: int
    with_mask: int
    with_boxes: int
    fractured: Mapping[str, int]
    folds: tuple[int, ...]
    bytes: int
    problems: tuple[Problem, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The report for a person."""
        levels = ", ".join(f"{name} {count}" for name, count in self.fractured.items())
        left_out = Counter(each.left_out for each in self.problems)
        summary = ", ".join(f"{count} × {what}" for what, count in sorted(left_out.items()))
        return (
            *(each.line for each in self.problems),
            f"{self.studies} studies prepared, {self.already} of them by an earlier run",
            f"{self.bytes / 1e9:.2f} GB of arrays",
            f"with a segmentation: {self.with_mask}; with boxes: {self.with_boxes}",
            f"fractured: {levels}",
            f"studies in each fold: {', '.join(map(str, self.folds))}",
            f"left out: {summary or 'nothing'}",
        )


def prepare(
    directory: Path,
    output: Path,
    *,
    folds: int = 5,
    seed: int = 0,
    thin_to_mm: float | None = None,
    leave_free_bytes: int = LEAVE_FREE_BYTES,
    limits: FitnessLimits = DEFAULT_LIMITS,
    on_progress: OnProgress | None = None,
) -> PrepareReport:
    """Prepare an RSNA 2022 set, or go on where an earlier run stopped.

    Args:
        directory: the set, real or exported by :mod:`inference.phantom.rsna`.
        output: an empty or missing folder, or one that an earlier run began.
        folds: of the cross-validation.
        seed: of the folds.
        thin_to_mm: leave out slices as long as those that stay lie at most this far apart; whole
            slices are taken, nothing is resampled. ``None`` keeps all.
        leave_free_bytes: room that must be left on the disk.
        limits: what a fit series may be.
        on_progress: called after each study.

    Raises:
        DataError: the set, or ``output``, cannot be used, or too few studies of the set can.
        NoRoomError: the disk is too small. Nothing was written.
    """
    report = on_progress or (lambda _what, _done, _of: None)
    found = read_set(directory)
    jobs, problems = survey(found.studies, thin_to_mm, report)
    problems = [*found.problems, *problems]
    if len(jobs) < folds:
        raise DataError(_too_few(directory, len(jobs), folds, problems))
    done = _done(jobs, read_journal(output, thin_to_mm=thin_to_mm))
    missing = [each for each in jobs if each.files.study_uid not in done]
    check_room(output, sum(each.bytes for each in missing), leave_free_bytes, THINNING)
    with open_store(output, thin_to_mm=thin_to_mm) as store:
        of = sum(each.bytes for each in jobs)
        made = of - sum(each.bytes for each in missing)
        report("preparing", made, of)
        for job in missing:
            problems += _prepare_one(store, job, thin_to_mm, limits)
            made += job.bytes
            report("preparing", made, of)
        usable = _done(jobs, store.entries)
        problems += [each for study_uid in done for each in store.entries[study_uid].problems]
        if len(usable) < folds:
            raise DataError(_too_few(directory, len(usable), folds, problems))
        studies, misplaced = _indexed(jobs, usable, output, folds, seed)
        store.finish(index_lines(studies))
    return _report(studies, len(done), [*problems, *misplaced])


def nearest_slice(numbers: Sequence[int], number: int) -> int | None:
    """Index of the slice with a number, or of the one that stands for it in a thinned series."""
    if not numbers:
        return None
    distances = np.abs(np.array(numbers) - number)
    index = int(distances.argmin())
    steps = set(np.abs(np.diff(numbers)).tolist()) or {1}
    step = steps.pop() if len(steps) == 1 else 1
    return index if distances[index] < step else None


def place_box(box: Box, stored: StoredStudy) -> PlacedBox | str:
    """A box on its slice, or what is wrong with it."""
    index = nearest_slice(stored.numbers, box.number)
    if index is None:
        return f"a box lies on slice {box.number}, which is not there"
    _, rows, columns = stored.shape
    # A pixel of tolerance: boxes were drawn by hand, up to the border.
    inside = min(box.x, box.y) >= -1
    if not inside or box.x + box.width > columns + 1 or box.y + box.height > rows + 1:
        return f"a box on slice {box.number} reaches out of the image"
    return PlacedBox(index, (box.x, box.y, box.width, box.height))


def _done(jobs: Sequence[Job], entries: Mapping[str, JournalEntry]) -> dict[str, JournalEntry]:
    """The entries whose files are still those that they were made from."""
    return {
        job.files.study_uid: entry
        for job in jobs
        if (entry := entries.get(job.files.study_uid)) and entry.source == job.source
    }


def _prepare_one(
    store: Store, job: Job, thin_to_mm: float | None, limits: FitnessLimits
) -> list[Problem]:
    """Read one study and put it into the store, or leave it out; returns what was found."""
    study_uid = job.files.study_uid
    problems: list[Problem] = []
    try:
        files, strays = slice_files(job.files.images)
    except OSError as error:
        text = f"its files cannot be read: {error.strerror}"
        return [Problem(study_uid, ProblemKind.NO_IMAGES, text)]
    if strays:
        text = f"its folder holds {strays} files that are not named like a slice"
        problems.append(Problem(study_uid, ProblemKind.STRAY_FILES, text))
    study, found = read_study(study_uid, files, limits)
    problems += found
    if study is None:
        return problems
    mask = None
    if job.files.mask:
        try:
            mask = _mask(job.files.mask, study.volume)
        except DataError as error:
            problems.append(Problem(study_uid, ProblemKind.BAD_MASK, str(error)))
    step = slice_step(study.volume.spacing_mm[0], thin_to_mm)
    entry = JournalEntry(_stored(study_uid, study, mask, step), job.source, tuple(problems))
    store.add(entry, study.volume.hu[::step], None if mask is None else mask[::step])
    return problems


def _mask(path: Path, volume: CtVolume) -> NDArray[np.uint8]:
    slices, rows, columns = volume.hu.shape
    mask = read_mask(path, (slices, rows, columns), volume.affine)
    if not slice_shares(mask).any():
        raise DataError("the mask shows no cervical vertebra")
    return mask


def _stored(
    study_uid: str, study: StudyVolume, mask: NDArray[np.uint8] | None, step: int
) -> StoredStudy:
    volume = study.volume
    slices, rows, columns = volume.hu.shape
    affine = volume.affine @ np.diag([1.0, 1.0, step, 1.0])
    shares = None
    if mask is not None:  # of all slices: the largest may be one that is left out
        shares = tuple(
            tuple(round(float(share), 4) for share in row) for row in slice_shares(mask)[::step]
        )
    return StoredStudy(
        study_uid=study_uid,
        series_uid=volume.series_uid,
        patient_key=study.patient_key,
        shape=(len(range(0, slices, step)), rows, columns),
        affine=tuple(tuple(map(float, row)) for row in affine),
        numbers=study.numbers[::step],
        sop_instance_uids=tuple(each.sop_instance_uid for each in volume.sources[::step]),
        shares=shares,
    )


def _indexed(
    jobs: Sequence[Job],
    usable: Mapping[str, JournalEntry],
    output: Path,
    folds: int,
    seed: int,
) -> tuple[tuple[PreparedStudy, ...], list[Problem]]:
    """Arrays, labels, boxes and folds brought together, ordered by UID."""
    problems: list[Problem] = []
    studies: list[PreparedStudy] = []
    for files in (each.files for each in jobs if each.files.study_uid in usable):
        stored = usable[files.study_uid].stored
        boxes: list[PlacedBox] = []
        for each in files.boxes:
            placed = place_box(each, stored)
            if isinstance(placed, PlacedBox):
                boxes.append(placed)
            else:
                problems.append(Problem(files.study_uid, ProblemKind.BAD_BOX, placed))
        studies.append(PreparedStudy(stored, files.levels, tuple(boxes), 0, output))
    fold_of = assign_folds([_fold_case(each) for each in studies], folds=folds, seed=seed)
    return tuple(replace(each, fold=fold_of[each.stored.study_uid]) for each in studies), problems


def _fold_case(study: PreparedStudy) -> FoldCase:
    strata = (
        *(level in study.levels for level in LEVELS),
        not study.levels,
        study.stored.shares is not None,
        bool(study.boxes),
    )
    return FoldCase(study.stored.study_uid, study.stored.patient_key, strata)


def _report(
    studies: Sequence[PreparedStudy], already: int, problems: Sequence[Problem]
) -> PrepareReport:
    fractured = {"overall": sum(bool(each.levels) for each in studies)}
    for level in LEVELS:
        fractured[level] = sum(level in each.levels for each in studies)
    sizes = Counter(each.fold for each in studies)
    return PrepareReport(
        studies=len(studies),
        already=already,
        with_mask=sum(each.stored.shares is not None for each in studies),
        with_boxes=sum(bool(each.boxes) for each in studies),
        fractured=fractured,
        folds=tuple(sizes[fold] for fold in range(max(sizes) + 1)),
        bytes=sum(each.stored.bytes for each in studies),
        problems=tuple(sorted(problems, key=lambda each: (each.study_uid, each.kind, each.text))),
    )


def _too_few(directory: Path, usable: int, folds: int, problems: Sequence[Problem]) -> str:
    first = f" First of {len(problems)} problems: {problems[0].line}." if problems else ""
    return f"{usable} studies of {directory} can be used, too few for {folds} folds.{first}"
