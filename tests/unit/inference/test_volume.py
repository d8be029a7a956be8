from __future__ import annotations

import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pydicom
import pytest
from pydicom import Dataset
from pydicom.uid import (
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    RLELossless,
    SecondaryCaptureImageStorage,
    generate_uid,
)

from inference.limits import DEFAULT_LIMITS, FitnessLimits
from inference.types import CtVolume, NotAnalysed, ReasonCode
from inference.volume import load_volume
from tests.ct_series import (
    CORONAL,
    SAGITTAL,
    Cosines,
    CtSeries,
    Floats,
    unpack_ct_head_tilted,
    water_phantom,
    write_ct_series,
    write_enhanced_ct,
)

AXIAL_ORIENTATIONS: Final[dict[str, Cosines]] = {
    "supine": (1, 0, 0, 0, 1, 0),
    "prone": (-1, 0, 0, 0, -1, 0),
    "decubitus left": (0, 1, 0, -1, 0, 0),
    "decubitus right": (0, -1, 0, 1, 0, 0),
    "supine, seen from the head": (-1, 0, 0, 0, 1, 0),
    "prone, seen from the head": (1, 0, 0, 0, -1, 0),
    "decubitus left, seen from the head": (0, 1, 0, 1, 0, 0),
    "decubitus right, seen from the head": (0, -1, 0, -1, 0, 0),
    "oblique": (1, 0, 0, 0, 0.96, 0.28),
}

ANY_GEOMETRY: Final = FitnessLimits(
    max_gantry_tilt_deg=90,
    max_position_error_fraction=99,
    max_spacing_mm=99,
    max_wide_gap_fraction=0,
)


def ramp(x: Floats, y: Floats, z: Floats) -> Floats:
    """Another value at every place, so that a volume shows where each voxel lies."""
    return 7 * x + 11 * y + 13 * z


def fit(paths: list[Path], **arguments: Any) -> CtVolume:
    volume = load_volume(paths, **arguments)
    assert isinstance(volume, CtVolume), volume
    return volume


def refused(paths: list[Path], code: ReasonCode, **arguments: Any) -> str:
    verdict = load_volume(paths, **arguments)
    assert isinstance(verdict, NotAnalysed)
    assert verdict.code == code, verdict
    return verdict.text


def rewritten(path: Path, edit: Callable[[Dataset], None]) -> None:
    ds = pydicom.dcmread(path)
    edit(ds)
    ds.save_as(path)


# -- volumes


def test_a_water_phantom_is_fit(tmp_path: Path) -> None:
    series = CtSeries()
    paths = write_ct_series(tmp_path, series_uid=series.series_uid)

    volume = fit(paths)

    assert volume.hu.dtype == np.int16
    assert volume.hu.shape == (40, 64, 64)
    assert volume.hu.flags.c_contiguous
    assert volume.spacing_mm == pytest.approx((2, 3, 3))
    assert volume.series_uid == series.series_uid
    assert np.array_equal(volume.hu, np.rint([series.hu_of(index) for index in range(40)]))
    uids = [pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID for path in paths]
    assert [each.sop_instance_uid for each in volume.sources] == uids
    assert {each.frame_number for each in volume.sources} == {None}


@pytest.mark.parametrize("orientation", AXIAL_ORIENTATIONS.values(), ids=AXIAL_ORIENTATIONS)
def test_every_voxel_lies_where_the_affine_says(orientation: Cosines, tmp_path: Path) -> None:
    paths = write_ct_series(
        tmp_path,
        rows=24,
        columns=20,
        spacing_mm=(1.5, 2.5, 3.5),
        orientation=orientation,
        hu=ramp,
    )

    volume = fit(paths)

    index = np.indices(volume.hu.shape)[::-1].reshape(3, -1)  # column, row, slice
    x, y, z = (volume.affine @ np.vstack([index, np.ones(index.shape[1])]))[:3]
    np.testing.assert_allclose(volume.hu.ravel(), ramp(x, y, z), atol=0.5001)
    assert volume.affine[2, 2] < 0
    assert volume.spacing_mm == pytest.approx((1.5, 2.5, 3.5))


