"""The exported set, read without the loader that belongs to it."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from pydicom.uid import JPEGLosslessSV1

from inference.phantom.rsna import export_rsna
from inference.types import LEVELS, CtVolume
from inference.volume import load_volume
from tests.unit.inference.training_data.rsna_sets import ExportedSet, phantom


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_set_holds_every_kind_of_study(exported: ExportedSet) -> None:
    for kind in ("levels", "mask", "boxes", "jpeg_lossless", "feet_first"):
        found = {bool(getattr(each, kind)) for each in exported.studies}
        assert found == {True, False}, kind


def test_labels_are_the_phantoms(exported: ExportedSet) -> None:
    table = {each["StudyInstanceUID"]: each for each in rows(exported.directory / "train.csv")}
    assert list(next(iter(table.values()))) == ["StudyInstanceUID", "patient_overall", *LEVELS]
    for study in exported.studies:
        broken = {each.level for each in phantom(study).fractures}
        row = table[study.study_uid]
        assert {level for level in LEVELS if row[level] == "1"} == broken == set(study.levels)
        assert row["patient_overall"] == str(int(bool(broken)))


def test_boxes_are_the_phantoms_on_the_slices_they_name(exported: ExportedSet) -> None:
    table = rows(exported.directory / "train_bounding_boxes.csv")
    assert list(table[0]) == ["StudyInstanceUID", "x", "y", "width", "height", "slice_number"]
    for study in exported.studies:
        made = phantom(study)
        expected = {
            (round(float((made.affine @ [0, 0, index, 1])[2]), 3), *map(float, box))
            for fracture in made.fractures
            for index, box in enumerate(fracture.boxes, fracture.first_slice)
        }
        found = set()
        for row in (each for each in table if each["StudyInstanceUID"] == study.study_uid):
            folder = exported.directory / "train_images" / study.study_uid
            ds = pydicom.dcmread(folder / f"{row['slice_number']}.dcm")
            assert ds.InstanceNumber == int(row["slice_number"])
            box = (float(row[each]) for each in ("x", "y", "width", "height"))
            found.add((round(float(ds.ImagePositionPatient[2]), 3), *box))
        assert found == (expected if study.boxes else set())


def test_the_node_reads_every_series_to_the_same_volume(exported: ExportedSet) -> None:
    for order, study in enumerate(exported.studies):
        made = phantom(study)
        volume = load_volume(list(exported.files(order).values()))
        assert isinstance(volume, CtVolume)
        np.testing.assert_array_equal(volume.hu, made.hu)
        np.testing.assert_allclose(volume.affine, made.affine, atol=1e-4)


def test_numbers_run_from_head_or_feet_as_told(exported: ExportedSet) -> None:
    for order, study in enumerate(exported.studies):
        files = exported.files(order)
        first, last = (pydicom.dcmread(files[each]) for each in (1, len(files)))
        from_feet = first.ImagePositionPatient[2] < last.ImagePositionPatient[2]
        assert from_feet == study.feet_first
        assert (first.file_meta.TransferSyntaxUID == JPEGLosslessSV1) == study.jpeg_lossless
        assert first.StudyInstanceUID == study.study_uid


def test_masks_lie_as_the_real_ones_do(exported: ExportedSet) -> None:
    for order, study in enumerate(exported.studies):
        assert exported.mask(order).exists() == study.mask
        if not study.mask:
            continue
        image = nibabel.load(exported.mask(order))
        assert isinstance(image, nibabel.Nifti1Image)
        codes = nibabel.aff2axcodes(image.affine)  # type: ignore[no-untyped-call]
        assert codes == ("L", "A", "S")
        # How public solutions of the competition turn the real files.
        turned = np.asarray(image.dataobj)[:, ::-1, ::-1].transpose(2, 1, 0)
        np.testing.assert_array_equal(turned, phantom(study).labels)


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    digests = []
    for name in ("one", "other"):
        export_rsna(
            tmp_path / name, [5, 4], slices=30, matrix=32, masks_every=1, jpeg_lossless=True
        )
        files = sorted(each for each in (tmp_path / name).rglob("*") if each.is_file())
        digests.append(
            [
                (str(each.relative_to(tmp_path / name)), hashlib.sha256(each.read_bytes()).digest())
                for each in files
            ]
        )
    assert digests[0] == digests[1]


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "mine").touch()
    with pytest.raises(FileExistsError):
        export_rsna(tmp_path / "set", [4], slices=30, matrix=32)
    assert [each.name for each in (tmp_path / "set").iterdir()] == ["mine"]


def test_a_failed_export_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="seed"):
        export_rsna(tmp_path / "set", [4, -1], slices=30, matrix=32)
    assert list(tmp_path.iterdir()) == []
