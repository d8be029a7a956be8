"""EfficientNetV2 with two linear heads: which vertebrae are in the slice, and which are fractured.

Tan and Le, "EfficientNetV2: Smaller Models and Faster Training", ICML 2021; the encoder is timm's.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from inference.errors import WeightsError
from inference.model.torchvision_guard import load_timm
from inference.types import LEVELS


class SliceLogits(NamedTuple):
    """What the network says of each slice; both (slices, 7), in the order of ``LEVELS``."""

    presence: Tensor
    fracture: Tensor


class CspineNet(nn.Module):
    """One axial slice → presence and fracture logits of C1…C7.

    Both heads are linear on the globally averaged feature map, so that the class activation map
    of either head is exact (it sums to the logit less the bias) and costs no second pass.
    """

    def __init__(self, encoder: str, *, dropout: float = 0.0) -> None:
        super().__init__()
        timm = load_timm()
        if encoder not in timm.list_models("*efficientnetv2*"):
            raise WeightsError(f"unknown encoder {encoder!r}: not an EfficientNetV2 of timm")
        self.encoder = timm.create_model(encoder, pretrained=False, num_classes=0, global_pool="")
        features = int(self.encoder.num_features)
        self.dropout = nn.Dropout(dropout)
        self.presence_head = nn.Linear(features, len(LEVELS))
        self.fracture_head = nn.Linear(features, len(LEVELS))

    def forward(self, images: Tensor) -> SliceLogits:
        """``images``: (slices, 3, size, size), windows as made by ``preprocess.to_channels``."""
        return self.heads(self.feature_maps(images))

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