@pytest.mark.parametrize("orientation", AXIAL_ORIENTATIONS.values(), ids=AXIAL_ORIENTATIONS)
def test_a_marked_voxel_is_found_at_its_place(orientation: Cosines, tmp_path: Path) -> None:
    place = (21.0, -30.0, 17.0)  # left, anterior, towards the head

    def marked(x: Floats, y: Floats, z: Floats) -> Floats:
        distance = np.sqrt((x - place[0]) ** 2 + (y - place[1]) ** 2 + (z - place[2]) ** 2)
        return np.asarray(water_phantom(x, y, z) + 2000 * np.exp(-((distance / 4) ** 2)))

    volume = fit(write_ct_series(tmp_path, orientation=orientation, hu=marked))

    slice_index, row, column = np.unravel_index(volume.hu.argmax(), volume.hu.shape)
    found = volume.position_mm(column=float(column), row=float(row), slice_index=float(slice_index))
    assert np.linalg.norm(np.subtract(found, place)) < 3
    assert slice_index < 20  # the half towards the head


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_paths_does_not_matter(seed: int, tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path)

    expected = fit(paths)
    shuffled = fit(random.Random(seed).sample(paths, len(paths)))

    assert np.array_equal(shuffled.hu, expected.hu)
    assert np.array_equal(shuffled.affine, expected.affine)
    assert shuffled.sources == expected.sources


def test_names_of_files_do_not_matter(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path)
    expected = fit(paths)

    renamed = [path.rename(tmp_path / f"{index * 17 % 41:03d}") for index, path in enumerate(paths)]

    assert np.array_equal(fit(renamed).hu, expected.hu)


@pytest.mark.parametrize(
    "syntax",
    [ExplicitVRLittleEndian, JPEGLosslessSV1, JPEG2000Lossless, RLELossless],
    ids=lambda uid: uid.name,
)
def test_an_enhanced_ct_equals_its_classic_twin(syntax: str, tmp_path: Path) -> None:
    classic = fit(write_ct_series(tmp_path / "classic"))

    path = write_enhanced_ct(tmp_path / "enhanced.dcm", transfer_syntax=syntax)
    enhanced = fit([path])

    assert np.array_equal(enhanced.hu, classic.hu)
    assert np.array_equal(enhanced.affine, classic.affine)
    assert [each.frame_number for each in enhanced.sources] == list(range(1, 41))
    assert len({each.sop_instance_uid for each in enhanced.sources}) == 1


def test_frames_of_an_enhanced_ct_in_any_order(tmp_path: Path) -> None:
    series = CtSeries()
    order = random.Random(4).sample(range(40), 40)
    path = write_enhanced_ct(
        tmp_path / "enhanced.dcm",
        hu=np.array([series.hu_of(index) for index in order]),
        positions=[tuple(series.position(index)) for index in order],
    )

    volume = fit([path])

    assert np.array_equal(volume.hu, np.rint([series.hu_of(index) for index in range(40)]))
    assert [order[(each.frame_number or 0) - 1] for each in volume.sources] == list(range(40))


def test_slices_of_mixed_encoding(tmp_path: Path) -> None:
    uids = {
        "study_uid": generate_uid(),
        "series_uid": generate_uid(),
        "frame_of_reference_uid": generate_uid(),
    }
    plain = write_ct_series(tmp_path / "plain", **uids)
    packed = write_ct_series(tmp_path / "packed", transfer_syntax=JPEGLosslessSV1, **uids)

    mixed = fit([*plain[::2], *packed[1::2]])

    assert np.array_equal(mixed.hu, fit(plain).hu)


def test_progress_is_told_in_the_calling_thread(tmp_path: Path) -> None:
    told = []

    def on_progress(done: int, total: int) -> None:
        told.append((done, total, threading.current_thread()))

    fit(write_ct_series(tmp_path), on_progress=on_progress)

    assert told == [(n, 40, threading.current_thread()) for n in range(1, 41)]


def test_odd_but_readable_attributes_raise_no_warning(tmp_path: Path) -> None:
    """Warnings are errors in the tests."""
    paths = write_ct_series(
        tmp_path,
        edit=lambda _, ds: ds.add_new("PatientID", "LO", "P" * 64),
        attributes={"SliceThickness": "2.0"},
    )
    for path in paths:  # values that pydicom warns about: too long a UID part, odd characters
        data = path.read_bytes().replace(b"P" * 64, b"\xe4\\" * 32)
        path.write_bytes(data.replace(b"ORIGINAL", b"original"))

    fit(paths)


