"""Small exported sets, and ways to damage a copy of one."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pydicom
from pydicom import Dataset

from inference.phantom.rsna import ExportedStudy
from inference.phantom.study import PhantomSpec, PhantomStudy, make_study

SLICES = 80
MATRIX = 48


@dataclass(frozen=True)
class ExportedSet:
    """A set on disk and what was put into it."""

    directory: Path
    studies: tuple[ExportedStudy, ...]

    def copy(self, directory: Path) -> ExportedSet:
        """One that may be damaged; file times are kept."""
        shutil.copytree(self.directory, directory)
        return ExportedSet(directory, self.studies)

    def folder(self, order: int) -> Path:
        """The images of the n-th study."""
        return self.directory / "train_images" / self.studies[order].study_uid

    def files(self, order: int) -> dict[int, Path]:
        """Its slices by number."""
        return {int(each.stem): each for each in self.folder(order).iterdir()}

    def mask(self, order: int) -> Path:
        """Its segmentation."""
        return self.directory / "segmentations" / f"{self.studies[order].study_uid}.nii"

    def edit_table(self, name: str, change: Callable[[list[list[str]]], object]) -> None:
        """Change the rows of a CSV file in place; row 0 is the header."""
        path = self.directory / name
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        change(rows)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)


@cache
def phantom(study: ExportedStudy) -> PhantomStudy:
    """What was exported."""
    return make_study(PhantomSpec(study.seed, None, SLICES, MATRIX))


def edit_slices(paths: Iterator[Path] | list[Path], change: Callable[[Dataset], object]) -> None:
    """Change the data sets of files in place."""
    for path in paths:
        ds = pydicom.dcmread(path)
        change(ds)
        ds.save_as(path)
