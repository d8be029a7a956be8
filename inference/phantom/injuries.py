"""One recipe for each type of fracture: where it runs through a vertebra of given sizes.

All positions are in the vertebra's frame (x left, y posterior, z head, mm from the body's centre).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from inference.phantom.fractures import Break, FractureType, Injury
from inference.phantom.posture import Vertebra
from inference.phantom.solids import Point

FAR: Final = 90.0
ATLAS_ROOM_MM: Final = 1.6  # between dens and anterior arch, less the cartilage


@dataclass(frozen=True, slots=True)
class Draw:
    """What the recipes share: the vertebra, the chance, the crack's width and its side (±1)."""

    v: Vertebra
    rng: np.random.Generator
    gap_mm: float
    left: float
    phase: float

    @property
    def pillar(self) -> tuple[float, float]:
        """(x, y) of the left articular pillar."""
        return self.v.pillar_at

    def between(self, low: float, high: float) -> float:
        """A uniform draw."""
        return float(self.rng.uniform(low, high))

    def sign(self) -> float:
        """+1 or -1."""
        return float(self.rng.choice([-1.0, 1.0]))

    def sided(self, inner: float, outer: float) -> tuple[float, float]:
        """Limits in x on the broken side."""
        return (inner, outer) if self.left > 0 else (-outer, -inner)

    def crack(
        self, point: Point, normal: Point, low: Point, high: Point, shift: Point = (0.0, 0.0, 0.0)
    ) -> Break:
        """A break of this draw's width and roughness."""
        return Break(point, normal, self.gap_mm, low, high, shift, 0.6, self.phase)


def injure(v: Vertebra, kind: FractureType, rng: np.random.Generator) -> Injury:
    """Draw one fracture of a kind that this vertebra can have."""
    gap, left, phase = rng.uniform(1.4, 2.8), rng.choice([-1.0, 1.0]), rng.uniform(0, 6.28)
    return RECIPES[kind](Draw(v, rng, float(gap), float(left), float(phase)))


def atlas_ring(d: Draw, sides: tuple[float, ...], spread: float) -> Injury:
    """Cracks through the anterior and the posterior arch on the given sides."""
    s = d.v.scale
    breaks = []
    for side in sides:
        low, high = (1.5, FAR) if side > 0 else (-FAR, -1.5)
        for y, back, front in ((-8.0, 0.0, -FAR), (20.0, FAR, 0.0)):
            x = side * d.between(5.0, 8.0) * s
            breaks.append(
                d.crack(
                    (x, y * s, 0),
                    (side, 0.25, 0.15),
                    (low, front, -20),
                    (high, back, 20),
                    (side * spread, 0.0, 0.0),
                )
            )
    return Injury(tuple(breaks))


def burst(d: Draw) -> Injury:
    """C1 broken in four places, the lateral masses driven apart (Jefferson)."""
    return atlas_ring(d, (1.0, -1.0), d.between(1.5, 3.5))


def ring(d: Draw) -> Injury:
    """C1 broken in front and behind on one side."""
    return atlas_ring(d, (d.left,), 0.8)


def dens_shift(d: Draw, low: float, high: float) -> float:
    """Posterior shift of a broken dens; forward the arch of C1, which stays, leaves it 1.6 mm."""
    shift = d.sign() * d.between(low, high)
    return max(shift, -ATLAS_ROOM_MM * d.v.scale)


def dens_i(d: Draw) -> Injury:
    """An oblique break of the tip of the dens."""
    s, h = d.v.scale, d.v.height
    normal = (d.between(0.4, 0.8) * d.left, 0.25, 1.0)
    low, high = (-9.0, -10.0, h / 2 + 4), (9.0, 10.0, FAR)
    return Injury((d.crack((0, 0, h / 2 + 11 * s), normal, low, high, (1.2 * d.left, 0.0, 1.5)),))


def dens_ii(d: Draw) -> Injury:
    """A break through the base of the dens, shifted forward or back."""
    s, h = d.v.scale, d.v.height
    shift = (0.0, dens_shift(d, 2, 4.5), 0.8)
    low, high = (-9.0, -12.0, h / 2 - 4), (9.0, 12.0, FAR)
    return Injury((d.crack((0, 0, h / 2 + 3.5 * s), (0.15, 0.5, 1), low, high, shift),))


def dens_iii(d: Draw) -> Injury:
    """A break that runs into the body of C2."""
    s, h = d.v.scale, d.v.height
    shift = (0.0, dens_shift(d, 1, 3), 0.0)
    low, high = (-20.0, -14.0, -h / 2 + 2), (20.0, d.v.b + 1, FAR)
    return Injury((d.crack((0, 0, h / 2 - 5 * s), (0.1, 0.5, 1), low, high, shift),))


