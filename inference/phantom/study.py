"""Synthetic cervical spine CT studies, the same for the same specification.

A score on phantoms shows that a pipeline works, not clinical accuracy.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference.phantom import surroundings
from inference.phantom.confounders import Confounder, Plan, draw_plan
from inference.phantom.fractures import GAP_HU, TYPES_OF_LEVEL, FractureType, Injury
from inference.phantom.head import paint_head
from inference.phantom.injuries import injure
from inference.phantom.negatives import NegativeKind, paint_negative
from inference.phantom.posture import NAMES, Patient, Vertebra, build_spine, draw_patient
from inference.phantom.projection import Beams, wide_grid
from inference.phantom.scanner import Grid, Noise, Scanner, draw_scanner, scan
from inference.phantom.solids import Array, bone_hu, coverage
from inference.phantom.thickness import THINNEST_MM, Sampling, draw_protocol, draw_thickness
from inference.phantom.trunk import paint_trunk
from inference.phantom.vertebrae import channels, marrow, shape
from inference.types import LEVELS, CtVolume, Level, SliceSource

VEIN_HU: Final = 70.0
SLAB: Final = 8
"""Slices that one thread makes at a time."""
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
        if self.seed < 0 or (self.slices or 2) < 2 or self.matrix < 32:
            raise ValueError("a phantom needs a seed from 0, 2 slices and 32 pixels or more")
        if self.thickness_mm is not None and not THINNEST_MM <= self.thickness_mm <= 10:
            raise ValueError("slices are 0.5 to 10 mm thick")
        levels = [each.level for each in self.fractures or ()]
        if len(set(levels)) < len(levels):
            raise ValueError("one fracture per level")


@dataclass(frozen=True, slots=True)
class PlacedFracture:
    """A fracture that was made: its slices (inclusive) and a box (x, y, width, height) on each."""

    level: Level
    type: FractureType
    first_slice: int
    last_slice: int
    boxes: tuple[tuple[int, int, int, int], ...]


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


def stream(seed: int, name: str) -> np.random.Generator:
    """An independent generator for each purpose, so that one draw cannot shift another."""
    return np.random.default_rng([seed, *name.encode()])


def workers() -> int:
    """As many threads as cores; numpy lets them run side by side."""
    return min(8, os.cpu_count() or 1)


def make_study(spec: PhantomSpec) -> PhantomStudy:
    """Make one study; the same specification gives the same bytes.

    Raises:
        ValueError: a crack lies between the slices because they are too few.
    """
    (study,) = make_variants(spec, (choose(spec),))
    return study


def make_pair(spec: PhantomSpec) -> tuple[PhantomStudy, PhantomStudy]:
    """A study and its intact twin, which differs in the fractures only.

    The same as ``make_study`` of the specification and of the one without fractures, bit by bit,
    for little more than the cost of one.

    Raises:
        ValueError: a crack lies between the slices because they are too few.
    """
    broken, intact = make_variants(spec, (choose(spec), {}))
    return broken, intact


def make_variants(
    spec: PhantomSpec, wanted: Sequence[dict[str, FractureType]]
) -> tuple[PhantomStudy, ...]:
    """The same patient and scan, once with each choice of fractures."""
    scene = Scene.of(spec)
    injuries = [scene.injuries(each) for each in wanted]
    count = scene.grid.z.size
    starts = range(0, count, SLAB)
    with ThreadPoolExecutor(workers()) as pool:
        slabs = list(
            pool.map(lambda at: make_slab(scene, injuries, at, min(at + SLAB, count)), starts)
        )
    studies = []
    for variant, each in enumerate(wanted):
        parts = [slab[variant] for slab in slabs]
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


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """All that the seed decides before anything is painted."""

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


@dataclass(frozen=True, slots=True, eq=False)
class Slab:
    """Some finished slices: HU, labels, and by vertebra the share of crack in its block."""

    hu: NDArray[np.int16]
    labels: NDArray[np.uint8]
    gaps: dict[str, Array]


def make_slab(
    scene: Scene, injuries: Sequence[dict[str, Injury]], start: int, stop: int
) -> list[Slab]:
    """Slices ``start`` to ``stop`` once with each choice of injuries."""
    sampling = scene.sampling.part(start, stop)
    offset = int(scene.sampling.first[start])
    texture = np.roll(scene.texture, -offset, axis=0)
    around = paint_around(scene, sampling, Grid(scene.grid.x, scene.grid.y, scene.grid.z[start:stop]))
    # Slices that no injured vertebra reaches are the same in all variants.
    here = [
        {
            v.name: each.get(v.name, Injury(()))
            for v in scene.spine
            if block_of(v, sampling.fine)[0].start < block_of(v, sampling.fine)[0].stop
        }
        for each in injuries
    ]
    slabs: list[Slab] = []
    for variant, each in enumerate(here):
        done = next((slabs[i] for i in range(variant) if here[i] == each), None)
        slabs.append(done or finish_slab(scene, sampling, around.copy(), texture, each, start))
    return [with_gaps(scene, slab, each) for slab, each in zip(slabs, injuries, strict=True)]


def with_gaps(scene: Scene, slab: Slab, injuries: dict[str, Injury]) -> Slab:
    """The same slab, with an empty block for each injured vertebra it does not reach."""
    gaps = {}
    for name in injuries:
        _, rows, columns = scene.block(name)
        shape = len(slab.hu), rows.stop - rows.start, columns.stop - columns.start
        gaps[name] = slab.gaps[name] if name in slab.gaps else np.zeros(shape, np.float32)
    return replace(slab, gaps=gaps)


def paint_around(scene: Scene, sampling: Sampling, slices: Grid) -> Array:
    """Everything but the vertebrae, (fine, rows, columns) HU."""
    rng = stream(scene.seed, "surroundings")
    # Soft tissue changes little within a slice; what is bone is sampled.
    around = surroundings.paint(slices, scene.spine, scene.patient, rng)[sampling.own]
    paint_head(around, sampling.fine, scene.spine[0])
    paint_trunk(around, sampling.fine, scene.spine, scene.patient)
    scene.plan.paint_gas(around, sampling.fine, scene.spine)
    return around


def finish_slab(
    scene: Scene,
    sampling: Sampling,
    hu: Array,
    texture: Array,
    injuries: dict[str, Injury],
    start: int,
) -> Slab:
    """Put in the vertebrae, make slices of the samples, and scan them."""
    labels = np.zeros(hu.shape, np.uint8)
    gaps = {}
    for v in scene.spine:
        if v.name not in injuries:
            continue
        at, gap = carve(hu, labels, sampling.fine, v, injuries[v.name], texture)
        if injuries[v.name].breaks or injuries[v.name].compression:
            whole = np.zeros((len(hu), *gap.shape[1:]), np.float32)
            whole[at[0]] = gap
            gaps[v.name] = np.stack([sampling.mean(whole, i) for i in range(sampling.first.size)])
    scene.plan.paint_hardware(hu, sampling.fine, scene.spine)
    count = sampling.first.size
    out = np.empty((count, *hu.shape[1:]), np.int16)
    numbers = np.empty(out.shape, np.uint8)
    for index in range(count):
        slice_ = start + index
        image = sampling.mean(hu, index)
        numbers[index] = sampling.vote(labels, index)
        noise = scene.noise.field(
            stream(scene.seed, f"noise {slice_}"), float(scene.burden[slice_])
        )
        streaks = scene.beams.streaks(
            image,
            float(scene.grid.z[slice_]),
            scene.scanner.streak,
            stream(scene.seed, f"streaks {slice_}"),
        )
        if streaks is not None:
            noise += streaks
        out[index] = scan(image, scene.grid, scene.scanner, noise)
    return Slab(out, numbers, gaps)


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


def choose(spec: PhantomSpec) -> dict[str, FractureType]:
    """The fractures of a study, by level."""
    rng = stream(spec.seed, "choice")
    specs = spec.fractures
    if specs is None:
        share = np.array(FRACTURED_LEVELS) / sum(FRACTURED_LEVELS)
        weights = np.array([PREVALENCE[level] for level in LEVELS])
        count = int(rng.choice(len(share), p=share))
        levels = rng.choice(len(LEVELS), count, replace=False, p=weights / weights.sum())
        specs = tuple(FractureSpec(LEVELS[i]) for i in sorted(levels))
    out: dict[str, FractureType] = {}
    for each in specs:
        types = TYPES_OF_LEVEL[each.level]
        out[each.level] = each.type or types[int(rng.integers(len(types)))]
    return out


def plan_of(spec: PhantomSpec, spine: tuple[Vertebra, ...], patient: Patient) -> Plan:
    """The confounders of a study; they keep off its fractures, and off those of the seed alone.

    So a study by the seed and its intact twin have the same ones.
    """
    taken = frozenset(choose(spec)) | frozenset(choose(replace(spec, fractures=None)))
    return draw_plan(spine, patient, taken, partial(stream, spec.seed))


def make_grid(
    spec: PhantomSpec, spine: tuple[Vertebra, ...], scanner: Scanner, rng: np.random.Generator
) -> tuple[Grid, float]:
    """From the skull base to the foot of T2, the spine somewhat off the middle; and the thickness."""
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


def block_of(v: Vertebra, grid: Grid) -> tuple[slice, slice, slice]:
    """The block of voxels that holds a vertebra, injured or not."""
    s = v.scale
    corners = [
        v.world((x, y, z))
        for x in (-46.0 * s, 46.0 * s)
        for y in (-16 * s, v.b + v.canal_depth + v.spinous + 10)
        for z in (-v.height / 2 - 10 - 0.6 * v.spinous, v.height / 2 + 20)
    ]
    return grid.block(np.min(corners, axis=0), np.max(corners, axis=0))


def carve(
    hu: Array, labels: NDArray[np.uint8], grid: Grid, v: Vertebra, injury: Injury, texture: Array
) -> tuple[tuple[slice, slice, slice], Array]:
    """Put one vertebra into the volume; returns its block and the share of crack in bone."""
    s = v.scale
    at = block_of(v, grid)
    p = v.local(*grid.coordinates(at))
    width = max(grid.pixel_mm, 0.45)
    distance = injury.callus(shape(v, injury.undo(v, p)), p)
    share = coverage(distance, width)
    fine = texture[
        (np.arange(at[0].start, at[0].stop) % 24)[:, None, None],
        (np.arange(at[1].start, at[1].stop) % 96)[None, :, None],
        (np.arange(at[2].start, at[2].stop) % 96)[None, None, :],
    ]
    inner = np.float32(v.trabecular_hu) * marrow(v, p) * (1 + 0.5 * fine)
    hard = v.trabecular_hu * 2.2 + 250
    bone = bone_hu(distance, inner, hard, 1.1 * s, width)
    vein = coverage(channels(v, p), width)
    bone += vein * (VEIN_HU - bone)
    injury.remodel(bone, p, width)
    gap = injury.gap(p, width) if injury.breaks else np.zeros_like(share)
    bone += gap * (GAP_HU - bone)
    block = hu[at]
    block += share * (bone - block)
    labels[at][share > 0.5] = v.number
    return at, gap * share


def locate(
    level: Level, kind: FractureType, at: tuple[slice, slice, slice], gap: Array, grid: Grid
) -> PlacedFracture:
    """Slices and boxes of the visible crack, with a margin of 3 mm."""
    strongest = float(gap.max(initial=0))
    if strongest < 0.1:
        raise ValueError(f"{level} {kind.value}: no slice meets the crack, use more slices")
    seen = gap > min(0.4, 0.8 * strongest)
    rows = np.flatnonzero(seen.any(axis=(1, 2)))
    first, last = int(rows[0]), int(rows[-1])
    margin = round(3 / grid.pixel_mm)
    boxes = []
    for plane in seen[first : last + 1]:
        found_rows, found_columns = np.nonzero(plane if plane.any() else seen.any(axis=0))
        y0, y1 = extent(found_rows, at[1].start, margin, grid.y.size)
        x0, x1 = extent(found_columns, at[2].start, margin, grid.x.size)
        boxes.append((x0, y0, x1 - x0, y1 - y0))
    start = int(at[0].start)
    return PlacedFracture(level, kind, start + first, start + last, tuple(boxes))


def extent(found: NDArray[np.intp], start: int, margin: int, size: int) -> tuple[int, int]:
    """First and one past the last index found, widened by a margin inside the image."""
    low, high = start + int(found.min()), start + int(found.max()) + 1
    return max(0, low - margin), min(size, high + margin)
