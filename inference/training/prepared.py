"""A prepared training set on disk: one memory-mapped volume per study, and one index.

journal.jsonl         what is done so far; one line per study, after its arrays are safe
volumes/<uid>.npy     (slices, rows, columns) int16 HU, slice 0 nearest the head
masks/<uid>.npy       the same in uint8 labels, where there is a segmentation
index.jsonl           written last and whole: only a finished set has it
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inference.errors import DataError
from inference.types import CtVolume, Level, SliceSource

FORMAT: Final = 1
INDEX: Final = "index.jsonl"
VOLUMES: Final = "volumes"
MASKS: Final = "masks"


@dataclass(frozen=True, slots=True)
class StoredStudy:
    """What the arrays of one study are.

    Attributes:
        shape: (slices, rows, columns).
        affine: (4, 4), (column, row, slice, 1) to LPS mm.
        numbers: one per slice: it came from ``<number>.dcm``.
        sop_instance_uids: one per slice.
        shares: (slices, 7) of :func:`inference.training.slice_labels.slice_shares`, ``None``
            without a segmentation.
    """

    study_uid: str
    series_uid: str
    patient_key: str
    shape: tuple[int, int, int]
    affine: tuple[tuple[float, ...], ...]
    numbers: tuple[int, ...]
    sop_instance_uids: tuple[str, ...]
    shares: tuple[tuple[float, ...], ...] | None

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> StoredStudy:
        """Back from ``asdict`` and JSON."""
        slices, rows, columns = value["shape"]
        shares = value["shares"]
        return cls(
            study_uid=value["study_uid"],
            series_uid=value["series_uid"],
            patient_key=value["patient_key"],
            shape=(slices, rows, columns),
            affine=tuple(map(tuple, value["affine"])),
            numbers=tuple(value["numbers"]),
            sop_instance_uids=tuple(value["sop_instance_uids"]),
            shares=None if shares is None else tuple(map(tuple, shares)),
        )

    @property
    def bytes(self) -> int:
        """Of its arrays on disk, the files' headers apart."""
        return int(np.prod(self.shape)) * (2 if self.shares is None else 3)

    @property
    def digest(self) -> str:
        """Changes when the arrays may have changed; what is made of them is known by it."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class PlacedBox:
    """A box around a fracture: index of the slice, (x, y, width, height) in its pixels."""

    slice_index: int
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class PreparedStudy:
    """One study to train on.

    Attributes:
        stored: its arrays.
        levels: the fractured ones.
        boxes: where fractures were marked; a fractured study without any is not marked at all.
        fold: of the cross-validation.
        directory: the prepared set.
    """

    stored: StoredStudy
    levels: tuple[Level, ...]
    boxes: tuple[PlacedBox, ...]
    fold: int
    directory: Path

    def hu(self) -> NDArray[np.int16]:
        """(slices, rows, columns) int16 HU, memory-mapped, read-only.

        Raises:
            DataError: the file is missing or is not what the index says.
        """
        return _opened(self.directory / VOLUMES, self.stored, np.dtype(np.int16))

    def mask(self) -> NDArray[np.uint8] | None:
        """As :meth:`hu`, labels: 1–7 C1–C7, 8–19 T1–T12; ``None`` without a segmentation.

        Raises:
            DataError: see :meth:`hu`.
        """
        if self.stored.shares is None:
            return None
        return _opened(self.directory / MASKS, self.stored, np.dtype(np.uint8))

    def shares(self) -> NDArray[np.float32] | None:
        """(slices, 7): how much of each level a slice shows; ``None`` without a segmentation."""
        shares = self.stored.shares
        return None if shares is None else np.array(shares, np.float32)

    def volume(self) -> CtVolume:
        """As the loader would give it, with the memory-mapped array.

        Raises:
            DataError: see :meth:`hu`.
        """
        return CtVolume(
            hu=self.hu(),
            affine=np.array(self.stored.affine),
            sources=tuple(map(SliceSource, self.stored.sop_instance_uids)),
            series_uid=self.stored.series_uid,
        )


def read_prepared(directory: Path) -> tuple[PreparedStudy, ...]:
    """The studies of a finished set, ordered by UID.

    Raises:
        DataError: the set is missing, unfinished, damaged or of another version.
    """
    path = directory / INDEX
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        values = [json.loads(each) for each in lines]
        if values[0] != {"format": FORMAT}:
            raise DataError(f"{path} was written by another version: prepare the set again.")
        return tuple(_from_json(each, directory) for each in values[1:])
    except FileNotFoundError as error:
        raise DataError(
            f"{directory} holds no finished set: run `cspine-train prepare` (again)."
        ) from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, LookupError, TypeError) as error:
        raise DataError(f"{path} is damaged: prepare the set again.") from error


def index_lines(studies: tuple[PreparedStudy, ...]) -> str:
    """The content of an index."""
    values: list[dict[str, Any]] = [{"format": FORMAT}]
    for study in studies:
        value = asdict(study)
        del value["directory"]
        values.append(value)
    return "".join(json.dumps(each) + "\n" for each in values)


def _from_json(value: dict[str, Any], directory: Path) -> PreparedStudy:
    return PreparedStudy(
        stored=StoredStudy.from_json(value["stored"]),
        levels=tuple(value["levels"]),
        boxes=tuple(PlacedBox(each["slice_index"], tuple(each["box"])) for each in value["boxes"]),
        fold=value["fold"],
        directory=directory,
    )


def _opened(folder: Path, stored: StoredStudy, dtype: np.dtype[Any]) -> NDArray[Any]:
    path = folder / f"{stored.study_uid}.npy"
    try:
        array = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path} is missing or damaged: prepare the set again.") from error
    if array.shape != stored.shape or array.dtype != dtype:
        raise DataError(f"{path} is not what the index says: prepare the set again.")
    return np.asarray(array)
