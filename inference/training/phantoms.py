"""Phantom studies as training slices: made once in worker processes, kept as arrays on disk.

Every fractured study has an intact twin of the same seed. What differs between the two is where
the fracture can be seen: that gives labels per slice and per place, and pairs that differ in
nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from inference.model.record import InputContract
from inference.phantom.fractures import TYPES_OF_LEVEL
from inference.phantom.negatives import NegativeKind
from inference.phantom.study import (
    FractureSpec,
    PhantomSpec,
    PhantomStudy,
    make_negative,
    make_study,
)
from inference.preprocess import body_centre_mm, field_to_pixels, resample
from inference.training.slice_labels import slice_shares
from inference.types import LEVELS

MARGIN: Final = 1.125
"""The stored field is larger than the contract's, so that shifts bring in no empty border."""
MARK_STEP: Final = 4
"""Marks are stored at a quarter of the images' resolution."""
FRACTURE_MARK: Final = 8
CHANGED_HU: Final = 120.0
SLICES: Final = (40, 70)
"""Of a phantom: few, because other patients teach more than neighbouring slices."""
VISIBLE_SLICES: Final = 16
INTACT_SLICES: Final = 12
OUTSIDE_SLICES: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSlices:
    """Slices of one study on the enlarged field.

    Attributes:
        hu: (slices, stored, stored) int16.
        marks: (slices, stored / 4, stored / 4) uint8: 0–7 the level, plus 8 where fractured.
        shares: (slices, 7) float32, the level's area over its largest area in the study.
        visible_mm2: (slices, 7) float32, the area changed by the level's fracture near its crack.
        changed_mm2: (slices, 7) float32, the area changed by it anywhere: a displaced fragment
            differs from the twin's bone, and yet may look intact.
    """

    hu: NDArray[np.int16]
    marks: NDArray[np.uint8]
    shares: NDArray[np.float32]
    visible_mm2: NDArray[np.float32]
    changed_mm2: NDArray[np.float32]

    def save(self, folder: Path) -> None:
        """One file per array; the folder appears whole or not at all."""
        partial = folder.with_name(f"{folder.name}.{os.getpid()}.partial")
        partial.mkdir(parents=True)
        for name in self.__slots__:
            np.save(partial / f"{name}.npy", getattr(self, name))
        partial.rename(folder)

    @classmethod
    def open(cls, folder: Path) -> TrainingSlices:
        """Memory-mapped images, the rest in memory."""
        return cls(
            hu=np.load(folder / "hu.npy", mmap_mode="r"),
            marks=np.load(folder / "marks.npy"),
            shares=np.load(folder / "shares.npy"),
            visible_mm2=np.load(folder / "visible_mm2.npy"),
            changed_mm2=np.load(folder / "changed_mm2.npy"),
        )


@dataclass(frozen=True, slots=True)
class StudyOrder:
    """One study to make: ``spine`` false for a volume without a cervical spine."""

    seed: int
    spine: bool
    matrix: int
    contract: InputContract

    @property
    def folder_name(self) -> str:
        """Unique within one cache."""
        kind = "spine" if self.spine else "negative"
        c = self.contract
        return f"{kind}-{self.seed}-{self.matrix}-{c.size_px}-{c.field_mm:g}"


def make_cache(
    orders: Sequence[StudyOrder],
    cache: Path,
    *,
    workers: int,
    on_progress: Callable[[int], None],
) -> list[TrainingSlices]:
    """Make what is missing, then open all, in the given order."""
    missing = [each for each in orders if not (cache / each.folder_name).exists()]
    cache.mkdir(parents=True, exist_ok=True)
    done = len(orders) - len(missing)
    on_progress(done)
    if missing:
        # Spawned, not forked: a child must not inherit torch's threads.
        with ProcessPoolExecutor(workers, get_context("spawn"), _one_thread) as pool:
            for future in as_completed([pool.submit(_make, each, cache) for each in missing]):
                future.result()
                done += 1
                on_progress(done)
    return [TrainingSlices.open(cache / each.folder_name) for each in orders]


def _one_thread() -> None:
    torch.set_num_threads(1)


def _make(order: StudyOrder, cache: Path) -> None:
    slices = fractured_with_twin(order) if order.spine else without_spine(order)
    slices.save(cache / order.folder_name)


def fractured_with_twin(order: StudyOrder) -> TrainingSlices:
    """Slices that show a fracture, the same of the intact twin, and others of the study."""
    rng = np.random.default_rng([order.seed, 1])
    study, twin = broken_and_intact(order, draw_fractures(rng), int(rng.integers(*SLICES)))
    shares, twin_shares = slice_shares(study.labels), slice_shares(twin.labels)
    changed = changed_voxels(study, twin)
    at_crack = np.where(near_cracks(study), changed, 0).astype(np.uint8)
    visible, altered = level_areas_mm2(study, at_crack), level_areas_mm2(study, changed)
    shown = visible.max(axis=1) > 0
    inside = shares.max(axis=1) > 0
    fractured = pick(rng, shown, VISIBLE_SLICES)
    others = pick(rng, inside & ~shown, INTACT_SLICES) + pick(rng, ~inside, OUTSIDE_SLICES)
    stored = _Field(study, order.contract)
    marks = study.labels * (study.labels <= 7) + FRACTURE_MARK * (at_crack > 0).astype(np.uint8)
    twin_marks = twin.labels * (twin.labels <= 7)
    nothing = np.zeros((len(fractured), 7), np.float32)
    both = fractured + others
    return TrainingSlices(
        hu=np.concatenate([stored.images(study.hu[both]), stored.images(twin.hu[fractured])]),
        marks=np.concatenate([stored.marks(marks[both]), stored.marks(twin_marks[fractured])]),
        shares=np.concatenate([shares[both], twin_shares[fractured]]),
        visible_mm2=np.concatenate([visible[both], nothing]),
        changed_mm2=np.concatenate([altered[both], nothing]),
    )


