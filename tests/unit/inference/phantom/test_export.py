"""Many phantoms on disk, by the command ``cspine-train phantoms``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from pydicom.uid import JPEG2000Lossless, JPEGLosslessSV1
from typer.testing import CliRunner

from inference.errors import DataError
from inference.phantom.export import ExportOrder, export_phantoms
from inference.phantom.spec import choose, draw_fractures
from inference.phantom.study import PhantomSpec, make_study
from inference.training.cli import app
from inference.types import CtVolume
from inference.volume import load_volume

SMALL = ("--slices", "72", "--matrix", "32")
Run = Callable[..., Path]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def command(*arguments: str, folder: str = "set") -> Path:
        result = CliRunner().invoke(
            app, ["phantoms", str(tmp_path / folder), *arguments], catch_exceptions=False
        )
        assert result.exit_code == 0, result.output
        return tmp_path / folder

    return command


def test_arrays_are_the_phantoms_and_the_truth_lies_beside(run: Run) -> None:
    folder = run("--layout", "numpy", "--first-seed", "7", "--count", "1", *SMALL)
    made = make_study(PhantomSpec(7, None, slices=72, matrix=32))
    study = folder / "PHANTOM-7"
    for name in ("hu", "labels", "affine"):
        np.testing.assert_array_equal(np.load(study / f"{name}.npy"), getattr(made, name))
    truth = json.loads((study / "study.json").read_text())
    assert "Synthetic" in truth["note"]
    assert truth["thickness_mm"] == made.thickness_mm
    assert [each["level"] for each in truth["fractures"]] == [each.level for each in made.fractures]
    (first, *_), fracture = truth["fractures"], made.fractures[0]
    boxes = [tuple(each[side] for side in ("x", "y", "width", "height")) for each in first["boxes"]]
    assert tuple(boxes) == fracture.boxes
    assert first["boxes"][0]["slice"] == fracture.first_slice
    assert len(truth["confounders"]) == len(made.confounders)


def test_a_dicom_export_is_read_by_the_node(run: Run) -> None:
    folder = run("--count", "1", "--transfer-syntax", "jpeg-2000", *SMALL)
    paths = sorted((folder / "PHANTOM-0" / "dicom").iterdir())
    assert pydicom.dcmread(paths[0]).file_meta.TransferSyntaxUID == JPEG2000Lossless
    volume = load_volume(paths)
    assert isinstance(volume, CtVolume)
    made = make_study(PhantomSpec(0, None, slices=72, matrix=32))
    np.testing.assert_array_equal(volume.hu, made.hu)
    np.testing.assert_allclose(volume.affine, made.affine, atol=1e-4)


def test_an_rsna_export_has_masks_that_lie_on_the_images(run: Run) -> None:
    folder = run("--layout", "rsna", "--first-seed", "3", "--count", "2", *SMALL)
    (mask,) = (folder / "segmentations").iterdir()
    image = nibabel.load(mask)
    assert isinstance(image, nibabel.Nifti1Image)
    made = make_study(PhantomSpec(3, None, slices=72, matrix=32))
    # Voxel for voxel by the two affines alone, whatever the order of the axes.
    to_stored = np.linalg.inv(image.affine) @ np.diag([-1.0, -1, 1, 1]) @ made.affine
    places = np.indices(made.labels.shape)[::-1].reshape(3, -1)
    stored = np.rint(to_stored[:3, :3] @ places + to_stored[:3, 3:]).astype(int)
    found = np.asarray(image.dataobj)[tuple(stored)].reshape(made.labels.shape)
    np.testing.assert_array_equal(found, made.labels)
    syntaxes = {
        pydicom.dcmread(next(each.iterdir())).file_meta.TransferSyntaxUID
        for each in (folder / "train_images").iterdir()
    }
    assert JPEGLosslessSV1 in syntaxes
    assert len(syntaxes) == 2


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_share_of_fractured_studies_can_be_set(share: float) -> None:
    order = ExportOrder("numpy", prevalence=share)
    assert {bool(choose(order.spec(seed))) for seed in range(200)} == {bool(share)}


def test_a_middle_share_is_kept_and_levels_stay_as_in_rsna() -> None:
    drawn = [draw_fractures(seed, 0.3) for seed in range(2000)]
    broken = [each for each in drawn if each]
    assert len(broken) / 2000 == pytest.approx(0.3, abs=0.04)
    levels = [fracture.level for each in broken for fracture in each]
    assert levels.count("C7") > 3 * levels.count("C3")


ORDER = ExportOrder("numpy", slices=24, matrix=32, prevalence=0)


def test_an_export_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    assert export_phantoms(tmp_path / "set", ORDER, range(1)) == 1
    before = (tmp_path / "set" / "PHANTOM-0" / "hu.npy").stat().st_mtime_ns
    left = tmp_path / "set" / ".PHANTOM-1.partial"  # as a killed process leaves it
    left.mkdir()
    (left / "hu.npy").write_bytes(b"half")
    told: list[int] = []
    assert export_phantoms(tmp_path / "set", ORDER, range(2), on_progress=told.append) == 1
    assert told == [2]
    assert (tmp_path / "set" / "PHANTOM-0" / "hu.npy").stat().st_mtime_ns == before
    assert np.load(tmp_path / "set" / "PHANTOM-1" / "hu.npy").shape == (24, 32, 32)
    names = {each.name for each in (tmp_path / "set").iterdir()}
    assert names == {"phantoms.json", "PHANTOM-0", "PHANTOM-1"}


def test_other_folders_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").touch()
    with pytest.raises(DataError, match="not empty"):
        export_phantoms(tmp_path / "mine", ORDER, range(1))
    assert [each.name for each in (tmp_path / "mine").iterdir()] == ["file"]
    export_phantoms(tmp_path / "set", ORDER, range(1))
    with pytest.raises(DataError, match="other options"):
        export_phantoms(tmp_path / "set", ExportOrder("numpy", slices=30, matrix=32), range(1))
    with pytest.raises(DataError, match=r"file: (Not a directory|File exists)"):
        export_phantoms(tmp_path / "mine" / "file", ORDER, range(1))


def test_a_study_that_cannot_be_made_leaves_nothing_behind(tmp_path: Path) -> None:
    # Three slices of a neck show no crack.
    few = ExportOrder("numpy", slices=3, matrix=32, prevalence=1)
    with pytest.raises(DataError, match=r"^seed \d+: .* more slices"):
        export_phantoms(tmp_path / "set", few, range(20))
    assert not list((tmp_path / "set").glob(".*"))


def test_wrong_options_are_refused(tmp_path: Path) -> None:
    for wrong in (("--transfer-syntax", "jpeg"), ("--layout", "rsna", "--transfer-syntax", "rle")):
        result = CliRunner().invoke(app, ["phantoms", str(tmp_path / "set"), *wrong])
        assert result.exit_code == 2
    assert not (tmp_path / "set").exists()
