"""All that the seed decides about a patient and a scan before anything is painted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy import ndimage

from inference.phantom import surroundings
from inference.phantom.carving import block_of
from inference.phantom.confounders import Plan, draw_plan
from inference.phantom.fractures import FractureType, Injury
from inference.phantom.injuries import injure
from inference.phantom.posture import NAMES, Patient, Vertebra, build_spine, draw_patient
from inference.phantom.projection import Beams, wide_grid
from inference.phantom.scanner import Grid, Noise, Scanner, draw_scanner
from inference.phantom.solids import Array
from inference.phantom.spec import PhantomSpec, choose, stream
from inference.phantom.thickness import Sampling, draw_protocol, draw_thickness


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One patient in one scanner.

    Attributes:
        seed: of everything drawn later.
        patient, spine, plan, scanner: as drawn.
        grid: the slices of the study.
        thickness_mm: of the slices.
        sampling: what is painted of each slice.
        texture: (24, 96, 96) of the marrow, repeated.
        beams: the rays through the body.
        burden: (slices,) how much shoulder they cross, 0 … 1.
        noise: of every slice.
    """

    seed: int
    patient: Patient
    spine: tuple[Vertebra, ...]
    plan: Plan
    scanner: Scanner
    grid: Grid
    thickness_mm: float
    sampling: Sampling
    texture: Array
    beams: Beams
    burden: Array
    noise: Noise

    @classmethod
    def of(cls, spec: PhantomSpec) -> Scene:
        """Draw a patient, a protocol and the path of the rays."""
        patient = draw_patient(stream(spec.seed, "patient"))
        spine = build_spine(patient, stream(spec.seed, "spine"))
        scanner = draw_scanner(stream(spec.seed, "scanner"))
        grid, thickness = make_grid(spec, spine, scanner, stream(spec.seed, "grid"))
        scanner = scanner.at_thickness(thickness)
        texture = stream(spec.seed, "texture").standard_normal((24, 96, 96), np.float32)
        wide = wide_grid(grid)
        scene = surroundings.paint(wide, spine, patient, stream(spec.seed, "surroundings"))
        beams = Beams.through(grid, wide, scene)
        return cls(
            spec.seed,
            patient,
            spine,
            plan_of(spec, spine, patient),
            scanner,
            grid,
            thickness,
            Sampling.of(grid, thickness),
            ndimage.gaussian_filter(texture, 0.8),
            beams,
            beams.burden(grid.z),
            Noise(grid, scanner),
        )

    def injuries(self, wanted: dict[str, FractureType]) -> dict[str, Injury]:
        """What happens, or has happened, to each fractured vertebra."""
        return self.plan.injuries(self.spine, partial(stream, self.seed)) | {
            v.name: injure(v, wanted[v.name], stream(self.seed, f"fracture {v.name}"))
            for v in self.spine
            if v.name in wanted
        }

    def block(self, name: str) -> tuple[slice, slice, slice]:
        """Where a vertebra lies, over all slices."""
        _, rows, columns = block_of(self.spine[NAMES.index(name)], self.grid)
        return slice(0, self.grid.z.size), rows, columns


def plan_of(spec: PhantomSpec, spine: tuple[Vertebra, ...], patient: Patient) -> Plan:
    """The confounders of a study; they keep off its fractures, and off those of the seed alone.

    So a study by the seed and its intact twin have the same ones.
    """
    taken = frozenset(choose(spec)) | frozenset(choose(replace(spec, fractures=None)))
    return draw_plan(spine, patient, taken, partial(stream, spec.seed))


def make_grid(
    spec: PhantomSpec, spine: tuple[Vertebra, ...], scanner: Scanner, rng: np.random.Generator
) -> tuple[Grid, float]:
    """From the skull base to the foot of T2, the spine somewhat off the middle.

    Returns:
        The slices, and their thickness in mm.
    """
    top = spine[0].centre[2] + rng.uniform(24, 38)
    bottom = spine[-1].centre[2] - spine[-1].height / 2 - rng.uniform(2, 10)
    protocol = stream(spec.seed, "protocol")
    if spec.slices is None:
        thickness, spacing = draw_protocol(protocol)
        z = np.arange(top, bottom, -spacing, dtype=np.float64)
    else:
        z = np.linspace(top, bottom, spec.slices, dtype=np.float64)
        thickness = draw_thickness(protocol, float(z[0] - z[1]))
    fov = scanner.field_of_view_mm
    pixel = fov / spec.matrix
    steps = (np.arange(spec.matrix) - (spec.matrix - 1) / 2) * pixel
    middle = np.mean([v.centre for v in spine], axis=0)
    x = steps + middle[0] + rng.uniform(-12, 12)
    y = steps + middle[1] - rng.uniform(2, 20)
    grid = Grid(x.astype(np.float32), y.astype(np.float32), z.astype(np.float32))
    return grid, spec.thickness_mm or thickness
