"""Reports reach a PACS that others wrote, once."""

from __future__ import annotations

from io import BytesIO

from pydicom import dcmread

from dicom_node.scu.association import ScuIdentity
from dicom_node.scu.store import send_instance
from storage.records import DeliveryState, NewObject, SeriesState
from tests.integration.delivery.outbox import CALLING_AET, LOOPBACK, Outbox, drive
from tests.orthanc import Orthanc


def is_delivered(outbox: Outbox, report: NewObject) -> bool:
    return outbox.deliveries(report)["pacs"].state is DeliveryState.DELIVERED


def test_the_report_is_there_whole(outbox: Outbox, orthanc: Orthanc) -> None:
    outbox.add_peer("pacs", orthanc.dicom_port, orthanc.aet)
    report = outbox.add_report("pacs")
    drive(outbox.runner(), lambda: is_delivered(outbox, report), "delivered")
    (identifier,) = orthanc.instances()
    tags = orthanc.dicom_tags(identifier)
    assert tags["SOPInstanceUID"] == report.sop_instance_uid
    assert tags["PatientName"] == "Müller^Änne"
    assert tags["ContentQualification"] == "RESEARCH"
    sent, stored = dcmread(report.path), dcmread(BytesIO(orthanc.file(identifier)))
    assert stored == sent


def test_a_report_for_a_pacs_that_is_down_arrives_once_it_is_back(
    outbox: Outbox, orthanc: Orthanc
) -> None:
    outbox.add_peer("pacs", orthanc.dicom_port, orthanc.aet)
    orthanc.stop()
    report = outbox.add_report("pacs")
    runner = outbox.runner()
    drive(runner, lambda: outbox.deliveries(report)["pacs"].attempts >= 2, "tried in vain")
    assert outbox.series(report).state is SeriesState.ANALYSED
    orthanc.start()
    drive(runner, lambda: is_delivered(outbox, report), "delivered")
    assert outbox.series(report).state is SeriesState.REPORTED
    (identifier,) = orthanc.instances()
    assert orthanc.dicom_tags(identifier)["SOPInstanceUID"] == report.sop_instance_uid


def test_a_send_whose_answer_was_lost_is_repeated_without_a_duplicate(
    outbox: Outbox, orthanc: Orthanc
) -> None:
    peer = outbox.add_peer("pacs", orthanc.dicom_port, orthanc.aet)
    report = outbox.add_report("pacs")
    # As if the node had died between the peer's success and writing it down.
    send_instance(peer, report.path, ScuIdentity(CALLING_AET))
    drive(outbox.runner(), lambda: is_delivered(outbox, report), "delivered")
    assert len(orthanc.instances()) == 1


def test_a_pacs_that_expects_another_ae_title_is_named_as_such(
    outbox: Outbox, orthanc: Orthanc
) -> None:
    outbox.add_peer("pacs", orthanc.dicom_port, "OTHER")
    report = outbox.add_report("pacs")
    drive(outbox.runner(), lambda: outbox.deliveries(report)["pacs"].attempts >= 1, "tried")
    assert "called AE title" in (outbox.deliveries(report)["pacs"].last_error or "")
    assert LOOPBACK not in (outbox.deliveries(report)["pacs"].last_error or "")
    assert orthanc.instances() == []
