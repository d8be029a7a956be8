"""Those who hold connections without saying who they are, or say it a byte at a time."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from dicom_node.tls import listening_context
from tests.dcmtk import LOOPBACK, echoscu, storescu
from tests.integration.network.conftest import Door, MakeCt, OpenDoor
from tests.integration.network.raw_scu import associated
from tests.integration.network.test_admission import rejection
from tests.integration.network.test_counting import counted
from tests.integration.network.test_hostile import A_ASSOCIATE_RQ, P_DATA_TF, associate_request
from tests.integration.network.test_tls import Pki, pki, secured_echo
from tests.support import wait_until

__all__ = ["pki"]

ELSEWHERE = "127.0.0.2"
"""Another address of this machine: another host for the node."""
LOCAL_LIMIT_EXCEEDED = struct.pack(">BBLBBBB", 0x03, 0, 4, 0, 2, 3, 2)
"""A-ASSOCIATE-RJ: transient, service provider (presentation), local limit exceeded."""


def connected(port: int, host: str = ELSEWHERE) -> socket.socket:
    return socket.create_connection((LOOPBACK, port), timeout=30, source_address=(host, 0))


def last_words(connection: socket.socket) -> bytes:
    """All that the node says before it closes the connection."""
    said = b""
    try:
        while more := connection.recv(4096):
            said += more
    except ConnectionResetError:
        pass
    return said


@contextmanager
def dripping(connection: socket.socket, content: bytes) -> Iterator[threading.Event]:
    """``content`` goes out a byte each 20 ms; set when the node has closed the connection."""
    closed, stop = threading.Event(), threading.Event()

    def drip() -> None:
        for byte in content:
            try:
                connection.sendall(bytes([byte]))
            except OSError:
                closed.set()
                return
            if stop.wait(0.02):
                return

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield closed
    finally:
        stop.set()
        thread.join()


def test_a_request_in_drops_is_cut_off_in_time(open_door: OpenDoor) -> None:
    door = open_door(acse_timeout_s=0.5)
    request = struct.pack(">BBL", A_ASSOCIATE_RQ, 0, 30_000) + bytes(30_000)

    with connected(door.port) as connection, dripping(connection, request) as closed:
        wait_until(closed.is_set, deadline_s=20, what="a dripping peer is still connected")

    wait_until(lambda: not door.listener.associations, what="a connection is left")


def test_a_request_in_drops_is_cut_off_behind_tls_too(open_door: OpenDoor, pki: Pki) -> None:
    door = open_door(tls_port=0, tls=listening_context(pki.section()), acse_timeout_s=1)
    context = pki.identity().tls
    assert context is not None
    request = struct.pack(">BBL", A_ASSOCIATE_RQ, 0, 30_000) + bytes(30_000)

    with (
        connected(door.listener.tls_port) as raw,
        context.wrap_socket(raw, server_hostname=LOOPBACK) as secured,
        dripping(secured, request) as closed,
    ):
        wait_until(closed.is_set, deadline_s=20, what="a dripping peer is still connected")

    wait_until(lambda: not door.listener.associations, what="a connection is left")


def test_an_association_is_cut_off_that_sends_a_pdu_in_drops(open_door: OpenDoor) -> None:
    door = open_door(stall_timeout_s=0.5)
    door.add_peer()

    with connected(door.port, LOOPBACK) as connection:
        connection.sendall(associate_request())
        wait_until(lambda: bool(connection.recv(4096)), what="not accepted")
        connection.sendall(struct.pack(">BBL", P_DATA_TF, 0, 100_000))
        with dripping(connection, bytes(30_000)) as closed:
            wait_until(closed.is_set, deadline_s=20, what="a dripping peer is still connected")

    wait_until(lambda: not door.listener.associations, what="an association is left")


@pytest.mark.parametrize("kind", [A_ASSOCIATE_RQ, P_DATA_TF])
def test_a_giant_pdu_is_not_read(door: Door, kind: int) -> None:
    giant = struct.pack(">BBL", kind, 0, 0xFFFFFFF0)

    with connected(door.port, LOOPBACK) as connection:
        if kind == P_DATA_TF:
            connection.sendall(associate_request())
            wait_until(lambda: bool(connection.recv(4096)), what="not accepted")
        connection.sendall(giant)
        assert last_words(connection)[:1] == b"\x07"  # A-ABORT

    wait_until(lambda: not door.listener.associations, what="a connection is left")
    assert echoscu(door.port).ok


def test_a_thousand_idle_connections(door: Door, make_ct: MakeCt) -> None:
    with ExitStack() as idle:
        crowd = [idle.enter_context(connected(door.port)) for _ in range(1000)]
        sent = storescu(door.port, make_ct())
        assert sent.ok, sent.output
        late = idle.enter_context(connected(door.port))
        late.sendall(associate_request())
        assert last_words(late) == LOCAL_LIMIT_EXCEEDED
        assert last_words(crowd[-1]) == b"", "it has said nothing, so it is told nothing"
        assert len(door.listener.associations) <= 26
        assert threading.active_count() < 100

    wait_until(lambda: not door.listener.associations, deadline_s=20, what="a connection is left")
    assert len(door.instances()) == 1
    assert counted(door, "cspine_associations_refused_total", reason="crowd") == 976


def test_a_crowd_from_everywhere(open_door: OpenDoor) -> None:
    door = open_door(maximum_waiting=4, maximum_waiting_per_host=2)
    door.add_peer()
    with associated(door.port) as admitted, ExitStack() as idle:
        for host in ("127.0.0.2", "127.0.0.2", "127.0.0.3", "127.0.0.3"):
            idle.enter_context(connected(door.port, host))

        assert rejection(door.port) == (2, 3, 2)

        assert admitted.is_established
    wait_until(lambda: echoscu(door.port).ok, what="the place is not free again")


def test_a_crowd_at_the_port_for_tls(open_door: OpenDoor, pki: Pki) -> None:
    """Nothing can be said there without a handshake: the connection is closed."""
    context = listening_context(pki.section())
    door = open_door(tls_port=0, tls=context, maximum_waiting_per_host=2)
    door.add_peer(tls=True)
    port = door.listener.tls_port
    with ExitStack() as idle:
        for _ in range(2):
            idle.enter_context(connected(port))
        assert last_words(idle.enter_context(connected(port))) == b""

        assert secured_echo(port, pki).ok


def test_one_host_does_not_get_all_associations(open_door: OpenDoor) -> None:
    door = open_door(maximum_associations=3, maximum_associations_per_host=1)
    door.add_peer()
    door.add_peer("other", host=ELSEWHERE)

    with associated(door.port) as first:
        assert first.is_established
        assert rejection(door.port) == (2, 3, 2)
        with connected(door.port) as second:
            second.sendall(associate_request())
            assert second.recv(1) == b"\x02"  # A-ASSOCIATE-AC
    assert counted(door, "cspine_associations_refused_total", reason="host_limit") == 1