def test_reading_a_volume_needs_no_torch() -> None:
    code = "import sys, inference.volume; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# -- reasons, each by a series on disk


def test_a_real_tilted_series_with_mixed_spacing_is_refused_for_its_tilt(tmp_path: Path) -> None:
    text = refused(unpack_ct_head_tilted(tmp_path), ReasonCode.GANTRY_TILT)

    assert "18.5°" in text


def test_the_real_series_without_its_tilt_is_refused_for_its_spacing(tmp_path: Path) -> None:
    text = refused(
        unpack_ct_head_tilted(tmp_path),
        ReasonCode.IRREGULAR_SPACING,
        limits=replace(DEFAULT_LIMITS, max_gantry_tilt_deg=90.0),
    )

    assert "1.081 mm between slice 15 and slice 14" in text


def test_the_intensities_of_a_real_head_are_plausible(tmp_path: Path) -> None:
    volume = fit(unpack_ct_head_tilted(tmp_path), limits=ANY_GEOMETRY)

    assert volume.hu.shape == (28, 512, 512)
    assert volume.sources[0].sop_instance_uid == (
        pydicom.dcmread(tmp_path / "ct_head_tilted" / "28.dcm").SOPInstanceUID
    )


def test_another_modality(tmp_path: Path) -> None:
    refused(
        write_ct_series(tmp_path, attributes={"Modality": "MR"}), ReasonCode.UNSUPPORTED_MODALITY
    )


def test_a_screenshot_in_the_series(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path)
    rewritten(paths[3], lambda ds: setattr(ds, "SOPClassUID", SecondaryCaptureImageStorage))

    assert "slice 4" in refused(paths, ReasonCode.UNSUPPORTED_MODALITY)


def test_a_localizer_alone(tmp_path: Path) -> None:
    paths = write_ct_series(
        tmp_path, slices=1, orientation=CORONAL, image_type=("ORIGINAL", "PRIMARY", "LOCALIZER")
    )

    refused(paths, ReasonCode.LOCALIZER)


def test_a_localizer_among_the_slices(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path / "slices")
    series = pydicom.dcmread(paths[0])
    scout = write_ct_series(
        tmp_path / "scout",
        slices=1,
        orientation=CORONAL,
        image_type=("ORIGINAL", "PRIMARY", "LOCALIZER"),
        study_uid=series.StudyInstanceUID,
        series_uid=series.SeriesInstanceUID,
        attributes={"InstanceNumber": 99},
    )

    assert "slice 99" in refused([*paths, *scout], ReasonCode.LOCALIZER)


def test_an_enhanced_localizer(tmp_path: Path) -> None:
    def edit(_: int, ds: Dataset) -> None:
        shared = ds.SharedFunctionalGroupsSequence[0]
        shared.CTImageFrameTypeSequence[0].FrameType = ["ORIGINAL", "PRIMARY", "LOCALIZER", "NONE"]

    refused([write_enhanced_ct(tmp_path / "e.dcm", edit=edit)], ReasonCode.LOCALIZER)


@pytest.mark.parametrize(
    ("keyword", "named"),
    [
        ("PixelSpacing", "Pixel Spacing"),
        ("ImagePositionPatient", "Image Position"),
        ("ImageOrientationPatient", "Image Orientation"),
        ("Rows", "Rows"),
        ("Columns", "Columns"),
    ],
)
def test_missing_geometry(keyword: str, named: str, tmp_path: Path) -> None:
    text = refused(write_ct_series(tmp_path, omit=[keyword]), ReasonCode.MISSING_GEOMETRY)

    assert named in text
    assert "all 40 slices" in text


@pytest.mark.parametrize(
    "keyword", ["PatientID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"]
)
def test_images_that_do_not_belong_together(keyword: str, tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path)
    rewritten(paths[10], lambda ds: setattr(ds, keyword, "1.2.3.4.5"))

    assert "slice 11" in refused(paths, ReasonCode.INCONSISTENT_IDENTITY)


def test_two_grids(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path)
    rewritten(paths[10], lambda ds: setattr(ds, "PixelSpacing", [2.5, 2.5]))

    assert "slice 11" in refused(paths, ReasonCode.INCONSISTENT_GRID)


