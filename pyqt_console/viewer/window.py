"""Windows: which Hounsfield units become which grey (PS3.3 C.11.2.1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pyqt_console.i18n import mark
from pyqt_console.viewer.decode import GAP

WIDTH_MIN: Final = 1.0
WIDTH_MAX: Final = 8000.0
CENTRE_MAX: Final = 4000.0
DRAG_HU_PER_PIXEL: Final = 2.0
GAP_GREY: Final = 40


@dataclass(frozen=True, slots=True)
class Window:
    """Width and centre (level) in HU."""

    width: float
    centre: float

    def dragged(self, right_px: float, down_px: float) -> Window:
        """To the right wider, down darker (a higher centre); a wide window moves faster."""
        step = DRAG_HU_PER_PIXEL * max(self.width / 800, 0.25)
        width = min(max(self.width + right_px * step, WIDTH_MIN), WIDTH_MAX)
        centre = min(max(self.centre + down_px * step, -CENTRE_MAX), CENTRE_MAX)
        return Window(width, centre)


@dataclass(frozen=True, slots=True)
class Preset:
    """A window with a name and a key."""

    key: str
    name: str
    window: Window


PRESETS: Final[Mapping[str, Preset]] = {
    each.key: each
    for each in (
        Preset("1", mark("bone"), Window(1800, 400)),
        Preset("2", mark("soft tissue"), Window(400, 40)),
        Preset("3", mark("lung"), Window(1500, -600)),
    )
}
BONE: Final = PRESETS["1"].window


def preset_name(window: Window) -> str | None:
    """The name of the preset that this window is."""
    return next((each.name for each in PRESETS.values() if each.window == window), None)


def lut(window: Window, *, inverted: bool = False) -> NDArray[np.uint8]:
    """Greys of all HU, by the linear function of PS3.3 C.11.2.1.2.1.

    Returns:
        (65536,) uint8; HU ``h`` is at index ``h`` for 0 and above, at ``65536 + h`` below.
    """
    hu = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.float32)
    width, centre = window.width, window.centre
    if width <= 1:
        greys = np.where(hu <= centre - 0.5, np.float32(0), np.float32(255))
    else:
        greys = ((hu - (centre - 0.5)) / (width - 1) + 0.5) * 255
    shown = np.clip(np.rint(greys), 0, 255).astype(np.uint8)
    if inverted:
        shown = 255 - shown
    shown[GAP & 0xFFFF] = GAP_GREY
    return shown


def screen_lut(window: Window, *, inverted: bool = False) -> NDArray[np.uint32]:
    """The same as 0xffRRGGBB, what a screen takes; where there is no image a bluish grey."""
    greys = lut(window, inverted=inverted).astype(np.uint32)
    colours: NDArray[np.uint32] = greys * np.uint32(0x010101) + np.uint32(0xFF000000)
    colours[GAP & 0xFFFF] = 0xFF1B2630
    return colours


def apply(hu: NDArray[np.int16], table: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """(rows, columns) colours of a plane."""
    return table[np.ascontiguousarray(hu).view(np.uint16)]
