"""Synthetic cervical spine CT studies, the same for the same specification.

A score on phantoms shows that a pipeline works, not clinical accuracy.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.phantom.carving import PlacedFracture, locate
from inference.phantom.confounders import Confounder
from inference.phantom.fractures import FractureType
from inference.phantom.negatives import NegativeKind, paint_negative
from inference.phantom.posture import NAMES
from inference.phantom.scanner import Grid, Noise, draw_scanner, scan
from inference.phantom.scene import Scene
from inference.phantom.slabs import make_slab
from inference.phantom.spec import FractureSpec, PhantomSpec, choose, stream
from inference.types import LEVELS, CtVolume, SliceSource

__all__ = [
    "FractureSpec",
    "PhantomSpec",
    "PhantomStudy",
    "PlacedFracture",
    "choose",
    "make_negative",
    "make_pair",
    "make_study",
    "stream",
]

SLAB: Final = 8
"""Slices that one thread makes at a time. Another number is another phantom: where slices overlap,
the soft tissue of the first and the last of a slab is not averaged with that of the next slab."""
MOST_THREADS: Final = 8


@dataclass(frozen=True, eq=False)
class PhantomStudy:
    """A synthetic study.

    Attributes:
        seed: the seed it was made from.
        hu: (slices, rows, columns) int16 HU, slice 0 nearest the head.
        affine: (4, 4) float64, (column, row, slice, 1) to LPS mm.
        labels: as ``hu``, uint8: 0 background, 1–7 C1–C7, 8–19 T1–T12.
        fractures: what was broken, empty for an intact spine.
        age, female, sharp, kvp: what the DICOM export tells of patient and scanner.
        kind: of a volume without a cervical spine, else ``None``.
        thickness_mm: of the slices; ``None``: they are as thick as they lie apart.
        confounders: what it shows that is no fresh fracture, old fractures and implants too.
    """

    seed: int
    hu: NDArray[np.int16]
    affine: NDArray[np.float64]
    labels: NDArray[np.uint8]
    fractures: tuple[PlacedFracture, ...]
    age: int
    female: bool
    sharp: bool
    kvp: int
    kind: NegativeKind | None = None
    thickness_mm: float | None = None
    confounders: tuple[Confounder, ...] = ()

    def to_volume(self, series_uid: str = "2.25.1") -> CtVolume:
        """As the loader would give it; the sources are numbered, they name no files."""
        sources = tuple(SliceSource(f"{series_uid}.{i + 1}") for i in range(len(self.hu)))
        return CtVolume(self.hu, self.affine, sources, series_uid)


def make_study(spec: PhantomSpec, *, threads: int | None = None) -> PhantomStudy:
    """Make one study; the same specification gives the same bytes.

    Args:
        spec: what to make.
        threads: that work on it; by default one per core, up to 8. They change no byte.

    Raises:
        ValueError: a crack lies between the slices because they are too few.
    """
    (study,) = make_variants(spec, (choose(spec),), threads)
    return study


def make_pair(
    spec: PhantomSpec, *, threads: int | None = None
) -> tuple[PhantomStudy, PhantomStudy]:
    """A study and its intact twin, which differs in the fractures only.

    The study is that of ``make_study``, bit by bit, and so is the twin that of the specification
    with ``fractures=()``, unless an old fracture or an implant had to leave a fractured level: it
    is left out of both, so that they differ in nothing else. Both cost little more than one.

    Args:
        spec: what to make.
        threads: as of ``make_study``.

    Raises:
        ValueError: a crack lies between the slices because they are too few.
    """
    broken, intact = make_variants(spec, (choose(spec), {}), threads)
    return broken, intact


def make_variants(
    spec: PhantomSpec, wanted: Sequence[dict[str, FractureType]], threads: int | None
) -> tuple[PhantomStudy, ...]:
    """The same patient and scan, once with each choice of fractures."""
    scene = Scene.of(spec)
    injuries = [scene.injuries(each) for each in wanted]
    count = scene.grid.z.size
    starts = range(0, count, SLAB)
    with ThreadPoolExecutor(threads or min(MOST_THREADS, os.cpu_count() or 1)) as pool:
        slabs = list(
            pool.map(lambda at: make_slab(scene, injuries, at, min(at + SLAB, count)), starts)
        )
    studies = []
    for variant, each in enumerate(wanted):
        parts = [few[variant] for slab in slabs for few in slab]
        placed = []
        for name, kind in each.items():
            gap = np.concatenate([part.gaps[name] for part in parts])
            at = scene.block(name)
            placed.append(locate(LEVELS[NAMES.index(name)], kind, at, gap, scene.grid))
        studies.append(
            PhantomStudy(
                spec.seed,
                np.concatenate([part.hu for part in parts]),
                scene.grid.affine,
                np.concatenate([part.labels for part in parts]),
                tuple(placed),
                scene.patient.age,
                scene.patient.female,
                scene.scanner.sharp,
                scene.scanner.kvp,
                thickness_mm=scene.thickness_mm,
                confounders=scene.plan.recorded(scene.spine, scene.scanner),
            )
        )
    return tuple(studies)


def make_negative(
    seed: int, kind: NegativeKind, slices: int = 96, matrix: int = 512
) -> PhantomStudy:
    """A volume of 200 mm without a cervical spine; all labels are 0.

    Raises:
        ValueError: a negative seed, or fewer than 2 slices or 32 pixels.
    """
    PhantomSpec(seed, (), slices, matrix)  # the same limits
    rng = stream(seed, kind.value)
    scanner = draw_scanner(rng)
    fov = scanner.field_of_view_mm * (1.9 if kind is NegativeKind.CHEST else 1.0)
    steps = (np.arange(matrix, dtype=np.float32) - (matrix - 1) / 2) * np.float32(fov / matrix)
    # The missing spine of a neck runs from about +75 to -120 mm around C4.
    top = 75 if kind is NegativeKind.NECK else 100
    grid = Grid(steps, steps, np.linspace(top, top - 195, slices, dtype=np.float32))
    hu = paint_negative(grid, kind, rng)
    burden = [float(rng.uniform(0, 0.4))] * slices
    noise = Noise(grid, scanner)
    scanned = np.stack(
        [
            scan(image, grid, scanner, noise.field(rng, weight))
            for image, weight in zip(hu, burden, strict=True)
        ]
    )
    return PhantomStudy(
        seed,
        scanned,
        grid.affine,
        np.zeros(grid.shape, np.uint8),
        (),
        int(rng.integers(18, 91)),
        bool(rng.random() < 0.45),
        scanner.sharp,
        scanner.kvp,
        kind,
    )
