"""What a header says of one slice, be it an image of its own or a frame of an Enhanced CT."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset


@dataclass(frozen=True, slots=True)
class Rescale:
    """How stored values become Hounsfield units."""

    slope: float
    intercept: float


def rescale_of(source: Dataset, frame_number: int | None = None) -> Rescale:
    """Of an image, or of one frame of it (1-based); what is not said changes nothing."""
    said = _group(source, "PixelValueTransformationSequence", frame_number)
    slope, intercept = said.get("RescaleSlope"), said.get("RescaleIntercept")
    return Rescale(1.0 if slope is None else float(slope), float(intercept or 0.0))


def pixel_measures_of(source: Dataset, frame_number: int | None = None) -> Dataset:
    """Where PixelSpacing and SliceThickness stand, if they stand anywhere."""
    return _group(source, "PixelMeasuresSequence", frame_number)


def pixel_spacing_mm(
    source: Dataset, frame_number: int | None = None
) -> tuple[float, float] | None:
    """(between rows, between columns), where the header tells it."""
    spacing = pixel_measures_of(source, frame_number).get("PixelSpacing")
    return (float(spacing[0]), float(spacing[1])) if spacing and len(spacing) == 2 else None


def _group(source: Dataset, keyword: str, frame_number: int | None) -> Dataset:
    """The item of a functional group (PS3.3 C.7.6.16): the frame's own, else the shared one.

    Of an image without functional groups, all of it.
    """
    frames = source.get("PerFrameFunctionalGroupsSequence") or []
    shared = source.get("SharedFunctionalGroupsSequence") or []
    if not frames and not shared:
        return source
    own = frames[(frame_number or 1) - 1 :][:1]
    for group in (*own, *shared):
        for item in group.get(keyword) or ():
            found: Dataset = item
            return found
    return Dataset()
