"""The pictures of a reading. They are drawn where the voxels are, which is the worker process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dicom_node.bugs import log_bug
from dicom_node.reports.key_image import render_key_image
from dicom_node.reports.summary_page import render_summary
from inference.types import CtVolume, Finding, Level, Prediction

Picture: TypeAlias = NDArray[np.uint8]
"""(rows, columns, 3), red, green, blue."""


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """What was drawn of one reading, and what could not be.

    Attributes:
        at: when, aware; all objects of the reading bear this time.
        key_images: of the findings, by their level.
        summary: the page on the whole series.
        missing: what could not be drawn, each in a few words for the timeline.
    """

    at: datetime
    key_images: Mapping[Level, Picture]
    summary: Picture | None
    missing: tuple[str, ...] = ()


def draw_pictures(volume: CtVolume, prediction: Prediction, *, at: datetime) -> Pictures:
    """A key image of every finding and the summary; a picture that fails costs only itself.

    Args:
        volume: the one that was read.
        prediction: what was said of it.
        at: when it was said, aware.
    """
    missing: list[str] = []

    def drawn(what: str, draw: Callable[[], Image.Image]) -> Picture | None:
        try:
            return np.asarray(draw().convert("RGB"))
        except Exception as error:  # noqa: BLE001 - the edge of this picture
            # The report tells the same without it, and must not be lost for a picture.
            log_bug(f"while drawing the {what}", error)
            missing.append(what)
            return None

    def key_image(finding: Finding) -> Picture | None:
        what = f"key image of {finding.level}"
        return drawn(what, lambda: render_key_image(volume, prediction, finding, at=at))

    key_images = {each.level: key_image(each) for each in prediction.findings}
    summary = drawn("summary", lambda: render_summary(volume, prediction, at=at))
    return Pictures(
        at,
        {level: picture for level, picture in key_images.items() if picture is not None},
        summary,
        tuple(missing),
    )
