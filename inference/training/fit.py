"""The training loop: deterministic by seed, resumable, with a moving average of the weights."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.model.baseline import BaselineNet
from inference.training.batches import STRIDE, Batch, SlicePool, image_size, make_batch
from inference.training.phantoms import MARK_STEP
from inference.training.recipe import Recipe, Stage
from inference.types import LEVELS

WARM_UP: Final = 0.1
FINAL_RATE: Final = 0.02
LOG_FIELDS: Final = ("step", "size_px", "loss", "presence", "fracture", "places", "learning_rate")
BATCH_NORM_BATCHES: Final = 40
FRACTURED_CELL_WEIGHT: Final = 5.0
EARLY_STRIDES: Final = (8, 16)
"""Of the maps that are supervised besides the last."""
LEVEL_COVERAGE: Final = 0.10
FRACTURE_COVERAGE: Final = {8: 0.15, 16: 0.08, 32: 0.03}
"""Share of a cell, by stride, that must be fractured for the cell to count."""


class Losses(NamedTuple):
    """Mean binary cross-entropies of one batch."""

    presence: Tensor
    fracture: Tensor
    places: Tensor


class TrainedNet(nn.Module):
    """The network, and heads that serve only its training.

    Some say of each cell of a feature map which level it shows and whether a fracture: a crack is
    small, and a label per slice alone would teach slowly what it looks like. Another learns what
    the fractures of all levels have in common.
    """

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe
        self.network = BaselineNet(recipe.encoder, dropout=recipe.dropout)
        self.pooled_cells = cells_of(recipe, recipe.stages[0])
        features = self.network.presence_head.in_features
        self._early: dict[int, Tensor] = {}
        channels = {STRIDE: features}
        for info in self.network.encoder.feature_info:
            if info["reduction"] in EARLY_STRIDES:
                stage = self.network.encoder.get_submodule(info["module"])
                stage.register_forward_hook(partial(self._keep, info["reduction"]))
                channels[info["reduction"]] = info["num_chs"]
        self.places = nn.ModuleDict(
            {str(stride): nn.Conv2d(each, len(LEVELS) + 1, 1) for stride, each in channels.items()}
        )
        self.any_fracture = nn.Linear(features, 1, bias=False)
        start_rarely(self)

    def _keep(self, stride: int, _module: nn.Module, _inputs: object, output: Tensor) -> None:
        self._early[stride] = output

    def folded(self) -> BaselineNet:
        """The bare network: its heads on the mean of the features at the contract's size."""
        recipe, network = self.recipe, self.network
        gain = cells_of(recipe, Stage(1.0, 1.0, 1.0, 1)) / self.pooled_cells
        with torch.no_grad():
            network.fracture_head.weight.add_(self.any_fracture.weight).mul_(gain)
            network.presence_head.weight.mul_(gain)
        return network

    def forward(self, batch: Batch) -> Losses:
        """Losses of the three heads."""
        maps = self.network.feature_maps(batch.images)
        # A sum over a fixed number of cells, not a mean: what a vertebra adds to it does not
        # shrink when a later stage shows more around the vertebra.
        pooled = maps.sum(dim=(2, 3)) / self.pooled_cells
        logits = self.network.heads_of_pooled(pooled)
        # What all levels' fractures share is learned from all of them at once.
        fracture = logits.fracture + self.any_fracture(pooled)
        return Losses(
            weighted_bce(logits.presence, batch.presence, batch.presence_weight),
            weighted_bce(fracture, batch.fracture, batch.fracture_weight),
            self._place_loss({**self._early, STRIDE: maps}, batch.places),
        )

    def _place_loss(self, maps: Mapping[int, Tensor], places: Tensor) -> Tensor:
        losses = [
            dense_loss(head(maps[int(stride)]), cell_targets(places, int(stride)))
            for stride, head in self.places.items()
        ]
        return torch.stack(losses).mean()


