"""What a phantom is asked to be, and what the seed decides where it is not said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.phantom.fractures import TYPES_OF_LEVEL, FractureType
from inference.phantom.thickness import THINNEST_MM
from inference.types import LEVELS, Level

# RSNA 2022, 2008 public labels: fractured levels per study, and share of studies per level.
FRACTURED_LEVELS: Final = (1057, 618, 235, 63, 26, 7, 2)
PREVALENCE: Final[dict[Level, float]] = {
    "C1": 0.071,
    "C2": 0.140,
    "C3": 0.036,
    "C4": 0.053,
    "C5": 0.080,
    "C6": 0.137,
    "C7": 0.194,
}


@dataclass(frozen=True, slots=True)
class FractureSpec:
    """A fracture to be made; ``type`` ``None``: the seed chooses one that the level can have."""

    level: Level
    type: FractureType | None = None

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise ValueError(f"{self.level} is not a cervical level")
        if self.type is not None and self.type not in TYPES_OF_LEVEL[self.level]:
            raise ValueError(f"{self.level} has no {self.type.value} fracture")


@dataclass(frozen=True, slots=True)
class PhantomSpec:
    """What to make.

    Attributes:
        seed: decides everything that is not given.
        fractures: ``None``: by the seed at RSNA's prevalences; ``()``: intact.
        slices: evenly over the whole neck; ``None``: by the protocol's distance.
        matrix: rows and columns.
        thickness_mm: of the slices, 0.5 to 10; ``None``: by the seed.
    """

    seed: int
    fractures: tuple[FractureSpec, ...] | None = None
    slices: int | None = 96
    matrix: int = 512
    thickness_mm: float | None = None

    def __post_init__(self) -> None:
        few = self.slices is not None and self.slices < 2
        if self.seed < 0 or few or self.matrix < 32:
            raise ValueError("a phantom needs a seed from 0, 2 slices and 32 pixels or more")
        if self.thickness_mm is not None and not THINNEST_MM <= self.thickness_mm <= 10:
            raise ValueError("slices are 0.5 to 10 mm thick")
        levels = [each.level for each in self.fractures or ()]
        if len(set(levels)) < len(levels):
            raise ValueError("one fracture per level")


def stream(seed: int, name: str) -> np.random.Generator:
    """An independent generator for each purpose, so that one draw cannot shift another."""
    return np.random.default_rng([seed, *name.encode()])


def draw_fractures(seed: int, prevalence: float) -> tuple[FractureSpec, ...]:
    """Fractures as the RSNA set has them, but in this share of studies (0 … 1)."""
    broken = np.array((0, *FRACTURED_LEVELS[1:])) / sum(FRACTURED_LEVELS[1:])
    counts = broken * prevalence
    counts[0] = 1 - prevalence
    return _draw_levels(stream(seed, "prevalence"), counts)


def _draw_levels(rng: np.random.Generator, counts: NDArray[np.float64]) -> tuple[FractureSpec, ...]:
    """``counts``: the probability of each number of fractured levels."""
    weights = np.array([PREVALENCE[level] for level in LEVELS])
    count = int(rng.choice(len(counts), p=counts))
    levels = rng.choice(len(LEVELS), count, replace=False, p=weights / weights.sum())
    return tuple(FractureSpec(LEVELS[i]) for i in sorted(levels))


def choose(spec: PhantomSpec) -> dict[str, FractureType]:
    """The fractures of a study, by level."""
    rng = stream(spec.seed, "choice")
    specs = spec.fractures
    if specs is None:
        specs = _draw_levels(rng, np.array(FRACTURED_LEVELS) / sum(FRACTURED_LEVELS))
    out: dict[str, FractureType] = {}
    for each in specs:
        types = TYPES_OF_LEVEL[each.level]
        out[each.level] = each.type or types[int(rng.integers(len(types)))]
    return out
