"""Pictures: windows, viewports, and what a client may ask of them."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom import Dataset

from dicom_node.api.dicomweb.problems import DicomwebError
from dicom_node.api.dicomweb.render import parse_rendering, render_grey

RAMP = np.arange(-1024, 1024, 8, dtype=np.int16).reshape(1, 256).repeat(4, axis=0)


def shown(ds: Dataset | None = None, **parameters: str) -> list[int]:
    image = render_grey(RAMP, ds or Dataset(), 1, parse_rendering(parameters))
    return [int(value) for value in np.asarray(image)[0]]


def header(**values: object) -> Dataset:
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def test_without_any_window_all_values_are_shown() -> None:
    assert shown()[0] == 0
    assert shown()[-1] == 255
    assert shown() == sorted(shown())


def test_the_window_of_the_header_and_of_the_client() -> None:
    ds = header(WindowCenter=[0, 40], WindowWidth=[100, 400])
    values = dict(zip(RAMP[0].tolist(), shown(ds), strict=True))
    assert (values[-56], values[0], values[56]) == (0, 129, 255)
    wide = dict(zip(RAMP[0].tolist(), shown(ds, window="0,2000,linear"), strict=True))
    assert 0 < wide[-56] < wide[56] < 255


def test_rescale_comes_before_the_window() -> None:
    ds = header(RescaleSlope=2, RescaleIntercept=-100, WindowCenter=-100, WindowWidth=2)
    assert shown(ds)[127] == 0
    assert shown(ds)[129] == 255


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("0,1", [0, 255, 255]),  # PS3.3 C.11.2.1.2.1: a threshold
        ("0.5,17,linear", [0, 127, 255]),
        ("0,16,linear-exact", [0, 128, 255]),
        ("0,16,sigmoid", [30, 128, 225]),
    ],
)
def test_each_function(window: str, expected: list[int]) -> None:
    values = dict(zip(RAMP[0].tolist(), shown(window=window), strict=True))
    assert [values[-8], values[0], values[8]] == pytest.approx(expected, abs=1)


def test_monochrome1_is_shown_inverted() -> None:
    ds = header(PhotometricInterpretation="MONOCHROME1")
    assert (shown(ds)[0], shown(ds)[-1]) == (255, 0)


def test_the_viewport_keeps_proportions_and_cuts() -> None:
    def size(viewport: str) -> tuple[int, int]:
        parameters = parse_rendering({"viewport": viewport})
        found: tuple[int, int] = render_grey(RAMP, Dataset(), 1, parameters).size
        return found

    assert size("128,128") == (128, 2)
    assert size("64,64,0,0,4,4") == (64, 64)
    assert size("64,64,,,4,4") == (64, 64)
    left = shown(viewport="256,4,0,0,-256,4")
    assert left == shown()[::-1]


@pytest.mark.parametrize(
    "parameters",
    [
        {"window": "1"},
        {"window": "a,b"},
        {"window": "nan,1"},
        {"window": "0,0"},
        {"window": "0,100,cubic"},
        {"viewport": "0,1"},
        {"viewport": "99999,1"},
        {"viewport": "1,2,3"},
        {"viewport": "1,x"},
        {"viewport": "inf,1"},
        {"quality": "0"},
        {"quality": "101"},
        {"quality": "1000000000000"},
        {"quality": "x"},
        {"PatientName": "Doe"},
    ],
    ids=str,
)
def test_what_cannot_be_is_400(parameters: dict[str, str]) -> None:
    with pytest.raises(DicomwebError) as caught:
        parse_rendering(parameters)
    assert caught.value.status_code == 400
    assert "Doe" not in str(caught.value.detail)


def test_a_part_outside_of_the_image_is_400() -> None:
    for viewport in ("9,9,0,0,300,4", "9,9,-1,0,4,4", "9,9,0,0,0,4"):
        with pytest.raises(DicomwebError):
            shown(viewport=viewport)
