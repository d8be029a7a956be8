"""Batches of slices as a pure function of (seed, step).

So a resumed run sees what an unbroken one sees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.utils.data import Dataset

from inference.model.record import InputContract
from inference.preprocess import AIR_HU
from inference.training.config import SlicesConfig, StageConfig
from inference.training.study_slices import (
    FRACTURE_MARK,
    FRACTURE_UNKNOWN_MARK,
    MARK_STEP,
    UNKNOWN_MARK,
    StudySlices,
    stored_size,
)
from inference.types import LEVELS

ANYWHERE_SHARE: Final = 0.12
"""Of the crops: so that the rest of the body is no surprise at the full field."""
STRIDE: Final = 32
"""Pixels of the image along a cell of the encoder's last map."""
PRESENT_SHARE: Final = (0.06, 0.20)
"""Below the first: absent; from the second: present; between them the reader may choose."""
FRACTURE_INSIDE: Final = 0.3
"""Of the marks of a fracture that a crop must hold, or the label is left out."""


class Batch(NamedTuple):
    """Inputs, targets in 0…1 and weights; a weight of 0 leaves a target out of the loss.

    ``places`` (slices, 8, size / 4, size / 4): where C1…C7 are, and where any is fractured;
    ``levels_known``, ``fracture_known`` (slices, 1, size / 4, size / 4): where that is known.
    """

    images: Tensor
    presence: Tensor
    presence_weight: Tensor
    fracture: Tensor
    fracture_weight: Tensor
    places: Tensor
    levels_known: Tensor
    fracture_known: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class SlicePool:
    """All slices of a set of series, and in which group each is: rows of (study, slice)."""

    studies: Sequence[StudySlices]
    groups: tuple[NDArray[np.int64], ...]

    @classmethod
    def of(cls, studies: Sequence[StudySlices]) -> SlicePool:
        """Sort the slices into the groups of ``SlicesConfig.group_shares``."""
        shown = [np.nan_to_num(each.fracture).max(axis=1) > 0 for each in studies]
        twins = _twin_slices(studies, shown)
        rows: list[list[NDArray[np.int64]]] = [[], [], [], []]
        for number, study in enumerate(studies):
            # Where no mask says so, a slice of a spine may show vertebrae.
            spine = np.nan_to_num(study.shares, nan=1.0).max(axis=1) > 0
            kinds = np.select([shown[number], twins[number], spine], [0, 1, 2], 3)
            for group in range(4):
                slices = np.flatnonzero(kinds == group)
                rows[group].append(np.column_stack([np.full(len(slices), number), slices]))
        return cls(studies, tuple(np.concatenate(each).astype(np.int64) for each in rows))

    def draw(
        self, rng: np.random.Generator, count: int, group_shares: Sequence[float]
    ) -> list[tuple[int, int]]:
        """(study, slice) of a batch; an empty group's share goes to the others."""
        shares = np.array(
            [
                share if len(rows) else 0.0
                for share, rows in zip(group_shares, self.groups, strict=True)
            ]
        )
        picks = rng.choice(len(shares), count, p=shares / shares.sum())
        rows = [self.groups[group][rng.integers(len(self.groups[group]))] for group in picks]
        return [(int(study), int(index)) for study, index in rows]


def _twin_slices(
    studies: Sequence[StudySlices], shown: Sequence[NDArray[np.bool_]]
) -> list[NDArray[np.bool_]]:
    """Slices whose fellow in another study of the same patient and length shows a fracture."""
    by_patient: dict[tuple[str, int], NDArray[np.bool_]] = {}
    for study, each in zip(studies, shown, strict=True):
        key = (study.patient_key, len(study.hu))
        by_patient[key] = by_patient.get(key, np.zeros(len(each), np.bool_)) | each
    return [
        by_patient[study.patient_key, len(study.hu)] & (study.overall == 0) for study in studies
    ]


@dataclass(frozen=True, slots=True, eq=False)
class BatchMaker(Dataset[Batch]):
    """Item ``step`` is the batch of that step."""

    pool: SlicePool
    config: SlicesConfig
    contract: InputContract
    seed: int
    rank: int = 0

    def __getitem__(self, step: int) -> Batch:
        """The augmented batch of one step of training."""
        rng = np.random.default_rng([self.seed, self.rank, step])
        stage, _ = stage_at(self.config, step)
        return make_batch(self.pool, self.contract, stage, self.config.group_shares, rng)

    def __len__(self) -> int:
        return self.config.steps


