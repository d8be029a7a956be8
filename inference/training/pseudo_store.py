"""Pseudo-labels beside a prepared set: where a model saw which level, and which model it was.

pseudo/<uid>.npz       one study's; names the model and the arrays that it was made of
pseudo/model.json      the model; written last: without it the others do not count
"""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inference.errors import DataError
from inference.training.prepared import StoredStudy
from inference.training.study_slices import UNKNOWN_MARK
from inference.types import ModelIdentity

PSEUDO: Final = "pseudo"
MODEL: Final = "model.json"
FORMAT: Final = 1

_FAULTS: Final = (OSError, ValueError, LookupError, EOFError, zipfile.BadZipFile)

_REACH: Final = 0.75
"""Of the slices' distance: farther from a slice that was read, nothing is known."""


@dataclass(frozen=True, slots=True, eq=False)
class PseudoLabels:
    """What a model saw in one prepared volume, on its own grid.

    Attributes:
        positions: (T,) float64, where it read, in the volume's slice indices, ascending.
        to_pixels: (2, 3) float64, maps (field column, field row, 1) to (column, row).
        size_px: edge of its field in pixels.
        cells: (T, h, w) uint8, 0–7 the level, 255 unknown; h and w may be 0: no cell is known.
        shares: (T, 7) float32, the level's area over its largest; NaN unknown.
    """

    positions: NDArray[np.float64]
    to_pixels: NDArray[np.float64]
    size_px: int
    cells: NDArray[np.uint8]
    shares: NDArray[np.float32]

    def rows_at(self, positions: NDArray[np.float64]) -> NDArray[np.int64]:
        """The slice that was read nearest to each of these positions, -1 where none is near."""
        distances = np.abs(positions[:, None] - self.positions)
        step = float(np.diff(self.positions).mean()) if len(self.positions) > 1 else 1.0
        nearest = distances.argmin(axis=1)
        return np.where(distances.min(axis=1) <= _REACH * step, nearest, -1)

    def shares_at(self, positions: NDArray[np.float64]) -> NDArray[np.float32]:
        """(len(positions), 7), NaN unknown."""
        rows = self.rows_at(positions)
        shares: NDArray[np.float32] = np.where(
            rows[:, None] >= 0, self.shares[rows], np.float32(np.nan)
        )
        return shares

    def cells_at(
        self, positions: NDArray[np.float64], places: NDArray[np.float64]
    ) -> NDArray[np.uint8]:
        """(len(positions), h, w) of places (2, h, w), which are (column, row) of the volume."""
        rows = self.rows_at(positions)
        out = np.full((len(positions), *places.shape[1:]), UNKNOWN_MARK, np.uint8)
        edge = self.cells.shape[-1]
        if edge == 0:
            return out
        linear, offset = self.to_pixels[:, :2], self.to_pixels[:, 2:]
        field = np.linalg.inv(linear) @ (places.reshape(2, -1) - offset)
        column, row = (
            np.floor((field + 0.5) * edge / self.size_px).astype(int).reshape(places.shape)
        )
        inside = (row >= 0) & (row < edge) & (column >= 0) & (column < edge)
        taken = self.cells[np.ix_(rows)][:, row.clip(0, edge - 1), column.clip(0, edge - 1)]
        known = inside & (rows >= 0)[:, None, None]
        return np.where(known, taken, out)


@dataclass(frozen=True, slots=True)
class PseudoStore:
    """The pseudo-labels of a prepared set."""

    directory: Path

    def model(self) -> ModelIdentity | None:
        """Which model made them; ``None`` without a finished set of them.

        Raises:
            DataError: the file is damaged.
        """
        path = self._path(MODEL)
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            if value["format"] != FORMAT:
                raise DataError(f"{path} was written by another version: make them again.")
            return ModelIdentity(value["name"], value["version"], value["sha256"])
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}.") from error
        except (ValueError, LookupError, TypeError) as error:
            raise DataError(f"{path} is damaged: make the pseudo-labels again.") from error

    def begin(self, model: ModelIdentity) -> None:
        """Those of another model no longer count; what a kill left is removed.

        Raises:
            DataError: the folder cannot be written.
        """
        try:
            self._path("").mkdir(parents=True, exist_ok=True)
            for leftover in self._path("").glob("*.partial"):
                leftover.unlink()
            before = self.model()
            if before is not None and before.sha256 != model.sha256:
                self._path(MODEL).unlink()
        except OSError as error:
            raise DataError(f"{self._path('')} cannot be written: {error.strerror}.") from error

    def has(self, study: StoredStudy, model: ModelIdentity) -> bool:
        """Whether this model has read this study, as it is now."""
        try:
            with self._of(study).open("rb") as file, np.load(file) as arrays:
                return str(arrays["source"]) == _source(study, model)
        except FileNotFoundError:
            return False
        except _FAULTS:
            return False  # made again

    def read(self, study: StoredStudy) -> PseudoLabels | None:
        """``None`` where no model has read the study, or saw no cervical spine in it.

        Raises:
            DataError: a file is damaged.
        """
        model = self.model()
        path = self._of(study)
        if model is None or not path.exists():
            return None
        try:
            with path.open("rb") as file, np.load(file) as arrays:
                if str(arrays["source"]) != _source(study, model) or not arrays["seen"]:
                    return None
                return PseudoLabels(
                    arrays["positions"],
                    arrays["to_pixels"],
                    int(arrays["size_px"]),
                    arrays["cells"],
                    arrays["shares"],
                )
        except _FAULTS as error:
            raise DataError(f"{path} is damaged: delete it and prepare the set again.") from error

    def write(self, study: StoredStudy, model: ModelIdentity, labels: PseudoLabels | None) -> None:
        """Whole or not at all; ``None`` where the model saw no cervical spine.

        Raises:
            DataError: the file cannot be written.
        """
        arrays: dict[str, Any] = {"source": _source(study, model), "seen": labels is not None}
        if labels is not None:
            arrays |= {name: getattr(labels, name) for name in PseudoLabels.__slots__}
        path = self._of(study)
        partial = path.with_name(f"{path.name}.partial")
        try:
            with partial.open("wb") as file:
                np.savez_compressed(file, **arrays)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except OSError as error:
            raise DataError(f"{path} cannot be written: {error.strerror}.") from error

    def finish(self, model: ModelIdentity) -> None:
        """All studies have theirs.

        Raises:
            DataError: the folder cannot be written.
        """
        path = self._path(MODEL)
        partial = path.with_name(f"{MODEL}.partial")
        value = {
            "format": FORMAT,
            "name": model.name,
            "version": model.version,
            "sha256": model.sha256,
        }
        try:
            partial.write_text(json.dumps(value), encoding="utf-8")
            partial.replace(path)
        except OSError as error:
            raise DataError(f"{path} cannot be written: {error.strerror}.") from error

    def _path(self, name: str) -> Path:
        return self.directory / PSEUDO / name

    def _of(self, study: StoredStudy) -> Path:
        return self._path(f"{study.study_uid}.npz")


def _source(study: StoredStudy, model: ModelIdentity) -> str:
    """What pseudo-labels were made of: another one makes them worthless."""
    return f"{model.sha256}/{study.digest}"
