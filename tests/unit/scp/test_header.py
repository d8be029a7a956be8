"""The header reader agrees with pydicom on whole files and is strict on broken ones."""

from __future__ import annotations

import io
import random
import struct
import zlib
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from pynetdicom.dsutils import split_dataset

from dicom_node.element_text import MAXIMUM_TEXT
from dicom_node.scp.elements import HeaderError
from dicom_node.scp.header import Header, read_header
from dicom_node.wire import prepare_libraries
from storage.records import Priority

SHIPPED = Path(str(get_testdata_file("CT_small.dcm"))).parents[1]
"""Pydicom's own data, the character sets among it; nothing is fetched."""
SYNTAXES = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]


@pytest.fixture(autouse=True)
def _quiet_pydicom() -> None:
    prepare_libraries()


def minimal(**changes: object) -> Dataset:
    data_set = Dataset()
    data_set.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    data_set.SOPInstanceUID = "1.2.3.4"
    data_set.StudyDate = "20260131"
    data_set.AccessionNumber = "A1"
    data_set.Modality = "CT"
    data_set.StudyDescription = "neck"
    data_set.SeriesDescription = "axial"
    data_set.PatientName = "DOE^JANE"
    data_set.PatientID = "P1"
    data_set.StudyInstanceUID = "1.2.3"
    data_set.SeriesInstanceUID = "1.2.3.5"
    for keyword, value in changes.items():
        setattr(data_set, keyword, value)
    return data_set


