"""A receiver that answers as a test tells it to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import evt
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import CTImageStorage, Verification  # type: ignore[attr-defined]

from dicom_node.scp.association import NodeRequestHandler, NodeServer
from dicom_node.wire import application_entity
from storage.records import Peer
from tests.dcmtk import LOOPBACK

Answer = int | Dataset | Callable[[Any], int]


def peer_at(port: int, **changes: Any) -> Peer:
    return replace(Peer(name="pacs", aet="PACS", host=LOOPBACK, port=port), **changes)


@contextmanager
def answering_scp(
    answer: Answer = 0x0000,
    *,
    transfer_syntaxes: tuple[str, ...] = (ExplicitVRLittleEndian,),
    abstract_syntaxes: tuple[str, ...] = (CTImageStorage, Verification),
    on_requested: Callable[[Any], None] | None = None,
    more_handlers: Sequence[tuple[Any, Callable[[Any], Any]]] = (),
) -> Iterator[int]:
    """A storage SCP on a port of its own; every request is answered with ``answer``."""
    ae = application_entity("PACS")
    ae.acse_timeout = ae.network_timeout = 30

    def handle(event: Any) -> Any:
        return answer(event) if callable(answer) else answer

    handlers: list[Any] = [(evt.EVT_C_STORE, handle), (evt.EVT_C_ECHO, handle), *more_handlers]
    if on_requested is not None:
        handlers.append((evt.EVT_REQUESTED, on_requested))
    # Not pynetdicom's own server: it leaves sockets open, which the tests count as an error.
    server = NodeServer(
        ae,
        (LOOPBACK, 0),
        "PACS",
        [build_context(each, list(transfer_syntaxes)) for each in abstract_syntaxes],
        evt_handlers=handlers,
        request_handler=NodeRequestHandler,
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join(30)
        for assoc in server.associations:
            assoc.close_connection()


def rejecting(result: int, source: int, reason: int) -> Callable[[Any], None]:
    """An EVT_REQUESTED handler that rejects."""

    def reject(event: Any) -> None:
        event.assoc.acse.send_reject(result, source, reason)
        event.assoc.kill()

    return reject


@contextmanager
def raw_peer(behaviour: Callable[[socket.socket], None]) -> Iterator[int]:
    """Something that accepts one connection after another and is no DICOM node."""
    with socket.create_server((LOOPBACK, 0)) as server:
        done = threading.Event()

        def serve() -> None:
            while not done.is_set():
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    behaviour(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            done.set()
            server.shutdown(socket.SHUT_RDWR)
            thread.join(30)


def hold(connection: socket.socket) -> None:
    """Read and say nothing, until the other side goes."""
    try:
        while connection.recv(65536):
            pass
    except OSError:
        pass
