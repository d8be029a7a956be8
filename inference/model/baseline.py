"""EfficientNetV2 with two linear heads: which vertebrae are in the slice, and which are fractured.

Tan and Le, "EfficientNetV2: Smaller Models and Faster Training", ICML 2021; the encoder is timm's.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.model.network import CspineNetwork, SeriesLogits, SliceFeatures, make_encoder
from inference.types import LEVELS

LOGIT_OF_PADDING: Final = -1e4
"""So small that a slice weighs nothing; finite, so that a series of padding alone gives numbers."""


class SliceLogits(NamedTuple):
    """What the heads say of each slice; both (slices, 7), in the order of ``LEVELS``."""

    presence: Tensor
    fracture: Tensor


class BaselineNet(CspineNetwork):
    """One axial slice → presence and fracture logits of C1…C7; a level is their weighted mean.

    Both heads are linear on the globally averaged feature map, so that the class activation map
    of either head is exact (it sums to the logit less the bias) and costs no second pass.
    """

    token_width = 2 * len(LEVELS)

    def __init__(self, encoder: str, channels: int = 3, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.encoder = make_encoder(encoder, channels)
        features = int(self.encoder.num_features)  # type: ignore[arg-type]
        self.dropout = nn.Dropout(dropout)
        self.presence_head = nn.Linear(features, len(LEVELS))
        self.fracture_head = nn.Linear(features, len(LEVELS))

    def forward(self, images: Tensor) -> SliceLogits:
        """``images``: (slices, channels, size, size), as made by ``preprocess.to_channels``."""
        return self.heads(self.feature_maps(images))

    def read_slices(self, images: Tensor) -> SliceFeatures:
        """Tokens are the 7 presence logits and the 7 fracture logits."""
        maps = self.feature_maps(images)
        return SliceFeatures(torch.cat(self.heads(maps), dim=1), self.fracture_activation(maps))

    def read_series(self, tokens: Tensor, padding: Tensor | None = None) -> SeriesLogits:
        """The logit of Σ f·v / Σ v over the slices, where v is presence and f fracture in 0…1.

        In logarithms, so that it stays exact where v and f are all but 0 or 1.
        """
        tokens = tokens.float()
        presence, fracture = tokens[..., : len(LEVELS)], tokens[..., len(LEVELS) :]
        log_v = functional.logsigmoid(presence)
        if padding is not None:
            log_v = log_v.masked_fill(padding.unsqueeze(-1), LOGIT_OF_PADDING)
        fractured = torch.logsumexp(log_v + functional.logsigmoid(fracture), dim=1)
        intact = torch.logsumexp(log_v + functional.logsigmoid(-fracture), dim=1)
        return SeriesLogits(presence, fracture, fractured - intact, None)

    def feature_maps(self, images: Tensor) -> Tensor:
        """(slices, features, size / 32, size / 32)."""
        maps: Tensor = self.encoder(images)
        return maps

    def heads(self, maps: Tensor) -> SliceLogits:
        """Logits from the feature maps of ``feature_maps``."""
        return self.heads_of_pooled(maps.mean(dim=(2, 3)))

    def heads_of_pooled(self, pooled: Tensor) -> SliceLogits:
        """Logits from averaged features, (slices, features)."""
        pooled = self.dropout(pooled)
        return SliceLogits(self.presence_head(pooled), self.fracture_head(pooled))

    def fracture_activation(self, maps: Tensor) -> Tensor:
        """Class activation maps of the levels' fractures, (slices, 7, size / 32, size / 32).

        Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016. With
        global average pooling and one linear layer they equal HiResCAM.
        """
        return torch.einsum("nchw,lc->nlhw", maps, self.fracture_head.weight)