def encoded(data_set: Dataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    stream = DicomBytesIO()
    stream.is_implicit_VR = syntax == ImplicitVRLittleEndian
    stream.is_little_endian = syntax != ExplicitVRBigEndian
    write_dataset(stream, data_set)
    return stream.getvalue()


def files() -> list[Path]:
    """Pydicom's test files that have file meta information and are within the standard."""
    broken = {
        "badVR.dcm",  # no VR at all in an explicit VR element
        "explicit_VR-UN.dcm",
        "SC_rgb_jpeg.dcm",  # implicit VR, and says explicit
        "meta_missing_tsyntax.dcm",
    }
    return sorted(
        path
        for path in SHIPPED.rglob("*.dcm")
        if path.name not in broken and path.read_bytes()[128:132] == b"DICM"
    )


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_every_field(syntax: str) -> None:
    assert read_header(encoded(minimal(), syntax), syntax) == Header(
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
        sop_instance_uid="1.2.3.4",
        study_uid="1.2.3",
        series_uid="1.2.3.5",
        patient_id="P1",
        patient_name="DOE^JANE",
        accession_number="A1",
        study_description="neck",
        series_description="axial",
        study_date=date(2026, 1, 31),
        modality="CT",
    )


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_pydicom_reads_the_same(path: Path) -> None:
    meta, offset = split_dataset(path)
    expected = dcmread(path, force=True, stop_before_pixels=True)

    header = read_header(path.read_bytes()[offset:], str(meta.TransferSyntaxUID))

    assert header.sop_instance_uid == str(expected.get("SOPInstanceUID", ""))
    assert header.sop_class_uid == str(expected.get("SOPClassUID", ""))
    assert header.study_uid == str(expected.get("StudyInstanceUID", ""))
    assert header.series_uid == str(expected.get("SeriesInstanceUID", ""))
    assert header.patient_id == str(expected.get("PatientID") or "").strip()
    assert header.patient_name.rstrip("=") == str(expected.get("PatientName", "")).strip()
    assert header.modality == str(expected.get("Modality", ""))


@pytest.mark.parametrize(
    "name", ["chrX1.dcm", "chrH31.dcm", "chrKoreanMulti.dcm", "chrGerm.dcm", "chrGreek.dcm"]
)
def test_names_in_other_character_sets(name: str) -> None:
    path = SHIPPED / "charset_files" / name
    meta, offset = split_dataset(path)
    name_there = str(dcmread(path).PatientName)

    header = read_header(path.read_bytes()[offset:], str(meta.TransferSyntaxUID))

    assert header.patient_name.rstrip("=") == name_there
    assert not name_there.isascii()


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("undefined", [False, True])
def test_sequences_before_the_uids_are_skipped(syntax: str, undefined: bool) -> None:
    inner = Dataset()
    inner.ReferencedSOPInstanceUID = "9.9.9"
    nested = Dataset()
    nested.PurposeOfReferenceCodeSequence = Sequence([inner, inner])
    nested.SOPInstanceUID = "8.8.8"
    nested["PurposeOfReferenceCodeSequence"].is_undefined_length = undefined
    nested.is_undefined_length_sequence_item = undefined
    data_set = minimal(ReferencedImageSequence=Sequence([nested, Dataset()]))
    data_set["ReferencedImageSequence"].is_undefined_length = undefined

    header = read_header(encoded(data_set, syntax), syntax)

    assert header.sop_instance_uid == "1.2.3.4"
    assert header.series_uid == "1.2.3.5"


def test_undefined_length_un_is_implicit_vr_inside() -> None:
    """PS3.5 6.2.2 note 2: what a sender wrote that did not know the element."""
    item = encoded(minimal(), ImplicitVRLittleEndian)
    unknown = (
        struct.pack("<HH2sHL", 0x0009, 0x1001, b"UN", 0, 0xFFFFFFFF)
        + struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
        + item
        + struct.pack("<HHL", 0xFFFE, 0xE00D, 0)
        + struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
    )
    data = encoded(minimal())
    split = data.index(struct.pack("<HH", 0x0010, 0x0010))

    header = read_header(data[:split] + unknown + data[split:], ExplicitVRLittleEndian)

    assert header.patient_name == "DOE^JANE"
    assert header.series_uid == "1.2.3.5"


def test_deflated() -> None:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    data = compressor.compress(encoded(minimal())) + compressor.flush()

    assert read_header(data, DeflatedExplicitVRLittleEndian).series_uid == "1.2.3.5"


def test_a_decompression_bomb_is_not_inflated() -> None:
    compressor = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    head = encoded(minimal())
    bomb = b"".join(compressor.compress(bytes(1 << 20)) for _ in range(256))
    bomb = compressor.compress(head) + bomb + compressor.flush()

    with pytest.raises(HeaderError):  # the zeros are no data set, but few of them are looked at
        read_header(bomb, DeflatedExplicitVRLittleEndian)


@pytest.mark.parametrize("data", [b"\xff" * 100, b"not deflated"])
def test_what_cannot_be_inflated(data: bytes) -> None:
    with pytest.raises(HeaderError, match="inflated"):
        read_header(data, DeflatedExplicitVRLittleEndian)


def test_missing_elements_are_empty() -> None:
    header = read_header(b"", ExplicitVRLittleEndian)

    assert header == Header("", "", "", "", "", "", "", "", "", None, "")


@pytest.mark.parametrize("syntax", [*SYNTAXES, DeflatedExplicitVRLittleEndian])
def test_station_and_device(syntax: str) -> None:
    data_set = minimal(StationName="CT 1", Manufacturer="ACME", ManufacturerModelName="Fast")
    data = encoded(data_set, syntax)
    if syntax == DeflatedExplicitVRLittleEndian:
        compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        data = compressor.compress(encoded(data_set)) + compressor.flush()

    header = read_header(data, syntax)

    assert (header.station_name, header.manufacturer, header.model_name) == ("CT 1", "ACME", "Fast")


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize(
    ("requested", "study", "priority"),
    [
        (None, None, Priority.ROUTINE),
        ("STAT", None, Priority.STAT),
        ("HIGH", None, Priority.HIGH),
        ("ROUTINE", None, Priority.ROUTINE),
        ("MEDIUM", None, Priority.ROUTINE),
        ("LOW", None, Priority.ROUTINE),
        ("stat ", None, Priority.STAT),
        ("at once", None, Priority.ROUTINE),
        ("", "", Priority.ROUTINE),
        (None, "HIGH", Priority.HIGH),
        (None, "LOW", Priority.ROUTINE),
        ("HIGH", "STAT", Priority.STAT),
        ("STAT", "LOW", Priority.STAT),
        ("ROUTINE", "HIGH", Priority.HIGH),
    ],
)
def test_priority(
    syntax: str, requested: str | None, study: str | None, priority: Priority
) -> None:
    """The more urgent of both elements, which stand behind other groups and nested sequences."""
    data_set = minimal(Rows=2, RequestAttributesSequence=Sequence([minimal()]))
    for keyword, value in (
        ("RequestedProcedurePriority", requested),
        ("StudyPriorityID", study),
    ):
        if value is not None:
            setattr(data_set, keyword, value)

    assert read_header(encoded(data_set, syntax), syntax).priority is priority


def test_a_flaw_behind_the_series_uid_costs_only_the_priority() -> None:
    data = encoded(minimal(StudyPriorityID="HIGH", RequestedProcedurePriority="STAT"))
    last = data.index(struct.pack("<HH", 0x0040, 0x1003))
    flaw = struct.pack("<HH2sH", 0x0033, 0x0010, b"??", 4)

    before = read_header(data[:last] + flaw, ExplicitVRLittleEndian)
    cut = read_header(data[: last + 5], ExplicitVRLittleEndian)

    assert before.priority is cut.priority is Priority.HIGH
    assert before.series_uid == cut.series_uid == "1.2.3.5"


def test_reading_stops_behind_the_series_uid() -> None:
    whole = encoded(minimal())

    assert read_header(whole + b"\xff" * 1000, ExplicitVRLittleEndian).series_uid == "1.2.3.5"


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_every_cut_in_the_head_is_noticed_or_leaves_less(syntax: str) -> None:
    whole = encoded(minimal(), syntax)
    full = read_header(whole, syntax)

    for end in range(len(whole)):
        try:
            header = read_header(whole[:end], syntax)
        except HeaderError:
            continue
        # Cut between two elements: the last of them is missing.
        assert header != full
        assert header.series_uid == ""


def test_an_element_that_is_there_twice() -> None:
    data = encoded(minimal())
    same = data[: data.index(struct.pack("<HH", 0x0008, 0x0020))]
    other = same.replace(b"1.2.3.4", b"6.6.6.6")

    assert read_header(same + data, ExplicitVRLittleEndian).sop_instance_uid == "1.2.3.4"
    with pytest.raises(HeaderError, match="twice"):
        read_header(other + data, ExplicitVRLittleEndian)


def test_implicit_vr_where_explicit_was_agreed_is_not_guessed() -> None:
    with pytest.raises(HeaderError):
        read_header(encoded(minimal(), ImplicitVRLittleEndian), ExplicitVRLittleEndian)


def test_sequences_nested_without_end() -> None:
    opened = struct.pack("<HHL", 0x0008, 0x1140, 0xFFFFFFFF) + struct.pack(
        "<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF
    )

    with pytest.raises(HeaderError, match="nested"):
        read_header(opened * 10_000, ImplicitVRLittleEndian)


@pytest.mark.parametrize("syntax", [*SYNTAXES, DeflatedExplicitVRLittleEndian])
def test_noise_raises_nothing_else(syntax: str) -> None:
    noise = random.Random(7)
    whole = encoded(minimal(PatientComments="x" * 50), SYNTAXES[0])
    for _ in range(2000):
        data = bytearray(whole)
        for _ in range(noise.randint(1, 8)):
            data[noise.randrange(len(data))] = noise.randrange(256)
        with suppress(HeaderError):
            read_header(bytes(data), syntax)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20260131", date(2026, 1, 31)),
        ("2026.01.31", date(2026, 1, 31)),
        ("20260231", None),
        ("2026", None),
        ("", None),
        ("２０２６０１３１", None),
    ],
)
def test_study_date(text: str, expected: date | None) -> None:
    data = encoded(minimal(SpecificCharacterSet="ISO_IR 192"))
    value = text.encode() + b" " * (len(text.encode()) % 2)
    old = struct.pack("<HH2sH", 0x0008, 0x0020, b"DA", 8) + b"20260131"
    new = struct.pack("<HH2sH", 0x0008, 0x0020, b"DA", len(value)) + value

    assert read_header(data.replace(old, new), ExplicitVRLittleEndian).study_date == expected


def test_text_for_the_index_is_short_and_printable() -> None:
    data_set = minimal(PatientName="A\0B\x1bC" + "x" * 500, PatientID="\x07P\n1 ")

    header = read_header(encoded(data_set), ExplicitVRLittleEndian)

    assert header.patient_name == ("ABC" + "x" * 500)[:MAXIMUM_TEXT]
    assert header.patient_id == "P1"


@pytest.mark.parametrize("charset", ["", "ISO_IR 999", "\\ISO 2022 IR 87", "nonsense\\more"])
def test_a_character_set_that_does_not_fit(charset: str) -> None:
    data = encoded(minimal(PatientName="NAME")).replace(b"NAME", b"N\xe4\x1b\xff")
    stream = io.BytesIO()
    stream.write(struct.pack("<HH2sH", 0x0008, 0x0005, b"CS", len(charset) + len(charset) % 2))
    stream.write(charset.encode() + b" " * (len(charset) % 2))

    header = read_header(stream.getvalue() + data, ExplicitVRLittleEndian)

    assert header.patient_name.startswith("N")
    assert header.patient_id == "P1"
