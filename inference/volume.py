"""The DICOM files of one CT series → a volume in Hounsfield units, or the reason why not."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.attributes import UnreadableInstanceError, quiet_pydicom
from inference.decoders import PixelDataError
from inference.errors import InferenceError
from inference.fitness import judge, judge_slices
from inference.geometry import Geometry
from inference.limits import DEFAULT_LIMITS, FitnessLimits
from inference.pixels import PADDING_HU, InstancePixels, NotHounsfieldError, open_pixels
from inference.slices import read_headers
from inference.types import CtVolume, NotAnalysed, ReasonCode, SliceHeader, SliceSource
from inference.wording import name

Progress = Callable[[int, int], None]

_MAX_THREADS: Final = 8
_AIR_HU: Final = (-1150, -700)
_SOFT_TISSUE_HU: Final = (-200, 300)
_HISTOGRAM_STRIDE: Final = 4
"""Every 4th row and column tells the same as all of them."""


def load_volume(
    paths: Sequence[Path],
    *,
    limits: FitnessLimits = DEFAULT_LIMITS,
    on_progress: Progress | None = None,
) -> CtVolume | NotAnalysed:
    """Read, judge and decode one series. The order of ``paths`` does not matter.

    Args:
        paths: all files of the series, classic or Enhanced CT.
        limits: what a fit series may be.
        on_progress: called in the calling thread with (slices decoded, slices in all).
    """
    with quiet_pydicom():
        try:
            geometry = judge(read_headers(paths), limits)
        except UnreadableInstanceError as error:
            return NotAnalysed(ReasonCode.PIXEL_DATA_UNREADABLE, str(error))
        if isinstance(geometry, NotAnalysed):
            return geometry
        hu = _plausible_hu(geometry.slices, limits, on_progress)
    return hu if isinstance(hu, NotAnalysed) else _volume(geometry, hu)


def load_slices(
    paths: Sequence[Path], *, limits: FitnessLimits = DEFAULT_LIMITS
) -> tuple[CtVolume, ...] | NotAnalysed:
    """Axial CT slices that are too few for a study, to be read one by one, from head to feet.

    One volume if they form a regular stack, else one for each slice. The order of ``paths`` does
    not matter.
    """
    with quiet_pydicom():
        try:
            geometries = judge_slices(read_headers(paths), limits)
        except UnreadableInstanceError as error:
            return NotAnalysed(ReasonCode.PIXEL_DATA_UNREADABLE, str(error))
        if isinstance(geometries, NotAnalysed):
            return geometries
        slices = tuple(each for geometry in geometries for each in geometry.slices)
        hu = _plausible_hu(slices, limits, None)
    if isinstance(hu, NotAnalysed):
        return hu
    ends = np.cumsum([len(each.slices) for each in geometries])
    planes = np.split(hu, ends[:-1])
    return tuple(_volume(geometry, part) for geometry, part in zip(geometries, planes, strict=True))


def _volume(geometry: Geometry, hu: NDArray[np.int16]) -> CtVolume:
    return CtVolume(
        hu=hu,
        affine=geometry.affine,
        sources=tuple(
            SliceSource(each.sop_instance_uid, each.frame_number) for each in geometry.slices
        ),
        series_uid=geometry.slices[0].series_uid,
    )


def _plausible_hu(
    slices: Sequence[SliceHeader], limits: FitnessLimits, on_progress: Progress | None
) -> NDArray[np.int16] | NotAnalysed:
    hu = _decode(slices, limits, on_progress)
    if isinstance(hu, NotAnalysed):
        return hu
    return judge_intensities(hu, slices, limits) or hu


def judge_intensities(
    hu: NDArray[np.int16],
    slices: Sequence[SliceHeader],
    limits: FitnessLimits = DEFAULT_LIMITS,
) -> NotAnalysed | None:
    """Refuse values that cannot be a person's Hounsfield units.

    Catches what no header tells: blank slices, a lost or doubled rescale intercept, a wrong sign.

    Args:
        hu: (slices, rows, columns) int16.
        slices: one per slice of ``hu``, for their names.
        limits: the least that a person shows.
    """
    for header, plane in zip(slices, hu, strict=True):
        if plane.min() == plane.max():
            return NotAnalysed(
                ReasonCode.IMPLAUSIBLE_INTENSITIES,
                f"The image of {name(header)} is blank: it has one value throughout.",
            )
    sample = hu[:, ::_HISTOGRAM_STRIDE, ::_HISTOGRAM_STRIDE]
    sample = sample[sample != PADDING_HU]
    contents = (
        ("air", _AIR_HU, limits.min_air_fraction),
        ("soft tissue", _SOFT_TISSUE_HU, limits.min_soft_tissue_fraction),
    )
    for content, (lowest, highest), least in contents:
        share = np.count_nonzero((sample >= lowest) & (sample <= highest)) / max(sample.size, 1)
        if share < least:
            return NotAnalysed(
                ReasonCode.IMPLAUSIBLE_INTENSITIES,
                f"The values are no plausible Hounsfield units: {100 * share:.1f} % of the "
                f"volume lies between {lowest} and {highest} HU, where {content} belongs.",
            )
    return None


def _decode(
    slices: Sequence[SliceHeader], limits: FitnessLimits, on_progress: Progress | None
) -> NDArray[np.int16] | NotAnalysed:
    rows, columns = slices[0].rows or 0, slices[0].columns or 0
    if len(slices) * rows * columns > limits.max_voxels:
        return NotAnalysed(
            ReasonCode.PIXEL_DATA_UNREADABLE,
            f"The series is too large: {len(slices)} slices of {rows} by {columns} pixels.",
        )
    hu = np.empty((len(slices), rows, columns), np.int16)
    workers = min(_MAX_THREADS, len(os.sched_getaffinity(0)))
    with ThreadPoolExecutor(workers, thread_name_prefix="decode") as pool:
        for index, written in enumerate(_submit(pool, slices, hu)):
            try:
                written.result()
            except (PixelDataError, UnreadableInstanceError) as error:
                pool.shutdown(wait=False, cancel_futures=True)
                return _undecodable(slices[index], error)
            if on_progress is not None:
                on_progress(index + 1, len(slices))
    return hu


def _submit(
    pool: ThreadPoolExecutor, slices: Sequence[SliceHeader], hu: NDArray[np.int16]
) -> list[Future[None]]:
    """One task per slice, which writes it into ``hu``; each file is parsed once."""
    frames_of = Counter(each.path for each in slices)
    opened: dict[str, Future[InstancePixels]] = {}
    written = []
    for plane, header in zip(hu, slices, strict=True):
        if frames_of[header.path] == 1:
            written.append(pool.submit(_write_only, header, plane))
            continue
        if header.path not in opened:  # the pool is first in, first out: no task waits in vain
            opened[header.path] = pool.submit(open_pixels, Path(header.path))
        written.append(pool.submit(_write_frame, opened[header.path], header, plane))
    return written


def _write_only(header: SliceHeader, plane: NDArray[np.int16]) -> None:
    plane[...] = open_pixels(Path(header.path)).hu(header.frame_number)


def _write_frame(
    opened: Future[InstancePixels], header: SliceHeader, plane: NDArray[np.int16]
) -> None:
    plane[...] = opened.result().hu(header.frame_number)


def _undecodable(header: SliceHeader, error: InferenceError) -> NotAnalysed:
    if isinstance(error, UnreadableInstanceError):
        return NotAnalysed(
            ReasonCode.PIXEL_DATA_UNREADABLE,
            f"The image of {name(header)} cannot be decoded: its file is damaged.",
        )
    code = (
        ReasonCode.IMPLAUSIBLE_INTENSITIES
        if isinstance(error, NotHounsfieldError)
        else ReasonCode.PIXEL_DATA_UNREADABLE
    )
    return NotAnalysed(code, f"The image of {name(header)} cannot be decoded: {error}.")
