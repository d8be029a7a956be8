"""C-ECHO says which step on the way to a peer fails."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from pynetdicom.sop_class import CTImageStorage  # type: ignore[attr-defined]

from dicom_node.scu.association import ScuIdentity, ScuTimeouts
from dicom_node.scu.echo import EchoStep, echo
from dicom_node.scu.steps import Step
from storage.records import Peer
from tests.dcmtk import free_port, storescp
from tests.integration.network.answering_scp import (
    answering_scp,
    hold,
    peer_at,
    raw_peer,
    rejecting,
)
from tests.integration.network.conftest import Door

SHORT = ScuTimeouts(connection_s=1, acse_s=0.3, dimse_s=0.3, stall_s=0.3)


def steps_without_tls() -> list[Step]:
    return [each for each in Step if each is not Step.TLS]


def failed_step(peer: Peer, timeouts: ScuTimeouts | None = None) -> EchoStep:
    """The last step, which failed; those before it did not."""
    steps = echo(peer, ScuIdentity("CSPINE", timeouts or ScuTimeouts()))
    order = steps_without_tls()
    assert [each.step for each in steps] == order[: len(steps)]
    assert [each.ok for each in steps] == [True] * (len(steps) - 1) + [False]
    return steps[-1]


def test_dcmtk_answers(tmp_path: Path) -> None:
    with storescp(tmp_path / "received") as peer:
        steps = echo(peer_at(peer.port, aet="STORESCP"), ScuIdentity("CSPINE"))

    assert [each.step for each in steps] == steps_without_tls()
    assert all(each.ok for each in steps)


def test_our_own_listener(door: Door) -> None:
    door.add_peer("self", aet="CSPINE")

    steps = echo(peer_at(door.port, aet="CSPINE"), ScuIdentity("CSPINE"))

    assert all(each.ok for each in steps)


def test_no_such_host() -> None:
    failed = failed_step(peer_at(104, host="pacs.invalid"))

    assert failed.step is Step.NAME
    assert "'pacs.invalid' cannot be resolved" in failed.text


def test_nothing_listens() -> None:
    port = free_port()

    failed = failed_step(peer_at(port))

    assert failed.step is Step.CONNECTION
    assert f"port {port}" in failed.text
    assert "refused" in failed.text


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ((1, 1, 3), "does not know our AE title CSPINE (calling AE title not recognised)"),
        ((1, 1, 7), "its own AE title is not PACS (called AE title not recognised)"),
        ((1, 1, 1), "it gives no reason"),
        ((2, 3, 2), "as many associations as it allows"),
    ],
)
def test_a_rejected_association(codes: tuple[int, int, int], words: str) -> None:
    with answering_scp(on_requested=rejecting(*codes)) as port:
        failed = failed_step(peer_at(port))

    assert failed.step is Step.ASSOCIATION
    assert words in failed.text


def test_our_own_listener_refuses_a_stranger(door: Door) -> None:
    failed = failed_step(peer_at(door.port, aet="CSPINE"))

    assert failed.step is Step.ASSOCIATION
    assert "calling AE title" in failed.text


def test_a_peer_that_says_nothing() -> None:
    with raw_peer(hold) as port:
        assert failed_step(peer_at(port), SHORT).step is Step.ASSOCIATION


def test_a_peer_that_is_a_web_server() -> None:
    def speak(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with raw_peer(speak) as port:
        assert failed_step(peer_at(port)).step is Step.ASSOCIATION


def test_verification_is_not_supported() -> None:
    with answering_scp(abstract_syntaxes=(CTImageStorage,)) as port:
        failed = failed_step(peer_at(port))

    assert failed.step is Step.CONTEXT
    assert "Verification" in failed.text


def test_the_echo_is_answered_with_a_failure() -> None:
    with answering_scp(0x0122) as port:
        failed = failed_step(peer_at(port))

    assert failed.step is Step.SERVICE
    assert "0x0122" in failed.text


def test_the_echo_is_not_answered() -> None:
    def leave(event: Any) -> int:
        event.assoc.abort()
        return 0x0000

    with answering_scp(leave) as port:
        failed = failed_step(peer_at(port))

    assert failed.step is Step.SERVICE
    assert "no response" in failed.text
