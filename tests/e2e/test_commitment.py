"""Storage commitment through a whole node: Orthanc takes the results, is asked, and commits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from storage import commitments, deliveries, peers, series
from storage.records import CommitmentState, Delivery, DeliveryState, SeriesState
from tests.dcmtk import free_port
from tests.e2e.at_the_pacs import whole_set_at
from tests.e2e.test_main_job import send, series_uid_of
from tests.node_process import NodeProcess
from tests.orthanc import Orthanc
from tests.support import wait_until


def deliveries_of(node: NodeProcess, series_uid: str) -> tuple[Delivery, ...]:
    record = node.series(series_uid)
    assert record is not None
    with node.database() as database:
        return deliveries.deliveries_of(database, record.id)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The node asks again after seconds."""
    monkeypatch.setenv("CSPINE_DELIVERY__COMMITMENT_ANSWER_S", "3")
    monkeypatch.setenv("CSPINE_DELIVERY__COMMITMENT_ATTEMPTS", "100")


@pytest.mark.usefixtures("impatient")
def test_results_are_reported_once_the_pacs_commits_to_them(
    quick: NodeProcess, orthanc: Orthanc, fractured_c5: list[Path]
) -> None:
    node, uid = quick, series_uid_of(fractured_c5)
    with node.database() as database:
        peers.update_peer(database, "pacs", lambda peer: replace(peer, commitment=True))
    orthanc.know("cspine", "CSPINE", free_port())  # nobody listens there: it cannot answer

    send(node, fractured_c5)
    node.wait_for(uid, SeriesState.ANALYSED)
    wait_until(
        lambda: {each.state for each in deliveries_of(node, uid)} == {DeliveryState.SENT},
        what="all is at the PACS, and nothing is committed",
    )
    wait_until(lambda: "did not answer request" in node.log.read_text(), what="asked in vain")
    node.kill()
    node.start()
    orthanc.know("cspine", "CSPINE", node.port)

    record = node.wait_for(uid, SeriesState.REPORTED)

    whole_set_at(orthanc, node, uid)
    sent = deliveries_of(node, uid)
    assert {each.state for each in sent} == {DeliveryState.DELIVERED}
    with node.database() as database:
        requests = {
            request.transaction_uid: request
            for each in sent
            for request in commitments.commitments_of(database, each.id)
        }
        notes = [each.note for each in series.timeline(database, record.id)]
    answered = [r for r in requests.values() if r.state is CommitmentState.ANSWERED]
    assert {number for r in answered for number in r.delivery_ids} == {each.id for each in sent}
    assert any("committed" in note for note in notes)
    assert {each.attempts for each in sent} == {1}, "the PACS got each object once"
