"""What each input channel of a network shows: which slice, through which Hounsfield window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field


@dataclass(frozen=True, slots=True)
class HuWindow:
    """Level and width in Hounsfield units; clipped linearly to −1…1."""

    level: float
    width: Annotated[float, Field(gt=0)]


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel.

    Attributes:
        offset: which of the slices that are read, counted from the one in question: −1 is one
            slice spacing towards the head, +1 one towards the feet.
        window: how its Hounsfield units are shown.
    """

    offset: int
    window: HuWindow


BONE: Final = HuWindow(400, 1800)
SOFT: Final = HuWindow(50, 400)
WIDE: Final = HuWindow(200, 2400)

CHANNELS: Final[dict[str, tuple[Channel, ...]]] = {
    "baseline": (Channel(0, BONE), Channel(0, SOFT), Channel(0, WIDE)),
    "spine": (
        Channel(-1, BONE),
        Channel(0, BONE),
        Channel(1, BONE),
        Channel(0, SOFT),
        Channel(0, WIDE),
    ),
}
"""By architecture: what its networks are trained on unless a recipe says otherwise."""
