"""How a series is stored is no matter for its result: order, numbers, flips, noise, encoding."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.uid import JPEGLSLossless

from dicom_node.commands.analyze import analyze
from dicom_node.config import Settings, load_settings
from inference.model.record import save_model
from inference.types import LEVELS
from tests.ct_series import Floats, write_ct_series, write_enhanced_ct
from tests.unit.inference.tiny import ARCHITECTURES, tiny_model, tiny_record

Document: TypeAlias = dict[str, Any]
Plane: TypeAlias = NDArray[np.int16]

SLICES: Final = 26
SERIES: Final[dict[str, Any]] = {
    "slices": SLICES,
    "rows": 72,
    "columns": 64,
    "spacing_mm": (2.0, 3.0, 3.5),
}
"""In the plane too coarse for the body's centre to be sought on fewer pixels, from one corner."""


def lopsided_neck(x: Floats, y: Floats, z: Floats) -> Floats:
    """Tissue with bone on one side that turns with the height, so that no mirror image fits."""
    hu = np.where(np.hypot(x, y) < 60, 40.0, -1000.0)
    turn = z / 15
    hu[np.hypot(x - 20 * np.cos(turn), y - 20 * np.sin(turn)) < 12] = 700.0
    hu[np.hypot(x + 25, y - 5 - z / 4) < 6] = -900.0
    return hu


@pytest.fixture(scope="module", params=ARCHITECTURES)
def settings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """With an untrained model: its numbers mean nothing, and any change of its input shows."""
    folder = tmp_path_factory.mktemp("settings")
    weights = folder / "tiny.safetensors"
    save_model(weights, tiny_model(architecture=request.param).network, tiny_record(request.param))
    config = folder / "cspine-node.toml"
    config.write_text(
        f'[storage]\ndata_dir = "{folder}"\n[inference]\ndevice = "cpu"\nweights = "{weights}"\n'
    )
    return load_settings(config)


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("series")
    return write_ct_series(folder, hu=lopsided_neck, **SERIES)


@pytest.fixture(scope="module")
def expected(
    series: list[Path], settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Document:
    """The result of the series as it was written."""
    document = analysed(series, settings, tmp_path_factory.mktemp("expected"))
    assert document["findings"], "without a finding no place is compared"
    return document


def analysed(paths: list[Path], settings: Settings, output: Path) -> Document:
    analyze(paths, output, settings)
    document: Document = json.loads((output / "result.json").read_text(encoding="utf-8"))
    assert document["status"] == "analysed", document["reason"]
    return document


def rewritten(paths: list[Path], folder: Path, edit: Callable[[int, Dataset], None]) -> list[Path]:
    """Copies of the files, each changed: index (0 at the head) and data set."""
    folder.mkdir()
    copies = []
    for index, path in enumerate(paths):
        ds = dcmread(path)
        edit(index, ds)
        copies.append(folder / path.name)
        ds.save_as(copies[-1], enforce_file_format=True)
    return copies


def assert_same_findings(document: Document, expected: Document, *, box: Any = None) -> None:
    """The same but for rounding; ``box`` tells where a box of ``expected`` lies now."""
    assert document["coverage"] == expected["coverage"]
    assert document["level_slices"] == expected["level_slices"]
    for level in LEVELS:
        assert document["levels"][level] == pytest.approx(expected["levels"][level], abs=1e-4)
    assert document["patient_overall"] == pytest.approx(expected["patient_overall"], abs=1e-4)
    assert len(document["findings"]) == len(expected["findings"])
    for found, before in zip(document["findings"], expected["findings"], strict=True):
        for key in ("level", "key_slice_sop_uid", "key_slice_index"):
            assert found[key] == before[key]
        wanted = before["box"] if box is None else box(*before["box"])
        assert found["box"] == pytest.approx(wanted, abs=1)
        centre = np.mean(before["corners_mm"], axis=0)
        np.testing.assert_allclose(np.mean(found["corners_mm"], axis=0), centre, atol=3.6)


def test_the_order_of_the_files_changes_nothing(
    series: list[Path], settings: Settings, expected: Document, tmp_path: Path
) -> None:
    shuffled = random.Random(5).sample(series, len(series))

    assert analysed(shuffled, settings, tmp_path / "out") == expected


def test_the_names_of_the_files_change_nothing(
    series: list[Path], settings: Settings, expected: Document, tmp_path: Path
) -> None:
    for number, path in enumerate(random.Random(6).sample(series, len(series))):
        folder = tmp_path / "in" / str(number % 3)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / f"IM{number:03}")

    assert analysed([tmp_path / "in"], settings, tmp_path / "out") == expected


