"""What a peer, or anybody who can connect, may send without hurting the others."""

from __future__ import annotations

import logging
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import pdu
from pynetdicom.dimse_messages import C_STORE_RQ
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.pdu_primitives import P_DATA
from pynetdicom.sop_class import CTImageStorage  # type: ignore[attr-defined]

from dicom_node.scp.policy import APPLICATION_CONTEXT_NAME
from tests.dcmtk import LOOPBACK, data_set_bytes, echoscu, storescu
from tests.integration.network.conftest import Door, MakeCt, OpenDoor
from tests.integration.network.raw_scu import associated, exchange, store_request
from tests.support import wait_until

A_ASSOCIATE_RQ = 0x01
P_DATA_TF = 0x04


def connected(door: Door) -> socket.socket:
    return socket.create_connection((LOOPBACK, door.port), timeout=30)


def associate_request() -> bytes:
    """An A-ASSOCIATE-RQ of an admitted peer for CT images (PS3.8 Table 9-11)."""

    def item(kind: int, content: bytes) -> bytes:
        return struct.pack(">BBH", kind, 0, len(content)) + content

    context = struct.pack(">BBBB", 1, 0, 0, 0) + item(0x30, CTImageStorage.encode())
    context += item(0x40, ExplicitVRLittleEndian.encode())
    user = item(0x51, struct.pack(">L", 16384)) + item(0x52, b"1.2.3.4")
    content = struct.pack(">HH16s16s32x", 1, 0, b"CSPINE".ljust(16), b"STORESCU".ljust(16))
    content += item(0x10, APPLICATION_CONTEXT_NAME.encode()) + item(0x20, context)
    content += item(0x50, user)
    return struct.pack(">BBL", A_ASSOCIATE_RQ, 0, len(content)) + content


def is_closed(connection: socket.socket) -> bool:
    """Whether the node closed the connection (reads away what it said before)."""
    connection.settimeout(30)
    try:
        while connection.recv(4096):
            pass
    except ConnectionResetError:
        pass
    return True


def open_connections(door: Door) -> int:
    return len(door.listener.associations)


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: pacs\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),  # a TLS ClientHello
        struct.pack(">BBL", A_ASSOCIATE_RQ, 0, 100) + bytes(100),
        struct.pack(">BBL", A_ASSOCIATE_RQ, 0, 68) + b"\0\1\0\0" + b"\xff" * 64,
        struct.pack(">BBL", P_DATA_TF, 0, 12) + struct.pack(">LBB", 8, 1, 3) + bytes(6),
        b"\xff" * 1000,
        b"\0",
    ],
)
def test_garbage(door: Door, make_ct: MakeCt, garbage: bytes) -> None:
    with connected(door) as connection:
        connection.sendall(garbage)
        connection.shutdown(socket.SHUT_WR)
        assert is_closed(connection)

    wait_until(lambda: open_connections(door) == 0, what="a connection is left")
    assert storescu(door.port, make_ct()).ok


def test_a_connection_closed_without_a_word_is_forgotten_at_once(door: Door) -> None:
    """Load balancers do this every few seconds; pynetdicom would wait for its ACSE time-out."""
    with ExitStack() as silent:
        for _ in range(5):
            silent.enter_context(connected(door))
        wait_until(lambda: open_connections(door) == 5, what="not accepted")

    wait_until(lambda: open_connections(door) == 0, deadline_s=15, what="a connection is left")


def test_silent_connections_take_nobodys_place(open_door: OpenDoor) -> None:
    door = open_door(maximum_associations=1)
    door.add_peer()

    with ExitStack() as silent:
        for _ in range(12):
            connection = silent.enter_context(connected(door))
            connection.sendall(struct.pack(">BBL", A_ASSOCIATE_RQ, 0, 500) + b"\0\1")

        assert echoscu(door.port).ok


def test_a_peer_that_stops_in_mid_pdu_is_cut_off(open_door: OpenDoor) -> None:
    door = open_door(stall_timeout_s=0.2)

    with connected(door) as connection:
        connection.sendall(struct.pack(">BBL", A_ASSOCIATE_RQ, 0, 500) + b"\0\1")
        assert is_closed(connection)

    wait_until(lambda: open_connections(door) == 0, what="a connection is left")


def test_a_peer_that_never_asks_is_cut_off(open_door: OpenDoor) -> None:
    door = open_door(acse_timeout_s=0.2)

    with connected(door) as connection:
        assert is_closed(connection)

    wait_until(lambda: open_connections(door) == 0, what="a connection is left")


