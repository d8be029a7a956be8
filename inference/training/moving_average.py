"""The moving average of the weights: what is validated and kept instead of the last step's."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from inference.training.lightning_door import Callback, LightningModule, Trainer

Weights = dict[str, Tensor]


class MovingAverage(Callback):
    """Follows every step, stands in while validating, and is saved with the checkpoint.

    Args:
        decay: how much of the average stays at each step; less during the first steps, or the
            random start would stay in it.
        best_of: the logged value that is smallest where the average is best; ``None``: the last
            average is kept.
    """

    def __init__(self, decay: float, best_of: str | None = None) -> None:
        self.decay = decay
        self.best_of = best_of
        self.average: Weights = {}
        self.best: Weights = {}
        self.best_value = math.inf
        self.steps = 0
        self._trained: Weights = {}

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        """Begin with the weights as they are, unless a checkpoint brought an average."""
        own = pl_module.state_dict()
        source = self.average or own
        self.average = {name: source[name].to(own[name].device).clone() for name in own}

    def on_train_batch_end(
        self,
        trainer: Trainer,  # noqa: ARG002
        pl_module: LightningModule,
        *_args: object,
    ) -> None:
        """Take a step after the weights."""
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            for name, value in pl_module.state_dict().items():
                if value.is_floating_point():
                    self.average[name].lerp_(value, 1 - decay)
                else:
                    self.average[name].copy_(value)
        self.steps += 1

    def on_validation_start(
        self,
        trainer: Trainer,  # noqa: ARG002
        pl_module: LightningModule,
    ) -> None:
        """Put the average in the weights' place."""
        if self.average:
            self._trained = _copy(pl_module.state_dict())
            pl_module.load_state_dict(self.average)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Give the weights back; note the best average."""
        if not self._trained:
            return
        pl_module.load_state_dict(self._trained)
        self._trained = {}
        if self.best_of is None:
            return
        value = float(trainer.callback_metrics[self.best_of])
        if value < self.best_value:
            self.best_value = value
            self.best = _copy(self.average)

    def apply_to(self, module: LightningModule) -> None:
        """The result: the best average, or the last."""
        chosen = self.best or self.average
        if chosen:
            module.load_state_dict(chosen)

    def state_dict(self) -> dict[str, Any]:
        """For the checkpoint."""
        return {
            "average": self.average,
            "best": self.best,
            "best_value": self.best_value,
            "steps": self.steps,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """From the checkpoint."""
        self.average = dict(state_dict["average"])
        self.best = dict(state_dict["best"])
        self.best_value = float(state_dict["best_value"])
        self.steps = int(state_dict["steps"])


def _copy(weights: Mapping[str, Tensor]) -> Weights:
    return {name: each.detach().clone() for name, each in weights.items()}
