"""TLS on the DICOM network, both ways, with DCMTK and with our own other side."""

from __future__ import annotations

import logging
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dicom_node.config import DicomSection, load_settings
from dicom_node.errors import ConfigError, PeerRefusedError, PeerUnreachableError
from dicom_node.scu.association import ScuIdentity, ScuTimeouts
from dicom_node.scu.echo import EchoStep, echo
from dicom_node.scu.steps import Step
from dicom_node.scu.store import send_instance
from dicom_node.tls import calling_context, listening_context
from storage.peers import list_refused
from storage.records import Peer
from tests.certificates import DAY, Authority, Pem
from tests.dcmtk import (
    LOOPBACK,
    RunningStoreScp,
    ToolResult,
    data_set_bytes,
    echoscu,
    run_tool,
    storescp,
    storescu,
)
from tests.integration.network.answering_scp import answering_scp, hold, peer_at, raw_peer
from tests.integration.network.conftest import Door, MakeCt, OpenDoor
from tests.integration.network.raw_scu import associated
from tests.node_process import NodeProcess
from tests.support import wait_until

SHORT = ScuTimeouts(connection_s=0.5, acse_s=5, dimse_s=5, stall_s=5)


@dataclass(frozen=True, slots=True)
class Pki:
    """What a hospital's authority gave us and a peer."""

    authority: Authority
    ours: Pem
    theirs: Pem

    def section(self, **changes: Any) -> DicomSection:
        usual: dict[str, Any] = {
            "tls_port": 0,
            "tls_cert": self.ours.certificate,
            "tls_key": self.ours.key,
            "tls_ca": self.authority.pem.certificate,
        }
        return DicomSection(**(usual | changes))

    def identity(self, timeouts: ScuTimeouts | None = None, **changes: Any) -> ScuIdentity:
        context = calling_context(self.section(**changes))
        return ScuIdentity("CSPINE", timeouts or ScuTimeouts(), context)

    def dcmtk(self, pem: Pem | None = None) -> tuple[str | Path, ...]:
        shown = pem or self.theirs
        return ("+tls", shown.key, shown.certificate, "+cf", self.authority.pem.certificate)


@pytest.fixture
def pki(tmp_path: Path) -> Pki:
    folder = tmp_path / "pki"
    folder.mkdir()
    authority = Authority(folder)
    return Pki(authority, authority.issue("ours"), authority.issue("theirs"))


@pytest.fixture
def tls_door(open_door: OpenDoor, pki: Pki) -> Door:
    """A node with both ports that admits STORESCU on this machine, with TLS only."""
    door = open_door(tls_port=0, tls=listening_context(pki.section()))
    door.add_peer(tls=True)
    return door


@contextmanager
def tls_storescp(folder: Path, pki: Pki, pem: Pem | None = None) -> Iterator[RunningStoreScp]:
    with storescp(folder, *map(str, pki.dcmtk(pem))) as peer:
        yield peer


def failed_handshake(port: int, identity: ScuIdentity, **peer: Any) -> EchoStep:
    """What the echo says of the TLS handshake, which fails after a TCP connection."""
    steps = echo(peer_at(port, tls=True, **peer), identity)
    assert [each.step for each in steps] == [Step.NAME, Step.CONNECTION, Step.TLS]
    assert [each.ok for each in steps] == [True, True, False]
    return steps[-1]


def secured_echo(port: int, pki: Pki, pem: Pem | None = None) -> ToolResult:
    options = ("-aet", "STORESCU", "-aec", "CSPINE", *pki.dcmtk(pem))
    return run_tool("echoscu", "-v", *options, LOOPBACK, str(port))


# We call.


def test_dcmtk_answers_each_step(tmp_path: Path, pki: Pki) -> None:
    with tls_storescp(tmp_path / "received", pki) as peer:
        steps = echo(peer_at(peer.port, aet="STORESCP", tls=True), pki.identity())

    assert [each.step for each in steps] == list(Step)
    assert all(each.ok for each in steps)


def test_dcmtk_takes_an_instance(tmp_path: Path, pki: Pki, make_ct: MakeCt) -> None:
    sent = make_ct()
    with tls_storescp(tmp_path / "received", pki) as peer:
        send_instance(peer_at(peer.port, aet="STORESCP", tls=True), sent, pki.identity())

        (received,) = peer.received()
    assert data_set_bytes(received) == data_set_bytes(sent)


@pytest.mark.parametrize(
    ("valid_for", "host", "words"),
    [
        (-DAY, LOOPBACK, "has expired"),
        (DAY, "192.0.2.7", "another host name or address"),
        (DAY, "pacs.example.org", "another host name or address"),
    ],
)
def test_a_certificate_that_does_not_fit(
    tmp_path: Path, pki: Pki, valid_for: Any, host: str, words: str
) -> None:
    unfit = pki.authority.issue("unfit", valid_for=valid_for, host=host)
    with tls_storescp(tmp_path / "received", pki, unfit) as peer:
        failed = failed_handshake(peer.port, pki.identity())

    assert words in failed.text


