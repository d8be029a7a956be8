"""Synthetic cervical spine CT studies, the same for the same specification.

A score on phantoms shows that a pipeline works, not clinical accuracy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference.phantom import surroundings
from inference.phantom.fractures import GAP_HU, TYPES_OF_LEVEL, FractureType, Injury
from inference.phantom.head import paint_head
from inference.phantom.injuries import injure
from inference.phantom.negatives import NegativeKind, paint_negative
from inference.phantom.posture import NAMES, Vertebra, build_spine, draw_patient
from inference.phantom.scanner import Grid, Scanner, draw_scanner, noise_slices
from inference.phantom.solids import Array, bone_hu, coverage
from inference.phantom.trunk import paint_trunk
from inference.phantom.vertebrae import channels, marrow, shape
from inference.types import LEVELS, CtVolume, Level, SliceSource

VEIN_HU: Final = 70.0
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
    """What to make. ``fractures`` ``None``: by the seed at RSNA's prevalences; ``()``: intact."""

    seed: int
    fractures: tuple[FractureSpec, ...] | None = None
    slices: int = 96
    matrix: int = 512

    def __post_init__(self) -> None:
        if self.seed < 0 or self.slices < 2 or self.matrix < 32:
            raise ValueError("a phantom needs a seed from 0, 2 slices and 32 pixels or more")
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

    def to_volume(self, series_uid: str = "2.25.1") -> CtVolume:
        """As the loader would give it; the sources are numbered, they name no files."""
        sources = tuple(SliceSource(f"{series_uid}.{i + 1}") for i in range(len(self.hu)))
        return CtVolume(self.hu, self.affine, sources, series_uid)


def stream(seed: int, name: str) -> np.random.Generator:
    """An independent generator for each purpose, so that one draw cannot shift another."""
    return np.random.default_rng([seed, *name.encode()])


def make_study(spec: PhantomSpec) -> PhantomStudy:
    """Make one study; the same specification gives the same bytes.

    Raises:
        ValueError: a crack lies between the slices because they are too few.
    """
    patient = draw_patient(stream(spec.seed, "patient"))
    spine = build_spine(patient, stream(spec.seed, "spine"))
    scanner = draw_scanner(stream(spec.seed, "scanner"))
    grid = make_grid(spec, spine, scanner, stream(spec.seed, "grid"))
    hu = surroundings.paint(grid, spine, patient, stream(spec.seed, "surroundings"))
    paint_head(hu, grid, spine[0])
    paint_trunk(hu, grid, spine, patient)
    labels = np.zeros(grid.shape, np.uint8)
    placed = []
    wanted = choose(spec)
    texture = stream(spec.seed, "texture").standard_normal((24, 96, 96), np.float32)
    texture = ndimage.gaussian_filter(texture, 0.8)
    for vertebra in spine:
        kind = wanted.get(vertebra.name)
        rng = stream(spec.seed, f"fracture {vertebra.name}")
        injury = injure(vertebra, kind, rng) if kind else Injury(())
        at, gap = carve(hu, labels, grid, vertebra, injury, texture)
        if kind:
            placed.append(locate(LEVELS[vertebra.number - 1], kind, at, gap, grid))
    shoulders = float(spine[NAMES.index("C6")].centre[2])
    burden = np.clip((shoulders - grid.z) / 45, 0, 1).astype(np.float32)
    scanned = scan(hu, grid, burden, scanner, stream(spec.seed, "noise"))
    return PhantomStudy(
        spec.seed,
        scanned,
        grid.affine,
        labels,
        tuple(placed),
        patient.age,
        patient.female,
        scanner.sharp,
        scanner.kvp,
    )


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
    burden = np.full(slices, rng.uniform(0, 0.4), np.float32)
    scanned = scan(hu, grid, burden, scanner, rng)
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


def make_grid(
    spec: PhantomSpec, spine: tuple[Vertebra, ...], scanner: Scanner, rng: np.random.Generator
) -> Grid:
    """From the skull base to the foot of T2, the spine somewhat off the middle."""
    top = spine[0].centre[2] + rng.uniform(24, 38)
    bottom = spine[-1].centre[2] - spine[-1].height / 2 - rng.uniform(2, 10)
    z = np.linspace(top, bottom, spec.slices, dtype=np.float64)
    fov = scanner.field_of_view_mm
    pixel = fov / spec.matrix
    steps = (np.arange(spec.matrix) - (spec.matrix - 1) / 2) * pixel
    middle = np.mean([v.centre for v in spine], axis=0)
    x = steps + middle[0] + rng.uniform(-12, 12)
    y = steps + middle[1] - rng.uniform(2, 20)
    return Grid(x.astype(np.float32), y.astype(np.float32), z.astype(np.float32))


def carve(
    hu: Array, labels: NDArray[np.uint8], grid: Grid, v: Vertebra, injury: Injury, texture: Array
) -> tuple[tuple[slice, slice, slice], Array]:
    """Put one vertebra into the volume; returns its block and the share of crack in bone."""
    s = v.scale
    reach = np.array([46.0, 0.0, 0.0]) * s
    corners = [
        v.world((x, y, z))
        for x in (-reach[0], reach[0])
        for y in (-16 * s, v.b + v.canal_depth + v.spinous + 10)
        for z in (-v.height / 2 - 10 - 0.6 * v.spinous, v.height / 2 + 20)
    ]
    at = grid.block(np.min(corners, axis=0), np.max(corners, axis=0))
    p = v.local(*grid.coordinates(at))
    width = max(grid.pixel_mm, 0.45)
    distance = shape(v, injury.undo(v, p))
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


def scan(
    hu: Array, grid: Grid, burden: Array, scanner: Scanner, rng: np.random.Generator
) -> NDArray[np.int16]:
    """Blur of the kernel and noise, worse where the shoulders are (``burden``, 0 … 1)."""
    blur = (0.25 if scanner.sharp else 0.55) / grid.pixel_mm
    out = np.empty(grid.shape, np.int16)
    for index, noise in enumerate(noise_slices(grid, scanner, burden, rng)):
        image = ndimage.gaussian_filter(hu[index], blur) + noise
        out[index] = np.clip(np.rint(image), -1024, 3071)
    return out
