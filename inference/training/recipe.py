"""Everything that decides what a training run does, in frozen records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from inference.model.channels import CHANNELS
from inference.model.combine import SeenRule
from inference.model.record import CONTRACT_VERSION, InputContract

CONTRACT: Final = InputContract(
    version=CONTRACT_VERSION,
    size_px=384,
    field_mm=192.0,
    slice_spacing_mm=2.0,
    slab_mm=2.0,
    channels=CHANNELS["baseline"],
)

SEEN_RULE: Final = SeenRule(
    min_peak=0.6, min_extent_mm=5.0, min_levels=2, max_inversions=0, max_skipped=0
)

FIRST_VALIDATION_SEED: Final = 9_000
LAST_TRAINING_SEED: Final = 9_999
FIRST_TEST_SEED: Final = 100_000
"""Seeds from here on are never trained on."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a run.

    Attributes:
        share: of the run's steps.
        size: of the images, as a share of the contract's.
        field: likewise of the field; less than 1 is a crop around the vertebrae.
        batch_size: slices in a batch.
        rate: the peak of its learning rate, as a share of the recipe's.
    """

    share: float
    size: float
    field: float
    batch_size: int
    rate: float = 1.0


# Small images first (Tan and Le 2021, section 4, "progressive learning"), here as crops around the
# vertebrae rather than at a lower resolution: a crack is two or three pixels wide.
PROGRESSION: Final = (Stage(0.85, 5 / 12, 5 / 12, 32), Stage(0.15, 1.0, 1.0, 16, rate=0.5))


@dataclass(frozen=True, slots=True)
class Recipe:
    """One training run; equal recipes on equal software give equal weights.

    Attributes:
        studies, negatives: phantoms with a cervical spine, and volumes without one.
        steps: optimiser steps over all stages.
        learning_rate: the highest; every stage is one cycle of its own.
        dense_weight: of the auxiliary loss on the feature map's cells (training only).
        matrices: rows and columns of the phantoms, in turn.
    """

    encoder: str = "tf_efficientnetv2_s"
    seed: int = 0
    studies: int = 256
    negatives: int = 30
    steps: int = 2_000
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    dropout: float = 0.1
    ema_decay: float = 0.99
    dense_weight: float = 1.0
    matrices: tuple[int, ...] = (288, 416)
    contract: InputContract = CONTRACT
    stages: tuple[Stage, ...] = field(default=PROGRESSION)

    def matrix_of(self, seed: int) -> int:
        """Rows and columns of a seed's phantom."""
        return self.matrices[seed % len(self.matrices)]

    def stage_at(self, step: int) -> tuple[Stage, float]:
        """The stage of a step, counted from 0, and how far through it the step ends, in 0…1."""
        first, done = 0, 0.0
        for stage in self.stages:
            done += stage.share
            last = round(done * self.steps)
            if step < last:
                return stage, (step - first + 1) / (last - first)
            first = last
        return self.stages[-1], 1.0
