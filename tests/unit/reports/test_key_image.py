"""The key image: right geometry, words beside the anatomy, nothing drawn that was not found."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dicom_node.reports import reformat
from dicom_node.reports.key_image import HEIGHT, MARGIN, PANEL, STRIP, WIDTH, render_key_image
from inference.types import CtVolume, Finding, Prediction, SliceSource
from tests.unit.reports.cases import FRACTURED, INTACT, PARTIAL, finding_of, prediction_of

AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
ACCENT = (255, 196, 0)
CUBE_MM = 40.0
STRIP_TOP = STRIP


def cube_volume(
    *, slices: int = 60, size: int = 256, spacing_mm: tuple[float, float, float] = (2.5, 0.4, 0.6)
) -> CtVolume:
    """Bone in the shape of a cube of 40 mm in the middle of air."""
    hu = np.full((slices, size, size), -1000, np.int16)
    centre = [n / 2 for n in hu.shape]
    at = tuple(
        slice(round(c - CUBE_MM / 2 / mm), round(c + CUBE_MM / 2 / mm))
        for c, mm in zip(centre, spacing_mm, strict=True)
    )
    hu[at] = 1200
    affine = np.diag([spacing_mm[2], spacing_mm[1], -spacing_mm[0], 1.0])
    return CtVolume(hu, affine, tuple(SliceSource(f"1.2.{n}") for n in range(slices)), "1.2")


def predicted(
    volume: CtVolume, probabilities: Any = FRACTURED, box: tuple[int, int, int, int] | None = None
) -> tuple[Prediction, Finding]:
    """A prediction whose first finding stands on the middle slice."""
    prediction = prediction_of(volume.sources, probabilities)
    size = volume.hu.shape[1]
    found = replace(
        prediction.findings[0] if prediction.findings else _some_finding(volume),
        key_slice_index=len(volume.hu) // 2,
        box=box or (size // 2 - 10, size // 2 - 6, 20, 12),
    )
    return prediction, found


def _some_finding(volume: CtVolume) -> Finding:
    return finding_of("C2", 0.7, volume, 0, (0, 0, 1, 1))


def accent(picture: Image.Image) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = (np.asarray(picture) == ACCENT).all(axis=2)
    return mask


def extent(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Rows and columns: first, last."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


@pytest.mark.parametrize("spacing_mm", [(2.5, 0.4, 0.6), (0.6, 0.8, 0.4), (1.0, 0.5, 0.5)])
@pytest.mark.parametrize("plane", ["axial", "sagittal"])
def test_millimetres_are_the_same_in_both_directions(
    spacing_mm: tuple[float, float, float], plane: str
) -> None:
    volume = cube_volume(slices=120, spacing_mm=spacing_mm)
    shown = reformat.axial(volume, 60) if plane == "axial" else reformat.sagittal(volume, 128)
    centre = (shown.hu.shape[0] / 2, shown.hu.shape[1] / 2)
    view = reformat.render(shown, (500, 440), centre=centre, field_mm=(90.0, 90.0))
    top, bottom, left, right = extent(np.asarray(view.image) > 128)
    expected = CUBE_MM * view.px_per_mm
    tolerance = 2.5 * max(spacing_mm) * view.px_per_mm
    assert bottom - top + 1 == pytest.approx(expected, abs=tolerance)
    assert right - left + 1 == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("centre", [(0.0, 0.0), (30.0, 200.0), (60.0, 256.0)])
def test_a_voxel_is_where_the_view_says(centre: tuple[float, float]) -> None:
    volume = cube_volume()
    volume.hu[:] = -1000
    volume.hu[20, 100, 128] = 3000
    plane = reformat.Plane(volume.hu[:, :, 128], (2.5, 0.4), ("H", "F", "A", "P"))
    view = reformat.render(plane, (444, 500), centre=centre, field_mm=(240.0, 240.0))
    brightest = np.unravel_index(np.asarray(view.image).argmax(), (500, 444))
    assert brightest[0] == pytest.approx(view.y(20.5), abs=1.5)
    assert brightest[1] == pytest.approx(view.x(100.5), abs=1.5)


@pytest.mark.parametrize(
    ("columns", "rows", "slices", "axial", "sagittal"),
    [
        ((1, 0, 0), (0, 1, 0), (0, 0, -1), "APRL", "HFAP"),  # head first supine
        ((-1, 0, 0), (0, -1, 0), (0, 0, -1), "PALR", "HFPA"),  # head first prone
        ((1, 0.1, 0), (-0.1, 1, 0.2), (0, 0.2, -1), "APRL", "HFAP"),  # a little oblique
    ],
)
def test_letters_follow_the_patient(
    columns: tuple[float, ...],
    rows: tuple[float, ...],
    slices: tuple[float, ...],
    axial: str,
    sagittal: str,
) -> None:
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 2] = columns, rows, slices
    volume = replace(cube_volume(), affine=affine)
    assert "".join(reformat.axial(volume, 0).letters) == axial
    assert "".join(reformat.sagittal(volume, 0).letters) == sagittal


def test_the_box_surrounds_what_was_found() -> None:
    volume = cube_volume()
    box = (128 - 33, 128 - 50, 66, 100)  # the cube's outline in voxels
    prediction, finding = predicted(volume, box=box)
    picture = render_key_image(volume, prediction, finding, at=AT)
    panel = picture.crop((MARGIN, MARGIN, MARGIN + PANEL, MARGIN + PANEL))
    top, bottom, left, right = extent(accent(panel))
    bright = np.asarray(panel.convert("L")) > 200
    bright &= ~accent(panel)
    inner = extent(bright[top + 8 : bottom - 7, left + 8 : right - 7])
    assert bright[(top + bottom) // 2, (left + right) // 2]
    height, width = bottom - top, right - left
    assert inner[1] - inner[0] >= 0.85 * height - 16
    assert inner[3] - inner[2] >= 0.85 * width - 16


def test_no_words_stand_on_the_anatomy() -> None:
    """In the pictures there are grey values, the box, the line and single letters only."""
    volume = cube_volume()
    prediction, finding = predicted(volume, PARTIAL)
    picture = render_key_image(volume, prediction, finding, at=AT)
    pixels = np.asarray(picture).astype(int)
    coloured = pixels.max(axis=2) - pixels.min(axis=2) > 12
    coloured &= ~accent(picture)
    assert not coloured[MARGIN : MARGIN + PANEL, MARGIN : MARGIN + PANEL].any()
    assert accent(picture)[STRIP_TOP:].any()


def test_without_a_finding_nothing_is_marked_on_the_anatomy() -> None:
    volume = cube_volume()
    picture = render_key_image(volume, prediction_of(volume.sources, INTACT), None, at=AT)
    assert picture.size == (WIDTH, HEIGHT)
    assert not accent(picture)[:STRIP_TOP].any()


def test_the_finding_changes_the_picture() -> None:
    volume = cube_volume()
    prediction, finding = predicted(volume)
    first = render_key_image(volume, prediction, finding, at=AT)
    again = render_key_image(volume, prediction, finding, at=AT)
    other = render_key_image(volume, prediction, replace(finding, level="C5"), at=AT)
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


@pytest.mark.parametrize(
    ("volume", "box"),
    [
        (cube_volume(size=512, slices=8), (0, 0, 5, 5)),
        (cube_volume(size=512, slices=8), (507, 507, 5, 5)),
        (cube_volume(size=100), (10, 10, 80, 80)),
        (cube_volume(size=512, spacing_mm=(1, 1, 1)), (0, 250, 512, 3)),
        (cube_volume(slices=400, spacing_mm=(1, 0.5, 0.5)), (1, 1, 1, 1)),
    ],
    ids=["first corner", "last corner", "small field", "huge box", "long"],
)
def test_odd_volumes_and_boxes_are_drawn(volume: CtVolume, box: tuple[int, int, int, int]) -> None:
    prediction, finding = predicted(volume, box=box)
    for index in (0, len(volume.hu) - 1):
        shown = replace(finding, key_slice_index=index)
        picture = render_key_image(volume, prediction, shown, at=AT)
        assert accent(picture)[:STRIP_TOP].any()


def test_a_volume_without_bone_has_an_overview() -> None:
    volume = cube_volume()
    volume.hu[:] = 0
    picture = render_key_image(volume, prediction_of(volume.sources, INTACT), None, at=AT)
    assert picture.mode == "RGB"