def test_a_peer_that_falls_silent_is_aborted(open_door: OpenDoor) -> None:
    door = open_door(network_timeout_s=0.2)
    door.add_peer()

    with associated(door.port) as assoc:
        wait_until(lambda: assoc.is_aborted, what="not aborted")


@pytest.mark.parametrize("how", ["close", "reset", "abort", "stall"])
def test_a_transfer_that_ends_in_the_middle_leaves_nothing(
    open_door: OpenDoor, make_ct: MakeCt, how: str
) -> None:
    door = open_door(stall_timeout_s=0.3)
    door.add_peer()
    path = make_ct()
    request = store_request(dcmread(path).SOPInstanceUID, data_set_bytes(path))
    pdus = _pdus_of_a_store(request)

    with associated(door.port) as assoc:
        wrapped = assoc.dul.socket
        assert wrapped is not None
        raw = wrapped.socket
        assert raw is not None
        raw.sendall(pdus[: len(pdus) // 2])
        if how == "close":
            raw.shutdown(socket.SHUT_WR)
        elif how == "reset":
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raw.close()
        elif how == "abort":
            # Inside the P-DATA PDU these ten bytes are data; the end of the stream follows.
            raw.sendall(struct.pack(">BBLL", 0x07, 0, 4, 0))
            raw.shutdown(socket.SHUT_WR)
        wait_until(lambda: open_connections(door) == 0, what="a connection is left")

    assert door.files() == []
    assert door.leftovers() == []
    assert echoscu(door.port).ok


def test_an_abort_between_two_pdus_of_an_object_leaves_nothing(door: Door, make_ct: MakeCt) -> None:
    path = make_ct()

    with associated(door.port) as assoc:
        request = store_request(dcmread(path).SOPInstanceUID, data_set_bytes(path))
        messages = list(_fragments(request, 4096))
        for each in messages[:-1]:
            assoc.dul.send_pdu(each)
        assoc.abort()

    wait_until(lambda: open_connections(door) == 0, what="a connection is left")
    assert door.files() == []
    assert door.leftovers() == []


def test_an_object_in_many_small_fragments(door: Door, make_ct: MakeCt) -> None:
    path = make_ct()
    uid = dcmread(path).SOPInstanceUID

    with associated(door.port) as assoc:
        for each in _fragments(store_request(uid, data_set_bytes(path)), 128):
            assoc.dul.send_pdu(each)
        wait_until(lambda: len(door.instances()) == 1, what="not stored")

    assert data_set_bytes(door.files()[0]) == data_set_bytes(path)


def test_a_bug_in_the_negotiation_ends_that_association_only(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    name = "SECRET^NAME"

    def broken(*_: object) -> None:
        raise KeyError(name)

    with monkeypatch.context() as patch, connected(door) as connection:
        patch.setattr("pynetdicom.acse.negotiate_as_acceptor", broken)
        connection.sendall(associate_request())
        assert is_closed(connection)
    wait_until(lambda: open_connections(door) == 0, what="a connection is left")

    assert echoscu(door.port).ok
    wait_until(
        lambda: not [each for each in threading.enumerate() if _is_serving(each, door)],
        what="a thread is left",
    )
    records = [each for each in caplog.records if each.name == "dicom_node.bugs"]
    assert [each.levelno for each in records] == [logging.ERROR]
    assert name not in caplog.text


def test_ten_senders_at_once(door: Door, make_ct: MakeCt) -> None:
    paths = [make_ct(f"{number}.dcm") for number in range(10)]

    def send(number: int) -> None:
        instance = dcmread(paths[number])
        with associated(door.port) as assoc:
            request = store_request(instance.SOPInstanceUID, data_set_bytes(paths[number]))
            assert exchange(assoc, request).Status == 0x0000

    senders = [threading.Thread(target=send, args=(number,)) for number in range(10)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(60)

    assert len(door.files()) == len(door.instances()) == 10
    assert [series.instance_count for series in door.series()] == [10]


def _is_serving(thread: threading.Thread, door: Door) -> bool:
    """Whether it is one of pynetdicom's second threads, on the listener's side."""
    assoc = getattr(thread, "assoc", None)
    return assoc is not None and assoc.is_acceptor and assoc._server in door.listener._servers


def _fragments(request: C_STORE, maximum: int) -> Iterator[P_DATA]:
    message = C_STORE_RQ()
    message.primitive_to_message(request)
    message.context_id = 1
    yield from message.encode_msg(1, maximum)


def _pdus_of_a_store(request: C_STORE) -> bytes:
    return b"".join(pdu.P_DATA_TF(each).encode() for each in _fragments(request, 131_072))
