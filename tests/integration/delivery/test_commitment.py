"""Storage commitment: an object is delivered once its peer commits to it, and not before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from storage import deliveries, peers
from storage.records import SeriesState
from tests.dcmtk import free_port
from tests.integration.delivery.committing import (
    Asking,
    CommittingPacs,
    Request,
    is_let_store,
    report_by_calling,
)
from tests.integration.delivery.outbox import CALLING_AET, LOOPBACK, Outbox
from tests.orthanc import Orthanc


@pytest.fixture
def node(outbox: Outbox) -> Iterator[Asking]:
    asking = Asking(outbox)
    yield asking
    asking.stop()


def all_committed(_: Request) -> dict[str, int]:
    return {}


def test_a_report_on_the_association_of_the_request_delivers(node: Asking) -> None:
    with CommittingPacs(all_committed) as pacs:
        node.add_peer("pacs", pacs.port)
        report = node.outbox.add_report("pacs")
        node.drive(node.is_("delivered", report), "delivered")
        node.commitment.stop()
    (request,) = pacs.requests
    assert request.objects == (report.sop_instance_uid,)
    assert pacs.statuses == [0x0000]
    assert pacs.stored == [report.sop_instance_uid]
    assert node.outbox.series(report).state is SeriesState.REPORTED
    assert any("committed" in note for note in node.notes(report))


def test_without_an_answer_it_is_sent_and_not_delivered(node: Asking) -> None:
    with CommittingPacs() as pacs:
        node.add_peer("pacs", pacs.port)
        report = node.outbox.add_report("pacs")
        node.drive(lambda: len(pacs.requests) == 1, "asked")
        node.restart()
        node.commitment.tick()
        node.stop()
    assert node.state(report) == "sent"
    assert len(pacs.requests) == 1
    assert node.outbox.series(report).state is SeriesState.ANALYSED


def test_an_answer_after_a_restart_and_again_is_honoured(node: Asking) -> None:
    with CommittingPacs() as pacs:
        node.add_peer("pacs", pacs.port)
        report = node.outbox.add_report("pacs")
        node.drive(lambda: len(pacs.requests) == 1, "asked")
        node.restart()
        port = node.listen()
        assert report_by_calling(port, pacs.requests[0]) == 0x0000
        assert node.state(report) == "delivered"
        assert report_by_calling(port, pacs.requests[0]) == 0x0000
    assert node.state(report) == "delivered"
    assert len([note for note in node.notes(report) if "delivered" in note]) == 1


def test_unknown_transactions_and_wrong_peers_are_refused(node: Asking) -> None:
    port = node.listen()
    with CommittingPacs() as pacs:
        node.add_peer("pacs", pacs.port)
        node.add_peer("other", free_port(), "OTHER")
        report = node.outbox.add_report("pacs")
        node.drive(lambda: len(pacs.requests) == 1, "asked")
        assert report_by_calling(port, Request("1.2.3.4", (report.sop_instance_uid,))) == 0x0115
        assert report_by_calling(port, pacs.requests[0], aet="OTHER") == 0x0115
        assert report_by_calling(port, pacs.requests[0], aet="NOBODY") is None
        assert node.state(report) == "sent"
        assert report_by_calling(port, pacs.requests[0]) == 0x0000
    assert node.state(report) == "delivered"


def test_who_only_commits_cannot_store(node: Asking) -> None:
    port = node.listen()
    node.add_peer("pacs", free_port())
    assert report_by_calling(port, Request("1.2.3.4", ("1.2.3",))) == 0x0115  # it is let in
    assert not is_let_store(port)
    peers.update_peer(node.outbox.database, "pacs", lambda peer: replace(peer, may_send=True))
    assert is_let_store(port)


@pytest.mark.parametrize("reason", [0x0112, 0x0110, 0x0213, 0x4711])
def test_what_the_peer_lost_is_sent_again_and_asked_about_anew(node: Asking, reason: int) -> None:
    def first_no(request: Request) -> dict[str, int]:
        return dict.fromkeys(request.objects, reason) if len(pacs.requests) == 1 else {}

    with CommittingPacs(first_no) as pacs:
        node.add_peer("pacs", pacs.port)
        report = node.outbox.add_report("pacs")
        node.drive(node.is_("delivered", report), "delivered")
    assert pacs.stored == [report.sop_instance_uid] * 2
    first, second = pacs.requests
    assert first.transaction_uid != second.transaction_uid
    assert any(f"0x{reason:04X}" in note for note in node.notes(report))


@pytest.mark.parametrize("reason", [0x0122, 0x0119])
def test_a_failure_for_good_parks_in_words(node: Asking, reason: int) -> None:
    with CommittingPacs(lambda asked: dict.fromkeys(asked.objects, reason)) as pacs:
        node.add_peer("pacs", pacs.port)
        report = node.outbox.add_report("pacs")
        node.drive(node.is_("parked", report), "parked")
    assert pacs.stored == [report.sop_instance_uid]
    assert "SOP class" in node.error(report)
    assert f"0x{reason:04X}" in node.error(report)


def test_one_that_never_keeps_anything_is_given_up(node: Asking) -> None:
    node.settings["attempts"] = 2
    node.restart()
    with CommittingPacs(lambda asked: dict.fromkeys(asked.objects, 0x0112)) as pacs:
        node.add_peer("pacs", pacs.port)
        report = node.outbox.add_report("pacs")
        node.drive(node.is_("parked", report), "parked")
    assert len(pacs.stored) == 2
    assert "after 2 answers" in node.error(report)


def test_answers_are_counted_anew_once_a_person_resumed_it(node: Asking) -> None:
    node.settings["attempts"] = 2
    node.restart()

    def no_three_times(request: Request) -> dict[str, int]:
        return dict.fromkeys(request.objects, 0x0112) if len(pacs.requests) <= 3 else {}

    with CommittingPacs(no_three_times) as pacs:
        node.add_peer("pacs", pacs.port)
        report = node.outbox.add_report("pacs")
        node.drive(node.is_("parked", report), "parked")
        assert len(pacs.requests) == 2
        delivery = node.outbox.deliveries(report)["pacs"]
        now = node.outbox.database.now()
        deliveries.resume(node.outbox.database, delivery.id, now)
        node.drive(node.is_("delivered", report), "delivered")
    assert len(pacs.requests) == 4


def test_a_request_that_broke_off_is_made_again_soon(node: Asking) -> None:
    """Whether the peer has it nobody knows: an hour would be long to find out."""
    node.listen(port := free_port())
    with CommittingPacs(breaks_off=1) as pacs:
        node.add_peer("pacs", pacs.port)
        report = node.outbox.add_report("pacs")
        node.drive(lambda: len(pacs.requests) == 2, "asked again")
        first, second = pacs.requests
        assert first.transaction_uid != second.transaction_uid
        assert report_by_calling(port, first) == 0x0000, "it had it after all"
    assert node.state(report) == "delivered"


def test_one_that_never_answers_is_asked_again_then_parked(node: Asking) -> None:
    node.settings |= {"attempts": 2, "answer_s": 0.2, "wait_s": 0.05}
    node.restart()
    with CommittingPacs() as pacs:
        node.add_peer("pacs", pacs.port)
        report = node.outbox.add_report("pacs")
        node.drive(node.is_("parked", report), "parked")
    assert len({each.transaction_uid for each in pacs.requests}) == 2
    assert "did not answer 2 requests" in node.error(report)


def test_a_late_answer_to_a_request_that_timed_out_counts(node: Asking) -> None:
    node.settings |= {"answer_s": 0.2, "wait_s": 0.05, "attempts": 100}
    node.restart()
    port = node.listen()
    with CommittingPacs() as pacs:
        node.add_peer("pacs", pacs.port)
        report = node.outbox.add_report("pacs")
        node.drive(lambda: len(pacs.requests) >= 2, "asked again")
        assert report_by_calling(port, pacs.requests[0]) == 0x0000
    assert node.state(report) == "delivered"


@pytest.mark.parametrize(("status", "state"), [(0x0122, "parked"), (0x0213, "sent")])
def test_a_refused_request_parks_or_waits(node: Asking, status: int, state: str) -> None:
    with CommittingPacs(status=status) as pacs:
        node.add_peer("pacs", pacs.port)
        report = node.outbox.add_report("pacs")
        enough = 1 if state == "parked" else 2
        node.drive(lambda: len(pacs.requests) >= enough, "asked")
        node.stop()
        assert node.state(report) == state
    if state == "parked":
        assert "0x0122" in node.error(report)


def test_one_that_hangs_delays_no_other(node: Asking) -> None:
    with CommittingPacs(holds=True) as hanging, CommittingPacs(all_committed) as pacs:
        node.add_peer("hanging", hanging.port)
        node.add_peer("pacs", pacs.port)
        first = node.outbox.add_report("hanging")
        node.drive(lambda: len(hanging.requests) == 1, "hangs")
        report = node.outbox.add_report("pacs")
        node.drive(node.is_("delivered", report), "delivered")
        assert node.state(first, "hanging") == "sent"
        hanging.let_go.set()


def test_orthanc_commits_on_an_association_of_its_own(node: Asking, tmp_path: Path) -> None:
    port = free_port()
    modality = {"cspine": [CALLING_AET, LOOPBACK, port]}
    with Orthanc(tmp_path / "orthanc", DicomModalities=modality) as orthanc:
        node.listen(port)
        node.add_peer("pacs", orthanc.dicom_port, orthanc.aet)
        report = node.outbox.add_report("pacs")
        node.drive(node.is_("delivered", report), "committed")
        assert len(orthanc.instances()) == 1
    assert any("committed" in note for note in node.notes(report))
    assert node.outbox.series(report).state is SeriesState.REPORTED


def test_orthanc_finds_nobody_and_is_asked_again_after_our_restart(
    node: Asking, tmp_path: Path
) -> None:
    node.settings |= {"answer_s": 0.5}
    node.restart()
    port = free_port()
    modality = {"cspine": [CALLING_AET, LOOPBACK, port]}
    with Orthanc(tmp_path / "orthanc", DicomModalities=modality) as orthanc:
        node.add_peer("pacs", orthanc.dicom_port, orthanc.aet)
        report = node.outbox.add_report("pacs")
        node.drive(node.is_("sent", report), "sent")
        node.restart()
        node.listen(port)
        node.drive(node.is_("delivered", report), "committed")
    assert node.outbox.series(report).state is SeriesState.REPORTED