def test_mixed_orientation(tmp_path: Path) -> None:
    orientations = [CORONAL if index == 7 else (1, 0, 0, 0, 1, 0) for index in range(40)]

    text = refused(
        write_ct_series(tmp_path, orientation=orientations), ReasonCode.MIXED_ORIENTATION
    )

    assert "slice 8" in text


@pytest.mark.parametrize("orientation", [CORONAL, SAGITTAL])
def test_reformats(orientation: Cosines, tmp_path: Path) -> None:
    refused(write_ct_series(tmp_path, orientation=orientation), ReasonCode.NOT_AXIAL)


def test_gantry_tilt_without_its_tag(tmp_path: Path) -> None:
    positions = [(-96, -96 + 0.3 * index, 40 - 2 * index) for index in range(40)]

    text = refused(write_ct_series(tmp_path, positions=positions), ReasonCode.GANTRY_TILT)

    assert "8.5°" in text


def test_the_tilt_tag_alone_means_nothing(tmp_path: Path) -> None:
    fit(write_ct_series(tmp_path, attributes={"GantryDetectorTilt": "18.5"}))


@pytest.mark.parametrize("same_uid", [True, False])
def test_a_slice_twice(same_uid: bool, tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path)
    double = tmp_path / "double.dcm"
    shutil.copy(paths[5], double)
    if not same_uid:
        rewritten(double, lambda ds: setattr(ds, "SOPInstanceUID", generate_uid()))

    text = refused([*paths, double], ReasonCode.DUPLICATE_POSITIONS)

    assert "slice 6 and slice 6" in text


def test_a_hole(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path)

    text = refused(paths[:17] + paths[20:], ReasonCode.MISSING_SLICES)

    assert text == "Slices 18 to 20 are missing: a gap of 8 mm where 2 mm is the rule."


def test_missing_frames(tmp_path: Path) -> None:
    series = CtSeries(slices=43)
    positions = [tuple(series.position(n)) for n in range(43) if n not in (17, 18, 19)]

    text = refused(
        [write_enhanced_ct(tmp_path / "e.dcm", positions=positions)], ReasonCode.MISSING_SLICES
    )

    assert "between frame 17 and frame 18" in text


def test_mixed_spacing(tmp_path: Path) -> None:
    positions = [(-96, -96, 40 - 1 * n - 0.5 * max(0, n - 20)) for n in range(50)]

    refused(write_ct_series(tmp_path, slices=50, positions=positions), ReasonCode.IRREGULAR_SPACING)


def test_slices_too_far_apart(tmp_path: Path) -> None:
    refused(write_ct_series(tmp_path, spacing_mm=(5, 3, 3)), ReasonCode.SLICES_TOO_FAR_APART)


@pytest.mark.parametrize("slices", [1, 5])
def test_too_few_slices(slices: int, tmp_path: Path) -> None:
    refused(write_ct_series(tmp_path, slices=slices), ReasonCode.TOO_FEW_SLICES)


def test_no_files_at_all() -> None:
    refused([], ReasonCode.TOO_FEW_SLICES)


def test_insufficient_coverage(tmp_path: Path) -> None:
    refused(write_ct_series(tmp_path, slices=15), ReasonCode.INSUFFICIENT_COVERAGE)


def test_a_truncated_pixel_stream_names_its_slice(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path)
    paths[25].write_bytes(paths[25].read_bytes()[:-2000])

    assert refused(paths, ReasonCode.PIXEL_DATA_UNREADABLE) == (
        "The image of slice 26 cannot be decoded: 6192 bytes of pixel data where 8192 belong."
    )


@pytest.mark.parametrize(
    "syntax", [JPEGLosslessSV1, JPEG2000Lossless, RLELossless], ids=lambda uid: uid.name
)
def test_a_truncated_compressed_stream_names_its_slice(syntax: str, tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path, transfer_syntax=syntax)
    paths[25].write_bytes(paths[25].read_bytes()[:-500])

    assert "slice 26" in refused(paths, ReasonCode.PIXEL_DATA_UNREADABLE)


def test_the_first_damaged_slice_is_named_each_time(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path)
    for index in (30, 12, 20):
        paths[index].write_bytes(paths[index].read_bytes()[:-2])

    for seed in range(3):
        shuffled = random.Random(seed).sample(paths, len(paths))
        assert "slice 13 " in refused(shuffled, ReasonCode.PIXEL_DATA_UNREADABLE)