def make_batch(
    pool: SlicePool,
    contract: InputContract,
    stage: StageConfig,
    group_shares: Sequence[float],
    rng: np.random.Generator,
) -> Batch:
    """Draw slices, move and disturb them, and say what they show."""
    size = image_size(contract, stage)
    chosen = pool.draw(rng, stage.batch_size, group_shares)
    offsets = sorted({each.offset for each in contract.channels})
    hu = torch.from_numpy(
        np.stack([planes_of(pool.studies[study].hu, index, offsets) for study, index in chosen])
    )
    marks = torch.from_numpy(np.stack([pool.studies[s].marks[index] for s, index in chosen]))
    boxed = torch.tensor([bool(pool.studies[s].boxed[index]) for s, index in chosen])
    centres = crop_centres(marks, rng) if stage.field < 1 else np.zeros((len(chosen), 2))
    theta = random_affines(rng, contract, stage.field, centres)
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    images = perturb(warp(hu - AIR_HU, theta, size) + AIR_HU, rng, generator)
    planes, known = mark_planes(marks, boxed)
    warped = warp(torch.cat([planes, known], dim=1), theta, size // MARK_STEP)
    places, known = warped[:, :8], warped[:, 8:] > 0.5
    inside = inside_shares(planes, places, theta)
    shares = np.stack([pool.studies[study].shares[index] for study, index in chosen])
    shown = np.stack([pool.studies[study].fracture[index] for study, index in chosen])
    presence, presence_weight = presence_labels(shares * inside[:, :-1])
    fracture, fracture_weight = fracture_labels(shown, shares * inside[:, :-1], inside[:, -1:])
    return Batch(
        images=channel_images(images, offsets, contract),
        presence=presence,
        presence_weight=presence_weight,
        fracture=fracture,
        fracture_weight=fracture_weight,
        places=places,
        levels_known=known[:, :1].float(),
        fracture_known=known[:, 1:].float(),
    )


def stage_at(config: SlicesConfig, step: int) -> tuple[StageConfig, float]:
    """The stage of a step, counted from 0, and how far through it the step ends, in 0…1."""
    first, done = 0, 0.0
    total = sum(each.share for each in config.stages)
    for stage in config.stages:
        done += stage.share / total
        last = round(done * config.steps)
        if step < last:
            return stage, (step - first + 1) / (last - first)
        first = last
    return config.stages[-1], 1.0


def image_size(contract: InputContract, stage: StageConfig) -> int:
    """Rows and columns of a stage's images, whole cells of the encoder."""
    return max(STRIDE, round(contract.size_px * stage.size / STRIDE) * STRIDE)


def planes_of(hu: NDArray[np.int16], index: int, offsets: Sequence[int]) -> NDArray[np.float32]:
    """(offsets, S, S): a slice and its neighbours; the ends are repeated."""
    rows = np.clip(index + np.asarray(offsets), 0, len(hu) - 1)
    return np.stack([hu[row] for row in rows]).astype(np.float32)


def channel_images(planes: Tensor, offsets: Sequence[int], contract: InputContract) -> Tensor:
    """(n, offsets, h, w) Hounsfield units → (n, channels, h, w) as the network reads them."""
    out = [
        ((planes[:, offsets.index(each.offset)] - each.window.level) * (2 / each.window.width))
        for each in contract.channels
    ]
    images = torch.stack(out, dim=1).clamp_(-1.0, 1.0)
    return images.contiguous(memory_format=torch.channels_last)


def presence_labels(shares: NDArray[np.float32]) -> tuple[Tensor, Tensor]:
    """Target and weight from the levels' shares; unknown (NaN) and in between weigh nothing."""
    low, high = PRESENT_SHARE
    target = np.nan_to_num(shares) >= high
    weight = target | (shares <= low)  # false of NaN
    return torch.from_numpy(target.astype(np.float32)), torch.from_numpy(weight.astype(np.float32))


def fracture_labels(
    shown: NDArray[np.float32], shares: NDArray[np.float32], inside: NDArray[np.float32]
) -> tuple[Tensor, Tensor]:
    """Target and weight from what the slices show.

    Where a level is not in the slice, its presence of 0 already silences its fracture; a fracture
    that the crop cut off is unknown.
    """
    target = np.nan_to_num(shown)
    weight = ~np.isnan(shown) & ~(shares < PRESENT_SHARE[0])
    weight &= ~((target > 0) & (inside < FRACTURE_INSIDE))
    return torch.from_numpy(target.astype(np.float32)), torch.from_numpy(weight.astype(np.float32))


def crop_centres(marks: Tensor, rng: np.random.Generator) -> NDArray[np.float64]:
    """(slices, 2) x, y in −1…1: the middle of what is marked; now and then anywhere."""
    anywhere = rng.uniform(-0.6, 0.6, (len(marks), 2))
    out = np.where(rng.random((len(marks), 1)) < ANYWHERE_SHARE, anywhere, np.nan)
    for row in np.flatnonzero(np.isnan(out[:, 0])):
        marked = (marks[row] != 0) & (marks[row] != UNKNOWN_MARK)
        places = torch.nonzero(marked).double()
        middle = (places.mean(dim=0).flip(0) + 0.5) * (2 / marks.shape[-1]) - 1
        out[row] = middle if len(places) else anywhere[row]
    return out


def random_affines(
    rng: np.random.Generator, contract: InputContract, field: float, centres: NDArray[np.float64]
) -> Tensor:
    """(slices, 2, 3) maps from the network's field to the stored one, both in −1…1."""
    count = len(centres)
    crop = field * contract.size_px / stored_size(contract.size_px)
    zoom = crop * np.exp(rng.normal(0, 0.05, count)).clip(0.88, 1.12)
    angle = np.deg2rad(rng.uniform(-9, 9, count))
    shift = centres + rng.uniform(-0.11, 0.11, (count, 2))
    flip = np.where(rng.random(count) < 0.5, -1.0, 1.0)
    cos, sin = np.cos(angle) * zoom, np.sin(angle) * zoom
    rows = [[cos * flip, -sin, shift[:, 0]], [sin * flip, cos, shift[:, 1]]]
    return torch.from_numpy(np.stack([np.stack(row, 1) for row in rows], 1).astype(np.float32))


def warp(images: Tensor, theta: Tensor, size: int) -> Tensor:
    """(slices, channels, stored, stored) → (slices, channels, size, size), bilinear."""
    grid = functional.affine_grid(theta, [len(images), 1, size, size], align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)


def perturb(hu: Tensor, rng: np.random.Generator, generator: torch.Generator) -> Tensor:
    """Calibration, dose and kernel vary: gain, offset, noise and blur per slice, (n, k, h, w)."""
    count = len(hu)

    def column(values: NDArray[np.float64]) -> Tensor:
        return torch.from_numpy(values.astype(np.float32))[:, None, None, None]

    blur = column(rng.random(count).clip(0, 0.9) * (rng.random(count) < 0.4))
    blurred = functional.avg_pool2d(hu, 3, stride=1, padding=1, count_include_pad=False)
    hu = hu + blur * (blurred - hu)
    hu = hu * column(rng.normal(1, 0.03, count)) + column(rng.normal(0, 15, count))
    noise = column(rng.uniform(0, 35, count) * (rng.random(count) < 0.5))
    return hu + noise * torch.randn(hu.shape, generator=generator)


def mark_planes(marks: Tensor, boxed: Tensor) -> tuple[Tensor, Tensor]:
    """What is marked (n, 8, …): C1…C7, fractured; and known (n, 2, …): level, fracture.

    Float32 of 0 and 1. In a boxed slice only the fracture is known.
    """
    known = marks != UNKNOWN_MARK
    levels = marks % FRACTURE_MARK
    planes = [(levels == number) & known for number in range(1, len(LEVELS) + 1)]
    of_fracture = known & ((marks & FRACTURE_UNKNOWN_MARK) == 0)
    fractured = ((marks & FRACTURE_MARK) > 0) & of_fracture
    of_levels = known & ~boxed[:, None, None]
    return (
        torch.stack([*planes, fractured], 1).float(),
        torch.stack([of_levels, of_fracture], 1).float(),
    )


def inside_shares(planes: Tensor, warped: Tensor, theta: Tensor) -> NDArray[np.float32]:
    """(slices, 8): how much of what is marked lies in the network's field, 1 of nothing."""
    whole = planes.mean(dim=(2, 3))
    inside = warped.mean(dim=(2, 3)) * torch.linalg.det(theta[:, :, :2]).abs()[:, None]
    shares = torch.where(whole > 0, inside / whole.clamp(min=1e-9), torch.ones(()))
    return np.asarray(shares.clamp(max=1.0).numpy(), np.float32)
