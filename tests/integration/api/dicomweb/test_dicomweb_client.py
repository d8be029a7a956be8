"""Another program's DICOMweb client stores, finds and retrieves; a viewer's requests are served."""

from __future__ import annotations

from pathlib import Path

import httpx
import numpy as np
import pytest
from dicomweb_client.api import DICOMwebClient
from pydicom import dcmread
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from storage import audit, series
from tests.ct_series import write_ct_series, write_enhanced_ct
from tests.dcmtk import converted
from tests.integration.api.conftest import Api
from tests.integration.api.dicomweb.conftest import AddResults, address, parts_of, stored

DCMCONV = {
    ImplicitVRLittleEndian: "+ti",
    ExplicitVRBigEndian: "+tb",
    DeflatedExplicitVRLittleEndian: "+td",
}
EXPLICIT = (("application/dicom", ExplicitVRLittleEndian),)
COMPRESSED = (JPEGLSLossless, JPEG2000Lossless, JPEGLosslessSV1, RLELossless)


def test_stored_found_and_retrieved_with_identical_pixels(
    api: Api, dicomweb: DICOMwebClient, tmp_path: Path
) -> None:
    sent = [dcmread(path) for path in write_ct_series(tmp_path / "ct", slices=4)]
    first = sent[0]

    answer = dicomweb.store_instances(sent)

    assert len(answer.ReferencedSOPSequence) == 4
    assert "FailedSOPSequence" not in answer
    record = series.get_series(api.database, first.SeriesInstanceUID)
    assert (record.instance_count, record.source_aet) == (4, "STOW")

    (study,) = dicomweb.search_for_studies(search_filters={"PatientID": first.PatientID})
    assert study["0020000D"]["Value"] == [first.StudyInstanceUID]
    (found,) = dicomweb.search_for_series(first.StudyInstanceUID)
    assert found["0020000E"]["Value"] == [first.SeriesInstanceUID]
    assert found["00201209"]["Value"] == [4]
    uids = first.StudyInstanceUID, first.SeriesInstanceUID
    assert {each["00080018"]["Value"][0] for each in dicomweb.search_for_instances(*uids)} == {
        ds.SOPInstanceUID for ds in sent
    }

    received = {ds.SOPInstanceUID: ds for ds in dicomweb.retrieve_series(*uids)}
    for ds in sent:
        assert received[ds.SOPInstanceUID] == ds
    one = dicomweb.retrieve_instance(*uids, first.SOPInstanceUID)
    assert np.array_equal(one.pixel_array, first.pixel_array)
    (frame,) = dicomweb.retrieve_instance_frames(*uids, first.SOPInstanceUID, [1])
    assert frame == first.PixelData
    (metadata,) = (dicomweb.retrieve_instance_metadata(*uids, first.SOPInstanceUID),)
    assert metadata["00280010"]["Value"] == [64]
    # The client leaves the port out of its Host header, so the node cannot know it.
    uri = httpx.URL(metadata["7FE00010"]["BulkDataURI"]).copy_with(port=api.server.port)
    (bulk,) = dicomweb.retrieve_bulkdata(str(uri))
    assert bulk == first.PixelData
    png = dicomweb.retrieve_instance_rendered(
        *uids, first.SOPInstanceUID, media_types=("image/png",)
    )
    assert png.startswith(b"\x89PNG")
    (everything,) = {ds.StudyInstanceUID for ds in dicomweb.retrieve_study(uids[0])}
    assert everything == uids[0]


