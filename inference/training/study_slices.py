"""One series ready for training, on disk: images on the exact grid, marks and labels.

Phantoms and the prepared RSNA set both become this, and training reads nothing else.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inference.errors import DataError
from inference.types import LEVELS

MARGIN: Final = 1.125
"""The stored field is larger than the contract's, so that shifts bring in no empty border."""
MARK_STEP: Final = 4
"""Marks are stored at a quarter of the images' resolution."""
FRACTURE_MARK: Final = 8
FRACTURE_UNKNOWN_MARK: Final = 16
UNKNOWN_MARK: Final = 255
SPINE: Final = "spine"
NO_SPINE: Final = "no-spine"

FORMAT: Final = 1
META: Final = "meta.json"
DTYPES: Final[dict[str, Any]] = {
    "hu": np.int16,
    "marks": np.uint8,
    "shares": np.float32,
    "fracture": np.float32,
    "boxed": np.bool_,
    "levels": np.float32,
}


@dataclass(frozen=True, slots=True, eq=False)
class StudySlices:
    """One series on the grid of ``InputContract.slice_spacing_mm``, slice 0 nearest the head.

    Attributes:
        hu: (T, S, S) int16, S = :func:`stored_size`; memory-mapped when opened.
        marks: (T, S / 4, S / 4) uint8: 0–7 the level, plus 8 where it is fractured, plus 16 where
            only the level is known; 255 unknown.
        shares: (T, 7) float32, the level's area over its largest area; NaN unknown.
        fracture: (T, 7) float32, 1 the slice shows the level's fracture, 0 it does not, between
            them a target for a slice that may; NaN unknown (left out of the loss).
        boxed: (T,) bool, only the fracture marks are known there, not the levels.
        levels: (7,) float32, 1 fractured, 0 not, NaN unknown.
        overall: the same of the patient.
        group: ``SPINE`` or ``NO_SPINE``.
        patient_key: equal for studies that may not be divided between folds; a phantom and its
            intact twin share it.
        fold: of the cross-validation.

    Raises:
        DataError: an array has the wrong shape or type, or the group is none.
    """

    hu: NDArray[np.int16]
    marks: NDArray[np.uint8]
    shares: NDArray[np.float32]
    fracture: NDArray[np.float32]
    boxed: NDArray[np.bool_]
    levels: NDArray[np.float32]
    overall: float
    group: str
    patient_key: str
    fold: int

    def __post_init__(self) -> None:
        slices, size = self.hu.shape[0], self.hu.shape[-1]
        small, count = size // MARK_STEP, len(LEVELS)
        wanted = {
            "hu": (slices, size, size),
            "marks": (slices, small, small),
            "shares": (slices, count),
            "fracture": (slices, count),
            "boxed": (slices,),
            "levels": (count,),
        }
        for name, shape in wanted.items():
            array = getattr(self, name)
            if array.shape != shape or array.dtype != DTYPES[name]:
                raise DataError(
                    f"training slices: {name} is {array.dtype} {array.shape}, "
                    f"not {np.dtype(DTYPES[name])} {shape}"
                )
        if slices == 0 or size % MARK_STEP:
            raise DataError(f"training slices: {self.hu.shape} cannot be stored")
        if self.group not in {SPINE, NO_SPINE}:
            raise DataError(f"training slices: unknown group {self.group!r}")

    def save(self, folder: Path) -> None:
        """One file per array; the folder appears whole or not at all.

        Raises:
            DataError: it cannot be written.
        """
        partial = folder.with_name(f"{folder.name}.{os.getpid()}.partial")
        meta = {
            "format": FORMAT,
            "overall": None if np.isnan(self.overall) else float(self.overall),
            "group": self.group,
            "patient_key": self.patient_key,
            "fold": self.fold,
        }
        try:
            partial.mkdir(parents=True)
            for name in DTYPES:
                np.save(partial / f"{name}.npy", getattr(self, name))
            (partial / META).write_text(json.dumps(meta), encoding="utf-8")
            partial.rename(folder)
        except OSError as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise DataError(f"{folder} cannot be written: {error.strerror or error}") from error

    @classmethod
    def open(cls, folder: Path) -> StudySlices:
        """Memory-mapped images, the rest in memory.

        Raises:
            DataError: the folder is missing, damaged or of another format.
        """
        try:
            meta = json.loads((folder / META).read_text(encoding="utf-8"))
            if meta.pop("format") != FORMAT:
                raise DataError(f"{folder} was written by another version: delete it")
            arrays = {
                name: np.load(folder / f"{name}.npy", mmap_mode="r" if name == "hu" else None)
                for name in DTYPES
            }
            overall = meta.pop("overall")
            return cls(**arrays, **meta, overall=np.nan if overall is None else overall)
        except OSError as error:
            raise DataError(f"{folder} cannot be read: {error.strerror or error}") from error
        except (ValueError, LookupError, TypeError, AttributeError, EOFError) as error:
            raise DataError(f"{folder} is damaged: delete it and make it again") from error


def stored_size(size_px: int) -> int:
    """Pixels along the stored field of a contract of ``size_px``, a multiple of ``MARK_STEP``."""
    return round(size_px * MARGIN / MARK_STEP) * MARK_STEP
