"""Studies whose truth is known: what is measured on, from whatever source."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inference.errors import DataError
from inference.types import LEVELS, CtVolume, Level, SliceSource

FORMAT: Final = 1
META: Final = "truth.json"

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class TrueBox:
    """Where a slice shows a fracture: (x, y, width, height) in its pixels.

    ``level`` is ``None`` where nobody wrote down which vertebra is meant.
    """

    level: Level | None
    slice_index: int
    box: Box


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of a study.

    Attributes:
        name: unique in its cohort: a seed, or the end of a UID.
        spine: whether it shows a cervical spine at all.
        levels: the fractured ones.
        types: of the fractures, by level; empty where they are unknown.
        boxes: empty where nothing is fractured, or nobody marked it.
        traits: of patient, scan and anatomy, for the subgroups: trait → its value.
    """

    name: str
    spine: bool
    levels: tuple[Level, ...]
    types: Mapping[Level, str]
    boxes: tuple[TrueBox, ...]
    traits: Mapping[str, str]

    @property
    def fractured(self) -> NDArray[np.bool_]:
        """(7,) which levels are fractured."""
        return np.array([level in self.levels for level in LEVELS])


@dataclass(frozen=True, slots=True, eq=False)
class TrueStudy:
    """A study and its truth.

    Attributes:
        truth: what is known of it.
        volume: as the loader would give it.
        mask: as ``volume.hu``, uint8: 1–7 C1–C7, others elsewhere; ``None`` where there is none.
    """

    truth: Truth
    volume: CtVolume
    mask: NDArray[np.uint8] | None

    def save(self, folder: Path) -> None:
        """Arrays and truth; the folder appears whole or not at all.

        Raises:
            DataError: it cannot be written.
        """
        partial = folder.with_name(f"{folder.name}.{os.getpid()}.partial")
        try:
            partial.mkdir(parents=True)
            np.save(partial / "hu.npy", self.volume.hu)
            if self.mask is not None:
                np.save(partial / "mask.npy", self.mask)
            meta = {
                "format": FORMAT,
                "truth": _truth_to_json(self.truth),
                "affine": self.volume.affine.tolist(),
                "series_uid": self.volume.series_uid,
                "sources": [each.sop_instance_uid for each in self.volume.sources],
                "mask": self.mask is not None,
            }
            (partial / META).write_text(json.dumps(meta), encoding="utf-8")
            partial.rename(folder)
        except OSError as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise DataError(f"{folder} cannot be written: {error.strerror or error}") from error

    @classmethod
    def open(cls, folder: Path) -> TrueStudy:
        """Memory-mapped arrays.

        Raises:
            DataError: the folder is missing, damaged or of another format.
        """
        try:
            meta = json.loads((folder / META).read_text(encoding="utf-8"))
            if meta["format"] != FORMAT:
                raise DataError(f"{folder} was written by another version: delete it")
            volume = CtVolume(
                np.load(folder / "hu.npy", mmap_mode="r"),
                np.array(meta["affine"]),
                tuple(map(SliceSource, meta["sources"])),
                meta["series_uid"],
            )
            mask = np.load(folder / "mask.npy", mmap_mode="r") if meta["mask"] else None
            return cls(_truth_from_json(meta["truth"]), volume, mask)
        except OSError as error:
            raise DataError(f"{folder} cannot be read: {error.strerror or error}") from error
        except (ValueError, LookupError, TypeError, EOFError) as error:
            raise DataError(f"{folder} is damaged: delete it and run this again") from error


def _truth_to_json(truth: Truth) -> dict[str, Any]:
    return {
        "name": truth.name,
        "spine": truth.spine,
        "levels": list(truth.levels),
        "types": dict(truth.types),
        "boxes": [[each.level, each.slice_index, list(each.box)] for each in truth.boxes],
        "traits": dict(truth.traits),
    }


def _truth_from_json(value: dict[str, Any]) -> Truth:
    return Truth(
        name=value["name"],
        spine=value["spine"],
        levels=tuple(value["levels"]),
        types=value["types"],
        boxes=tuple(TrueBox(level, index, tuple(box)) for level, index, box in value["boxes"]),
        traits=value["traits"],
    )
