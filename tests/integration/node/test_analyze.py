"""``cspine-node analyze`` on what is no study: each gives one clear result, and no negative."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    MRImageStorage,
    RTDoseStorage,
    SecondaryCaptureImageStorage,
    generate_uid,
)

from dicom_node.commands.analyze import analyze
from dicom_node.config import Settings, load_settings
from dicom_node.errors import InputError
from dicom_node.reports import codes
from dicom_node.reports.content_tree import coded, measurement_groups_of, texts, triplet
from inference.model.record import save_model
from inference.phantom.dicom import write_series
from inference.phantom.study import PhantomSpec, make_study
from inference.types import LEVELS
from tests.ct_series import SAGITTAL, write_ct_series, write_enhanced_ct
from tests.support import require_tool
from tests.unit.inference.tiny import tiny_model, tiny_record

GEOMETRY: Final = (
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "SliceThickness",
    "FrameOfReferenceUID",
    "RescaleSlope",
    "RescaleIntercept",
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """With an untrained model that is quick and sees every level everywhere."""
    folder = tmp_path_factory.mktemp("settings")
    save_model(folder / "tiny.safetensors", tiny_model().network, tiny_record())
    config = folder / "cspine-node.toml"
    config.write_text(
        f'[storage]\ndata_dir = "{folder}"\n[inference]\ndevice = "cpu"\n'
        f'weights = "{folder / "tiny.safetensors"}"\n'
    )
    return load_settings(config)


def result_of(output: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((output / "result.json").read_text(encoding="utf-8"))
    return document


def assert_no_result(document: Mapping[str, Any]) -> None:
    """Nothing in it can be read as a negative."""
    assert document["status"] == "not_analysed"
    assert document["patient_overall"] is None
    assert document["patient_overall_covers"] == []
    assert set(document["levels"].values()) == {None}
    assert document["not_assessed"] == list(LEVELS)
    assert document["findings"] == []
    assert document["model"] is None


# -- images that are no CT


def as_modality(sop_class_uid: str, modality: str) -> Callable[[int, Dataset], None]:
    def edit(_: int, ds: Dataset) -> None:
        ds.SOPClassUID = sop_class_uid
        ds.Modality = modality

    return edit


def radiograph(folder: Path, sop_class_uid: str, modality: str) -> list[Path]:
    """A projection: no place in the patient, no Hounsfield units."""
    edit = as_modality(sop_class_uid, modality)
    return write_ct_series(folder, slices=1, omit=GEOMETRY, edit=edit)


def dose(folder: Path) -> list[Path]:
    """Many frames in one file, without functional groups."""
    edit = as_modality(RTDoseStorage, "RTDOSE")
    path = write_enhanced_ct(folder / "dose.dcm", slices=4, edit=edit)
    ds = dcmread(path)
    del ds.SharedFunctionalGroupsSequence
    del ds.PerFrameFunctionalGroupsSequence
    ds.GridFrameOffsetVector = [0.0, 2.0, 4.0, 6.0]
    ds.save_as(path, enforce_file_format=True)
    return [path]


def structured_report(folder: Path) -> list[Path]:
    edit = as_modality("1.2.840.10008.5.1.4.1.1.88.34", "SR")
    omit = (*GEOMETRY, "PixelData", "Rows", "Columns")
    return write_ct_series(folder, slices=1, omit=omit, edit=edit)


NO_CT: Final[dict[str, tuple[Callable[[Path], list[Path]], str]]] = {
    "CR": (lambda f: radiograph(f, ComputedRadiographyImageStorage, "CR"), "CR"),
    "DX": (lambda f: radiograph(f, DigitalXRayImageStorageForPresentation, "DX"), "DX"),
    "MR": (lambda f: write_ct_series(f, edit=as_modality(MRImageStorage, "MR")), "all 40 slices"),
    "secondary capture": (
        lambda f: radiograph(f, SecondaryCaptureImageStorage, "OT"),
        "not CT",
    ),
    "secondary capture of a CT": (
        lambda f: radiograph(f, SecondaryCaptureImageStorage, "CT"),
        "Secondary Capture Image Storage",
    ),
    "dose": (dose, "RTDOSE"),
    "report": (structured_report, "SR (structured report)"),
    "CT class, MR modality": (
        lambda f: write_ct_series(f, attributes={"Modality": "MR"}),
        "MR (magnetic resonance), not CT",
    ),
    "no modality": (lambda f: write_ct_series(f, slices=2, omit=("Modality",)), "not CT"),
}


@pytest.mark.parametrize("kind", NO_CT)
def test_what_is_no_ct_is_refused_as_such(
    kind: str, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make, said = NO_CT[kind]
    make(tmp_path / "in")

    analyze([tmp_path / "in"], tmp_path / "out", settings)

    document = result_of(tmp_path / "out")
    assert_no_result(document)
    assert document["partial"] is None
    assert document["reason"]["code"] == "unsupported_modality"
    assert said in document["reason"]["text"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["result.json"]
    printed = capsys.readouterr().out
    assert "unsupported_modality" in printed
    assert "not a negative result" in printed


# -- what is no image at all


def test_a_picture_is_no_dicom_file(settings: Settings, tmp_path: Path) -> None:
    picture = tmp_path / "spine.jpg"
    Image.fromarray(np.full((64, 64), 90, np.uint8)).save(picture)

    with pytest.raises(InputError, match=r"spine\.jpg cannot be read as DICOM"):
        analyze([picture], tmp_path / "out", settings)
    with pytest.raises(InputError, match="no DICOM files in"):
        analyze([tmp_path], tmp_path / "out", settings)
    assert not (tmp_path / "out").exists()


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    """A disc as DCMTK writes it: a DICOMDIR, and files without endings."""
    folder = tmp_path / "disc"
    paths = write_ct_series(folder / "IMAGES", slices=3, attributes={"Modality": "MR"})
    for number, path in enumerate(paths):
        path.rename(path.with_name(f"IM{number}"))
    make = (str(require_tool("dcmmkdir")), "--recurse", "--output-file", "DICOMDIR", "IMAGES")
    subprocess.run(make, check=True, timeout=60, capture_output=True, cwd=folder)
    return folder


@pytest.mark.parametrize("named", [".", "DICOMDIR"])
def test_a_dicomdir_stands_for_its_folder(
    named: str, disc: Path, settings: Settings, tmp_path: Path
) -> None:
    assert (disc / "DICOMDIR").is_file()

    analyze([disc / named], tmp_path / "out", settings)

    assert "all 3 slices" in result_of(tmp_path / "out")["reason"]["text"]


def test_a_disc_without_its_images_has_no_series(
    disc: Path, settings: Settings, tmp_path: Path
) -> None:
    shutil.rmtree(disc / "IMAGES")

    with pytest.raises(InputError, match="no DICOM files"):
        analyze([disc], tmp_path / "out", settings)


# -- which series


def test_one_of_several_series_is_chosen_by_its_uid(settings: Settings, tmp_path: Path) -> None:
    uids = [generate_uid(), generate_uid()]
    write_ct_series(tmp_path / "in" / "a", slices=3, series_uid=uids[0], orientation=SAGITTAL)
    mr = {"Modality": "MR"}
    write_ct_series(tmp_path / "in" / "b", slices=2, series_uid=uids[1], attributes=mr)

    with pytest.raises(InputError) as refused:
        analyze([tmp_path / "in"], tmp_path / "out", settings)
    assert "--series" in str(refused.value)
    assert f"{uids[0]} (CT, 3 images)" in str(refused.value)
    assert f"{uids[1]} (MR, 2 images)" in str(refused.value)
    for uid, code in zip(uids, ("not_axial", "unsupported_modality"), strict=True):
        analyze([tmp_path / "in"], tmp_path / "out", settings, uid)
        document = result_of(tmp_path / "out")
        assert (document["series_uid"], document["reason"]["code"]) == (uid, code)
    with pytest.raises(InputError, match=r"no series 1\.2\.3 here"):
        analyze([tmp_path / "in"], tmp_path / "out", settings, "1.2.3")


def test_free_text_where_a_uid_should_be_is_not_shown(settings: Settings, tmp_path: Path) -> None:
    def name(_: int, ds: Dataset) -> None:
        ds.add_new("SeriesInstanceUID", "LO", "DOE^JANE")
        ds.Modality = "JANE"

    write_ct_series(tmp_path / "in" / "a", slices=1, edit=name)
    write_ct_series(tmp_path / "in" / "b", slices=1)

    with pytest.raises(InputError) as refused:
        analyze([tmp_path / "in"], tmp_path / "out", settings)
    assert "2 series" in str(refused.value)
    assert "JANE" not in str(refused.value)


def test_a_file_that_is_named_twice_is_one(settings: Settings, tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path / "in", slices=2)

    analyze([*paths, tmp_path / "in", paths[0]], tmp_path / "out", settings)

    assert len(result_of(tmp_path / "out")["partial"]["slices"]) == 2


# -- single slices


def uids_of(paths: list[Path]) -> list[str]:
    return [str(dcmread(path, stop_before_pixels=True).SOPInstanceUID) for path in paths]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"slices": 1}, "too_few_slices"),
        ({"slices": 5}, "too_few_slices"),
        ({"slices": 3, "spacing_mm": (20.0, 3.0, 3.0)}, "too_few_slices"),
        ({"slices": 14, "spacing_mm": (1.0, 3.0, 3.0)}, "insufficient_coverage"),
    ],
    ids=["one", "a few", "far apart", "a short stack"],
)
def test_slices_that_are_no_study_are_read_one_by_one(
    fields: dict[str, Any],
    code: str,
    settings: Settings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    paths = write_ct_series(tmp_path / "in", **fields)

    analyze(paths[::-1], tmp_path / "out", settings)

    document = result_of(tmp_path / "out")
    assert_no_result(document)
    assert document["reason"]["code"] == code
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["result.json"]
    partial = document["partial"]
    assert "no result of a study" in partial["statement"]
    assert partial["model"]["name"] == "tiny"
    assert partial["model"]["trained_on"] == "nothing"
    assert [each["sop_uid"] for each in partial["slices"]] == uids_of(paths)
    assert [each["index"] for each in partial["slices"]] == list(range(len(paths)))
    for each in partial["slices"]:
        assert list(each["levels"]) == list(LEVELS)
        for values in each["levels"].values():
            assert 0 <= values["presence"] <= 1
            assert (values["fracture"] is None) == (values["presence"] < 0.5)
        highest = max(LEVELS, key=lambda level: each["levels"][level]["presence"])
        shown = each["levels"][highest]["fracture"] is not None
        assert each["most_likely_level"] == (highest if shown else None)
    printed = capsys.readouterr().out
    assert code in printed
    assert "no result of a study" in printed
    assert "not a negative result" in printed
    assert "research use only" in printed


def test_single_slices_of_another_kind_are_not_read(settings: Settings, tmp_path: Path) -> None:
    write_ct_series(tmp_path / "in", slices=1, orientation=SAGITTAL)

    analyze([tmp_path / "in"], tmp_path / "out", settings)

    document = result_of(tmp_path / "out")
    assert document["reason"]["code"] == "not_axial"
    assert document["partial"] is None


def test_a_single_slice_that_cannot_be_read_says_both(settings: Settings, tmp_path: Path) -> None:
    write_ct_series(tmp_path / "in", slices=1, hu=np.zeros((1, 64, 64)))

    analyze([tmp_path / "in"], tmp_path / "out", settings)

    document = result_of(tmp_path / "out")
    assert_no_result(document)
    assert document["reason"]["code"] == "too_few_slices"
    assert "Nor can its slices be read: The image of slice 1 is blank" in document["reason"]["text"]
    assert document["partial"] is None


# -- the folder of results


def test_the_report_of_another_series_does_not_stay(settings: Settings, tmp_path: Path) -> None:
    output = tmp_path / "out"
    write_ct_series(tmp_path / "study", slices=24)
    analyze([tmp_path / "study"], output, settings)
    assert result_of(output)["status"] == "analysed"
    left = {"report.dcm", "key-image.png", "result.json", "set"}
    assert {path.name for path in output.iterdir()} == left
    pieces = {path.name for path in (output / "set").iterdir()}
    assert pieces >= {"report-1.dcm", "summary-1.dcm"}
    assert (output / "set" / "report-1.dcm").read_bytes() == (output / "report.dcm").read_bytes()

    write_ct_series(tmp_path / "slice", slices=1)
    analyze([tmp_path / "slice"], output, settings)

    assert result_of(output)["status"] == "not_analysed"
    assert {path.name for path in output.iterdir()} == {"result.json"}


# -- levels outside the images


def test_levels_below_the_last_slice_are_not_assessed_and_never_negative(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The shipped model on a phantom that ends with C5."""
    study = make_study(PhantomSpec(seed=100_001, fractures=(), slices=72, matrix=256))
    end = int(np.flatnonzero((study.labels == LEVELS.index("C5") + 1).any(axis=(1, 2)))[-1])
    paths = write_series(study, tmp_path / "in")[: end + 1]
    output = tmp_path / "out"

    analyze(paths, output, load_settings(None))

    document = result_of(output)
    assert document["status"] == "analysed"
    assert document["not_assessed"] == ["C6", "C7"]
    assert document["patient_overall_covers"] == ["C1", "C2", "C3", "C4", "C5"]
    assert document["coverage"].startswith("C6, C7 not assessed: outside the images. C5 assessed")
    report = dcmread(output / "report.dcm")
    assert report.CompletionFlag == "PARTIAL"
    assert document["coverage"] in texts(report, codes.COMMENT)
    said = [coded(group, codes.FRACTURE) for group in measurement_groups_of(report)]
    *_, c5, c6, c7, spine = said
    for each in (c5, c6, c7, spine):
        assert each != [triplet(codes.ABSENT.code)]
    assert document["coverage"] in capsys.readouterr().out