def test_a_host_is_verified_by_its_name(tmp_path: Path, pki: Pki) -> None:
    named = pki.authority.issue("named", host="localhost")
    with tls_storescp(tmp_path / "received", pki, named) as peer:
        there = peer_at(peer.port, aet="STORESCP", tls=True, host="localhost")

        assert all(each.ok for each in echo(there, pki.identity()))


def test_a_certificate_of_an_unknown_authority(tmp_path: Path, pki: Pki) -> None:
    stranger = Authority(tmp_path, "stranger").issue("theirs")
    with tls_storescp(tmp_path / "received", pki, stranger) as peer:
        failed = failed_handshake(peer.port, pki.identity())

    assert "authority" in failed.text
    assert "dicom.tls_ca" in failed.text


def test_dcmtk_wants_a_certificate_and_we_have_none(tmp_path: Path, pki: Pki) -> None:
    bare = pki.identity(tls_port=None, tls_cert=None, tls_key=None)
    with tls_storescp(tmp_path / "received", pki) as peer:
        failed = failed_handshake(peer.port, bare)

    assert "certificate" in failed.text


def test_our_own_other_side_wants_a_certificate(tls_door: Door, pki: Pki) -> None:
    bare = pki.identity(tls_port=None, tls_cert=None, tls_key=None)

    failed = failed_handshake(tls_door.listener.tls_port, bare)

    assert "it wants a certificate" in failed.text


def test_a_peer_without_tls_gets_nothing_in_clear(tmp_path: Path, pki: Pki) -> None:
    with storescp(tmp_path / "received") as peer:
        failed = failed_handshake(peer.port, pki.identity(SHORT))

    assert "TLS" in failed.text


