"""What a network must say of slices while it learns: the losses of each architecture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.model.baseline import BaselineNet
from inference.model.network import CspineNetwork
from inference.model.spine import SpineNet
from inference.training.config import FitConfig
from inference.training.slice_batches import STRIDE, Batch
from inference.training.study_slices import MARK_STEP
from inference.types import LEVELS

FRACTURED_CELL_WEIGHT: Final = 5.0
CELL_STRIDE: Final = 8
EARLY_STRIDES: Final = (8, 16)
"""Of the baseline's maps that are supervised besides the last."""
LEVEL_COVERAGE: Final = 0.10
FRACTURE_COVERAGE: Final = {8: 0.15, 16: 0.08, 32: 0.03}
"""Share of a cell, by stride, that must be fractured for the cell to count."""

Losses = dict[str, Tensor]


class SliceLearner(nn.Module):
    """A network with what only its training needs; ``forward`` gives the losses of a batch."""

    network: CspineNetwork

    def forward(self, batch: Batch) -> Losses:
        """``presence``, ``fracture`` and ``places``, each a mean cross-entropy."""
        raise NotImplementedError

    def finished(self) -> CspineNetwork:
        """The bare network; what was learned beside it is folded in or dropped."""
        raise NotImplementedError


class SpineLearner(SliceLearner):
    """The cells are part of the network and are kept."""

    def __init__(self, network: SpineNet) -> None:
        super().__init__()
        self.network: SpineNet = network
        # What slices alone do not teach; several devices insist that all the rest gets gradients.
        for part in (network.summary, network.series):
            part.requires_grad_(requires_grad=False)

    def forward(self, batch: Batch) -> Losses:
        """See ``SliceLearner``."""
        outputs = self.network.slice_outputs(batch.images)
        return {
            "presence": weighted_bce(outputs.presence, batch.presence, batch.presence_weight),
            "fracture": weighted_bce(outputs.fracture, batch.fracture, batch.fracture_weight),
            "places": cells_loss(outputs.cells, batch, CELL_STRIDE),
        }

    def finished(self) -> CspineNetwork:
        """See ``SliceLearner``."""
        return self.network


class BaselineLearner(SliceLearner):
    """The network, and heads that serve only its training.

    Some say of each cell of a feature map which level it shows and whether a fracture: a crack is
    small, and a label per slice alone would teach slowly what it looks like. Another learns what
    the fractures of all levels have in common.

    Args:
        network: to be trained.
        first_size_px, size_px: of the images in the first stage, and of the contract.
    """

    def __init__(self, network: BaselineNet, first_size_px: int, size_px: int) -> None:
        super().__init__()
        self.network: BaselineNet = network
        self.pooled_cells = (first_size_px // STRIDE) ** 2
        self.gain = (size_px // STRIDE) ** 2 / self.pooled_cells
        features = network.presence_head.in_features
        self._early: dict[int, Tensor] = {}
        channels = {STRIDE: features}
        for info in network.encoder.feature_info:  # type: ignore[union-attr]
            if info["reduction"] in EARLY_STRIDES:
                stage = network.encoder.get_submodule(info["module"])
                stage.register_forward_hook(partial(self._keep, info["reduction"]))
                channels[info["reduction"]] = info["num_chs"]
        self.places = nn.ModuleDict(
            {str(stride): nn.Conv2d(each, len(LEVELS) + 1, 1) for stride, each in channels.items()}
        )
        self.any_fracture = nn.Linear(features, 1, bias=False)
        self._start_rarely()

    def _keep(self, stride: int, _module: nn.Module, _inputs: object, output: Tensor) -> None:
        self._early[stride] = output

    def _start_rarely(self) -> None:
        """Let every head begin near its base rate instead of one half."""
        with torch.no_grad():
            nn.init.constant_(self.network.presence_head.bias, -1.8)
            nn.init.constant_(self.network.fracture_head.bias, -0.8)
            for head in self.places.values():
                assert isinstance(head, nn.Conv2d)
                assert head.bias is not None
                nn.init.constant_(head.bias, -3.0)

    def forward(self, batch: Batch) -> Losses:
        """See ``SliceLearner``."""
        maps = self.network.feature_maps(batch.images)
        # A sum over a fixed number of cells, not a mean: what a vertebra adds to it does not
        # shrink when a later stage shows more around the vertebra.
        pooled = maps.sum(dim=(2, 3)) / self.pooled_cells
        logits = self.network.heads_of_pooled(pooled)
        # What all levels' fractures share is learned from all of them at once.
        fracture = logits.fracture + self.any_fracture(pooled)
        of_stride = {**self._early, STRIDE: maps}
        places = [
            cells_loss(head(of_stride[int(stride)]), batch, int(stride))
            for stride, head in self.places.items()
        ]
        self._early.clear()
        return {
            "presence": weighted_bce(logits.presence, batch.presence, batch.presence_weight),
            "fracture": weighted_bce(fracture, batch.fracture, batch.fracture_weight),
            "places": torch.stack(places).mean(),
        }

    def finished(self) -> CspineNetwork:
        """The bare network: its heads on the mean of the features at the contract's size."""
        network = self.network
        with torch.no_grad():
            network.fracture_head.weight.add_(self.any_fracture.weight).mul_(self.gain)
            network.presence_head.weight.mul_(self.gain)
        return network


def _baseline(network: CspineNetwork, config: FitConfig) -> SliceLearner:
    assert isinstance(network, BaselineNet)
    size = config.contract.size_px
    first = max(STRIDE, round(size * config.slices.stages[0].size / STRIDE) * STRIDE)
    return BaselineLearner(network, first, size)


def _spine(network: CspineNetwork, _config: FitConfig) -> SliceLearner:
    assert isinstance(network, SpineNet)
    return SpineLearner(network)


LEARNERS: Final[Mapping[str, Callable[[CspineNetwork, FitConfig], SliceLearner]]] = {
    "baseline": _baseline,
    "spine": _spine,
}


def weighted_bce(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Binary cross-entropy over the targets whose weight is not 0."""
    each = functional.binary_cross_entropy_with_logits(
        logits.float(), target, weight, reduction="sum"
    )
    return each / weight.sum().clamp(min=1)


def cells_loss(logits: Tensor, batch: Batch, stride: int) -> Tensor:
    """Of (n, 8, h, w) cells, where the marks are known.

    Fractures fill so few of the cells that they must weigh more.
    """
    step = stride // MARK_STEP
    coverage = functional.avg_pool2d(batch.places, step)
    levels = (coverage[:, :-1] >= LEVEL_COVERAGE).float()
    fractured = (coverage[:, -1:] >= FRACTURE_COVERAGE[stride]).float()
    levels_known = (functional.avg_pool2d(batch.levels_known, step) > 0.5).float()
    known = (functional.avg_pool2d(batch.fracture_known, step) > 0.5).float()
    level_loss = weighted_bce(logits[:, :-1], levels, levels_known.expand_as(levels))
    weight = known * (1 + (FRACTURED_CELL_WEIGHT - 1) * fractured)
    fracture_loss = functional.binary_cross_entropy_with_logits(
        logits[:, -1:].float(), fractured, weight, reduction="sum"
    ) / known.sum().clamp(min=1)
    return level_loss + 2 * fracture_loss
