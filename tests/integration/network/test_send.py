"""Sending one instance: what is delivered, what may be tried again, what is refused for good."""

from __future__ import annotations

import socket
import struct
import threading
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import evt
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import CTImageStorage, MRImageStorage  # type: ignore[attr-defined]

from dicom_node.errors import InputError, PeerFailedError, PeerRefusedError, PeerUnreachableError
from dicom_node.scu.association import ScuIdentity, ScuTimeouts, association
from dicom_node.scu.steps import StepFailedError
from dicom_node.scu.store import SendOutcome, send_instance
from tests.dcmtk import converted, data_set_bytes, free_port, storescp
from tests.integration.network.answering_scp import (
    answering_scp,
    hold,
    peer_at,
    raw_peer,
    rejecting,
)
from tests.integration.network.conftest import Door, MakeCt
from tests.support import wait_until

SHORT = ScuTimeouts(connection_s=1, acse_s=0.3, dimse_s=0.3, stall_s=0.3)


def send(port: int, path: Path, **peer: Any) -> SendOutcome:
    return send_instance(peer_at(port, **peer), path, ScuIdentity("CSPINE"))


def test_dcmtk_gets_the_bytes(make_ct: MakeCt, tmp_path: Path) -> None:
    path = make_ct()

    with storescp(tmp_path / "received") as peer:
        assert send(peer.port, path, aet="STORESCP") == SendOutcome(0x0000)
        (received,) = peer.received()

    assert data_set_bytes(received) == data_set_bytes(path)


@pytest.mark.parametrize(
    ("tool", "option", "accept"),
    [
        ("dcmcjpeg", "+e1", "+xs"),
        ("dcmcrle", "+un", "+xr"),
        ("dcmcjpls", "+el", "+xt"),
        ("dcmconv", "+ti", "+x="),
    ],
)
def test_other_transfer_syntaxes_arrive_as_they_are(
    make_ct: MakeCt, tmp_path: Path, tool: str, option: str, accept: str
) -> None:
    path = converted(make_ct(), tmp_path / "converted.dcm", tool, option)

    with storescp(tmp_path / "received", accept) as peer:
        assert send(peer.port, path, aet="STORESCP").status == 0x0000
        (received,) = peer.received()

    assert (
        dcmread(received).file_meta.TransferSyntaxUID == dcmread(path).file_meta.TransferSyntaxUID
    )
    assert dcmread(received) == dcmread(path)


def test_a_peer_that_knows_only_implicit_vr(make_ct: MakeCt, tmp_path: Path) -> None:
    path = make_ct()

    with storescp(tmp_path / "received", "+xi") as peer:
        assert send(peer.port, path, aet="STORESCP").status == 0x0000
        (received,) = peer.received()

    instance = dcmread(received)
    assert instance.file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
    assert instance.PixelData == dcmread(path).PixelData


def test_our_own_listener(door: Door, make_ct: MakeCt) -> None:
    path = make_ct()
    door.add_peer("self", aet="CSPINE")

    assert send(door.port, path, aet="CSPINE").status == 0x0000

    assert [data_set_bytes(each) for each in door.files()] == [data_set_bytes(path)]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0xB000, "coerced"),
        (0xB006, "discarded"),
        (0xB007, "does not match"),
        (0x0111, "has it already"),
    ],
)
def test_a_warning_is_a_delivery(make_ct: MakeCt, status: int, words: str) -> None:
    with answering_scp(status) as port:
        outcome = send(port, make_ct())

    assert outcome.status == status
    assert outcome.warning is not None
    assert words in outcome.warning


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (0xA700, PeerUnreachableError),
        (0xA7FF, PeerUnreachableError),
        (0x0110, PeerUnreachableError),
        (0x0124, PeerUnreachableError),
        (0x0213, PeerUnreachableError),
        (0x0122, PeerRefusedError),
        (0x0117, PeerRefusedError),
        (0xA900, PeerRefusedError),
        (0xC000, PeerRefusedError),
        (0xCFFF, PeerRefusedError),
    ],
)
def test_a_failure_status(make_ct: MakeCt, status: int, error: type[PeerFailedError]) -> None:
    with answering_scp(status) as port, pytest.raises(error, match=f"pacs.*0x{status:04X}"):
        send(port, make_ct())


def test_the_elements_that_the_peer_names_are_told_but_not_its_words(make_ct: MakeCt) -> None:
    answer = Dataset()
    answer.Status = 0xA900
    answer.OffendingElement = [0x00100010]
    answer.ErrorComment = "DOE^JOHN is not a name"

    with answering_scp(answer) as port, pytest.raises(PeerRefusedError) as raised:
        send(port, make_ct())

    assert "(0010,0010)" in str(raised.value)
    assert "DOE" not in str(raised.value)


@pytest.mark.parametrize(
    ("codes", "error", "words"),
    [
        ((1, 1, 1), PeerRefusedError, "gives no reason"),
        ((1, 1, 2), PeerRefusedError, "application context"),
        ((1, 1, 3), PeerUnreachableError, "AE title CSPINE"),
        ((1, 1, 7), PeerUnreachableError, "is not PACS"),
        ((1, 2, 2), PeerRefusedError, "protocol version"),
        ((2, 1, 1), PeerUnreachableError, "gives no reason"),
        ((2, 3, 1), PeerUnreachableError, "congested"),
        ((2, 3, 2), PeerUnreachableError, "as many associations"),
    ],
)
def test_a_rejected_association(
    make_ct: MakeCt, codes: tuple[int, int, int], error: type[PeerFailedError], words: str
) -> None:
    with (
        answering_scp(on_requested=rejecting(*codes)) as port,
        pytest.raises(error, match=words),
    ):
        send(port, make_ct())


