"""Windows: presets, dragging, the function of PS3.3 C.11.2.1.2.1."""

from __future__ import annotations

import numpy as np
import pytest

from pyqt_console.viewer.decode import GAP
from pyqt_console.viewer.window import (
    GAP_GREY,
    PRESETS,
    Window,
    apply,
    lut,
    preset_name,
    screen_lut,
)


def by_the_standard(hu: float, window: Window) -> float:
    """PS3.3 C.11.2.1.2.1, written down as it stands there, for y from 0 to 255."""
    if hu <= window.centre - 0.5 - (window.width - 1) / 2:
        return 0
    if hu > window.centre - 0.5 + (window.width - 1) / 2:
        return 255
    return ((hu - (window.centre - 0.5)) / (window.width - 1) + 0.5) * 255


@pytest.mark.parametrize(
    "window",
    [*(each.window for each in PRESETS.values()), Window(1, 10), Window(2, 0), Window(8000, -4000)],
)
def test_greys_are_those_of_the_standard(window: Window) -> None:
    table = lut(window)
    for hu in (-32767, -2000, -1000, -601, -1, 0, 9, 10, 39, 40, 400, 1299, 1300, 3000, 32767):
        assert abs(int(table[hu & 0xFFFF]) - by_the_standard(hu, window)) <= 0.501
    values = np.arange(-32767, 32768)
    assert (np.diff(table[values & 0xFFFF].astype(int)) >= 0).all()


def test_presets_are_those_a_reader_expects() -> None:
    assert [
        (each.key, each.name, each.window.width, each.window.centre) for each in PRESETS.values()
    ] == [
        ("1", "bone", 1800, 400),
        ("2", "soft tissue", 400, 40),
        ("3", "lung", 1500, -600),
    ]
    assert preset_name(Window(1800, 400)) == "bone"
    assert preset_name(Window(1801, 400)) is None


def test_inverted_is_the_other_way_round_but_gaps_stay_gaps() -> None:
    window = PRESETS["1"].window
    plain, inverted = lut(window), lut(window, inverted=True)
    values = np.arange(-32767, 32768) & 0xFFFF
    assert (plain[values].astype(int) + inverted[values] == 255).all()
    assert plain[GAP & 0xFFFF] == inverted[GAP & 0xFFFF] == GAP_GREY


def test_dragging_widens_and_darkens_within_bounds() -> None:
    window = Window(1800, 400)
    assert window.dragged(10, 0).width > 1800
    assert window.dragged(0, 10).centre > 400
    assert window.dragged(-1e6, 0).width == 1
    assert window.dragged(1e6, 1e6) == Window(8000, 4000)
    narrow = Window(80, 40).dragged(10, 0)
    assert narrow.width - 80 < window.dragged(10, 0).width - 1800


def test_a_plane_becomes_opaque_greys_for_the_screen() -> None:
    table = screen_lut(Window(400, 40))
    plane = np.array([[-2000, 40], [3000, GAP]], np.int16)
    shown = apply(plane, table)
    assert shown.dtype == np.uint32
    assert shown[0, 0] == 0xFF000000
    assert shown[1, 0] == 0xFFFFFFFF
    red, green, blue = (int(shown[0, 1]) >> shift & 0xFF for shift in (16, 8, 0))
    assert red == green == blue
    assert shown[1, 1] not in set(
        map(int, lut(Window(400, 40)).astype(int) * 0x010101 + 0xFF000000)
    )
    across = plane.T
    assert (apply(across, table) == shown.T).all()
