"""A prepared RSNA set as training series: resampled once in worker processes, kept on disk.

Levels come from segmentations, else from pseudo-labels, else are unknown; fractures from the
study's labels and boxes by the tables of :mod:`inference.training.rsna_marks`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from inference.errors import DataError
from inference.model.record import InputContract
from inference.preprocess import FieldSlices, grid_positions, read_field
from inference.training.prepared import PlacedBox, PreparedStudy, read_prepared
from inference.training.pseudo_store import PseudoLabels, PseudoStore
from inference.training.rsna_marks import (
    BONE_HU,
    BONE_SHARE,
    CellBox,
    FractureRule,
    fracture_labels,
    level_of_box,
    study_marks,
)
from inference.training.study_slices import (
    MARK_STEP,
    SPINE,
    UNKNOWN_MARK,
    StudySlices,
    stored_size,
)
from inference.training.survey import LEAVE_FREE_BYTES, check_room
from inference.types import LEVELS

VERSION: Final = 1
"""Grows when the same study gives other series."""
LOCK: Final = "rsna.lock"


@dataclass(frozen=True, slots=True)
class SeriesOrder:
    """One series to make.

    Attributes:
        study: prepared.
        contract: of the network that will read it.
        rule: for fractured levels that no box marks.
        model: digest of the model whose pseudo-labels there are, if any.
    """

    study: PreparedStudy
    contract: InputContract
    rule: FractureRule
    model: str | None

    @property
    def name(self) -> str:
        """Unique within one cache: what goes in decides it, but for the fold."""
        contract = asdict(self.contract)
        del contract["channels"]
        made_of = {
            "version": VERSION,
            "contract": contract,
            "stored": self.study.stored.digest,
            "levels": self.study.levels,
            "boxes": [asdict(each) for each in self.study.boxes],
            "rule": self.rule,
            "model": None if self.study.stored.shares is not None else self.model,
        }
        digest = hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:16]
        return f"rsna-{self.study.stored.study_uid}-{digest}"

    @property
    def bytes(self) -> int:
        """What its arrays will take, within some slices."""
        slices, *_ = self.study.stored.shape
        own_mm = abs(float(np.linalg.norm(np.array(self.study.stored.affine)[:3, 2])))
        rows = int((slices - 1) * own_mm / self.contract.slice_spacing_mm) + 1
        size = stored_size(self.contract.size_px)
        return rows * (2 * size**2 + (size // MARK_STEP) ** 2)


def prepared_slices(
    directory: Path,
    contract: InputContract,
    cache: Path,
    *,
    rule: FractureRule = FractureRule.UNKNOWN,
    workers: int,
    leave_free_bytes: int = LEAVE_FREE_BYTES,
    on_progress: Callable[[int, int], None],
) -> list[StudySlices]:
    """The series of a prepared set, ordered by StudyInstanceUID; only missing ones are made.

    A killed run goes on where it stopped.

    Args:
        directory: made by ``cspine-train prepare``.
        contract: of the network to be trained.
        cache: gets one folder per study.
        rule: for fractured levels that no box marks.
        workers: processes.
        leave_free_bytes: room that must be left on the disk.
        on_progress: how many of how many series there are.

    Raises:
        DataError: the set or the cache cannot be used, or another run makes this cache.
        NoRoomError: the disk is too small. Nothing was written.
    """
    model = PseudoStore(directory).model()
    digest = None if model is None else model.sha256
    orders = [SeriesOrder(each, contract, rule, digest) for each in read_prepared(directory)]
    missing = [each for each in orders if not (cache / each.name).exists()]
    done = len(orders) - len(missing)
    on_progress(done, len(orders))
    if missing:
        check_room(cache, sum(each.bytes for each in missing), leave_free_bytes)
        with _claimed(cache):
            for _ in _made(missing, cache, workers):
                done += 1
                on_progress(done, len(orders))
    return [replace(StudySlices.open(cache / each.name), fold=each.study.fold) for each in orders]


@contextmanager
def _claimed(cache: Path) -> Iterator[None]:
    """One run at a time; what a killed one left half-written is removed."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        lock = (cache / LOCK).open("w")
    except OSError as error:
        raise DataError(f"{cache} cannot be written: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise DataError(f"another run makes the series of {cache}") from error
        for leftover in cache.glob("rsna-*.partial"):
            shutil.rmtree(leftover, ignore_errors=True)
        yield


def _made(orders: Sequence[SeriesOrder], cache: Path, workers: int) -> Iterator[None]:
    # Spawned, not forked: a child must not inherit torch's threads.
    with ProcessPoolExecutor(workers, get_context("spawn"), _one_thread) as pool:
        try:
            for future in as_completed([pool.submit(_make, each, cache) for each in orders]):
                future.result()
                yield
        finally:
            pool.shutdown(cancel_futures=True)


def _one_thread() -> None:
    torch.set_num_threads(1)


def _make(order: SeriesOrder, cache: Path) -> None:
    if not (cache / order.name).exists():
        make_series(order).save(cache / order.name)


def make_series(order: SeriesOrder) -> StudySlices:
    """Resample one study and say what is known of its slices.

    Raises:
        DataError: its arrays are damaged.
    """
    study, contract = order.study, order.contract
    volume = study.volume()
    size = stored_size(contract.size_px)
    field = read_field(
        volume,
        replace(contract, size_px=size, field_mm=contract.field_mm * size / contract.size_px),
    )
    positions = grid_positions(volume, contract.slice_spacing_mm)
    places = cell_places(field)
    shares, cells = _levels(study, field, positions, places)
    fractured = [LEVELS.index(each) for each in study.levels]
    boxes = boxes_on_grid(study.boxes, positions, places, cells, fractured)
    labels = fracture_labels(shares, fractured, boxes, field.spacing_mm, order.rule)
    marks, boxed = study_marks(cells, labels, boxes, bone_cells(field))
    return StudySlices(
        hu=field.hu.round().short().numpy(),
        marks=marks,
        shares=shares,
        fracture=labels,
        boxed=boxed,
        levels=np.array([level in study.levels for level in LEVELS], np.float32),
        overall=float(bool(study.levels)),
        group=SPINE,
        patient_key=study.stored.patient_key,
        fold=study.fold,
    )


def _levels(
    study: PreparedStudy,
    field: FieldSlices,
    positions: NDArray[np.float64],
    places: NDArray[np.float64],
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Shares (T, 7), NaN unknown, and cells (T, h, w), 255 unknown."""
    mask, shares = study.mask(), study.shares()
    if mask is not None and shares is not None:
        rows = list(field.indices)
        return shares[rows], cells_of_mask(mask[rows], places)
    pseudo: PseudoLabels | None = PseudoStore(study.directory).read(study.stored)
    if pseudo is None:
        unknown = np.full((len(positions), len(LEVELS)), np.nan, np.float32)
        return unknown, np.full((len(positions), *places.shape[1:]), UNKNOWN_MARK, np.uint8)
    return pseudo.shares_at(positions), pseudo.cells_at(positions, places)


def cell_places(field: FieldSlices) -> NDArray[np.float64]:
    """(2, h, w): column and row of the volume at the middle of each cell of the marks."""
    size = field.hu.shape[-1]
    ticks = np.arange(size // MARK_STEP) * MARK_STEP + (MARK_STEP - 1) / 2
    middles = np.stack(np.broadcast_arrays(ticks[None, :], ticks[:, None], 1.0))
    places: NDArray[np.float64] = np.einsum("ij,jhw->ihw", field.to_pixels, middles)
    return places


def cells_of_mask(mask: NDArray[np.uint8], places: NDArray[np.float64]) -> NDArray[np.uint8]:
    """(T, rows, columns) → (T, h, w) nearest neighbours; 0 outside the image and below C7."""
    column, row = np.rint(places).astype(np.int64)
    rows, columns = mask.shape[1:]
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    taken = mask[:, row.clip(0, rows - 1), column.clip(0, columns - 1)]
    return np.where(inside & (taken <= len(LEVELS)), taken, 0).astype(np.uint8)


def bone_cells(field: FieldSlices) -> NDArray[np.bool_]:
    """(T, h, w): enough of the cell's pixels are as dense as bone."""
    dense = (field.hu > BONE_HU).float()[:, None]
    bone: NDArray[np.bool_] = (functional.avg_pool2d(dense, MARK_STEP)[:, 0] >= BONE_SHARE).numpy()
    return bone


def boxes_on_grid(
    boxes: Sequence[PlacedBox],
    positions: NDArray[np.float64],
    places: NDArray[np.float64],
    cells: NDArray[np.uint8],
    fractured: Sequence[int],
) -> list[CellBox]:
    """Boxes of own slices on the slices of the grid.

    A slice of the grid has the boxes of the own slices to which it is the nearest, and of the own
    slice nearest to it: thin slices lie several to one of the grid, thick ones the other way.
    """
    own = np.rint(positions).astype(np.int64)
    out: list[CellBox] = []
    for each in boxes:
        inside = _inside(each, places)
        nearest = int(np.abs(positions - each.slice_index).argmin())
        rows = {nearest, *np.flatnonzero(own == each.slice_index).tolist()}
        out += [CellBox(at, inside, level_of_box(inside, cells[at], fractured)) for at in rows]
    return out


def _inside(box: PlacedBox, places: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(h, w): cells whose middle lies in the box, whose edges are pixels' edges."""
    x, y, width, height = box.box
    column, row = places
    across = (column >= x - 0.5) & (column < x + width - 0.5)
    inside: NDArray[np.bool_] = across & (row >= y - 0.5) & (row < y + height - 0.5)
    return inside
