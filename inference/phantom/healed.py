"""Old fractures: united, remodelled, each line between two sclerotic rims and without a gap.

A sclerotic rim is what tells a reader that a line is old; the bone has grown over the step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from inference.phantom.fractures import FractureType, Healed, Injury
from inference.phantom.injuries import injure
from inference.phantom.posture import Vertebra
from inference.types import Level

OLD_SHARE: Final = 0.12  # of all studies
_SUBAXIAL: Final = (
    FractureType.COMPRESSION,
    FractureType.SPINOUS_PROCESS,
    FractureType.TRANSVERSE_PROCESS,
    FractureType.LAMINA,
)
OLD_TYPES: Final[dict[Level, tuple[FractureType, ...]]] = {
    "C2": (FractureType.DENS_II,),
    "C3": _SUBAXIAL,
    "C4": _SUBAXIAL,
    "C5": _SUBAXIAL,
    "C6": _SUBAXIAL,
    "C7": _SUBAXIAL,
}
_WEIGHTS: Final = (0.2, 0.08, 0.1, 0.14, 0.2, 0.28)


@dataclass(frozen=True, slots=True)
class OldFracture:
    """An old fracture to be made."""

    level: Level
    type: FractureType


def draw_old(taken: frozenset[str], rng: np.random.Generator) -> OldFracture | None:
    """An old fracture at a level that is not ``taken``, or none.

    A taken level only skips to the next in the drawn order: it changes no other draw.
    """
    present = rng.random() < OLD_SHARE
    levels = tuple(OLD_TYPES)
    order = rng.choice(len(levels), len(levels), replace=False, p=_WEIGHTS)
    picks = rng.random(len(levels))
    for index in order:
        level = levels[int(index)]
        if present and level not in taken:
            types = OLD_TYPES[level]
            return OldFracture(level, types[int(picks[index] * len(types))])
    return None


def heal(v: Vertebra, kind: FractureType, rng: np.random.Generator) -> Injury:
    """The injury of a fracture of this kind, years later."""
    fresh = injure(v, kind, rng)
    rim_mm, rim_hu = float(rng.uniform(1.0, 1.5)), float(rng.uniform(640, 900))
    fill_hu, line_mm = float(rng.uniform(240, 420)), float(rng.uniform(0.5, 1.0))
    # What has healed has not healed far apart.
    stays = float(rng.uniform(0.4, 0.7))
    lines = fresh.breaks[:1] if kind is FractureType.COMPRESSION else fresh.breaks
    healed = []
    for each in lines:
        x, y, z = (stays * part for part in each.shift)
        line = replace(each, gap_mm=line_mm, shift=(x, y, z), roughness_mm=0.25, step_mm=2.5)
        healed.append(Healed(line, rim_mm, rim_hu, fill_hu))
    return Injury((), fresh.compression * 0.75, tuple(healed))
