"""Headers from the field become fit, keep their patient, and stay out of logs."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)

from dicom_node.errors import EnvironmentFailedError, InputError
from dicom_node.reports.evidence import TYPE_2, read_sources
from tests.unit.reports.cases import write_ct_series


def the_source(folder: Path, **attributes: object) -> Dataset:
    (path,) = write_ct_series(folder, slices=1, attributes=attributes)
    return read_sources([path])[0]


def patched(folder: Path, old: bytes, new: bytes) -> Path:
    """A file with bytes that pydicom would not write; both of the same length."""
    (path,) = write_ct_series(folder, slices=1)
    content = path.read_bytes()
    assert len(old) == len(new)
    assert content.count(old) == 1
    path.write_bytes(content.replace(old, new))
    return path


def test_missing_type_2_attributes_are_empty(tmp_path: Path) -> None:
    def strip(ds: Dataset) -> None:
        for keyword in TYPE_2:
            del ds[keyword]

    (path,) = write_ct_series(tmp_path, slices=1, edit=strip)
    (source,) = read_sources([path])
    assert all(keyword in source and source[keyword].is_empty for keyword in TYPE_2)


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("ISO_IR 100", "Müller^Änne"),
        ("ISO_IR 144", "Иванов^Иван"),
        ("ISO_IR 192", "Wang^XiaoDong=王^小东"),
        ("GB18030", "Wang^XiaoDong=王^小东"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
        ("ISO_IR 6", "Plain^Jane"),
        ("ISO_IR 100", ""),
        ("ISO_IR 100", "Bono"),
    ],
)
def test_names_of_every_character_set(tmp_path: Path, charset: str | list[str], name: str) -> None:
    source = the_source(
        tmp_path, SpecificCharacterSet=charset, PatientName=name, ReferringPhysicianName=""
    )
    assert source.SpecificCharacterSet == "ISO_IR 192"
    assert str(source.PatientName or "") == name


def test_other_text_is_decoded_too(tmp_path: Path) -> None:
    source = the_source(
        tmp_path,
        SpecificCharacterSet=["", "ISO 2022 IR 87"],
        StudyDescription="頸椎 CT",
        PatientName="",
        ReferringPhysicianName="",
    )
    assert source.StudyDescription == "頸椎 CT"


def test_an_unknown_character_set_falls_back(tmp_path: Path) -> None:
    path = patched(tmp_path, b"ISO_IR 100", b"ISO_IR 999")
    (source,) = read_sources([path])
    assert source.PatientID == "PID-7"


def test_bytes_that_are_not_of_the_character_set(tmp_path: Path) -> None:
    path = patched(tmp_path, b"ISO_IR 100", b"ISO_IR 192")
    (source,) = read_sources([path])
    assert str(source.PatientName) == "M\N{REPLACEMENT CHARACTER}ller^\N{REPLACEMENT CHARACTER}nne"


@pytest.mark.parametrize(
    ("keyword", "old", "new", "expected"),
    [
        ("PatientBirthDate", b"19500101", b"1950.1.1", ""),
        ("PatientBirthDate", b"19500101", b"19501301", ""),
        ("PatientBirthDate", b"19500101", b"00000000", ""),
        ("PatientBirthDate", b"19500101", b"        ", ""),
        ("StudyTime", b"101500", b"10:15?", ""),
        ("StudyTime", b"101500", b"256000", ""),
        ("PatientSex", b"CS\x02\x00F ", b"CS\x02\x00U ", ""),
        ("PatientSex", b"CS\x02\x00F ", b"CS\x02\x00W\0", ""),
    ],
)
def test_invalid_dates_and_codes_are_left_out(
    tmp_path: Path, keyword: str, old: bytes, new: bytes, expected: str
) -> None:
    (source,) = read_sources([patched(tmp_path, old, new)])
    assert (source[keyword].value or "") == expected


def test_a_date_in_the_form_of_acr_nema(tmp_path: Path) -> None:
    def old_date(ds: Dataset) -> None:
        ds.add_new("PatientBirthDate", "LO", "1950.02.28")

    (path,) = write_ct_series(tmp_path, slices=1, edit=old_date)
    (source,) = read_sources([path])
    assert source.PatientBirthDate == "19500228"


def test_identity_is_taken_as_it_is_even_if_it_breaks_the_rules(tmp_path: Path) -> None:
    def break_rules(ds: Dataset) -> None:
        ds.add_new("PatientID", "UT", "X" * 80)
        ds.add_new("AccessionNumber", "UT", "A" * 20)

    (path,) = write_ct_series(tmp_path, slices=1, edit=break_rules)
    (source,) = read_sources([path])
    assert source.PatientID == "X" * 80
    assert source.AccessionNumber == "A" * 20


def test_a_backslash_in_an_identifier_stays(tmp_path: Path) -> None:
    (source,) = read_sources([patched(tmp_path, b"PID-7 ", b"PI\\D7 ")])
    assert "\\".join(source.PatientID) == "PI\\D7"


def test_uids_with_leading_zeros_stay(tmp_path: Path) -> None:
    def scanner(ds: Dataset) -> None:
        ds.add_new("StudyInstanceUID", "LO", "1.2.003.4")

    (path,) = write_ct_series(tmp_path, slices=1, edit=scanner)
    (source,) = read_sources([path])
    assert source.StudyInstanceUID == "1.2.003.4"


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
)
def test_transfer_syntaxes(tmp_path: Path, syntax: str) -> None:
    def encode(ds: Dataset) -> None:
        ds.file_meta.TransferSyntaxUID = UID(syntax)

    (path,) = write_ct_series(tmp_path, slices=1, edit=encode)
    (source,) = read_sources([path])
    assert (source.Rows, str(source.PatientName)) == (64, "Müller^Änne")
    assert [float(v) for v in source.PixelSpacing] == [0.5, 0.5]


def test_nested_issuers_are_kept(tmp_path: Path) -> None:
    issuer = Dataset()
    issuer.UniversalEntityID, issuer.UniversalEntityIDType = "1.2.3.4", "ISO"
    source = the_source(
        tmp_path, IssuerOfPatientID="HOSP", IssuerOfPatientIDQualifiersSequence=[issuer]
    )
    assert source.IssuerOfPatientID == "HOSP"
    assert source.IssuerOfPatientIDQualifiersSequence[0].UniversalEntityID == "1.2.3.4"


def test_the_source_is_not_touched(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path, slices=2)
    before = [path.read_bytes() for path in paths]
    read_sources(paths)
    assert [path.read_bytes() for path in paths] == before


def test_pixels_are_not_read(tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path, slices=1)
    content = path.read_bytes()
    path.write_bytes(content[:-5000])
    assert "PixelData" not in read_sources([path])[0]


@pytest.mark.parametrize("spoil", [b"19500101:BADDATE!", b"PID-7 :PID\xff7 "])
def test_no_value_of_the_patient_is_warned_of_or_logged(
    tmp_path: Path, spoil: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    old, new = spoil.split(b":")
    path = patched(tmp_path, old, new)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read_sources([path])
    said = caplog.text + " ".join(str(each.message) for each in caught)
    for value in ("BADDATE", "PID", "Müller", "Änne", "1950"):
        assert value not in said


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (Path.exists, EnvironmentFailedError),
        (lambda path: path.write_bytes(b"no DICOM"), InputError),
        (lambda path: path.mkdir(), EnvironmentFailedError),
    ],
    ids=["missing", "no DICOM", "a folder"],
)
def test_files_that_cannot_be_read(
    tmp_path: Path, make: Callable[[Path], object], error: type[Exception]
) -> None:
    path = tmp_path / "x.dcm"
    make(path)
    with pytest.raises(error):
        read_sources([path])
