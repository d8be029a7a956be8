"""Query/Retrieve with TLS both ways: Orthanc shows its certificate, and so do we."""

from __future__ import annotations

from pathlib import Path

from dicom_node.query_retrieve.retrieval import RetrievalState, ask, perform
from dicom_node.scu.cancellation import Cancellation
from dicom_node.scu.find import find
from dicom_node.scu.move import MoveRequest
from dicom_node.scu.query import Query
from storage.records import Actor
from tests.dcmtk import LOOPBACK
from tests.integration.network.conftest import Door, MakeCt
from tests.integration.network.test_tls import Pki, pki, tls_door
from tests.orthanc import Orthanc

__all__ = ["pki", "tls_door"]


def test_a_study_is_found_and_fetched_with_tls(
    tmp_path: Path, tls_door: Door, pki: Pki, make_ct: MakeCt
) -> None:
    us = {"AET": "CSPINE", "Host": LOOPBACK, "Port": tls_door.listener.tls_port}
    with Orthanc(
        tmp_path / "orthanc",
        DicomTlsEnabled=True,
        DicomTlsCertificate=str(pki.theirs.certificate),
        DicomTlsPrivateKey=str(pki.theirs.key),
        DicomTlsTrustedCertificates=str(pki.authority.pem.certificate),
        DicomTlsRemoteCertificateRequired=True,
        DicomModalities={"us": {**us, "UseDicomTls": True}},
    ) as orthanc:
        orthanc.upload(make_ct(StudyInstanceUID="1.2.5", PatientID="P5"))
        peer = tls_door.add_peer("pacs", aet=orthanc.aet, port=orthanc.dicom_port, tls=True)
        identity = pki.identity()
        (study,) = find(peer, Query(patient_id="P5"), identity, limit=10).studies
        asked = ask(
            tls_door.database,
            peer,
            MoveRequest(study.study_uid),
            by=Actor("ann", "here"),
            now=tls_door.database.now(),
        )
        done = perform(
            asked, peer, identity, on_progress=lambda _: None, cancellation=Cancellation()
        )
    assert (done.state, done.text) == (RetrievalState.DONE, "1 image came.")
    assert [each.study_uid for each in tls_door.series()] == ["1.2.5"]
