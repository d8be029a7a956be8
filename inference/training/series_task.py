"""The second stage: the network learns to read series of tokens, its slice part frozen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader

from inference.model.network import CspineNetwork, SeriesLogits
from inference.training.config import FitConfig
from inference.training.lightning_door import LightningModule
from inference.training.schedule import StepSampler, epochs_of, make_optimizer, one_cycle
from inference.training.series_batches import SeriesBatch, SeriesBatchMaker, spread_of, whole
from inference.training.series_tokens import SeriesTokens
from inference.training.slice_networks import weighted_bce

LABEL_WEIGHTS: Final = (7.0, *(1.0,) * 7)
"""Of the patient and the levels in the RSNA 2022 competition; twice as much of a positive."""
SLICE_WEIGHT: Final = 0.5
VALIDATION_BATCH: Final = 32


class SeriesTask(LightningModule):
    """The competition's loss on patient and levels, and cross-entropies of the slices."""

    def __init__(
        self,
        network: CspineNetwork,
        config: FitConfig,
        training: Sequence[SeriesTokens],
        validation: Sequence[SeriesTokens],
    ) -> None:
        super().__init__()
        # Only the series part: the rest is frozen and need not be copied by the average.
        self.series = series_part(network).train().requires_grad_(requires_grad=True)
        self._config = config
        self._training = training
        self._validation = validation

    def training_step(self, batch: SeriesBatch, _index: int) -> Tensor:
        """The weighted sum of the losses."""
        torch.manual_seed(self._config.seed * 1_000_003 + self.global_step)
        losses = series_losses(self.series(batch.tokens, batch.padding), batch)
        loss = losses["labels"] + SLICE_WEIGHT * (losses["presence"] + losses["fracture"])
        self.log_dict({"loss": loss, **losses}, prog_bar=True, batch_size=len(batch.tokens))
        return loss

    def validation_step(self, batch: SeriesBatch, _index: int) -> None:
        """``val_metric`` is the competition's, over whole series."""
        losses = series_losses(self.series(batch.tokens, batch.padding), batch)
        self.log_dict(
            {
                "val_metric": losses["labels"],
                "val_presence": losses["presence"],
                "val_fracture": losses["fracture"],
            },
            prog_bar=True,
            batch_size=max(1, int(batch.labels_known.any(dim=1).sum())),
        )

    def configure_optimizers(self) -> Any:
        """One cycle of the rate."""
        section = self._config.series

        def share_at(step: int) -> float:
            return one_cycle(min(1.0, (step + 1) / section.steps))

        return make_optimizer(self.series, section.learning_rate, section.weight_decay, share_at)

    def train_dataloader(self) -> DataLoader[SeriesBatch]:
        """Batches of the epoch's steps; they are quickly made."""
        section = self._config.series
        _, steps = epochs_of(section.steps, section.epoch_steps)
        maker = SeriesBatchMaker(
            self._training, section, self._config.seed, spread_of(self._training)
        )
        return DataLoader(
            maker, batch_size=None, sampler=StepSampler(steps, lambda: self.global_step)
        )

    def val_dataloader(self) -> DataLoader[SeriesBatch]:
        """Whole series as they are."""
        parts = [
            whole(self._validation[start : start + VALIDATION_BATCH])
            for start in range(0, len(self._validation), VALIDATION_BATCH)
        ]
        return DataLoader(parts, batch_size=None)  # type: ignore[arg-type]


def series_part(network: CspineNetwork) -> nn.Module:
    """What reads series in a network that learns to.

    Raises:
        AttributeError: it has no such part.
    """
    part: nn.Module = network.get_submodule("series")
    return part


def series_losses(logits: SeriesLogits, batch: SeriesBatch) -> dict[str, Tensor]:
    """``labels`` by the competition's weights, ``presence`` and ``fracture`` of the slices."""
    assert logits.overall is not None
    return {
        "labels": competition_loss(
            torch.cat([logits.overall[:, None], logits.levels], dim=1).float(), batch
        ),
        "presence": weighted_bce(logits.presence, batch.presence, batch.presence_weight),
        "fracture": weighted_bce(logits.fracture, batch.fracture, batch.fracture_weight),
    }


def competition_loss(logits: Tensor, batch: SeriesBatch) -> Tensor:
    """The weighted log loss, each study by the sum of its known weights, mean over studies."""
    weights = torch.tensor(LABEL_WEIGHTS, device=logits.device) * (1 + batch.labels)
    weights = weights * batch.labels_known
    each = functional.binary_cross_entropy_with_logits(logits, batch.labels, reduction="none")
    sums = weights.sum(dim=1)
    known = sums > 0
    of_study = (weights * each).sum(dim=1) / sums.clamp(min=1e-6)
    return of_study[known].sum() / known.sum().clamp(min=1)
