"""Sizes, densities and positions of the vertebrae of one synthetic patient.

Means and spreads: vertebral body AP 14.6 ± 2.1 mm, anterior / posterior height 10.0 ± 1.4 /
11.1 ± 1.4 mm, superior / inferior width 21.6 ± 2.8 / 19.6 ± 3.2 mm, canal AP 14.4 (C2) and
12.8 mm (C4), as collected for this project from published CT morphometry.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.phantom.solids import Array, Point, Points

NAMES: Final[tuple[str, ...]] = ("C1", "C2", "C3", "C4", "C5", "C6", "C7", "T1", "T2")


@dataclass(frozen=True, slots=True)
class Norm:
    """Population mean of one level, in mm; ``tilt_deg`` leans the upper endplate forward."""

    width: float
    depth: float
    height: float
    disc: float  # below it
    canal_depth: float
    canal_width: float
    spinous: float  # length behind the canal
    tilt_deg: float
    trabecular_hu: float


NORMS: Final[dict[str, Norm]] = {
    "C1": Norm(20.0, 15.0, 10.0, 0.0, 17.0, 24.0, 4.0, -6, 300),
    "C2": Norm(19.0, 15.4, 19.0, 5.0, 14.4, 21.6, 15.0, -5, 290),
    "C3": Norm(19.6, 14.8, 11.2, 5.2, 13.4, 20.6, 14.0, -1, 320),
    "C4": Norm(20.0, 14.8, 11.0, 5.3, 12.8, 20.4, 14.5, 3, 330),
    "C5": Norm(20.8, 14.8, 10.8, 5.4, 12.8, 21.0, 16.0, 7, 320),
    "C6": Norm(22.2, 15.2, 11.0, 5.6, 12.9, 22.0, 21.0, 13, 280),
    "C7": Norm(24.0, 15.8, 12.2, 5.4, 13.2, 21.6, 31.0, 19, 245),
    "T1": Norm(26.0, 16.5, 14.6, 5.0, 14.2, 19.0, 31.0, 24, 220),
    "T2": Norm(25.5, 17.5, 16.2, 5.0, 14.0, 17.0, 32.0, 26, 210),
}


@dataclass(frozen=True, slots=True)
class Patient:
    """What differs between patients as a whole."""

    age: int
    female: bool
    scale: float
    lordosis: float
    head_tilt_deg: float
    rotation_deg: float
    lean_deg: float
    density: float
    fat: float
    degeneration: float  # 0 … 1


@dataclass(frozen=True, slots=True)
class Vessel:
    """Channels that look like cracks: the basivertebral vein, and one in a lamina."""

    radius_mm: float
    offset: float
    lamina: float  # signed: on which side, and how far out (0 … 1)


@dataclass(frozen=True, slots=True, eq=False)
class Vertebra:
    """One vertebra: its frame (body centre, axes as columns, LPS mm) and its own sizes in mm."""

    name: str
    number: int  # the value in the label map: 1 … 7, T1 = 8
    centre: NDArray[np.float64]
    axes: NDArray[np.float64]
    a: float  # half width of the body
    b: float  # half depth
    height: float
    disc: float
    canal_depth: float
    canal_width: float
    spinous: float
    pillar_half: tuple[float, float]  # below, above
    scale: float
    trabecular_hu: float
    osteophyte_mm: float
    vessel: Vessel
    asymmetry: float  # share by which the right side is the wider one

    @property
    def pillar_at(self) -> tuple[float, float]:
        """(x, y) of the left articular pillar's axis in this frame."""
        side = 6.5 if self.name == "C2" else 6.0
        return self.canal_width / 2 + side * self.scale, self.b + 6.5 * self.scale

    def local(self, x: Array, y: Array, z: Array) -> Points:
        """LPS millimetres into this vertebra's frame."""
        c = self.centre
        dx, dy, dz = x - np.float32(c[0]), y - np.float32(c[1]), z - np.float32(c[2])
        lx, ly, lz = (
            (dx * np.float32(axis[0]) + dy * np.float32(axis[1]) + dz * np.float32(axis[2]))
            for axis in self.axes.T
        )
        return Points(lx, ly, lz)

    def world(self, point: Point) -> NDArray[np.float64]:
        """A local point in LPS millimetres."""
        return np.asarray(self.centre + self.axes @ np.asarray(point), np.float64)


def draw_patient(rng: np.random.Generator) -> Patient:
    """Age, sex, build and posture."""
    age = int(rng.integers(18, 91))
    female = bool(rng.random() < 0.45)
    scale = float(np.clip(rng.normal(0.95 if female else 1.03, 0.035), 0.86, 1.12))
    return Patient(
        age=age,
        female=female,
        scale=scale,
        lordosis=float(rng.uniform(0.35, 1.25)),
        head_tilt_deg=float(rng.normal(0, 3)),
        rotation_deg=float(np.clip(rng.normal(0, 3), -7, 7)),
        lean_deg=float(np.clip(rng.normal(0, 2), -5, 5)),
        density=float(np.clip(rng.normal(1.12 - 0.0055 * (age - 18), 0.07), 0.6, 1.25)),
        fat=float(rng.uniform(0.6, 1.5)),
        degeneration=float(np.clip((age - 35) / 60 + rng.normal(0, 0.12), 0, 1)),
    )


