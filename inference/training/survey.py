"""What preparing a set will take: a look at the files, before anything is written."""

from __future__ import annotations

import hashlib
import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inference.attributes import UnreadableInstanceError, quiet_pydicom
from inference.errors import NoRoomError
from inference.slices import read_headers
from inference.training.problems import Problem, ProblemKind
from inference.training.rsna import StudyFiles
from inference.training.rsna_study import slice_files
from inference.types import SliceHeader

LEAVE_FREE_BYTES: Final = 2**30
"""Room that stays free on the disk unless told."""

OnProgress = Callable[[str, int, int], None]
"""What is being done, how much of it is done, how much there is (bytes are an estimate)."""


@dataclass(frozen=True, slots=True)
class Job:
    """A study that may be prepared.

    Attributes:
        source: digest of names, sizes and times of its files.
        bytes: what its arrays will take at most.
    """

    files: StudyFiles
    source: str
    bytes: int


def survey(
    studies: Sequence[StudyFiles], thin_to_mm: float | None, report: OnProgress
) -> tuple[list[Job], list[Problem]]:
    """The studies that have files, and why the others have none."""
    jobs: list[Job] = []
    problems: list[Problem] = []
    with quiet_pydicom():
        for number, study in enumerate(studies, start=1):
            result = _survey_one(study, thin_to_mm)
            if isinstance(result, Job):
                jobs.append(result)
            else:
                problems.append(result)
            report("looking at the files", number, len(studies))
    return jobs, problems


def _survey_one(study: StudyFiles, thin_to_mm: float | None) -> Job | Problem:
    """What a study will take, from its first and last file."""
    try:
        files, _ = slice_files(study.images)
        sources = [*files.values(), *([study.mask] if study.mask else [])]
        stats = [(each.name, each.stat()) for each in sources]
    except OSError as error:
        text = f"its files cannot be read: {error.strerror}"
        return Problem(study.study_uid, ProblemKind.NO_IMAGES, text)
    if not files:
        text = "its folder is empty"
        return Problem(study.study_uid, ProblemKind.EMPTY_FOLDER, text)
    digest = hashlib.sha256(
        "".join(f"{name}/{stat.st_size}/{stat.st_mtime_ns}\n" for name, stat in stats).encode()
    )
    paths = list(files.values())
    ends = [each for path in {paths[0], paths[-1]} if (each := _header(path))]
    # The smaller one: a damaged header may claim any size.
    pixels = min(((each.rows or 0) * (each.columns or 0) for each in ends), default=0)
    heights = [each.position_mm[2] for each in ends if each.position_mm]
    spacing_mm = (max(heights) - min(heights)) / (len(files) - 1) if len(heights) == 2 else 0.0
    slices = math.ceil(len(files) / slice_step(spacing_mm, thin_to_mm))
    return Job(study, digest.hexdigest(), slices * pixels * (3 if study.mask else 2))


def _header(path: Path) -> SliceHeader | None:
    try:
        return read_headers((path,))[0]
    except UnreadableInstanceError:
        return None


def check_room(output: Path, needed: int, leave_free: int, advice: str = "") -> None:
    """See that the disk can hold ``needed`` bytes and still has ``leave_free``.

    ``advice`` is a sentence on what would need less.

    Raises:
        NoRoomError: it cannot.
    """
    existing = next(each for each in (output, *output.absolute().parents) if each.exists())
    free = shutil.disk_usage(existing).free
    if needed + leave_free > free:
        text = (
            f"The disk of {output} is too small: {needed / 1e9:.1f} GB are needed and "
            f"{leave_free / 1e9:.1f} GB must stay free, but only {free / 1e9:.1f} GB are."
        )
        raise NoRoomError(f"{text} {advice}".rstrip())


def slice_step(spacing_mm: float, thin_to_mm: float | None) -> int:
    """1: every slice stays; 2: every other one; and so on."""
    if thin_to_mm is None or spacing_mm <= 0:
        return 1
    return max(1, int(thin_to_mm / spacing_mm + 1e-3))
