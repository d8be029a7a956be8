"""Starting and stopping the listener."""

from __future__ import annotations

import socket
import struct
import threading

import pytest
from pydicom import dcmread

from dicom_node.errors import EnvironmentFailedError
from storage.files import DataDir
from tests.dcmtk import LOOPBACK, data_set_bytes, is_listening
from tests.integration.network.conftest import Door, MakeCt, OpenDoor
from tests.integration.network.raw_scu import associated, exchange, store_request
from tests.support import wait_until


def test_a_port_in_use_is_named(open_door: OpenDoor) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(EnvironmentFailedError, match=f"cannot listen on .* port {port}"):
            open_door(port=port)


def test_an_address_that_is_not_ours(open_door: OpenDoor) -> None:
    with pytest.raises(EnvironmentFailedError, match=r"cannot listen on 192\.0\.2\.1"):
        open_door(bind="192.0.2.1")


def test_stopping_an_idle_listener(door: Door) -> None:
    port = door.port

    door.listener.stop(grace_s=60)

    assert not is_listening(port)
    door.listener.stop(grace_s=60)  # again: nothing happens


def test_the_port_can_be_used_again_at_once(open_door: OpenDoor) -> None:
    first = open_door()
    port = first.port
    first.add_peer()
    with associated(port) as assoc:
        assert assoc.is_established
    first.listener.stop(grace_s=60)

    second = open_door(port=port)

    assert second.port == port


class SlowDataDir(DataDir):
    """Holds an instance until the test lets go of it."""

    reached = threading.Event()
    go_on = threading.Event()

    def free_bytes(self) -> int:
        self.reached.set()
        assert self.go_on.wait(60)
        return super().free_bytes()


def test_what_is_under_way_is_finished_within_the_grace(
    open_door: OpenDoor, make_ct: MakeCt
) -> None:
    door = open_door(data_dir=SlowDataDir)
    door.add_peer()
    path = make_ct()
    answers: list[int] = []

    def send() -> None:
        request = store_request(dcmread(path).SOPInstanceUID, data_set_bytes(path))
        with associated(port) as assoc:
            answers.append(exchange(assoc, request).Status)

    port = door.port
    sender = threading.Thread(target=send)
    sender.start()
    assert SlowDataDir.reached.wait(60)
    stopper = threading.Thread(target=door.listener.stop, args=(60,))
    stopper.start()
    wait_until(lambda: not is_listening(port), what="still listening")

    SlowDataDir.go_on.set()
    sender.join(60)
    stopper.join(60)

    assert answers == [0x0000]
    assert not stopper.is_alive()
    assert len(door.files()) == 1


def test_an_association_that_stays_open_is_aborted_after_the_grace(door: Door) -> None:
    with associated(door.port) as assoc:
        assert assoc.is_established

        door.listener.stop(grace_s=0.05)

        wait_until(lambda: assoc.is_aborted, what="not aborted")
    assert _threads_of(door) == []


def test_connections_that_say_nothing_do_not_hold_up_the_stop(door: Door) -> None:
    with (
        socket.create_connection((LOOPBACK, door.port)),
        socket.create_connection((LOOPBACK, door.port)) as partial,
    ):
        partial.sendall(struct.pack(">BBL", 0x01, 0, 500) + b"\0\1")
        wait_until(lambda: len(_threads_of(door)) == 4, what="not yet accepted")

        door.listener.stop(grace_s=0)

        wait_until(lambda: _threads_of(door) == [], what="threads are left")


def test_a_request_during_the_stop_is_refused_for_now(door: Door) -> None:
    """One whose connection was accepted before the listening socket was closed."""
    door.listener._stopping.set()

    with associated(door.port) as assoc:
        answer = assoc.acceptor.primitive

    assert assoc.is_rejected
    assert answer is not None
    assert (answer.result, answer.result_source, answer.diagnostic) == (2, 3, 1)


def _threads_of(door: Door) -> list[threading.Thread]:
    """The two threads of every connection that is open."""
    found = []
    for thread in threading.enumerate():
        assoc = getattr(thread, "assoc", thread)
        if getattr(assoc, "_server", None) in door.listener._servers:
            found.append(thread)
    return found
