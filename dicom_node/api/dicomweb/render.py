"""Stored values → a picture for a screen (PS3.3 C.11, PS3.4 N.2). Pure rules."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset

from dicom_node.api.dicomweb.problems import DicomwebError
from inference.attributes import PARSE_ERRORS
from inference.decoders import Samples

FUNCTIONS: Final = frozenset({"linear", "linear-exact", "sigmoid"})
SIDE_MAX: Final = 4096
"""Pixels: a viewport that is larger would only cost memory."""


@dataclass(frozen=True, slots=True)
class Window:
    """A VOI function (PS3.3 C.11.2.1)."""

    centre: float
    width: float
    function: str = "linear"


@dataclass(frozen=True, slots=True)
class Viewport:
    """Size of the picture, and the part of the image that it shows (PS3.18 8.3.5.1.3).

    Negative sizes of the part turn it over.
    """

    width: int
    height: int
    left: int = 0
    top: int = 0
    part_width: int | None = None
    part_height: int | None = None


@dataclass(frozen=True, slots=True)
class Rendering:
    """What a client asks of a picture."""

    window: Window | None = None
    viewport: Viewport | None = None
    quality: int = 90


def parse_rendering(parameters: Mapping[str, str]) -> Rendering:
    """The query parameters of a rendered resource (PS3.18 8.3.5).

    Raises:
        DicomwebError: one is unknown or impossible (400).
    """
    for name in parameters:
        if name not in ("window", "viewport", "quality", "accept", "charset"):
            raise DicomwebError(400, f"{name[:64]!a} is no parameter of a rendered image.")
    quality = parameters.get("quality", "90")
    if not (quality.isascii() and quality.isdigit()) or not 1 <= int(quality[:4]) <= 100:
        raise DicomwebError(400, "quality is a number from 1 to 100.")
    return Rendering(
        _window(parameters["window"]) if "window" in parameters else None,
        _viewport(parameters["viewport"]) if "viewport" in parameters else None,
        int(quality),
    )


def render_grey(samples: Samples, ds: Dataset, frame: int, rendering: Rendering) -> Image.Image:
    """One frame of single numbers, windowed to 8 bits.

    Args:
        samples: (rows, columns) stored values.
        ds: the header.
        frame: its number, from 1 upwards.
        rendering: without a window, the header's first one; without any, all values that occur.
    """
    slope, intercept = _rescale(ds, frame)
    values = samples.astype(np.float64) * slope + intercept
    window = rendering.window or _window_of(ds, frame) or _full_window(values)
    grey = _apply(values, window)
    if str(ds.get("PhotometricInterpretation", "")) == "MONOCHROME1":
        grey = 255 - grey
    return _in_viewport(Image.fromarray(grey, "L"), rendering.viewport)


def render_colour(frame: bytes, ds: Dataset, rendering: Rendering) -> Image.Image:
    """One uncompressed RGB frame of 8 bits.

    Raises:
        DicomwebError: it is something else (406).
    """
    rows, columns = int(ds.Rows), int(ds.Columns)
    plain = ds.get("PhotometricInterpretation") == "RGB" and ds.get("BitsAllocated") == 8
    if not plain or ds.get("SamplesPerPixel") != 3 or len(frame) < rows * columns * 3:
        raise DicomwebError(406, "The node cannot make a picture of these pixels.")
    pixels = np.frombuffer(frame, np.uint8, rows * columns * 3)
    if ds.get("PlanarConfiguration", 0):
        pixels = pixels.reshape(3, rows, columns).transpose(1, 2, 0)
    else:
        pixels = pixels.reshape(rows, columns, 3)
    return _in_viewport(Image.fromarray(np.ascontiguousarray(pixels), "RGB"), rendering.viewport)


def encoded_image(image: Image.Image, media_type: str, quality: int) -> bytes:
    """JPEG or PNG."""
    buffer = io.BytesIO()
    if media_type == "image/png":
        image.save(buffer, "PNG")
    else:
        image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def _apply(values: NDArray[np.float64], window: Window) -> NDArray[np.uint8]:
    """PS3.3 C.11.2.1.2 and C.11.2.1.3, to 0 … 255."""
    centre, width = window.centre, window.width
    if window.function == "sigmoid":
        shown = 255 / (1 + np.exp(np.clip(-4 * (values - centre) / width, -700, 700)))
    elif window.function == "linear-exact":
        shown = ((values - centre) / width + 0.5) * 255
    elif width <= 1:
        shown = np.where(values <= centre - 0.5, 0.0, 255.0)
    else:
        shown = ((values - (centre - 0.5)) / (width - 1) + 0.5) * 255
    grey: NDArray[np.uint8] = np.clip(np.rint(shown), 0, 255).astype(np.uint8)
    return grey


def _in_viewport(image: Image.Image, viewport: Viewport | None) -> Image.Image:
    """The part asked for, as large as it fits without distortion."""
    if viewport is None:
        return image
    width = viewport.part_width if viewport.part_width is not None else image.width
    height = viewport.part_height if viewport.part_height is not None else image.height
    box = (viewport.left, viewport.top, viewport.left + abs(width), viewport.top + abs(height))
    inside = box[0] >= 0 and box[1] >= 0 and box[2] <= image.width and box[3] <= image.height
    if not inside or not width or not height:
        raise DicomwebError(400, "viewport: the part does not lie in the image.")
    part = image.crop(box)
    if width < 0:
        part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if height < 0:
        part = part.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    scale = min(viewport.width / part.width, viewport.height / part.height)
    size = (max(1, round(part.width * scale)), max(1, round(part.height * scale)))
    return part.resize(size, Image.Resampling.BILINEAR)


def _window(text: str) -> Window:
    parts = text.split(",")
    numbers = _numbers(parts[:2])
    function = parts[2].strip().lower() if len(parts) == 3 else "linear"
    if len(parts) not in (2, 3) or numbers is None or function not in FUNCTIONS:
        raise DicomwebError(400, "window is centre,width,function (linear, linear-exact, sigmoid).")
    centre, width = numbers
    if not (width >= 1 if function == "linear" else width > 0):
        raise DicomwebError(400, "window: the width is too small.")
    return Window(centre, width, function)


def _viewport(text: str) -> Viewport:
    parts = text.split(",")
    if len(parts) not in (2, 6):
        raise DicomwebError(400, "viewport is width,height or width,height,x,y,width,height.")
    whole: list[int | None] = []
    for part in parts:
        number = _numbers([part]) if part.strip() else None
        if part.strip() and number is None:
            raise DicomwebError(400, "viewport: one of its numbers is none.")
        whole.append(round(number[0]) if number else None)
    width, height = whole[0], whole[1]
    if width is None or height is None or not (0 < width <= SIDE_MAX and 0 < height <= SIDE_MAX):
        raise DicomwebError(400, f"viewport: sides are from 1 to {SIDE_MAX} pixels.")
    if len(whole) == 2:
        return Viewport(width, height)
    left, top, part_width, part_height = whole[2:]
    return Viewport(width, height, left or 0, top or 0, part_width, part_height)


def _numbers(texts: Sequence[str]) -> list[float] | None:
    try:
        numbers = [float(each) for each in texts]
    except ValueError:
        return None
    return numbers if all(abs(each) < 1e9 for each in numbers) else None  # NaN is not


def _full_window(values: NDArray[np.float64]) -> Window:
    low, high = float(values.min()), float(values.max())
    return Window((low + high) / 2, max(high - low, 1.0), "linear-exact")


def _window_of(ds: Dataset, frame: int) -> Window | None:
    """The first window of the header, or of the frame's functional group."""
    for group in _groups(ds, frame, "FrameVOILUTSequence"):
        try:
            width, centre = _first(group.WindowWidth), _first(group.WindowCenter)
            function = str(group.get("VOILUTFunction", "LINEAR")).lower().replace("_", "-")
        except PARSE_ERRORS:
            continue
        function = function if function in FUNCTIONS else "linear"
        if width >= 1 or (width > 0 and function != "linear"):
            return Window(centre, width, function)
    return None


def _rescale(ds: Dataset, frame: int) -> tuple[float, float]:
    for group in _groups(ds, frame, "PixelValueTransformationSequence"):
        try:
            return _first(group.RescaleSlope), _first(group.RescaleIntercept)
        except PARSE_ERRORS:
            continue
    return 1.0, 0.0


def _groups(ds: Dataset, frame: int, sequence: str) -> list[Dataset]:
    """Where an attribute may stand: the frame's own functional group, the shared one, the top."""
    found: list[Dataset] = []
    try:
        frames = ds.get("PerFrameFunctionalGroupsSequence") or []
        own = [frames[frame - 1]] if frame <= len(frames) else []
        for group in (*own, *(ds.get("SharedFunctionalGroupsSequence") or [])):
            found += group.get(sequence) or []
    except PARSE_ERRORS:
        found = []
    return [*found, ds]


def _first(value: Any) -> float:
    """The first of one or several numbers."""
    number = float(value[0]) if hasattr(value, "__iter__") else float(value)
    if not abs(number) < 1e9:
        raise ValueError("no usable number")
    return number