@pytest.mark.parametrize("numbers", ["reversed", "equal", "none"])
def test_instance_numbers_change_nothing(
    numbers: str, series: list[Path], settings: Settings, expected: Document, tmp_path: Path
) -> None:
    number_of: dict[str, Callable[[int], int | None]] = {
        "reversed": lambda index: SLICES - index,
        "equal": lambda _: 1,
        "none": lambda _: None,
    }

    def renumber(index: int, ds: Dataset) -> None:
        ds.InstanceNumber = number_of[numbers](index)

    paths = rewritten(series, tmp_path / "in", renumber)

    assert analysed(paths, settings, tmp_path / "out") == expected


def test_the_noise_of_decimal_strings_changes_nothing(
    series: list[Path], settings: Settings, expected: Document, tmp_path: Path
) -> None:
    rng = np.random.default_rng(7)

    def jitter(_: int, ds: Dataset) -> None:
        noise = rng.uniform(-5e-6, 5e-6, 12)
        place = [float(v) + e for v, e in zip(ds.ImagePositionPatient, noise[:3], strict=True)]
        turn = [float(v) + e for v, e in zip(ds.ImageOrientationPatient, noise[3:9], strict=True)]
        ds.ImagePositionPatient = [f"{value:.6f}" for value in place]
        ds.ImageOrientationPatient = [f"{value:.6f}" for value in turn]

    paths = rewritten(series, tmp_path / "in", jitter)

    assert_same_findings(analysed(paths, settings, tmp_path / "out"), expected)


ROWS, COLUMNS = SERIES["rows"], SERIES["columns"]
STORED: Final[dict[str, tuple[Callable[[Plane], Plane], tuple[int, ...], Any]]] = {
    # pixels, (corner column, corner row, row cosines, column cosines), box
    "upside down": (
        lambda plane: plane[::-1],
        (0, ROWS - 1, 1, 0, 0, -1),
        lambda x, y, w, h: [x, ROWS - y - h, w, h],
    ),
    "left to right": (
        lambda plane: plane[:, ::-1],
        (COLUMNS - 1, 0, -1, 0, 0, 1),
        lambda x, y, w, h: [COLUMNS - x - w, y, w, h],
    ),
    "turned by half": (
        lambda plane: plane[::-1, ::-1],
        (COLUMNS - 1, ROWS - 1, -1, 0, 0, -1),
        lambda x, y, w, h: [COLUMNS - x - w, ROWS - y - h, w, h],
    ),
    "transposed": (
        lambda plane: plane.T,
        (0, 0, 0, 1, 1, 0),
        lambda x, y, w, h: [y, x, h, w],
    ),
    "turned by a quarter": (
        lambda plane: plane.T[::-1],
        (COLUMNS - 1, 0, 0, 1, -1, 0),
        lambda x, y, w, h: [y, COLUMNS - x - w, h, w],
    ),
}


@pytest.mark.parametrize("kind", STORED)
def test_another_orientation_gives_the_same_findings_at_their_pixels(
    kind: str, series: list[Path], settings: Settings, expected: Document, tmp_path: Path
) -> None:
    change, (column, row, *cosines), box = STORED[kind]

    def store(_: int, ds: Dataset) -> None:
        row_mm, column_mm = (float(value) for value in ds.PixelSpacing)
        x, y, z = (float(value) for value in ds.ImagePositionPatient)
        plane = np.ascontiguousarray(change(ds.pixel_array))
        ds.PixelData = plane.tobytes()
        ds.Rows, ds.Columns = plane.shape
        ds.ImagePositionPatient = [x + column * column_mm, y + row * row_mm, z]
        ds.ImageOrientationPatient = [*cosines[:2], 0, *cosines[2:], 0]
        if ds.Rows != ROWS:
            ds.PixelSpacing = [column_mm, row_mm]

    paths = rewritten(series, tmp_path / "in", store)

    assert_same_findings(analysed(paths, settings, tmp_path / "out"), expected, box=box)


def test_the_encoding_changes_nothing(
    series: list[Path], settings: Settings, expected: Document, tmp_path: Path
) -> None:
    syntax = JPEGLSLossless
    paths = write_ct_series(tmp_path / "in", hu=lopsided_neck, transfer_syntax=syntax, **SERIES)
    uids = [str(dcmread(path, stop_before_pixels=True).SOPInstanceUID) for path in series]

    def restore(index: int, ds: Dataset) -> None:
        ds.SOPInstanceUID = uids[index]
        ds.SeriesInstanceUID = expected["series_uid"]

    paths = rewritten(paths, tmp_path / "same", restore)

    assert analysed(paths, settings, tmp_path / "out") == expected


def test_an_enhanced_ct_says_the_same_of_its_frames(
    settings: Settings, expected: Document, tmp_path: Path
) -> None:
    path = write_enhanced_ct(tmp_path / "in" / "ct.dcm", hu=lopsided_neck, **SERIES)

    document = analysed([path], settings, tmp_path / "out")

    assert document["levels"] == expected["levels"]
    for found, before in zip(document["findings"], expected["findings"], strict=True):
        assert found["key_slice_frame"] == before["key_slice_index"] + 1
        for key in ("level", "probability", "box", "corners_mm"):
            assert found[key] == before[key]
