"""What crosses the border of this package: plain frozen dataclasses, importable without torch.

Coordinates are DICOM patient coordinates (LPS: +x left, +y posterior, +z head) in millimetres
(PS3.3 C.7.6.2.1.1). A slice's pixels are addressed (row, column), boxes as (x, y, width, height)
with x along the columns.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Level: TypeAlias = Literal["C1", "C2", "C3", "C4", "C5", "C6", "C7"]
LEVELS: Final[tuple[Level, ...]] = ("C1", "C2", "C3", "C4", "C5", "C6", "C7")

Vector3: TypeAlias = tuple[float, float, float]
Box: TypeAlias = tuple[int, int, int, int]
"""(x, y, width, height) in pixels of a slice."""
Corners: TypeAlias = tuple[Vector3, Vector3, Vector3, Vector3]

SHOWN_FROM_PRESENCE: Final = 0.5
"""From here on a single image more likely shows a vertebra than not."""


class ReasonCode(StrEnum):
    """Why a series was not analysed. Stable: other programs read these."""

    UNSUPPORTED_MODALITY = "unsupported_modality"
    LOCALIZER = "localizer"
    MISSING_GEOMETRY = "missing_geometry"
    INCONSISTENT_IDENTITY = "inconsistent_identity"
    INCONSISTENT_GRID = "inconsistent_grid"
    MIXED_ORIENTATION = "mixed_orientation"
    NOT_AXIAL = "not_axial"
    GANTRY_TILT = "gantry_tilt"
    DUPLICATE_POSITIONS = "duplicate_positions"
    MISSING_SLICES = "missing_slices"
    IRREGULAR_SPACING = "irregular_spacing"
    SLICES_TOO_FAR_APART = "slices_too_far_apart"
    TOO_FEW_SLICES = "too_few_slices"
    INSUFFICIENT_COVERAGE = "insufficient_coverage"
    PIXEL_DATA_UNREADABLE = "pixel_data_unreadable"
    IMPLAUSIBLE_INTENSITIES = "implausible_intensities"
    NO_CERVICAL_SPINE = "no_cervical_spine"


@dataclass(frozen=True, slots=True)
class NotAnalysed:
    """A result in its own right: never to be shown or counted as a negative."""

    code: ReasonCode
    text: str
    """One sentence for a radiologist; names slices and millimetres, never a patient."""


@dataclass(frozen=True, slots=True)
class SliceHeader:
    """Identity and geometry of one slice: one CT Image instance, or one frame of an Enhanced CT.

    ``None`` means that the file does not say. ``frame_number`` is 1-based as in DICOM, ``None``
    for single-frame instances. ``position_mm`` is ImagePositionPatient, ``orientation`` is
    ImageOrientationPatient (row then column cosines), ``spacing_mm`` is PixelSpacing
    (between rows, between columns).
    """

    path: str
    sop_instance_uid: str
    sop_class_uid: str
    frame_number: int | None
    instance_number: int | None
    study_uid: str
    series_uid: str
    patient_id: str
    frame_of_reference_uid: str | None
    modality: str
    image_type: tuple[str, ...]
    rows: int | None
    columns: int | None
    position_mm: Vector3 | None
    orientation: tuple[float, float, float, float, float, float] | None
    spacing_mm: tuple[float, float] | None
    slice_thickness_mm: float | None


@dataclass(frozen=True, slots=True)
class SliceSource:
    """Where a slice of a volume came from."""

    sop_instance_uid: str
    frame_number: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CtVolume:
    """A regular axial CT volume.

    Attributes:
        hu: (slices, rows, columns) int16, Hounsfield units; slice 0 is the one nearest the head,
            so that the index grows as a reader scrolls down.
        affine: (4, 4) float64, maps (column, row, slice, 1) to LPS millimetres.
        sources: one per slice, in the order of ``hu``.
        series_uid: SeriesInstanceUID.
    """

    hu: NDArray[np.int16]
    affine: NDArray[np.float64]
    sources: tuple[SliceSource, ...]
    series_uid: str

    @property
    def spacing_mm(self) -> Vector3:
        """Distances between neighbouring (slices, rows, columns), in mm."""
        columns, rows, slices = (float(np.linalg.norm(self.affine[:3, axis])) for axis in range(3))
        return slices, rows, columns

    def position_mm(self, *, column: float, row: float, slice_index: float) -> Vector3:
        """LPS position of the centre of a voxel."""
        x, y, z, _ = self.affine @ np.array([column, row, slice_index, 1.0])
        return float(x), float(y), float(z)

    def box_corners_mm(self, box: Box, slice_index: int) -> Corners:
        """LPS positions of a box's outer corners, clockwise in the image from the upper left.

        They are edges of pixels: half a pixel beyond the centres that ``affine`` speaks of.
        """
        x, y, width, height = box
        left, top, right, bottom = x - 0.5, y - 0.5, x + width - 0.5, y + height - 0.5
        upper_left, upper_right, lower_right, lower_left = (
            self.position_mm(column=column, row=row, slice_index=slice_index)
            for column, row in ((left, top), (right, top), (right, bottom), (left, bottom))
        )
        return upper_left, upper_right, lower_right, lower_left

    def box_size_mm(self, box: Box) -> tuple[float, float]:
        """(width, height) of a box of a slice."""
        _, row_mm, column_mm = self.spacing_mm
        return box[2] * column_mm, box[3] * row_mm


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Which model gave a number."""

    name: str
    version: str
    sha256: str
    """Digest of the weights file, hexadecimal."""
    architecture: str = ""
    """Which network; empty where it is not told."""
    trained_on: str = ""
    """The training data in words, for whoever reads the numbers; empty where it is not told."""


