"""A door with CT series behind it, and a program that asks it in DICOMweb."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from dicomweb_client.api import DICOMwebClient
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    Comprehensive3DSRStorage,
    ExplicitVRLittleEndian,
    SecondaryCaptureImageStorage,
    generate_uid,
)

from dicom_node.reports.part10 import as_part10
from storage import queue, series
from storage.records import NewObject, Piece, Role
from tests.integration.api.conftest import Api, running


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with running(tmp_path) as found:
        yield found


@pytest.fixture
def web(api: Api) -> Iterator[httpx.Client]:
    """A program's client, at ``/dicomweb``."""
    with api.signed_in(Role.SERVICE) as client:
        client.base_url = httpx.URL(f"{api.url}/dicomweb")
        yield client


@pytest.fixture
def dicomweb(api: Api, web: httpx.Client) -> DICOMwebClient:
    """Somebody else's idea of DICOMweb."""
    headers = {"Authorization": web.headers["Authorization"]}
    return DICOMwebClient(f"{api.url}/dicomweb", headers=headers)


def multipart(*contents: bytes, boundary: str = "b0undary") -> bytes:
    parts = b"".join(
        f"\r\n--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode() + content
        for content in contents
    )
    return parts + f"\r\n--{boundary}--\r\n".encode()


STOW = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b0undary'}


def stored(web: httpx.Client, paths: list[Path]) -> list[Dataset]:
    """Put the files into the node by STOW-RS; their data sets."""
    body = multipart(*(path.read_bytes() for path in paths))
    answer = web.post("/studies", content=body, headers=STOW)
    assert answer.status_code == 200, answer.text
    return [dcmread(path) for path in paths]


def address(ds: Dataset, *, instance: bool = True) -> str:
    """Of an instance, or of its series."""
    found = f"/studies/{ds.StudyInstanceUID}/series/{ds.SeriesInstanceUID}"
    return f"{found}/instances/{ds.SOPInstanceUID}" if instance else found


def parts_of(answer: httpx.Response) -> list[tuple[dict[str, str], bytes]]:
    """Headers (names in lower case) and content of each part."""
    assert answer.status_code == 200, answer.text
    boundary = answer.headers["content-type"].rpartition("boundary=")[2]
    pieces = answer.content.split(f"\r\n--{boundary}".encode())
    assert pieces[0] == b""
    assert pieces[-1] == b"--\r\n"
    found = []
    for piece in pieces[1:-1]:
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        lines = [line.split(": ", 1) for line in head.decode().split("\r\n")]
        found.append(({name.lower(): value for name, value in lines}, content))
    return found


def read(content: bytes) -> Dataset:
    return dcmread(io.BytesIO(content))


AddResults = Callable[[Dataset], list[Dataset]]


@pytest.fixture
def add_results(api: Api) -> AddResults:
    """Bring the series of an instance to ``analysed`` with a report and a picture; these."""

    def add(source: Dataset) -> list[Dataset]:
        db, later = api.database, api.database.now() + timedelta(hours=1)
        record = series.get_series(db, source.SeriesInstanceUID)
        assert series.mark_complete(db, record.id, fingerprint="f" * 64, now=later)
        assert series.enqueue(db, record.id, fingerprint="f" * 64, now=later)
        claim = queue.claim_next(db, owner="test", lease_s=60, now=later)
        assert claim is not None
        made = [_report(source), _picture(source)]
        objects = [
            NewObject(
                piece,
                0,
                ds.SOPInstanceUID,
                ds.SOPClassUID,
                api.context.data_dir.store_report(ds.SOPInstanceUID, as_part10(ds)),
            )
            for piece, ds in zip((Piece.REPORT, Piece.KEY_IMAGE), made, strict=True)
        ]
        result: dict[str, Any] = {"status": "analysed", "levels": {}, "findings": []}
        assert queue.finish_analysed(
            db, claim, result=result, objects=objects, deliveries=[], now=later
        )
        return made

    return add


def _report(source: Dataset) -> Dataset:
    ds = _result(source, Comprehensive3DSRStorage, "SR")
    ds.ValueType = "CONTAINER"
    ds.SeriesDescription = "C-spine fracture report"
    return ds


def _picture(source: Dataset) -> Dataset:
    ds = _result(source, SecondaryCaptureImageStorage, "OT")
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.BitsAllocated = 2, 3, 3, 8
    ds.BitsStored, ds.HighBit, ds.PixelRepresentation, ds.PlanarConfiguration = 8, 7, 0, 0
    ds.PhotometricInterpretation = "RGB"
    ds.PixelData = bytes(range(18))
    return ds


def _result(source: Dataset, sop_class_uid: str, modality: str) -> Dataset:
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    for keyword in ("PatientName", "PatientID", "StudyInstanceUID", "StudyDate", "StudyID"):
        ds[keyword] = source[keyword]
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class_uid, generate_uid(None)
    ds.SeriesInstanceUID, ds.Modality = generate_uid(None), modality
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return ds
