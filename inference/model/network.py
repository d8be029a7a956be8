"""What every network here can do: read slices one by one, then the series they make up."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

from torch import Tensor, nn

from inference.errors import WeightsError
from inference.model.torchvision_guard import load_timm


class SliceFeatures(NamedTuple):
    """What a network keeps of each slice.

    Attributes:
        tokens: (slices, token_width), all that the series part is given of a slice.
        maps: (slices, 7, h, w), evidence of each level's fracture at each place of the field;
            the larger the more. Only places of one level compare.
    """

    tokens: Tensor
    maps: Tensor


class SeriesLogits(NamedTuple):
    """What a network says of a batch of series, as logits; levels in the order of ``LEVELS``.

    Attributes:
        presence: (series, slices, 7), the slice shows the level.
        fracture: (series, slices, 7), the slice shows a fracture of the level.
        levels: (series, 7), the level is fractured.
        overall: (series,), any level is; ``None`` where it follows from the levels as
            1 − Π(1 − p) over the assessed ones.
    """

    presence: Tensor
    fracture: Tensor
    levels: Tensor
    overall: Tensor | None


class CspineNetwork(nn.Module, ABC):
    """An encoder for slices, and a part that reads their sequence.

    Attributes:
        encoder: timm's EfficientNetV2, without pooling and classifier.
        token_width: of the tokens of a slice.
    """

    encoder: nn.Module
    token_width: int

    @abstractmethod
    def read_slices(self, images: Tensor) -> SliceFeatures:
        """``images``: (slices, channels, size, size), as made by ``preprocess.to_channels``."""

    @abstractmethod
    def read_series(self, tokens: Tensor, padding: Tensor | None = None) -> SeriesLogits:
        """From the slices' tokens to slices, levels and patient.

        Args:
            tokens: (series, slices, token_width), slices from the head down.
            padding: (series, slices) bool, true where a shorter series was filled up. What is
                said of such slices means nothing; they change nothing else.
        """


def make_encoder(name: str, channels: int, *, pretrained: bool = False) -> nn.Module:
    """EfficientNetV2 of this name, from timm; with ``pretrained``, the weights timm publishes.

    Raises:
        WeightsError: timm has no EfficientNetV2 of this name.
        OSError, RuntimeError: from timm, where published weights cannot be had.
    """
    timm = load_timm()
    if name not in timm.list_models("*efficientnetv2*"):
        raise WeightsError(f"unknown encoder {name!r}: not an EfficientNetV2 of timm")
    encoder: nn.Module = timm.create_model(
        name, pretrained=pretrained, in_chans=channels, num_classes=0, global_pool=""
    )
    return encoder