@dataclass(frozen=True, slots=True)
class LevelPrediction:
    """One vertebra. ``probability`` is ``None`` where the level was not seen: not assessed.

    Attributes:
        level: which.
        probability: 0…1.
        first_slice: first slice index on which the level was seen.
        last_slice: the last one (inclusive).
        cut_off: an assessed level within which the images end. What is not in them was not
            assessed, so that it can be a finding but never a negative.
        outside: a level that was not assessed because it lies outside the images; where this is
            not so it should be in them and was not recognised.
    """

    level: Level
    probability: float | None
    first_slice: int | None = None
    last_slice: int | None = None
    cut_off: bool = False
    outside: bool = False

    @property
    def assessed(self) -> bool:
        """Whether a number may be shown for this level at all."""
        return self.probability is not None


@dataclass(frozen=True, slots=True)
class Finding:
    """A level at or above the operating point, and where the model looked.

    Attributes:
        level: the vertebra.
        probability: of the level.
        key_slice_index: the slice that shows it best, in the volume (0 nearest the head).
        key_slice: the same slice by its UID.
        box: (x, y, width, height) in pixels of the key slice.
        corners_mm: the box's outer corners in patient coordinates, clockwise in the image from
            the upper left.
        box_mm: (width, height) of the box.
    """

    level: Level
    probability: float
    key_slice_index: int
    key_slice: SliceSource
    box: Box
    corners_mm: Corners
    box_mm: tuple[float, float]


@dataclass(frozen=True, slots=True)
class SliceReading:
    """What a model says of one image, read alone. Never a result of a study.

    Attributes:
        slice_index: in the volume (0 nearest the head).
        source: the same image by its UID.
        presence: of C1 … C7, that the image shows the vertebra, 0…1.
        fracture: of C1 … C7, that the image shows a fracture of it, 0…1; not calibrated, and
            without meaning where ``presence`` is small.
    """

    slice_index: int
    source: SliceSource
    presence: tuple[float, ...]
    fracture: tuple[float, ...]

    @property
    def shown(self) -> tuple[Level, ...]:
        """The levels that the image more likely shows than not, from the head down."""
        return tuple(
            level
            for level, each in zip(LEVELS, self.presence, strict=True)
            if each >= SHOWN_FROM_PRESENCE
        )

    @property
    def most_likely_level(self) -> Level | None:
        """The level that the image shows most likely, if it shows any."""
        if not self.shown:
            return None
        return LEVELS[max(range(len(LEVELS)), key=self.presence.__getitem__)]


@dataclass(frozen=True, slots=True)
class PartialReading:
    """Single images, read one by one, of a series that gives no result of a study."""

    reason: NotAnalysed
    """Why there is none."""
    model: ModelIdentity
    slices: tuple[SliceReading, ...]
    """From the head down."""


@dataclass(frozen=True, slots=True, eq=False)
class HeatMap:
    """Where the network saw evidence of a fracture, on its own coarse grid.

    Attributes:
        evidence: (slices, rows, columns) float32 in 0…1, the highest of the assessed levels at each
            cell; slice 0 is nearest the head. At a slice's peak it is the probability, by that
            slice, that it shows the level, fractured; elsewhere the share of that which the
            network's map reaches there (``inference.evidence``). Not calibrated.
        affine: (4, 4) float64, maps (column, row, slice, 1) of the grid to LPS millimetres.
    """

    evidence: NDArray[np.float32]
    affine: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of one volume. Probabilities are in 0…1.

    ``patient_overall`` combines the assessed levels only; ``levels`` always has all seven, in
    order. ``operating_point`` is the probability from which a level is a finding. Two predictions
    are equal if they say the same; ``heat_map`` only shows where it came from.
    """

    model: ModelIdentity
    patient_overall: float
    levels: tuple[LevelPrediction, ...]
    findings: tuple[Finding, ...]
    operating_point: float
    heat_map: HeatMap | None = field(default=None, compare=False)

    @property
    def not_assessed(self) -> tuple[Level, ...]:
        """The levels of which nothing may be said."""
        return tuple(each.level for each in self.levels if not each.assessed)

    @property
    def assessed(self) -> tuple[Level, ...]:
        """The levels that ``patient_overall`` is about."""
        return tuple(each.level for each in self.levels if each.assessed)

    @property
    def cut_off(self) -> tuple[Level, ...]:
        """Of these, the ones that are only partly in the images."""
        return tuple(each.level for each in self.levels if each.cut_off)
