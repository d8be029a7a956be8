"""Who is let in, and what those see who are not."""

from __future__ import annotations

import logging
from contextlib import ExitStack

import pytest
from pynetdicom.pdu_primitives import A_ASSOCIATE

from storage import peers
from storage.records import RefusedCaller
from tests.dcmtk import ToolResult, echoscu, is_listening, storescu
from tests.integration.network.conftest import Door, MakeCt, OpenDoor
from tests.integration.network.raw_scu import associated
from tests.support import wait_until

CALLING_AE = "Calling AE Title Not Recognized"
CALLED_AE = "Called AE Title Not Recognized"
CONGESTION = "Temporary Congestion"
LIMIT = "Local Limit Exceeded"


def rejection(port: int, *, calling_aet: str = "STORESCU") -> tuple[int, int, int]:
    """Result, source and reason of the A-ASSOCIATE-RJ (PS3.8 Table 9-21)."""
    with associated(port, calling_aet=calling_aet) as assoc:
        assert assoc.is_rejected
        answer = assoc.acceptor.primitive
        assert isinstance(answer, A_ASSOCIATE)
        assert answer.result is not None
        assert answer.result_source is not None
        assert answer.diagnostic is not None
        return answer.result, answer.result_source, answer.diagnostic


def the_refused(door: Door) -> RefusedCaller:
    """The one remembered caller; it is written down after the rejection is on its way."""
    wait_until(lambda: bool(peers.list_refused(door.database)), what="nobody is remembered")
    (refused,) = peers.list_refused(door.database)
    return refused


def assert_rejected(result: ToolResult, *texts: str) -> None:
    assert not result.ok
    for text in ("Association Rejected", *texts):
        assert text in result.output


def test_unknown_calling_ae(door: Door, make_ct: MakeCt, caplog: pytest.LogCaptureFixture) -> None:
    result = storescu(door.port, make_ct(), calling_aet="NOBODY")

    assert_rejected(result, "Rejected Permanent", CALLING_AE)
    assert door.files() == []
    refused = the_refused(door)
    assert (refused.calling_aet, refused.called_aet, refused.host) == (
        "NOBODY",
        "CSPINE",
        "127.0.0.1",
    )
    assert refused.count == 1
    (line,) = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert line.getMessage() == (
        "refused an association from 'NOBODY' at 127.0.0.1 to 'CSPINE': "
        "no peer that may call has this AE title"
    )


def test_wrong_called_ae(door: Door, make_ct: MakeCt) -> None:
    result = storescu(door.port, make_ct(), called_aet="OTHER")

    assert_rejected(result, "Rejected Permanent", CALLED_AE)
    assert the_refused(door).called_aet == "OTHER"


def test_known_ae_from_another_host(open_door: OpenDoor, make_ct: MakeCt) -> None:
    door = open_door()
    door.add_peer(host="192.0.2.1")

    result = storescu(door.port, make_ct())

    assert_rejected(result, "Rejected Permanent", CALLING_AE)
    assert "another host" in the_refused(door).reason


def test_a_stranger_gets_no_echo_either(door: Door) -> None:
    assert_rejected(echoscu(door.port, calling_aet="NOBODY"), CALLING_AE)


def test_a_peer_that_only_gets_results_may_not_send(open_door: OpenDoor) -> None:
    door = open_door()
    door.add_peer(may_send=False, gets_results=True)

    assert_rejected(echoscu(door.port), CALLING_AE)


def test_peers_are_read_anew_for_every_association(open_door: OpenDoor) -> None:
    door = open_door()
    assert_rejected(echoscu(door.port), CALLING_AE)

    door.add_peer()
    assert echoscu(door.port).ok

    peers.remove_peer(door.database, "sender")
    assert_rejected(echoscu(door.port), CALLING_AE)


def test_a_host_may_be_a_name(open_door: OpenDoor) -> None:
    door = open_door()
    door.add_peer(host="localhost")

    assert echoscu(door.port).ok


def test_a_name_that_cannot_be_resolved_admits_nobody_for_now(open_door: OpenDoor) -> None:
    door = open_door()
    door.add_peer(host="pacs.invalid")  # RFC 2606: never resolves

    assert_rejected(echoscu(door.port), "Rejected Transient", CONGESTION)
    assert "cannot be resolved" in the_refused(door).reason


def test_a_second_peer_with_the_same_ae_title(open_door: OpenDoor) -> None:
    door = open_door()
    door.add_peer("elsewhere", host="pacs.invalid")
    door.add_peer("here")

    assert echoscu(door.port).ok


def test_a_peer_configured_for_tls_is_not_served_in_clear(open_door: OpenDoor) -> None:
    door = open_door()
    door.add_peer(tls=True)

    assert_rejected(echoscu(door.port), "Rejected Permanent")
    assert "TLS" in the_refused(door).reason


def test_spaces_around_ae_titles_mean_nothing(open_door: OpenDoor) -> None:
    door = open_door(ae_title="CSPINE ")
    door.add_peer(aet="STORESCU")

    with associated(door.port, calling_aet=" STORESCU ", called_aet="CSPINE   ") as assoc:
        assert assoc.is_established


def test_refused_callers_are_counted(door: Door) -> None:
    for _ in range(3):
        assert rejection(door.port, calling_aet="NOBODY") == (1, 1, 3)

    wait_until(lambda: the_refused(door).count == 3)


def test_one_association_too_many(open_door: OpenDoor) -> None:
    door = open_door(maximum_associations=2)
    door.add_peer()

    with ExitStack() as open_ones:
        first = open_ones.enter_context(associated(door.port))
        assert first.is_established
        assert open_ones.enter_context(associated(door.port)).is_established
        assert_rejected(echoscu(door.port), "Rejected Transient", LIMIT)
        assert peers.list_refused(door.database) == ()

        first.release()
        wait_until(lambda: echoscu(door.port).ok, what="the place is not free again")


def test_nobody_is_admitted_while_the_peers_cannot_be_read(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    door.database.close()

    assert rejection(door.port) == (2, 3, 1)
    assert "cannot read the peers" in caplog.text
    assert is_listening(door.port)


@pytest.mark.parametrize("where", ["admission", "canonical_address", "peers.remember_refused"])
def test_a_bug_admits_nobody(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError

    monkeypatch.setattr(f"dicom_node.scp.listener.{where}", broken)

    with associated(door.port, calling_aet="NOBODY") as assoc:
        assert not assoc.is_established

    wait_until(lambda: "bug while judging an association request" in caplog.text)
    monkeypatch.undo()
    assert echoscu(door.port).ok


def test_another_application_context(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pynetdicom.acse.APPLICATION_CONTEXT_NAME", "1.2.3.4")

    assert rejection(door.port) == (1, 1, 2)
