"""Phantoms as training series: made once in worker processes, kept on disk, never made twice.

Every fractured study has an intact twin of the same seed. What differs between the two is where
the fracture can be seen: that gives labels per slice and per place, and pairs that differ in
nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
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
    choose,
    make_negative,
    make_pair,
    make_study,
)
from inference.preprocess import (
    FieldSlices,
    grid_positions,
    read_field,
    resample,
    slice_weights,
)
from inference.training.slice_labels import slice_shares
from inference.training.study_slices import (
    FRACTURE_MARK,
    MARK_STEP,
    NO_SPINE,
    SPINE,
    StudySlices,
    stored_size,
)
from inference.types import LEVELS

CHANGED_HU: Final = 120.0
VISIBLE_MM2: Final = (1.5, 6.0)
"""Of a level on a slice: changed less than the first anywhere, the slice does not show the
fracture; changed at least the second near the crack, it does; between them nobody knows. A
displaced fragment differs from the twin's bone, and yet may look intact."""
SPACING_MM: Final = (1.0, 3.0)
SLICES: Final = (55, 150)
EXTENT_MM: Final = 190.0
PREVALENCE_SHARE: Final = 0.25
"""Of the seeds: fractured as often as in the RSNA set; the others have one to three levels."""
TWIN: Final = "-twin"


@dataclass(frozen=True, slots=True)
class StudyOrder:
    """One study to make: ``spine`` false for a volume without a cervical spine."""

    seed: int
    spine: bool
    matrix: int
    contract: InputContract
    fold: int

    @property
    def name(self) -> str:
        """Unique within one cache."""
        kind = "spine" if self.spine else "negative"
        c = self.contract
        return (
            f"{kind}-{self.seed}-{self.matrix}-"
            f"{c.size_px}-{c.field_mm:g}-{c.slice_spacing_mm:g}-{c.slab_mm:g}-{self.fold}"
        )


def make_cache(
    orders: Sequence[StudyOrder],
    cache: Path,
    *,
    workers: int,
    on_progress: Callable[[int], None],
) -> list[StudySlices]:
    """Make what is missing, then open all, in the given order; a twin follows its study.

    Raises:
        DataError: the cache cannot be written or read.
    """
    missing = [each for each in orders if not (cache / each.name).exists()]
    done = len(orders) - len(missing)
    on_progress(done)
    if missing:
        # Spawned, not forked: a child must not inherit torch's threads.
        with ProcessPoolExecutor(workers, get_context("spawn"), _one_thread) as pool:
            for future in as_completed([pool.submit(_make, each, cache) for each in missing]):
                future.result()
                done += 1
                on_progress(done)
    folders = [cache / f"{each.name}{end}" for each in orders for end in ("", TWIN)]
    return [StudySlices.open(each) for each in folders if not _is_missing_twin(each)]


def _is_missing_twin(folder: Path) -> bool:
    return folder.name.endswith(TWIN) and not folder.exists()


def _one_thread() -> None:
    torch.set_num_threads(1)


def _make(order: StudyOrder, cache: Path) -> None:
    study, *twins = make_series(order)
    # The study comes last: where it is, its twin is, too.
    for each, end in (*((twin, TWIN) for twin in twins), (study, "")):
        if not (cache / f"{order.name}{end}").exists():
            each.save(cache / f"{order.name}{end}")


def make_series(order: StudyOrder) -> tuple[StudySlices, ...]:
    """The series of an order, and the intact twin of a fractured one."""
    if not order.spine:
        return (without_spine(order),)
    rng = np.random.default_rng([order.seed, 1])
    spacing_mm = rng.uniform(*SPACING_MM)
    slices = int(np.clip(round(EXTENT_MM / spacing_mm), *SLICES))
    fractures = None if rng.random() < PREVALENCE_SHARE else draw_fractures(rng)
    study, twin = broken_and_intact(order, fractures, slices)
    field = stored_field(study, order.contract)
    if twin is None:
        return (_as_series(order, study, study, field),)
    # On the same field to the last digit: a moved fragment moves the middle of the body.
    weights = grid_weights(study, order.contract)
    twin_hu = resample(twin.hu, weights, field.to_pixels, field.hu.shape[-1])
    return (
        _as_series(order, study, twin, field),
        _as_series(order, twin, twin, replace(field, hu=twin_hu)),
    )


def broken_and_intact(
    order: StudyOrder, fractures: tuple[FractureSpec, ...] | None, slices: int
) -> tuple[PhantomStudy, PhantomStudy | None]:
    """A study and its twin, if anything is broken; twice the slices if a crack falls between."""
    spec = PhantomSpec(order.seed, fractures, slices, order.matrix)
    if not choose(spec):
        return make_study(spec), None
    try:
        return make_pair(spec)
    except ValueError:
        if slices > 4 * max(SLICES):
            raise
        return broken_and_intact(order, fractures, 2 * slices)