def hangman(d: Draw) -> Injury:
    """Both partes interarticulares of C2 broken, the body slipped forward."""
    y, forward = d.v.b + d.between(0.5, 3.5), (0.0, -d.between(1.5, 4), 0.0)
    return Injury(
        (
            d.crack((0, y, 0), (0.25, -1, 0.35), (0.0, -FAR, -FAR), (FAR, FAR, FAR), forward),
            d.crack((0, y, 0), (-0.25, -1, 0.35), (-FAR, -FAR, -FAR), (0.0, FAR, FAR), forward),
        )
    )


def compression(d: Draw) -> Injury:
    """The upper endplate driven in: a wedge, with a transverse and a sagittal crack."""
    a, b, h = d.v.a, d.v.b, d.v.height
    across = d.crack(
        (0, 0, h * 0.12),
        (d.between(-0.2, 0.2), 0.4, 1),
        (-a - 3, -b - 4, -h),
        (a + 3, b, h),
    )
    along = d.crack(
        (a * d.between(0.0, 0.4) * d.left, 0, 0),
        (1, 0.3 * d.left, 0.1),
        (-a, -b - 4, -h),
        (a, b * 0.6, h),
    )
    return Injury((across, along), d.between(0.25, 0.5))


def teardrop(d: Draw) -> Injury:
    """The lower front corner of the body broken off and moved forward and down."""
    a, b, h, out = d.v.a, d.v.b, d.v.height, d.between(2, 4)
    point, normal = (0, -0.35 * b, -0.1 * h), (0.1 * d.left, -1, -0.55)
    low, high = (-a - 4, -b - 9, -h), (a + 4, b, h)
    return Injury((d.crack(point, normal, low, high, (0.0, -out, -0.5 * out)),))


def facet(d: Draw) -> Injury:
    """An oblique break through the articular pillar."""
    px, py = d.pillar
    low, high = d.sided(px - 9, px + 14)
    shift = (0.8 * d.left, d.between(1, 2.5), -0.5)
    return Injury(
        (
            d.crack(
                (d.left * px, py + 0.5, 0),
                (0.25 * d.left, 1, -0.5),
                (low, d.v.b - 1, -FAR),
                (high, py + 12, FAR),
                shift,
            ),
        )
    )


def lamina(d: Draw) -> Injury:
    """A break across one lamina, stepped towards the canal."""
    low, high = d.sided(0.0, d.pillar[0])
    x, y = d.left * d.between(0.35, 0.55) * d.pillar[0], d.v.b + d.v.canal_depth
    return Injury(
        (
            d.crack(
                (x, y - 1, 0),
                (d.left, -0.5, 0.2),
                (low, d.v.b + 0.45 * d.v.canal_depth, -FAR),
                (high, y + 7, FAR),
                (0.0, -1.2, 0.0),
            ),
        )
    )


def pedicle(d: Draw) -> Injury:
    """A break between body and articular pillar."""
    (px, py), a, b = d.pillar, d.v.a, d.v.b
    low, high = d.sided(0.4 * a, px + 5)
    point = (d.left * (a * 0.8 + px) / 2, (0.65 * b + py) / 2, 0)
    shift = (0.6 * d.left, 1.0, 0.0)
    return Injury(
        (d.crack(point, (0.8 * d.left, 1, 0.2), (low, -b, -FAR), (high, py + 5, FAR), shift),)
    )


def transverse_process(d: Draw) -> Injury:
    """A transverse process broken at its root, through the foramen down to C6."""
    v, py = d.v, d.pillar[1]
    free = v.number >= 7
    low, high = d.sided(v.a - 1, FAR)
    point = (d.left * (v.a + (9.0 if free else 4.4) * v.scale), 0.3 * v.b, 0)
    limits = (low, -FAR, -FAR), (high, FAR if free else py - 3, FAR)
    return Injury((d.crack(point, (d.left, 0.15, 0.25), *limits, (1.5 * d.left, 0.0, -1.0)),))


def spinous_process(d: Draw) -> Injury:
    """The spinous process broken across, its end pulled down (clay shoveller)."""
    v = d.v
    root = v.b + v.canal_depth
    y = root + 2.2 * v.scale + d.between(0.3, 0.55) * v.spinous
    limits = (-FAR, root, -FAR), (FAR, FAR, FAR)
    return Injury(
        (d.crack((0, y, 0), (0.2 * d.left, 1, -0.3), *limits, (0.0, 1.5, -d.between(1, 4))),)
    )


RECIPES: Final[dict[FractureType, Callable[[Draw], Injury]]] = {
    FractureType.BURST: burst,
    FractureType.RING: ring,
    FractureType.DENS_I: dens_i,
    FractureType.DENS_II: dens_ii,
    FractureType.DENS_III: dens_iii,
    FractureType.HANGMAN: hangman,
    FractureType.COMPRESSION: compression,
    FractureType.TEARDROP: teardrop,
    FractureType.FACET: facet,
    FractureType.LAMINA: lamina,
    FractureType.PEDICLE: pedicle,
    FractureType.TRANSVERSE_PROCESS: transverse_process,
    FractureType.SPINOUS_PROCESS: spinous_process,
}
