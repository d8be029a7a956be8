"""Where a training run begins: the encoder of another model, or the weights timm publishes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from inference.errors import WeightsError, WeightsUnavailableError
from inference.model.channels import Channel
from inference.model.network import CspineNetwork, make_encoder
from inference.model.record import load_model

FIRST_KERNEL: Final = "conv_stem.weight"


def load_initial_encoder(
    network: CspineNetwork, encoder: str, channels: Sequence[Channel], path: Path | None
) -> int:
    """Copy the encoder of a model file of ours, whatever its architecture; the rest stays.

    The first convolution is matched by what the channels show: a channel takes the kernel of the
    channel of the other model with the same slice and window, or 0 if there is none.

    Args:
        network: gets the tensors.
        encoder: its name; the other model must have the same.
        channels: what its input channels show.
        path: the other model; ``None`` for the shipped one.

    Returns:
        How many tensors were copied.

    Raises:
        WeightsError: the file cannot be used, has another encoder, or shares no channel.
    """
    other = load_model(path)
    name = path or "the shipped model"
    if other.record.encoder != encoder:
        raise WeightsError(f"{name}: its encoder is {other.record.encoder}, not {encoder}")
    tensors = other.network.encoder.state_dict()
    theirs = other.record.contract.channels
    kernels = kernels_by_channel(tensors[FIRST_KERNEL], theirs, channels)
    if not kernels.any():
        raise WeightsError(f"{name}: none of its input channels shows what ours show")
    network.encoder.load_state_dict(tensors | {FIRST_KERNEL: kernels})
    return len(tensors)


def kernels_by_channel(
    kernels: Tensor, theirs: Sequence[Channel], ours: Sequence[Channel]
) -> Tensor:
    """First kernels (filters, theirs, k, k) → (filters, ours, k, k), 0 where theirs has none."""
    silent = torch.zeros_like(kernels[:, 0])
    found = {channel: kernels[:, number] for number, channel in enumerate(theirs)}
    return torch.stack([found.get(channel, silent) for channel in ours], dim=1)


def load_published_encoder(network: CspineNetwork, encoder: str, channels: int) -> int:
    """Take the encoder that timm publishes, trained on ImageNet; fetched at the first use.

    timm spreads the kernels of the three colours over ``channels`` (``in_chans``).

    Returns:
        How many tensors were copied.

    Raises:
        WeightsUnavailableError: this machine cannot get them, or there are none.
        WeightsError: there is no such encoder.
    """
    try:
        tensors = make_encoder(encoder, channels, pretrained=True).state_dict()
    except (OSError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:160]
        raise WeightsUnavailableError(
            f"the published weights of {encoder} cannot be had here: {reason}"
        ) from error
    network.encoder.load_state_dict(tensors)
    return len(tensors)