def _as_series(
    order: StudyOrder, study: PhantomStudy, twin: PhantomStudy, field: FieldSlices
) -> StudySlices:
    """A study on the grid, labelled by what differs from the twin (itself if it is intact)."""
    rows = list(field.indices)
    weights = grid_weights(study, order.contract)
    changed = changed_voxels(study, twin)
    at_crack = np.where(near_cracks(study), changed, 0).astype(np.uint8)
    marks = study.labels * (study.labels <= 7) + FRACTURE_MARK * (at_crack > 0).astype(np.uint8)
    broken = {each.level for each in study.fractures}
    return StudySlices(
        hu=as_int16(field),
        marks=field_marks(marks[rows], field),
        shares=slice_shares(study.labels)[rows],
        fracture=fracture_labels(
            weights @ level_areas_mm2(study, at_crack), weights @ level_areas_mm2(study, changed)
        ),
        boxed=np.zeros(len(rows), np.bool_),
        levels=np.array([level in broken for level in LEVELS], np.float32),
        overall=float(bool(broken)),
        group=SPINE,
        patient_key=f"phantom-{order.seed}",
        fold=order.fold,
    )


def without_spine(order: StudyOrder) -> StudySlices:
    """A volume without a cervical spine; nothing is known of levels it does not show."""
    kinds = tuple(NegativeKind)
    study = make_negative(order.seed, kinds[order.seed % len(kinds)], 40, order.matrix)
    field = stored_field(study, order.contract)
    size = field.hu.shape[-1] // MARK_STEP
    nothing = np.zeros((len(field.hu), len(LEVELS)), np.float32)
    return StudySlices(
        hu=as_int16(field),
        marks=np.zeros((len(field.hu), size, size), np.uint8),
        shares=nothing,
        fracture=nothing,
        boxed=np.zeros(len(field.hu), np.bool_),
        levels=np.full(len(LEVELS), np.nan, np.float32),
        overall=float("nan"),
        group=NO_SPINE,
        patient_key=f"phantom-{order.seed}",
        fold=order.fold,
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


def fracture_labels(
    visible_mm2: NDArray[np.float32], changed_mm2: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(T, 7) 1, 0 or NaN from the areas near the crack and anywhere (``VISIBLE_MM2``)."""
    low, high = VISIBLE_MM2
    out = np.where(changed_mm2 <= low, 0.0, np.nan)
    return np.where(visible_mm2 >= high, 1.0, out).astype(np.float32)


def changed_voxels(study: PhantomStudy, twin: PhantomStudy) -> NDArray[np.uint8]:
    """The number of the fractured level (1–7) where the image differs from the intact twin's.

    A changed voxel belongs to the nearest fractured vertebra: a gap is not labelled as bone.
    """
    numbers = [LEVELS.index(each.level) + 1 for each in study.fractures]
    out = np.zeros(study.hu.shape, np.uint8)
    if not numbers:
        return out
    for row, (one, other) in enumerate(zip(study.hu, twin.hu, strict=True)):
        differs = np.abs(one.astype(np.int32) - other) > CHANGED_HU
        if not differs.any():
            continue
        bone = np.where(study.labels[row] > 0, study.labels[row], twin.labels[row])
        own = np.isin(bone, numbers)
        if own.any():
            nearest = ndimage.distance_transform_edt(
                ~own, return_distances=False, return_indices=True
            )
            out[row] = np.where(differs, bone[tuple(nearest)], 0)
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


def stored_field(study: PhantomStudy, contract: InputContract) -> FieldSlices:
    """The enlarged field of a study."""
    size = stored_size(contract.size_px)
    larger = replace(contract, size_px=size, field_mm=contract.field_mm * size / contract.size_px)
    return read_field(study.to_volume(), larger)


def grid_weights(study: PhantomStudy, contract: InputContract) -> NDArray[np.float32]:
    """(T, own slices): what each own slice adds to each slice of the grid."""
    volume = study.to_volume()
    positions = grid_positions(volume, contract.slice_spacing_mm)
    return slice_weights(positions, len(study.hu), volume.spacing_mm[0], contract.slab_mm)


def as_int16(field: FieldSlices) -> NDArray[np.int16]:
    """(T, S, S) whole Hounsfield units."""
    hu: NDArray[np.int16] = field.hu.round().short().numpy()
    return hu


def field_marks(marks: NDArray[np.uint8], field: FieldSlices) -> NDArray[np.uint8]:
    """(T, rows, columns) → (T, S / 4, S / 4), nearest neighbours; outside the image nothing."""
    size = field.hu.shape[-1]
    ticks = np.arange(size // MARK_STEP) * MARK_STEP + (MARK_STEP - 1) / 2
    places = np.stack(np.broadcast_arrays(ticks[None, :], ticks[:, None], 1.0))
    column, row = np.rint(np.einsum("ij,jhw->ihw", field.to_pixels, places)).astype(np.int64)
    rows, columns = marks.shape[1:]
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    taken = marks[:, row.clip(0, rows - 1), column.clip(0, columns - 1)]
    return np.where(inside, taken, 0).astype(np.uint8)
