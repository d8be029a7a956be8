"""Batches as a pure function of (recipe, step): a resumed run sees what an unbroken one sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from inference.preprocess import AIR_HU, to_channels
from inference.training.phantoms import FRACTURE_MARK, MARK_STEP, TrainingSlices, stored_size
from inference.training.recipe import Recipe, Stage
from inference.types import LEVELS

GROUP_SHARES: Final = (0.42, 0.46, 0.12)
"""Of each batch: slices that show a fracture, other slices of C1–C7, slices without any."""

ANYWHERE_SHARE: Final = 0.12
"""Of the crops: so that the rest of the body is no surprise at the full field."""
STRIDE: Final = 32
"""Pixels of the image along a cell of the feature map."""
PRESENT_SHARE: Final = (0.06, 0.20)
"""Below the first: absent; from the second: present; between them the reader may choose."""
VISIBLE_MM2: Final = (1.5, 6.0)
"""The same for a fracture: of the area that it changed, and of that near its crack."""


class Batch(NamedTuple):
    """Inputs, targets in 0…1 and weights; a weight of 0 leaves a target out of the loss.

    ``places`` (slices, 8, size / 4, size / 4): where C1…C7 are, and where any is fractured.
    """

    images: Tensor
    presence: Tensor
    presence_weight: Tensor
    fracture: Tensor
    fracture_weight: Tensor
    places: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class SlicePool:
    """All training slices, and in which group each is: rows of (study, slice)."""

    studies: Sequence[TrainingSlices]
    groups: tuple[NDArray[np.int64], ...]

    @classmethod
    def of(cls, studies: Sequence[TrainingSlices]) -> SlicePool:
        """Sort the slices into the groups of ``GROUP_SHARES``."""
        rows: list[list[tuple[int, int]]] = [[], [], []]
        for number, study in enumerate(studies):
            for index in range(len(study.hu)):
                if study.visible_mm2[index].max() >= VISIBLE_MM2[1]:
                    group = 0
                else:
                    group = 1 if study.shares[index].max() > 0 else 2
                rows[group].append((number, index))
        return cls(studies, tuple(np.array(each, np.int64).reshape(-1, 2) for each in rows))

    def draw(self, rng: np.random.Generator, count: int) -> list[tuple[int, int]]:
        """(study, slice) of a batch; an empty group's share goes to the others."""
        shares = np.array(
            [
                share if len(rows) else 0.0
                for share, rows in zip(GROUP_SHARES, self.groups, strict=True)
            ]
        )
        picks = rng.choice(len(shares), count, p=shares / shares.sum())
        rows = [self.groups[group][rng.integers(len(self.groups[group]))] for group in picks]
        return [(int(study), int(index)) for study, index in rows]


