"""The limits within which a CT series is analysed, in one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class FitnessLimits:
    """What a series may be, at most or at least. Immutable, units in the names."""

    pixel_spacing_range_mm: tuple[float, float] = (0.01, 10.0)
    """What a Pixel Spacing of a person can be; anything else is a slip."""
    position_range_mm: tuple[float, float] = (-10_000.0, 10_000.0)
    """The same for each coordinate of a position."""
    cosine_tolerance: float = 1e-3
    """Between the direction cosines of two slices; 0.06°, far above the noise of their text."""
    pixel_spacing_tolerance: float = 1e-3
    """Relative; half a pixel over 512."""
    max_axial_deviation_deg: float = 30.0
    """Slice normal to patient axis: admits reformats along the discs of a lordotic neck, which
    tilt by up to about 25°, and refuses sagittal and coronal ones. A turned or nodded head is no
    matter: it does not move the scanner's axes."""
    max_gantry_tilt_deg: float = 1.0
    """Lean of the stack against its slices; 1° shears 150 mm by 2.6 mm, a quarter vertebra."""
    min_slices: int = 12
    """Fewer cannot show a spacing with any certainty."""
    duplicate_distance_mm: float = 0.05
    """Closer slices are one position twice; no CT reconstructs less than 0.1 mm apart."""
    wide_gap_ratio: float = 1.75
    """A gap this many times the usual one may be slices that are missing."""
    hole_ratio: float = 3.0
    """From here on a wide gap is a hole even if it is no multiple of the usual one."""
    max_wide_gap_fraction: float = 0.25
    """With more wide gaps than this the spacing changes; nothing was lost."""
    max_position_error_fraction: float = 0.05
    """Of the spacing: how far a slice may lie off the regular grid."""
    position_rounding_mm: float = 0.1
    """Allowed in any case: positions written with one decimal are off by up to 0.05 mm in each
    coordinate, 0.09 mm in all."""
    max_spacing_mm: float = 3.0
    """Hospital routine goes up to 3 mm (the model was made for 1 mm); a fracture line is lost
    between slices that are farther apart."""
    min_coverage_mm: float = 40.0
    """About two of the seven levels (C1–C7 is 110–140 mm). Levels that are not seen are left
    open one by one; below two even the counting of levels has no hold."""
    max_voxels: int = 2**30
    """2 GiB of int16: 1000 slices of 1024 by 1024. More is a forged header."""
    min_air_fraction: float = 0.001
    """Of all voxels, padding apart; a narrow field of view still holds the airway."""
    min_soft_tissue_fraction: float = 0.02
    """Of all voxels; a neck in a field of view of 500 mm fills more than 4 %."""


DEFAULT_LIMITS: Final = FitnessLimits()
