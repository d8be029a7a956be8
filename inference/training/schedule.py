"""Steps, learning rates and optimisers that both stages of training share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sized
from typing import Any, Final

import torch
from torch import nn
from torch.utils.data import Sampler

WARM_UP: Final = 0.1
FINAL_RATE: Final = 0.02


class StepSampler(Sampler[int], Sized):
    """The numbers of the steps of one epoch, from the first that has not been done.

    Args:
        steps: of an epoch.
        done: tells how many steps have been done, before or after a run was resumed.
    """

    def __init__(self, steps: int, done: Callable[[], int]) -> None:
        self._steps = steps
        self._done = done

    def __iter__(self) -> Iterator[int]:
        first = self._done()
        return iter(range(first, first + self._steps))

    def __len__(self) -> int:
        return self._steps


def epochs_of(steps: int, epoch_steps: int) -> tuple[int, int]:
    """Number of epochs, and steps of each: all equal, at least ``steps`` together."""
    epochs = max(1, round(steps / epoch_steps))
    return epochs, math.ceil(steps / epochs)


def one_cycle(progress: float) -> float:
    """Share of the peak rate at 0…1 of a cycle: linear warm-up, then a cosine to a fiftieth."""
    if progress < WARM_UP:
        return progress / WARM_UP
    cosine = (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP))) / 2
    return FINAL_RATE + (1 - FINAL_RATE) * cosine


def make_optimizer(
    model: nn.Module, rate: float, weight_decay: float, share_at: Callable[[int], float]
) -> dict[str, Any]:
    """AdamW, as Lightning wants it; weight decay on matrices and kernels only.

    Args:
        model: whose parameters that want a gradient are trained.
        rate: the peak.
        weight_decay: of AdamW.
        share_at: share of the peak at a step, counted from 0.
    """
    parameters = [each for each in model.parameters() if each.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=rate)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, share_at)
    return {
        "optimizer": optimizer,
        "lr_scheduler": {"scheduler": scheduler, "interval": "step"},
    }