def broken_and_intact(
    order: StudyOrder, fractures: tuple[FractureSpec, ...], slices: int
) -> tuple[PhantomStudy, PhantomStudy]:
    """A study and its twin; twice the slices if a crack falls between all of them."""
    try:
        study = make_study(PhantomSpec(order.seed, fractures, slices, order.matrix))
    except ValueError:
        if slices > 4 * max(SLICES):
            raise
        return broken_and_intact(order, fractures, 2 * slices)
    return study, make_study(PhantomSpec(order.seed, (), slices, order.matrix))


def without_spine(order: StudyOrder) -> TrainingSlices:
    """Slices of a volume without a cervical spine."""
    rng = np.random.default_rng([order.seed, 2])
    kinds = tuple(NegativeKind)
    study = make_negative(order.seed, kinds[order.seed % len(kinds)], 24, order.matrix)
    chosen = pick(rng, np.ones(len(study.hu), np.bool_), 2 * OUTSIDE_SLICES)
    stored = _Field(study, order.contract)
    return TrainingSlices(
        hu=stored.images(study.hu[chosen]),
        marks=stored.marks(np.zeros_like(study.labels[chosen])),
        shares=np.zeros((len(chosen), 7), np.float32),
        visible_mm2=np.zeros((len(chosen), 7), np.float32),
        changed_mm2=np.zeros((len(chosen), 7), np.float32),
    )


def draw_fractures(rng: np.random.Generator) -> tuple[FractureSpec, ...]:
    """One to three levels, each equally often, far above the true prevalence."""
    levels = rng.choice(len(LEVELS), int(rng.integers(1, 4)), replace=False)
    return tuple(
        FractureSpec(
            LEVELS[i], TYPES_OF_LEVEL[LEVELS[i]][int(rng.integers(len(TYPES_OF_LEVEL[LEVELS[i]])))]
        )
        for i in sorted(levels)
    )


def changed_voxels(study: PhantomStudy, twin: PhantomStudy) -> NDArray[np.uint8]:
    """The number of the fractured level (1–7) where the image differs from the intact twin's.

    A changed voxel belongs to the nearest fractured vertebra: a gap is not labelled as bone.
    """
    differs = np.abs(study.hu.astype(np.int32) - twin.hu) > CHANGED_HU
    numbers = [LEVELS.index(each.level) + 1 for each in study.fractures]
    out = np.zeros(study.hu.shape, np.uint8)
    rows = np.flatnonzero(differs.any(axis=(1, 2)))
    for row in rows:
        bone = np.where(study.labels[row] > 0, study.labels[row], twin.labels[row])
        own = np.isin(bone, numbers)
        if own.any():
            nearest = ndimage.distance_transform_edt(
                ~own, return_distances=False, return_indices=True
            )
            out[row] = np.where(differs[row], bone[tuple(nearest)], 0)
    return out


def near_cracks(study: PhantomStudy) -> NDArray[np.bool_]:
    """Where the phantom says that its cracks can be seen: their boxes, slice by slice."""
    out = np.zeros(study.hu.shape, np.bool_)
    for fracture in study.fractures:
        for index, (x, y, width, height) in enumerate(fracture.boxes, fracture.first_slice):
            out[index, y : y + height, x : x + width] = True
    return out


def level_areas_mm2(study: PhantomStudy, numbers: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(slices, 7): the area of each level's number on each slice."""
    _, row_mm, column_mm = study.to_volume().spacing_mm
    areas = np.stack([(numbers == number).sum(axis=(1, 2)) for number in range(1, 8)], axis=1)
    return np.asarray(areas * row_mm * column_mm, np.float32)


def pick(rng: np.random.Generator, among: NDArray[np.bool_], count: int) -> list[int]:
    """At most ``count`` of the marked slices, ascending."""
    rows = np.flatnonzero(among)
    if len(rows) > count:
        rows = np.sort(rng.choice(rows, count, replace=False))
    return [int(each) for each in rows]


class _Field:
    """The enlarged field of one study."""

    def __init__(self, study: PhantomStudy, contract: InputContract) -> None:
        volume = study.to_volume()
        centre = body_centre_mm(volume, range(len(study.hu)))
        self.size = stored_size(contract)
        larger = InputContract(
            contract.version,
            self.size,
            contract.field_mm * self.size / contract.size_px,
            contract.slice_spacing_mm,
            contract.slab_mm,
            contract.channels,
        )
        self.to_pixels = field_to_pixels(volume, larger, centre)

    def images(self, hu: NDArray[np.int16]) -> NDArray[np.int16]:
        sampled: NDArray[np.int16] = resample(hu, np.eye(len(hu), dtype=np.float32), self.to_pixels, self.size).round().short().numpy()
        return sampled

    def marks(self, marks: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Nearest neighbours; outside the image nothing."""
        ticks = np.arange(self.size // MARK_STEP) * MARK_STEP + (MARK_STEP - 1) / 2
        field = np.stack(np.broadcast_arrays(ticks[None, :], ticks[:, None], 1.0))
        column, row = np.rint(np.einsum("ij,jhw->ihw", self.to_pixels, field)).astype(np.int64)
        rows, columns = marks.shape[1:]
        inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        taken = marks[:, row.clip(0, rows - 1), column.clip(0, columns - 1)]
        return np.where(inside, taken, 0).astype(np.uint8)


def stored_size(contract: InputContract) -> int:
    """Pixels along the enlarged field, a multiple of ``MARK_STEP``."""
    return round(contract.size_px * MARGIN / MARK_STEP) * MARK_STEP