@pytest.mark.parametrize("syntax", COMPRESSED, ids=lambda uid: uid.name)
def test_compressed_pixels_are_had_as_stored_and_decoded(
    web: httpx.Client, dicomweb: DICOMwebClient, tmp_path: Path, syntax: UID
) -> None:
    plain = write_ct_series(tmp_path / "plain", slices=1)
    (sent,) = stored(web, write_ct_series(tmp_path / "ct", slices=1, transfer_syntax=syntax))
    pixels = dcmread(plain[0]).pixel_array
    uids = sent.StudyInstanceUID, sent.SeriesInstanceUID, sent.SOPInstanceUID

    plain_one = dicomweb.retrieve_instance(*uids, media_types=EXPLICIT)
    assert plain_one.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert np.array_equal(plain_one.pixel_array, pixels)
    as_stored = dicomweb.retrieve_instance(*uids, media_types=(("application/dicom", "*"),))
    assert as_stored == sent
    assert as_stored.file_meta.TransferSyntaxUID == syntax

    (frame,) = dicomweb.retrieve_instance_frames(*uids, [1])
    assert np.array_equal(np.frombuffer(frame, "<i2").reshape(64, 64), pixels)
    viewer = {"Accept": "multipart/related; type=application/octet-stream; transfer-syntax=*"}
    ((headers, content),) = parts_of(web.get(f"{address(sent)}/frames/1", headers=viewer))
    assert headers["content-type"] == f"application/octet-stream; transfer-syntax={syntax}"
    assert content.rstrip(b"\0") in sent.PixelData
    picture = web.get(f"{address(sent)}/rendered", headers={"Accept": "image/png"})
    assert picture.headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    "syntax",
    DCMCONV,
    ids=lambda uid: uid.name,
)
def test_other_encodings_come_as_explicit_little_endian(
    web: httpx.Client, dicomweb: DICOMwebClient, tmp_path: Path, syntax: UID
) -> None:
    (path,) = write_ct_series(tmp_path / "plain", slices=1)
    plain = dcmread(path)
    path = converted(path, tmp_path / "sent.dcm", "dcmconv", DCMCONV[syntax])
    (sent,) = stored(web, [path])
    uids = sent.StudyInstanceUID, sent.SeriesInstanceUID, sent.SOPInstanceUID

    received = dicomweb.retrieve_instance(*uids, media_types=EXPLICIT)

    assert received.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert received == plain
    (frame,) = dicomweb.retrieve_instance_frames(*uids, [1])
    assert frame == plain.PixelData
    metadata = dicomweb.retrieve_instance_metadata(*uids)
    assert metadata["00100010"]["Value"] == [{"Alphabetic": "Phantom^Water"}]
    assert metadata["7FE00010"]["BulkDataURI"].endswith("/bulkdata/7FE00010")


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, JPEGLSLossless], ids=lambda u: u.name)
def test_frames_of_an_enhanced_ct(
    web: httpx.Client, dicomweb: DICOMwebClient, tmp_path: Path, syntax: UID
) -> None:
    path = write_enhanced_ct(tmp_path / "enhanced.dcm", slices=5, transfer_syntax=syntax)
    plain = dcmread(write_enhanced_ct(tmp_path / "plain.dcm", slices=5)).pixel_array
    (sent,) = stored(web, [path])
    uids = sent.StudyInstanceUID, sent.SeriesInstanceUID, sent.SOPInstanceUID

    frames = dicomweb.retrieve_instance_frames(
        *uids, [2, 5, 1], media_types=("application/octet-stream",)
    )

    shown = [np.frombuffer(frame, "<i2").reshape(64, 64) for frame in frames]
    assert all(np.array_equal(a, plain[i]) for a, i in zip(shown, (1, 4, 0), strict=True))
    one = dicomweb.retrieve_instance(*uids, media_types=EXPLICIT)
    assert np.array_equal(one.pixel_array, plain)
    assert len(parts_of(web.get(f"{address(sent)}/frames/1,2/rendered"))) == 2
    assert web.get(f"{address(sent)}/rendered").status_code == 406
    assert web.get(f"{address(sent)}/frames/6").status_code == 404


def test_what_a_viewer_asks(
    api: Api, web: httpx.Client, tmp_path: Path, add_results: AddResults
) -> None:
    """The requests of OHIF with its data source ``dicomweb``."""
    sent = stored(web, write_ct_series(tmp_path / "ct", slices=3))
    results = add_results(sent[0])
    json = {"Accept": "application/dicom+json, application/json"}
    listed = web.get(
        "/studies",
        params={
            "limit": "101",
            "offset": "0",
            "fuzzymatching": "false",
            "includefield": "00081030,00080060",
            "PatientName": "*pha*",
            "StudyDate": "20251231-20260131",
            "ModalitiesInStudy": "CT",
        },
        headers=json,
    ).json()
    (study,) = listed
    assert study["00080061"]["Value"] == ["CT", "OT", "SR"]
    assert study["00081030"]["Value"] == ["CT cervical spine"]
    assert (study["00201206"]["Value"], study["00201208"]["Value"]) == ([3], [5])

    uid = study["0020000D"]["Value"][0]
    fields = "0008103E,00080021,00080031"
    found = web.get(f"/studies/{uid}/series", params={"includefield": fields}, headers=json).json()
    assert [each["00080060"]["Value"][0] for each in found] == ["CT", "SR", "OT"]
    ct, sr, _ = (each["0020000E"]["Value"][0] for each in found)

    metadata = web.get(f"/studies/{uid}/series/{ct}/metadata", headers=json).json()
    assert len(metadata) == 3
    for each in metadata:
        assert each["00080005"]["Value"] == ["ISO_IR 192"] if "00080005" in each else True
        assert "Value" not in each["7FE00010"]
        assert "InlineBinary" not in each["7FE00010"]
        assert len(each["00200032"]["Value"]) == 3
        instance = each["00080018"]["Value"][0]
        viewer = {"Accept": "multipart/related; type=application/octet-stream; transfer-syntax=*"}
        answer = web.get(
            f"/studies/{uid}/series/{ct}/instances/{instance}/frames/1", headers=viewer
        )
        ((headers, content),) = parts_of(answer)
        assert headers["content-type"].endswith(f"transfer-syntax={ExplicitVRLittleEndian}")
        assert content == next(d for d in sent if d.SOPInstanceUID == instance).PixelData
    (report,) = web.get(f"/studies/{uid}/series/{sr}/metadata", headers=json).json()
    assert report["00080018"]["Value"] == [results[0].SOPInstanceUID]
    assert "7FE00010" not in report

    seen = [each for each in audit.entries(api.database) if each.action == "images.retrieved"]
    assert [(each.actor, each.object) for each in seen] == [("service", ct), ("service", sr)]