def test_a_rejection_that_is_over_before_anybody_looks() -> None:
    """pynetdicom looks whether it is connected when the peer may have gone again."""
    gone = threading.Event()
    handlers = [
        (evt.EVT_CONN_CLOSE, lambda _: gone.set()),
        (evt.EVT_REQUESTED, lambda _: gone.wait(30)),  # in the thread that looks, before it does
    ]
    context = build_context(CTImageStorage)
    with (
        answering_scp(on_requested=rejecting(1, 1, 3)) as port,
        pytest.raises(StepFailedError, match="AE title CSPINE"),
        association(peer_at(port), [context], ScuIdentity("CSPINE"), handlers=handlers),
    ):
        pass
    assert gone.is_set()


def test_dcmtk_refuses(make_ct: MakeCt, tmp_path: Path) -> None:
    with storescp(tmp_path / "received", "--refuse") as peer, pytest.raises(PeerRefusedError):
        send(peer.port, make_ct(), aet="STORESCP")


@pytest.mark.parametrize("when", ["--abort-after", "--abort-during"])
def test_dcmtk_aborts(make_ct: MakeCt, tmp_path: Path, when: str) -> None:
    with (
        storescp(tmp_path / "received", when) as peer,
        pytest.raises(PeerUnreachableError, match="no response"),
    ):
        send(peer.port, make_ct(), aet="STORESCP")


def test_a_sop_class_that_the_peer_does_not_take(make_ct: MakeCt) -> None:
    path = make_ct(SOPClassUID=MRImageStorage)

    with answering_scp() as port, pytest.raises(PeerRefusedError, match="MR Image Storage"):
        send(port, path)


def test_a_transfer_syntax_that_the_peer_does_not_take(make_ct: MakeCt, tmp_path: Path) -> None:
    path = converted(make_ct(), tmp_path / "rle.dcm", "dcmcrle")

    with (
        answering_scp(transfer_syntaxes=(ExplicitVRLittleEndian,)) as port,
        pytest.raises(PeerRefusedError, match="presentation context"),
    ):
        send(port, path)


def test_nothing_listens(make_ct: MakeCt) -> None:
    with pytest.raises(PeerUnreachableError, match="no TCP connection"):
        send(free_port(), make_ct())


def test_the_host_has_no_address(make_ct: MakeCt) -> None:
    with pytest.raises(PeerUnreachableError, match="cannot be resolved"):
        send(104, make_ct(), host="pacs.invalid")


def test_a_peer_with_tls_gets_nothing_in_clear(make_ct: MakeCt) -> None:
    with answering_scp() as port, pytest.raises(PeerRefusedError, match="TLS"):
        send(port, make_ct(), tls=True)


def test_a_peer_that_does_not_answer_the_store(make_ct: MakeCt) -> None:
    let_go = threading.Event()
    impatient = ScuTimeouts(dimse_s=0.3)

    def hang(_: Any) -> int:
        let_go.wait(60)
        return 0x0000

    with answering_scp(hang) as port:
        with pytest.raises(PeerUnreachableError, match="no response"):
            send_instance(peer_at(port), make_ct(), ScuIdentity("CSPINE", impatient))
        let_go.set()
    _assert_no_thread_left()


def test_a_peer_that_does_not_answer_the_association_request(make_ct: MakeCt) -> None:
    with raw_peer(hold) as port, pytest.raises(PeerUnreachableError, match="did not answer"):
        send_instance(peer_at(port), make_ct(), ScuIdentity("CSPINE", SHORT))
    _assert_no_thread_left()


def test_a_peer_that_stops_in_mid_pdu(make_ct: MakeCt) -> None:
    """pynetdicom alone would wait for the rest for ever."""

    def half_a_pdu(connection: socket.socket) -> None:
        connection.sendall(struct.pack(">BBL", 0x02, 0, 500) + b"\0\1")
        hold(connection)

    with raw_peer(half_a_pdu) as port, pytest.raises(PeerUnreachableError):
        send_instance(peer_at(port), make_ct(), ScuIdentity("CSPINE", SHORT))
    _assert_no_thread_left()


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
def test_a_peer_that_is_no_dicom_node(make_ct: MakeCt, answer: bytes) -> None:
    def speak(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    with raw_peer(speak) as port, pytest.raises(PeerUnreachableError):
        send_instance(peer_at(port), make_ct(), ScuIdentity("CSPINE", SHORT))
    _assert_no_thread_left()


def test_a_release_that_is_not_answered_does_not_undo_the_delivery(make_ct: MakeCt) -> None:
    def deaf_from_now_on(event: Any) -> int:
        event.assoc.acse.is_release_requested = lambda: False
        return 0x0000

    patient = ScuTimeouts(acse_s=1)
    with answering_scp(deaf_from_now_on) as port:
        outcome = send_instance(peer_at(port), make_ct(), ScuIdentity("CSPINE", patient))

    assert outcome == SendOutcome(0x0000)
    _assert_no_thread_left()


@pytest.mark.parametrize("content", [b"", b"no DICOM file"])
def test_what_is_no_dicom_file_is_not_sent(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "report.dcm"
    path.write_bytes(content)

    with pytest.raises(InputError, match=r"report\.dcm"):
        send(104, path)


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.dcm"):
        send(104, tmp_path / "gone.dcm")


def _assert_no_thread_left() -> None:
    def requestors() -> list[threading.Thread]:
        threads = threading.enumerate()
        return [
            each
            for each in threads
            if getattr(getattr(each, "assoc", each), "is_requestor", False) is True
        ]

    wait_until(lambda: requestors() == [], what="a requestor's thread is left")
