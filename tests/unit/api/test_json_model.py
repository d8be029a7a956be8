"""Data sets in the DICOM JSON model, also those that break its rules."""

from __future__ import annotations

import io
import json
import math

from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from dicom_node.api.dicomweb.json_model import dataset_json, encoded
from dicom_node.wire import prepare_libraries


def as_json(ds: Dataset) -> dict[str, dict[str, object]]:
    document = dataset_json(ds, lambda path: f"bulk:{path}")
    found: dict[str, dict[str, object]] = json.loads(encoded(document))
    return found


def reread(elements: bytes) -> Dataset:
    """A data set from bytes that pydicom would not write."""
    buffer = io.BytesIO()
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2", "1.3"
    ds.save_as(buffer, enforce_file_format=True)
    return dcmread(io.BytesIO(buffer.getvalue() + elements))


def element(tag: bytes, vr: bytes, value: bytes) -> bytes:
    return tag + vr + len(value).to_bytes(2, "little") + value


def test_each_kind_of_value() -> None:
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.PatientName = "Yamada^Tarou=山田^太郎=やまだ^たろう"
    ds.PatientBirthDate = ""
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.Rows, ds.KVP, ds.SeriesNumber = 512, "120.5", "7"
    ds.PixelSpacing = ["0.25", "0.25"]
    ds.FrameIncrementPointer = 0x00181063
    ds.RecommendedDisplayFrameRateInFloat = math.inf
    ds.add_new(0x00091010, "OB", b"\1\2")
    item = Dataset()
    item.add_new(0x00091011, "UN", bytes(5000))
    ds.RequestAttributesSequence = [item]
    found = as_json(ds)
    assert found["00080005"] == {"vr": "CS", "Value": ["ISO_IR 192"]}
    assert found["00100010"]["Value"] == [
        {"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"}
    ]
    assert found["00100030"] == {"vr": "DA"}
    assert found["00080008"]["Value"] == ["ORIGINAL", "PRIMARY"]
    assert (found["00280010"]["Value"], found["00180060"]["Value"]) == ([512], [120.5])
    assert (found["00200011"]["Value"], found["00280030"]["Value"]) == ([7], [0.25, 0.25])
    assert found["00280009"]["Value"] == ["00181063"]
    assert found["00089459"]["Value"] == ["inf"]
    assert found["00091010"] == {"vr": "OB", "InlineBinary": "AQI="}
    assert found["00400275"]["Value"] == [
        {"00091011": {"vr": "UN", "BulkDataURI": "bulk:00400275.0.00091011"}}
    ]


def test_values_that_break_their_rules_do_no_harm() -> None:
    prepare_libraries()
    ds = reread(
        element(b"\x18\x00\x60\x00", b"DS", b"a hundred ")
        + element(b"\x20\x00\x11\x00", b"IS", b"1.5 ")
        + element(b"\x28\x00\x10\x00", b"US", b"\1\2\3")
        + element(b"\x28\x00\x11\x00", b"US", b"\x40\0")
    )
    found = as_json(ds)
    assert found["00280011"]["Value"] == [64]
    assert "00280010" not in found
    assert found.get("00180060", {}).get("Value", ["a hundred"]) == ["a hundred"]