def make_batch(pool: SlicePool, recipe: Recipe, step: int) -> Batch:
    """The batch of one step."""
    rng = np.random.default_rng([recipe.seed, step])
    stage, _ = recipe.stage_at(step)
    size = image_size(recipe, stage)
    chosen = pool.draw(rng, stage.batch_size)
    hu = torch.from_numpy(
        np.stack([pool.studies[study].hu[index] for study, index in chosen]).astype(np.float32)
    )
    marks = torch.from_numpy(
        np.stack([pool.studies[study].marks[index] for study, index in chosen])
    )
    centres = crop_centres(marks, rng) if stage.field < 1 else np.zeros((len(chosen), 2))
    theta = random_affines(rng, recipe, stage.field, centres)
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    images = warp(hu[:, None] - AIR_HU, theta, size)[:, 0] + AIR_HU
    images = perturb(images, rng, generator)
    places = warp(mark_planes(marks), theta, size // MARK_STEP)
    inside = inside_shares(marks, places, theta)
    shares = np.stack([pool.studies[study].shares[index] for study, index in chosen])
    visible = np.stack([pool.studies[study].visible_mm2[index] for study, index in chosen])
    changed = np.stack([pool.studies[study].changed_mm2[index] for study, index in chosen])
    shares = shares * inside[:, :-1]
    presence, presence_weight = soft_label(shares, shares, PRESENT_SHARE)
    fracture, fracture_weight = soft_label(changed, visible * inside[:, -1:], VISIBLE_MM2)
    return Batch(
        images=to_channels(images, recipe.contract.channels).contiguous(
            memory_format=torch.channels_last
        ),
        presence=presence,
        presence_weight=presence_weight,
        fracture=fracture,
        # Where a level is not in the slice, its presence of 0 already silences its fracture.
        fracture_weight=fracture_weight * (torch.from_numpy(shares) >= PRESENT_SHARE[0]),
        places=places,
    )


def image_size(recipe: Recipe, stage: Stage) -> int:
    """Rows and columns of a stage's images, whole cells of the encoder."""
    return max(STRIDE, round(recipe.contract.size_px * stage.size / STRIDE) * STRIDE)


def soft_label(
    trace: NDArray[np.float32], sight: NDArray[np.float32], limits: tuple[float, float]
) -> tuple[Tensor, Tensor]:
    """1 where the sight reaches the upper limit, else 0.

    The weight is 0 where it does not, and yet the trace is above the lower limit.
    """
    low, high = limits
    target = sight >= high
    weight = target | (trace <= low)
    return torch.from_numpy(target.astype(np.float32)), torch.from_numpy(weight.astype(np.float32))


def crop_centres(marks: Tensor, rng: np.random.Generator) -> NDArray[np.float64]:
    """(slices, 2) x, y in −1…1: the middle of what is marked; now and then anywhere."""
    anywhere = rng.uniform(-0.6, 0.6, (len(marks), 2))
    out = np.where(rng.random((len(marks), 1)) < ANYWHERE_SHARE, anywhere, np.nan)
    for row in np.flatnonzero(np.isnan(out[:, 0])):
        places = torch.nonzero(marks[row]).double()
        middle = (places.mean(dim=0).flip(0) + 0.5) * (2 / marks.shape[-1]) - 1
        out[row] = middle if len(places) else anywhere[row]
    return out


def random_affines(
    rng: np.random.Generator, recipe: Recipe, field: float, centres: NDArray[np.float64]
) -> Tensor:
    """(slices, 2, 3) maps from the network's field to the stored one, both in −1…1."""
    count = len(centres)
    crop = field * recipe.contract.size_px / stored_size(recipe.contract)
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
    """Calibration, dose and kernel vary: gain, offset, noise and blur per slice."""
    count = len(hu)

    def column(values: NDArray[np.float64]) -> Tensor:
        return torch.from_numpy(values.astype(np.float32))[:, None, None]

    blur = column(rng.random(count).clip(0, 0.9) * (rng.random(count) < 0.4))
    blurred = functional.avg_pool2d(hu[:, None], 3, stride=1, padding=1, count_include_pad=False)
    hu = hu + blur * (blurred[:, 0] - hu)
    hu = hu * column(rng.normal(1, 0.03, count)) + column(rng.normal(0, 15, count))
    noise = column(rng.uniform(0, 35, count) * (rng.random(count) < 0.5))
    return hu + noise * torch.randn(hu.shape, generator=generator)


def mark_planes(marks: Tensor) -> Tensor:
    """(slices, 8, …) float32 of 0 and 1: C1…C7, and fractured."""
    levels = marks % FRACTURE_MARK
    planes = [levels == number for number in range(1, len(LEVELS) + 1)]
    return torch.stack([*planes, marks >= FRACTURE_MARK], dim=1).float()


def inside_shares(marks: Tensor, warped: Tensor, theta: Tensor) -> NDArray[np.float32]:
    """(slices, 8): how much of what is marked lies in the network's field, 1 of nothing."""
    whole = mark_planes(marks).mean(dim=(2, 3))
    inside = warped.mean(dim=(2, 3)) * torch.linalg.det(theta[:, :, :2]).abs()[:, None]
    shares = torch.where(whole > 0, inside / whole.clamp(min=1e-9), torch.ones(()))
    return np.asarray(shares.clamp(max=1.0).numpy(), np.float32)