def test_missing_frames_of_pixel_data(tmp_path: Path) -> None:
    path = write_enhanced_ct(tmp_path / "e.dcm")
    rewritten(path, lambda ds: setattr(ds, "NumberOfFrames", 39))

    refused([path], ReasonCode.PIXEL_DATA_UNREADABLE)


def test_a_file_that_is_not_dicom_is_named(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path)
    paths[3].write_bytes(b"not DICOM")

    assert "0004.dcm" in refused(paths, ReasonCode.PIXEL_DATA_UNREADABLE)


def test_a_file_that_vanished_is_named(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path)
    paths[3].unlink()

    assert "0004.dcm" in refused(paths, ReasonCode.PIXEL_DATA_UNREADABLE)


def test_a_forged_size_allocates_nothing(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path, attributes={"Rows": 65535, "Columns": 65535})

    assert "too large" in refused(paths, ReasonCode.PIXEL_DATA_UNREADABLE)


# -- intensities


def test_a_blank_slice(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path)
    rewritten(paths[8], lambda ds: setattr(ds, "PixelData", bytes(8192)))

    assert "slice 9 is blank" in refused(paths, ReasonCode.IMPLAUSIBLE_INTENSITIES)


@pytest.mark.parametrize(
    "attributes",
    [
        {"RescaleIntercept": "0"},
        {"RescaleIntercept": "-2048"},
        {"RescaleIntercept": "0", "PixelPaddingValue": 0},
        {"RescaleSlope": "0"},
        {"RescaleSlope": "0.01"},
        {"RescaleSlope": "-1"},
        {"RescaleType": "Z_EFF"},
    ],
    ids=str,
)
def test_a_wrong_rescale(attributes: dict[str, Any], tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path, signed=False, bits_stored=12, attributes=attributes)

    refused(paths, ReasonCode.IMPLAUSIBLE_INTENSITIES)


def test_padding_does_not_pass_for_the_air_that_a_lost_intercept_took(tmp_path: Path) -> None:
    def without_intercept(x: Floats, y: Floats, z: Floats) -> Floats:
        return np.asarray(np.where(np.hypot(x, y) > 90, -2000, water_phantom(x, y, z) + 1024))

    def edit(_: int, ds: Dataset) -> None:
        ds.add_new("PixelPaddingValue", "SS", -2000)

    refused(
        write_ct_series(tmp_path, hu=without_intercept, intercept=0, edit=edit),
        ReasonCode.IMPLAUSIBLE_INTENSITIES,
    )


def test_a_wrong_sign(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path, intercept=0, attributes={"PixelRepresentation": 0})

    refused(paths, ReasonCode.IMPLAUSIBLE_INTENSITIES)


@pytest.mark.parametrize("hu", [-1000, 0, 1500, 3000])
def test_one_substance_alone(hu: int, tmp_path: Path) -> None:
    values = np.random.default_rng(3).normal(hu, 15, (40, 64, 64))

    refused(write_ct_series(tmp_path, hu=values), ReasonCode.IMPLAUSIBLE_INTENSITIES)


def test_a_narrow_field_of_view_with_only_the_airway_is_plausible(tmp_path: Path) -> None:
    def neck(x: Floats, y: Floats, z: Floats) -> Floats:
        tissue = 40 + 10 * np.sin(x * y + z)
        return np.asarray(np.where(np.hypot(x - 10, y) < 6, -1000 + tissue, tissue))

    fit(write_ct_series(tmp_path, spacing_mm=(2, 1.9, 1.9), hu=neck))


def test_a_wide_field_of_view_is_plausible(tmp_path: Path) -> None:
    fit(write_ct_series(tmp_path, spacing_mm=(2, 7.8, 7.8)))


@pytest.mark.parametrize("padding", [-2000, -3024, 3071])
def test_padding_does_not_matter(padding: int, tmp_path: Path) -> None:
    def padded(x: Floats, y: Floats, z: Floats) -> Floats:
        return np.asarray(np.where(np.hypot(x, y) > 90, padding, water_phantom(x, y, z)))

    def edit(_: int, ds: Dataset) -> None:
        ds.add_new("PixelPaddingValue", "SS", padding)

    volume = fit(write_ct_series(tmp_path, hu=padded, intercept=0, edit=edit))

    assert volume.hu[0, 0, 0] == -1024