def axes_of(tilt_deg: float, rotation_deg: float, lean_deg: float) -> NDArray[np.float64]:
    """Columns left, posterior, head of a vertebra: flexion, then axial rotation, then side lean."""
    t, r, s = np.deg2rad([tilt_deg, rotation_deg, lean_deg])
    flex = np.array([[1, 0, 0], [0, np.cos(t), -np.sin(t)], [0, np.sin(t), np.cos(t)]])
    turn = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    side = np.array([[np.cos(s), 0, np.sin(s)], [0, 1, 0], [-np.sin(s), 0, np.cos(s)]])
    return np.asarray(side @ turn @ flex, np.float64)


def build_spine(patient: Patient, rng: np.random.Generator) -> tuple[Vertebra, ...]:
    """C1 … T2 stacked along the lordosis; the centre of C4 is the origin."""
    norms = [NORMS[name] for name in NAMES]
    size = patient.scale * np.clip(rng.normal(1, 0.035, (9, 6)), 0.92, 1.08)
    heights = np.array([n.height for n in norms]) * size[:, 0]
    discs = np.array([n.disc for n in norms]) * size[:, 1]
    discs *= 1 - 0.45 * patient.degeneration * rng.random(9)
    frames = bend(patient, rng)
    centres = stack(frames, heights, discs, patient.scale)
    pillars = [pillar(centres, frames, i, size) for i in range(len(NAMES))]
    pitch = [float(np.linalg.norm(a - b)) for a, b in pairwise(pillars[1:])]
    halves = [(9.0, 8.0), *((b / 2, a / 2) for a, b in pairwise([16.0, *pitch, 18.0]))]
    out = []
    for i, (name, norm) in enumerate(zip(NAMES, norms, strict=True)):
        out.append(
            Vertebra(
                name=name,
                number=i + 1,
                centre=centres[i],
                axes=frames[i],
                a=norm.width / 2 * float(size[i, 2]),
                b=norm.depth / 2 * float(size[i, 3]),
                height=float(heights[i]),
                disc=float(discs[i]),
                canal_depth=norm.canal_depth * float(size[i, 4]),
                canal_width=norm.canal_width * float(size[i, 5]),
                spinous=norm.spinous * patient.scale * float(rng.normal(1, 0.07)),
                pillar_half=halves[i],
                scale=patient.scale,
                trabecular_hu=norm.trabecular_hu * patient.density * float(rng.normal(1, 0.05)),
                osteophyte_mm=float(patient.degeneration * rng.uniform(0, 4.5)) if i >= 2 else 0.0,
                vessel=Vessel(
                    float(rng.uniform(0.4, 1.2)), float(rng.normal(0, 1)), float(rng.uniform(-1, 1))
                ),
                asymmetry=float(np.clip(rng.normal(0, 0.025), -0.06, 0.06)),
            )
        )
    return tuple(out)


def bend(patient: Patient, rng: np.random.Generator) -> list[NDArray[np.float64]]:
    """The axes of each vertebra: lordosis, and the head's tilt, rotation and lean fading down."""
    frames = []
    for i, name in enumerate(NAMES):
        head, turn, lean = (
            float(np.interp(i, at, share))
            for at, share in (
                ((0, 1, 4), (1.0, 0.7, 0.0)),
                ((0, 8), (1.3, 0.3)),
                ((0, 8), (1.0, 0.2)),
            )
        )
        tilt = NORMS[name].tilt_deg * patient.lordosis + patient.head_tilt_deg * head
        tilt += float(rng.normal(0, 1.0))
        frames.append(axes_of(tilt, patient.rotation_deg * turn, patient.lean_deg * lean))
    return frames


def stack(
    frames: list[NDArray[np.float64]],
    heights: NDArray[np.float64],
    discs: NDArray[np.float64],
    scale: float,
) -> list[NDArray[np.float64]]:
    """Body centres in LPS mm: each body and disc along its own axis; C1 around the dens."""
    centres = [np.zeros(3)]
    for i in range(1, len(frames) - 1):  # from C2 down to T2
        here, below = frames[i][:, 2], frames[i + 1][:, 2]
        step = here * (heights[i] + discs[i]) / 2 + below * (heights[i + 1] + discs[i]) / 2
        centres.append(centres[-1] - step)
    centres.insert(0, frames[1] @ np.array([0, 0.5, 19.0]) * scale)
    return [centre - centres[3] for centre in centres]


def pillar(
    centres: list[NDArray[np.float64]],
    frames: list[NDArray[np.float64]],
    i: int,
    size: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Centre of the articular pillars, projected to the midline."""
    behind = NORMS[NAMES[i]].depth / 2 * size[i, 3] + 6.5
    return np.asarray(centres[i] + frames[i] @ np.array([0, behind, 0]), np.float64)
