"""The first stage: the network learns to read slices."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from inference.training.config import FitConfig
from inference.training.lightning_door import LightningModule
from inference.training.schedule import StepSampler, epochs_of, make_optimizer, one_cycle
from inference.training.slice_batches import (
    Batch,
    BatchMaker,
    SlicePool,
    make_batch,
    stage_at,
)
from inference.training.slice_networks import SliceLearner

BATCH_NORM_BATCHES: Final = 24
VALIDATION_STREAM: Final = 1_000_003
BATCH_NORM_STREAM: Final = 1_000_033


class SlicesTask(LightningModule):
    """Losses of a learner over the batches of a pool."""

    def __init__(
        self,
        learner: SliceLearner,
        config: FitConfig,
        pool: SlicePool,
        validation: SlicePool,
        workers: int,
    ) -> None:
        super().__init__()
        self.learner = learner
        self._config = config
        self._pool = pool
        self._validation = validation
        self._workers = workers

    def training_step(self, batch: Batch, _index: int) -> Tensor:
        """The weighted sum of the losses."""
        # Dropout: the same when resumed, another on each device.
        torch.manual_seed(
            self._config.seed * 1_000_003 + self.global_step * self.trainer.world_size
            + self.global_rank
        )  # fmt: skip
        losses = self.learner(batch)
        loss = self._sum(losses)
        self.log_dict({"loss": loss, **losses}, prog_bar=True, batch_size=len(batch.images))
        return loss

    def validation_step(self, batch: Batch, _index: int) -> None:
        """The same losses on batches that never change."""
        losses = self.learner(batch)
        values = {f"val_{name}": each for name, each in losses.items()}
        self.log_dict(
            {"val_loss": self._sum(losses), **values},
            prog_bar=False,
            batch_size=len(batch.images),
            sync_dist=True,
        )

    def _sum(self, losses: dict[str, Tensor]) -> Tensor:
        return (
            losses["presence"]
            + losses["fracture"]
            + self._config.slices.dense_weight * losses["places"]
        )

    def configure_optimizers(self) -> Any:
        """One cycle of the rate a stage."""
        section = self._config.slices

        def share_at(step: int) -> float:
            stage, progress = stage_at(section, step)
            return stage.rate * one_cycle(progress)

        return make_optimizer(self.learner, section.learning_rate, section.weight_decay, share_at)

    def train_dataloader(self) -> DataLoader[Batch]:
        """Batches of the epoch's steps, made ahead in a process of their own."""
        section, contract = self._config.slices, self._config.input_contract()
        maker = BatchMaker(self._pool, section, contract, self._config.seed, self.global_rank)
        _, steps = epochs_of(section.steps, section.epoch_steps)
        return _loader(maker, StepSampler(steps, lambda: self.global_step), self._workers)

    def val_dataloader(self) -> DataLoader[Batch]:
        """Batches drawn once for all, on the first stage's field."""
        section = self._config.slices
        batches = drawn_batches(
            self._validation,
            self._config,
            section.stages[0].field,
            section.validation_batches,
            VALIDATION_STREAM,
        )
        return DataLoader(batches, batch_size=None)  # type: ignore[arg-type]


def drawn_batches(
    pool: SlicePool, config: FitConfig, field: float, count: int, stream: int
) -> list[Batch]:
    """Batches that depend on the seed and the stream only, of the last stage with this field."""
    stage = next(each for each in reversed(config.slices.stages) if each.field == field)
    return [
        make_batch(
            pool,
            config.input_contract(),
            stage,
            config.slices.group_shares,
            np.random.default_rng([config.seed, stream, number]),
        )
        for number in range(count)
    ]


def measure_batch_norms(learner: SliceLearner, config: FitConfig, pool: SlicePool) -> None:
    """The batch statistics of the averaged weights, measured afresh at the last stage's size."""
    norms = [each for each in learner.network.modules() if isinstance(each, nn.BatchNorm2d)]
    momenta = [each.momentum for each in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over the batches
    learner.network.train()
    count = min(BATCH_NORM_BATCHES, config.slices.steps)
    field = config.slices.stages[-1].field
    with torch.inference_mode():
        for number in range(count):
            stream = BATCH_NORM_STREAM + number
            [batch] = drawn_batches(pool, config, field, 1, stream)
            learner.network.read_slices(batch.images.to(next(learner.parameters()).device))
    learner.network.eval()
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def _loader(maker: BatchMaker, sampler: StepSampler, workers: int) -> DataLoader[Batch]:
    return DataLoader(
        maker,
        batch_size=None,
        sampler=sampler,
        num_workers=workers,
        prefetch_factor=4 if workers else None,
        persistent_workers=False,
    )