def cells_of(recipe: Recipe, stage: Stage) -> int:
    """Cells of a stage's feature map."""
    return (image_size(recipe, stage) // STRIDE) ** 2


def start_rarely(model: TrainedNet) -> None:
    """Let every head begin near its base rate instead of one half."""
    with torch.no_grad():
        nn.init.constant_(model.network.presence_head.bias, -1.8)
        nn.init.constant_(model.network.fracture_head.bias, -0.8)
        for head in model.places.values():
            assert isinstance(head, nn.Conv2d)
            assert head.bias is not None
            nn.init.constant_(head.bias, -3.0)


def weighted_bce(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Binary cross-entropy over the targets whose weight is not 0."""
    each = functional.binary_cross_entropy_with_logits(logits, target, weight, reduction="sum")
    return each / weight.sum().clamp(min=1)


def cell_targets(places: Tensor, stride: int) -> Tensor:
    """Which cells of a feature map show a level, and which a fracture: 0 or 1."""
    coverage = functional.avg_pool2d(places, stride // MARK_STEP)
    levels = coverage[:, :-1] >= LEVEL_COVERAGE
    fractured = coverage[:, -1:] >= FRACTURE_COVERAGE[stride]
    return torch.cat([levels, fractured], dim=1).float()


def dense_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Of the cells; fractures fill so few of them that they must weigh more."""
    level_loss = functional.binary_cross_entropy_with_logits(logits[:, :-1], target[:, :-1])
    fracture_loss = functional.binary_cross_entropy_with_logits(
        logits[:, -1], target[:, -1], pos_weight=torch.tensor(FRACTURED_CELL_WEIGHT)
    )
    return level_loss + 2 * fracture_loss


class Trainer:
    """One run's state: model, its moving average, optimiser and the next step."""

    def __init__(self, recipe: Recipe, pool: SlicePool) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.pool = pool
        self.model = TrainedNet(recipe).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = {name: each.clone() for name, each in self.model.state_dict().items()}
        self.optimizer = torch.optim.AdamW(parameter_groups(self.model, recipe), lr=0.0)
        self.step = 0

    def run_step(self) -> dict[str, float]:
        """One optimiser step; returns the row of the log."""
        recipe, step = self.recipe, self.step
        torch.manual_seed(recipe.seed * 1_000_003 + step)  # dropout: the same when resumed
        batch = make_batch(self.pool, recipe, step)
        rate = learning_rate(recipe, step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        losses = self.model.train()(batch)
        loss = losses.presence + losses.fracture + recipe.dense_weight * losses.places
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 2.0)
        self.optimizer.step()
        self._follow()
        self.step += 1
        parts = (float(each.detach()) for each in (loss, *losses))
        values = (step, batch.images.shape[-1], *parts, rate)
        return dict(zip(LOG_FIELDS, values, strict=True))

    def _follow(self) -> None:
        # A short memory at first, or the random start would stay in the average.
        decay = min(self.recipe.ema_decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                if value.is_floating_point():
                    self.average[name].lerp_(value, 1 - decay)
                else:
                    self.average[name].copy_(value)

    def save(self, path: Path) -> None:
        """A checkpoint to resume from; replaces the former one atomically."""
        partial = path.with_suffix(".partial")
        torch.save(
            {
                "recipe": asdict(self.recipe),
                "step": self.step,
                "model": self.model.state_dict(),
                "average": self.average,
                "optimizer": self.optimizer.state_dict(),
            },
            partial,
        )
        partial.replace(path)

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint.

        Raises:
            ValueError: it was made by another recipe.
        """
        state: dict[str, Any] = torch.load(path, weights_only=True)
        if state["recipe"] != asdict(self.recipe):
            raise ValueError(f"{path} was made by another recipe; choose another --output")
        self.step = state["step"]
        self.model.load_state_dict(state["model"])
        self.average = state["average"]
        self.optimizer.load_state_dict(state["optimizer"])

    def averaged_network(self) -> BaselineNet:
        """The moving average, its batch statistics measured afresh at the full input size."""
        averaged = TrainedNet(self.recipe).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        averaged.load_state_dict(self.average)
        network: BaselineNet = averaged.folded()
        norms = [each for each in network.modules() if isinstance(each, nn.BatchNorm2d)]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # a plain mean over the batches
        network.train()
        steps = self.recipe.steps
        with torch.inference_mode():
            for extra in range(min(BATCH_NORM_BATCHES, steps)):
                network(make_batch(self.pool, self.recipe, steps + extra).images)
        return network.eval()


def train(
    trainer: Trainer, output: Path, *, save_every: int, on_step: Callable[[int], None]
) -> BaselineNet:
    """Run to the last step; ``output`` gets ``training.csv`` and ``last.ckpt``."""
    checkpoint = output / "last.ckpt"
    with (output / "training.csv").open("a", newline="", encoding="utf-8") as stream:
        log = csv.DictWriter(stream, LOG_FIELDS)
        if stream.tell() == 0:
            log.writeheader()
        while trainer.step < trainer.recipe.steps:
            log.writerow(trainer.run_step())
            on_step(trainer.step)
            if trainer.step % save_every == 0 or trainer.step == trainer.recipe.steps:
                stream.flush()
                trainer.save(checkpoint)
    return trainer.averaged_network()


def learning_rate(recipe: Recipe, step: int) -> float:
    """One cycle a stage: linear warm-up, then a cosine to a fiftieth of the peak."""
    stage, progress = recipe.stage_at(step)
    peak = recipe.learning_rate * stage.rate
    if progress < WARM_UP:
        return peak * progress / WARM_UP
    cosine = (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP))) / 2
    return peak * (FINAL_RATE + (1 - FINAL_RATE) * cosine)


def parameter_groups(model: nn.Module, recipe: Recipe) -> Iterator[dict[str, Any]]:
    """Weight decay on matrices and kernels only."""
    parameters = [each for each in model.parameters() if each.requires_grad]
    yield {
        "params": [each for each in parameters if each.ndim > 1],
        "weight_decay": recipe.weight_decay,
    }
    yield {"params": [each for each in parameters if each.ndim <= 1], "weight_decay": 0.0}
