"""The spine network: slices with their neighbours, evidence cell by cell, then the sequence.

The slice part is an EfficientNetV2 with a feature pyramid (Lin et al., "Feature Pyramid Networks
for Object Detection", CVPR 2017): a crack is small, and the last map is too coarse to say where
it is. The series part is in ``sequence``.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.model.network import CspineNetwork, SeriesLogits, SliceFeatures, make_encoder
from inference.model.sequence import SeriesReader
from inference.types import LEVELS

STRIDES: Final = (8, 16, 32)
"""Of the encoder's maps that the pyramid is built on; the cells have the first."""
PYRAMID_WIDTH: Final = 64
SUMMARY_WIDTH: Final = 128
EVIDENCE_WIDTH: Final = 5 * len(LEVELS) + 2
"""Numbers of a token that have a meaning each: ``_evidence``, then presence and fracture."""


class SpineSlices(NamedTuple):
    """All that the slice part says, for its training.

    Attributes:
        tokens: (slices, token_width), as in ``SliceFeatures``.
        maps: (slices, 7, size / 8, size / 8), the logarithm of the probability that the cell
            shows the level, fractured.
        cells: (slices, 8, size / 8, size / 8), logits: the cell shows C1 … C7; the cell shows a
            fracture, of whichever level.
        presence: (slices, 7), logits of the slice head.
        fracture: (slices, 7), logits of the slice head.
    """

    tokens: Tensor
    maps: Tensor
    cells: Tensor
    presence: Tensor
    fracture: Tensor


class SpineNet(CspineNetwork):
    """Slices with their neighbours as channels → cells, slices, levels, patient.

    ``channels`` of the input are free; sizes must be multiples of 32.
    """

    token_width = SUMMARY_WIDTH + EVIDENCE_WIDTH

    def __init__(self, encoder: str, channels: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.encoder = make_encoder(encoder, channels)
        features = int(self.encoder.num_features)  # type: ignore[arg-type]
        info = {each["reduction"]: each for each in self.encoder.feature_info}  # type: ignore[union-attr]
        self._taps = tuple(_block_number(info[stride]["module"]) for stride in STRIDES)
        self.pyramid = Pyramid([info[stride]["num_chs"] for stride in STRIDES])
        self.cells = nn.Conv2d(PYRAMID_WIDTH, len(LEVELS) + 1, 1)
        self.dropout = nn.Dropout(dropout)
        self.presence_head = nn.Linear(features, len(LEVELS))
        self.fracture_head = nn.Linear(features, len(LEVELS))
        self.summary = nn.Linear(features, SUMMARY_WIDTH)
        self.series = SeriesReader(SUMMARY_WIDTH, EVIDENCE_WIDTH, dropout=dropout)
        _start_rarely(self)

    def read_slices(self, images: Tensor) -> SliceFeatures:
        """Tokens of ``slice_outputs``; maps as probabilities, not as logarithms."""
        outputs = self.slice_outputs(images)
        return SliceFeatures(outputs.tokens, outputs.maps.exp())

    def read_series(self, tokens: Tensor, padding: Tensor | None = None) -> SeriesLogits:
        """See ``CspineNetwork.read_series``; ``overall`` is learned."""
        logits: SeriesLogits = self.series(tokens, padding)
        return logits

    def slice_outputs(self, images: Tensor) -> SpineSlices:
        """One pass over slices, (slices, channels, size, size)."""
        stages, last = self._encode(images)
        # Logarithms of small probabilities do not fit half precision.
        cells = self.cells(self.pyramid(stages)).float()
        pooled = self.dropout(last.mean(dim=(2, 3)))
        presence = self.presence_head(pooled).float()
        fracture = self.fracture_head(pooled).float()
        shown = functional.logsigmoid(cells)
        maps = shown[:, :-1] + shown[:, -1:]
        tokens = torch.cat(
            [self.summary(pooled).float(), _evidence(shown, maps), presence, fracture], dim=1
        )
        return SpineSlices(tokens, maps, cells, presence, fracture)

    def _encode(self, images: Tensor) -> tuple[list[Tensor], Tensor]:
        """The maps at ``STRIDES``, and the last map of all features."""
        encoder = self.encoder
        maps = encoder.bn1(encoder.conv_stem(images))  # type: ignore[operator]
        stages = []
        for number, block in enumerate(encoder.blocks):  # type: ignore[arg-type]
            maps = block(maps)
            if number in self._taps:
                stages.append(maps)
        return stages, encoder.bn2(encoder.conv_head(maps))  # type: ignore[operator]


class Pyramid(nn.Module):
    """Maps of several strides, finest first → one map of the finest that has seen the coarsest."""

    def __init__(self, channels: list[int]) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(nn.Conv2d(each, PYRAMID_WIDTH, 1) for each in channels)
        self.smooth = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(PYRAMID_WIDTH, PYRAMID_WIDTH, 3, padding=1, bias=False),
                nn.BatchNorm2d(PYRAMID_WIDTH),
                nn.SiLU(inplace=True),
            )
            for _ in channels
        )

    def forward(self, stages: list[Tensor]) -> Tensor:
        """``stages``: (slices, channels, h, w) each, every one half the size of the one before."""
        lateral = [layer(each) for layer, each in zip(self.laterals, stages, strict=True)]
        merged: Tensor = self.smooth[-1](lateral[-1])
        for number in range(len(lateral) - 2, -1, -1):
            finer = lateral[number]
            above = functional.interpolate(merged, size=finer.shape[-2:], mode="nearest")
            merged = self.smooth[number](finer + above)
        return merged


def _evidence(shown: Tensor, maps: Tensor) -> Tensor:
    """What the cells say of a slice, (slices, 23).

    Of each level: the logarithm of its area in cells; of the area that is fractured; and of the
    surest fractured cell. A large area may come of many cells that are each unsure, so the peak
    is told apart from the sum. The last two say the same of fractures of whichever level.
    """
    areas = torch.logsumexp(shown.flatten(2), dim=2)
    return torch.cat(
        [
            areas[:, :-1],
            torch.logsumexp(maps.flatten(2), dim=2),
            maps.flatten(2).amax(dim=2),
            areas[:, -1:],
            shown[:, -1].flatten(1).amax(dim=1, keepdim=True),
        ],
        dim=1,
    )


def _block_number(module: str) -> int:
    """A stage is named ``blocks.4``."""
    return int(module.rpartition(".")[2])


def _start_rarely(network: SpineNet) -> None:
    """Let every head begin near its base rate instead of one half."""
    with torch.no_grad():
        nn.init.constant_(network.presence_head.bias, -1.8)
        nn.init.constant_(network.fracture_head.bias, -3.0)
        assert network.cells.bias is not None
        nn.init.constant_(network.cells.bias, -4.0)
