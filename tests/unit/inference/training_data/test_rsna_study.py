"""One study's files → a volume, or why not."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest

from inference.training.problems import Problem, ProblemKind
from inference.training.rsna_study import StudyVolume, read_study, slice_files
from tests.ct_series import write_enhanced_ct
from tests.unit.inference.training_data.rsna_sets import (
    MATRIX,
    SLICES,
    ExportedSet,
    edit_slices,
    phantom,
)


def read(exported: ExportedSet, order: int) -> tuple[StudyVolume | None, list[Problem]]:
    files, _ = slice_files(exported.folder(order))
    return read_study(exported.studies[order].study_uid, files)


def refused(exported: ExportedSet, order: int) -> Problem:
    study, problems = read(exported, order)
    assert study is None
    return problems[-1]


def test_every_study_is_read_voxel_for_voxel(exported: ExportedSet) -> None:
    for order, plan in enumerate(exported.studies):
        study, problems = read(exported, order)
        made = phantom(plan)
        assert study is not None
        assert problems == []
        np.testing.assert_array_equal(study.volume.hu, made.hu)
        np.testing.assert_allclose(study.volume.affine, made.affine, atol=1e-4)
        from_head = tuple(range(1, SLICES + 1))
        assert study.numbers == (from_head[::-1] if plan.feet_first else from_head)


def test_patients_are_told_apart_but_not_told(exported: ExportedSet) -> None:
    keys = []
    for order in range(2):
        study, _ = read(exported, order)
        assert study is not None
        assert "PHANTOM" not in study.patient_key
        keys.append(study.patient_key)
    assert keys[0] != keys[1]


def anonymise(ds: pydicom.Dataset) -> None:
    for keyword in ("Modality", "SOPClassUID", "SeriesInstanceUID", "FrameOfReferenceUID",
                    "PatientID", "ImageType"):  # fmt: skip
        del ds[keyword]


def test_anonymised_files_are_completed(three: ExportedSet) -> None:
    edit_slices(list(three.files(0).values()), anonymise)
    study, problems = read(three, 0)
    assert study is not None
    assert problems == []
    np.testing.assert_array_equal(study.volume.hu, phantom(three.studies[0]).hu)


def test_a_damaged_file_at_an_end_is_left_out(three: ExportedSet) -> None:
    three.files(0)[SLICES].write_bytes(b"no DICOM")
    study, problems = read(three, 0)
    assert study is not None
    np.testing.assert_array_equal(study.volume.hu, phantom(three.studies[0]).hu[:-1])
    (problem,) = problems
    assert problem.kind is ProblemKind.DAMAGED_FILE
    assert f"{SLICES}.dcm" in problem.text


def test_pixels_that_cannot_be_decoded_at_an_end_are_left_out(
    exported: ExportedSet, tmp_path: Path
) -> None:
    copy = exported.copy(tmp_path / "set")
    order = next(at for at, each in enumerate(copy.studies) if each.jpeg_lossless)
    head = 1 if not copy.studies[order].feet_first else SLICES
    path = copy.files(order)[head]
    path.write_bytes(path.read_bytes()[:-200])
    study, problems = read(copy, order)
    assert study is not None
    np.testing.assert_array_equal(study.volume.hu, phantom(copy.studies[order]).hu[1:])
    assert [each.kind for each in problems] == [ProblemKind.DAMAGED_FILE]
    assert f" {head}.dcm " in problems[0].text


@pytest.mark.parametrize("content", [b"", b"no DICOM"])
def test_a_damaged_file_within_costs_the_study(three: ExportedSet, content: bytes) -> None:
    three.files(0)[17].write_bytes(content)
    study, problems = read(three, 0)
    assert study is None
    assert [each.kind for each in problems] == [ProblemKind.DAMAGED_FILE, ProblemKind.NOT_FIT]
    assert "Slice 17 is missing" in problems[1].text
    assert "[missing_slices]" in problems[1].text


def test_only_damaged_files(three: ExportedSet) -> None:
    for path in three.files(0).values():
        path.write_bytes(b"no DICOM")
    assert refused(three, 0).kind is ProblemKind.DAMAGED_FILE


def test_several_series_in_a_folder(three: ExportedSet) -> None:
    def other_series(ds: pydicom.Dataset) -> None:
        ds.SeriesInstanceUID = "2.25.1"

    edit_slices(list(three.files(0).values())[:9], other_series)
    problem = refused(three, 0)
    assert problem.kind is ProblemKind.NOT_FIT
    assert "another Series Instance UID" in problem.text


def test_a_localizer_among_the_slices(three: ExportedSet) -> None:
    def localizer(ds: pydicom.Dataset) -> None:
        ds.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]

    edit_slices([three.files(0)[1]], localizer)
    assert "[localizer]" in refused(three, 0).text


def test_the_images_of_another_study(three: ExportedSet) -> None:
    shutil.rmtree(three.folder(0))
    shutil.copytree(three.folder(1), three.folder(0))
    assert refused(three, 0).kind is ProblemKind.OTHER_STUDY


def test_pixels_that_are_not_square(three: ExportedSet) -> None:
    def squeeze(ds: pydicom.Dataset) -> None:
        ds.PixelSpacing = [ds.PixelSpacing[0], ds.PixelSpacing[1] * 1.2]

    edit_slices(list(three.files(0).values()), squeeze)
    problem = refused(three, 0)
    assert problem.kind is ProblemKind.NOT_SQUARE
    assert "mm" in problem.text


def test_a_blank_slice(three: ExportedSet) -> None:
    def blank(ds: pydicom.Dataset) -> None:
        ds.PixelData = bytes(len(ds.PixelData))

    edit_slices([three.files(0)[30]], blank)
    assert "[implausible_intensities]" in refused(three, 0).text


def test_a_forged_size(three: ExportedSet) -> None:
    def forge(ds: pydicom.Dataset) -> None:
        ds.Rows = ds.Columns = 65535

    edit_slices(list(three.files(0).values()), forge)
    assert "too large" in refused(three, 0).text


def test_a_multiframe_file_is_no_slice(three: ExportedSet) -> None:
    write_enhanced_ct(three.folder(0) / f"{SLICES + 1}.dcm", slices=3, rows=MATRIX, columns=MATRIX)
    study, problems = read(three, 0)
    assert study is not None
    assert [each.kind for each in problems] == [ProblemKind.DAMAGED_FILE]
    assert "several frames" in problems[0].text


def test_only_numbered_files_are_slices(tmp_path: Path) -> None:
    for name in ("10.dcm", "2.dcm", "1.dcm", "scout.dcm", "3.txt", "²5.dcm", "._1.dcm"):
        (tmp_path / name).touch()
    files, others = slice_files(tmp_path)
    assert list(files) == [1, 2, 10]
    assert others == 3