def test_a_peer_that_answers_in_clear(pki: Pki) -> None:
    def speak(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with raw_peer(speak) as port:
        assert "does not speak TLS" in failed_handshake(port, pki.identity()).text


def test_a_peer_that_says_nothing_holds_us_for_a_moment_only(pki: Pki) -> None:
    with raw_peer(hold) as port:
        assert "in time" in failed_handshake(port, pki.identity(SHORT)).text


def test_without_tls_here_nothing_is_sent(make_ct: MakeCt) -> None:
    received = bytearray()

    def listen(connection: socket.socket) -> None:
        while some := connection.recv(65536):
            received.extend(some)

    with raw_peer(listen) as port:
        assert "dicom.tls_ca" in failed_handshake(port, ScuIdentity("CSPINE")).text
        with pytest.raises(PeerRefusedError, match=r"dicom\.tls_ca"):
            send_instance(peer_at(port, tls=True), make_ct(), ScuIdentity("CSPINE"))
    assert not received


def test_a_failed_handshake_is_tried_again(make_ct: MakeCt, pki: Pki) -> None:
    with answering_scp() as port, pytest.raises(PeerUnreachableError, match="TLS"):
        send_instance(peer_at(port, tls=True), make_ct(), pki.identity(SHORT))


# We are called.


def test_dcmtk_stores_an_instance(tls_door: Door, pki: Pki, make_ct: MakeCt) -> None:
    sent = make_ct()

    result = storescu(tls_door.listener.tls_port, *pki.dcmtk(), sent)

    assert result.ok, result.output
    (stored,) = tls_door.files()
    assert data_set_bytes(stored) == data_set_bytes(sent)


def test_our_own_sender_stores_instances(tls_door: Door, pki: Pki, make_ct: MakeCt) -> None:
    tls_door.add_peer("self", aet="CSPINE", tls=True)
    there = peer_at(tls_door.listener.tls_port, aet="CSPINE", tls=True)

    send_instance(there, make_ct(), pki.identity())

    assert len(tls_door.files()) == 1
    assert all(each.ok for each in echo(there, pki.identity()))


def test_a_peer_with_tls_is_not_served_in_clear(tls_door: Door) -> None:
    assert not echoscu(tls_door.port).ok

    wait_until(lambda: bool(list_refused(tls_door.database)))
    (refused,) = list_refused(tls_door.database)
    assert "came without" in refused.reason


def test_a_peer_without_tls_still_has_the_other_port(tls_door: Door) -> None:
    tls_door.add_peer("plain", aet="PLAIN")

    assert echoscu(tls_door.port, calling_aet="PLAIN").ok


def test_a_certificate_opens_no_door_to_a_stranger(open_door: OpenDoor, pki: Pki) -> None:
    door = open_door(tls_port=0, tls=listening_context(pki.section()))

    assert not secured_echo(door.listener.tls_port, pki).ok
    wait_until(lambda: bool(list_refused(door.database)))


@pytest.mark.parametrize("fault", ["expired", "unknown authority", "none"])
def test_callers_without_a_good_certificate_are_turned_away(
    tls_door: Door, tmp_path: Path, pki: Pki, fault: str
) -> None:
    shown = {
        "expired": lambda: pki.authority.issue("old", valid_for=-DAY),
        "unknown authority": lambda: Authority(tmp_path, "stranger").issue("other"),
    }
    context = ssl.create_default_context(cafile=pki.authority.pem.certificate)
    if fault in shown:
        pem = shown[fault]()
        context.load_cert_chain(pem.certificate, pem.key)
    port = tls_door.listener.tls_port

    with (
        socket.create_connection((LOOPBACK, port), timeout=30) as raw,
        pytest.raises(ssl.SSLError, match=r"(?i)alert"),
        context.wrap_socket(raw, server_hostname=LOOPBACK) as connection,
    ):
        connection.recv(1)  # in TLS 1.3 the answer to our certificate comes here

    assert secured_echo(port, pki).ok


def test_old_versions_are_not_spoken(tls_door: Door, pki: Pki) -> None:
    context = ssl.create_default_context(cafile=pki.authority.pem.certificate)
    context.load_cert_chain(pki.theirs.certificate, pki.theirs.key)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="deprecated"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="deprecated"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1

    with (
        socket.create_connection((LOOPBACK, tls_door.listener.tls_port), timeout=30) as raw,
        pytest.raises(ssl.SSLError),
    ):
        context.wrap_socket(raw, server_hostname=LOOPBACK)


def test_idle_connections_hold_nobody_up(tls_door: Door, pki: Pki) -> None:
    port = tls_door.listener.tls_port
    idle = [socket.create_connection((LOOPBACK, port)) for _ in range(20)]
    try:
        assert secured_echo(port, pki).ok
    finally:
        for each in idle:
            each.close()


@pytest.mark.parametrize("said", [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01"])
def test_a_handshake_has_a_deadline(open_door: OpenDoor, pki: Pki, said: bytes) -> None:
    door = open_door(tls_port=0, tls=listening_context(pki.section()), acse_timeout_s=0.3)

    with socket.create_connection((LOOPBACK, door.listener.tls_port), timeout=30) as idle:
        idle.sendall(said)
        while idle.recv(65536):  # an alert, then the end
            pass

    wait_until(lambda: not door.listener.associations)


def test_plain_dicom_on_the_port_for_tls_ends_quietly(
    tls_door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), associated(tls_door.listener.tls_port) as assoc:
        assert not assoc.is_established

    wait_until(lambda: not tls_door.listener.associations)
    ours = [each for each in caplog.records if each.name.startswith("dicom_node")]
    assert ["no TLS with a caller" in each.getMessage() for each in ours] == [True]
    assert all(each.levelno < logging.ERROR and each.exc_info is None for each in ours)


def test_stopping_cuts_a_handshake(tls_door: Door) -> None:
    with socket.create_connection((LOOPBACK, tls_door.listener.tls_port)) as idle:
        wait_until(lambda: bool(tls_door.listener.associations))

        tls_door.listener.stop(grace_s=0)

        idle.settimeout(30)
        assert idle.recv(1) == b""
    assert not tls_door.listener.associations


# How it is configured.


def test_a_mistake_names_its_key(tmp_path: Path, pki: Pki) -> None:
    nothing = tmp_path / "nothing.pem"
    nothing.write_text("nothing")
    for key in ("tls_cert", "tls_key", "tls_ca"):
        for wrong in (nothing, tmp_path / "missing.pem"):
            with pytest.raises(ConfigError, match=f"^dicom.{key}: "):
                listening_context(pki.section(**{key: wrong}))
    with pytest.raises(ConfigError, match=r"^dicom\.tls_key: it is not the key"):
        calling_context(pki.section(tls_key=pki.theirs.key))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('tls_cert = "/a"', "tls_key"),
        ('tls_cert = "/a"\ntls_key = "/b"', "tls_ca"),
        ("tls_port = 2762", "tls_cert"),
        (
            'port = 2762\ntls_port = 2762\ntls_cert = "/a"\ntls_key = "/b"\ntls_ca = "/c"',
            "the same",
        ),
    ],
)
def test_keys_that_do_not_go_together(tmp_path: Path, lines: str, words: str) -> None:
    file = tmp_path / "node.toml"
    file.write_text(f"[dicom]\n{lines}\n")

    with pytest.raises(ConfigError, match=f"^dicom: .*{words}"):
        load_settings(file, {})


def test_the_whole_node_has_the_port(
    tmp_path: Path, pki: Pki, make_ct: MakeCt, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = pki.section()
    for key in ("tls_port", "tls_cert", "tls_key", "tls_ca"):
        monkeypatch.setenv(f"CSPINE_DICOM__{key.upper()}", str(getattr(section, key)))
    node = NodeProcess(tmp_path / "node")
    node.add_peer(Peer("ct", "STORESCU", LOOPBACK, 1, may_send=True, tls=True))
    try:
        node.start()
        wait_until(lambda: "with TLS" in node.log.read_text())
        found = re.search(r"port (\d+) with TLS", node.log.read_text())
        assert found is not None
        result = storescu(int(found[1]), *pki.dcmtk(), make_ct())
    finally:
        node.end()

    assert result.ok, result.output
    assert len(list(node.data_dir.instance_paths())) == 1
    assert pki.ours.key.read_text() not in node.log.read_text()


def test_without_keys_there_is_no_tls() -> None:
    assert calling_context(DicomSection()) is None
    assert listening_context(DicomSection()) is None
