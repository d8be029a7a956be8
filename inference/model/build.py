"""Networks by the name of their architecture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from inference.errors import WeightsError
from inference.model.baseline import BaselineNet
from inference.model.network import CspineNetwork
from inference.model.spine import SpineNet

NETWORKS: Final[dict[str, Callable[..., CspineNetwork]]] = {
    "baseline": BaselineNet,
    "spine": SpineNet,
}


def build_network(
    architecture: str, encoder: str, channels: int, *, dropout: float = 0.0
) -> CspineNetwork:
    """A network with random weights.

    Raises:
        WeightsError: there is no such architecture or encoder.
    """
    if architecture not in NETWORKS:
        known = ", ".join(sorted(NETWORKS))
        raise WeightsError(f"unknown architecture {architecture!r}: there are {known}")
    return NETWORKS[architecture](encoder, channels, dropout=dropout)
