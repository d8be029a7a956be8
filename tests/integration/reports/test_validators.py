"""Reports on phantoms and on odd sources before the validators that others wrote."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset

from dicom_node.reports.conformance import check
from dicom_node.reports.evidence import TYPE_2, read_sources
from dicom_node.reports.frames import pixel_spacing_mm
from dicom_node.reports.part10 import as_part10
from inference.phantom.dicom import write_series
from inference.phantom.study import FractureSpec, PhantomSpec, make_study
from inference.types import Level, Prediction, SliceSource
from tests.unit.reports.cases import (
    FRACTURED,
    INTACT,
    PARTIAL,
    SPACING_MM,
    prediction_of,
    report_on,
    sources_of,
    write_ct_series,
    write_enhanced_ct,
)
from tests.validators import assert_valid_report, said_by


def predicted(
    sources: tuple[Dataset, ...], probabilities: Mapping[Level, float | None]
) -> Prediction:
    """With boxes of the sources' own pixel size, a level cut off and one outside."""
    spacing_mm = pixel_spacing_mm(sources[0])
    assert spacing_mm is not None
    return prediction_of(
        sources_of(sources),
        probabilities,
        outside=("C7",),
        cut_off=("C6",) if None in probabilities.values() else (),
        pixel_mm=spacing_mm,
    )


CASES = {"intact": INTACT, "fractured": FRACTURED, "partly assessed": PARTIAL}


@pytest.fixture(scope="module")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """A series as this project's phantom writes it, small in the plane."""
    spec = PhantomSpec(seed=11, fractures=(FractureSpec("C5"),), slices=40, matrix=96)
    return write_series(make_study(spec), tmp_path_factory.mktemp("phantom"))


def assert_valid(report: Dataset, folder: Path, *, source_is_odd: bool = False) -> Path:
    """No error, and no warning either but of what an odd source handed down."""
    path = folder / "report.dcm"
    path.write_bytes(as_part10(report))
    assert_valid_report(path, source_is_odd=source_is_odd)
    return path


@pytest.mark.parametrize("probabilities", CASES.values(), ids=list(CASES))
def test_reports_on_a_phantom_are_valid(
    phantom: tuple[Path, ...], tmp_path: Path, probabilities: Mapping[Level, float | None]
) -> None:
    sources = read_sources(phantom)
    report = report_on(sources, predicted(sources, probabilities))
    assert check(report, sources) == ()
    assert_valid(report, tmp_path)


def test_a_superseding_report_is_valid(phantom: tuple[Path, ...], tmp_path: Path) -> None:
    sources = read_sources(phantom)
    first = report_on(sources[:-1], predicted(sources, INTACT))
    second = report_on(sources, predicted(sources, FRACTURED), predecessor=first)
    assert_valid(second, tmp_path)


def test_a_report_on_an_enhanced_ct_is_valid(tmp_path: Path) -> None:
    sources = read_sources([write_enhanced_ct(tmp_path / "enhanced.dcm")])
    uid = sources[0].SOPInstanceUID
    frames = tuple(SliceSource(uid, number) for number in range(1, 15))
    prediction = prediction_of(frames, PARTIAL, pixel_mm=(SPACING_MM, 2 * SPACING_MM))
    report = report_on(sources, prediction)
    assert check(report, sources) == ()
    assert_valid(report, tmp_path)


def test_report_and_images_agree_on_patient_and_study(
    phantom: tuple[Path, ...], tmp_path: Path
) -> None:
    """As dcentvfy compares them; it returns 0 even if they do not."""
    sources = read_sources(phantom)
    report = report_on(sources, predicted(sources, PARTIAL))
    path = assert_valid(report, tmp_path)
    _, text = said_by("dcentvfy", path, *phantom[:3])
    assert "Error" not in text
    # The only one left: it takes AccessionNumber to be of the study here and of the series there.
    warned = [line for line in text.splitlines() if "Warning" in line]
    assert [w for w in warned if "AccessionNumber" not in w] == []


def no_type_2(ds: Dataset) -> None:
    for keyword in TYPE_2:
        if keyword in ds:
            del ds[keyword]


def with_request(ds: Dataset) -> None:
    item = Dataset()
    item.RequestedProcedureID = "RP1"
    item.RequestedProcedureDescription = "CT Halswirbelsäule"
    ds.RequestAttributesSequence = [item]


def with_issuer(ds: Dataset) -> None:
    issuer = Dataset()
    issuer.UniversalEntityID, issuer.UniversalEntityIDType = "1.2.3.4", "ISO"
    ds.IssuerOfPatientID = "HOSP"
    ds.IssuerOfPatientIDQualifiersSequence = [issuer]


def bad_dates(ds: Dataset) -> None:
    for keyword in ("PatientBirthDate", "StudyDate"):
        ds.add_new(keyword, "LO", "unknown")
    ds.add_new("StudyTime", "LO", "noon")
    ds.PatientSex = "U"


@pytest.mark.parametrize("edit", [no_type_2, with_request, with_issuer, bad_dates])
def test_reports_on_odd_sources_are_valid(tmp_path: Path, edit: Callable[[Dataset], None]) -> None:
    sources = read_sources(write_ct_series(tmp_path / "ct", edit=edit))
    report = report_on(sources, predicted(sources, PARTIAL))
    assert check(report, sources) == ()
    assert_valid(report, tmp_path, source_is_odd=True)


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        ("ISO_IR 144", "Иванов^Иван"),
        ("ISO_IR 192", "Wang^XiaoDong=王^小东"),
        ("ISO_IR 100", ""),
        ("ISO_IR 100", "Bono"),
    ],
)
def test_reports_in_every_script_are_valid(
    tmp_path: Path, charset: str | list[str], name: str
) -> None:
    attributes: dict[str, Any] = {
        "SpecificCharacterSet": charset,
        "PatientName": name,
        "ReferringPhysicianName": "",
    }
    sources = read_sources(write_ct_series(tmp_path / "ct", attributes=attributes))
    report = report_on(sources, predicted(sources, FRACTURED))
    assert str(report.PatientName or "") == name
    assert check(report, sources) == ()
    assert_valid(report, tmp_path, source_is_odd=True)


def test_a_report_that_is_wrong_does_not_pass_here(
    phantom: tuple[Path, ...], tmp_path: Path
) -> None:
    """The validators run, and find an error where there is one."""
    sources = read_sources(phantom)
    report = report_on(sources, predicted(sources, FRACTURED))
    del report.CompletionFlag
    path = tmp_path / "report.dcm"
    dcmwrite(path, report)
    assert said_by("dciodvfy", path)[0] == 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert check(dcmread(path), sources)
