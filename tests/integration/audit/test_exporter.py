"""The audit trail reaches a real syslog receiver: in order, whole, whatever breaks."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import text

from dicom_node.audit_messages.build import destination_of, receiver_of
from dicom_node.audit_messages.channel import Receiver
from dicom_node.audit_messages.exporter import BATCH, AuditExporter, ExporterSettings
from dicom_node.audit_messages.message import AuditSource
from dicom_node.config_security import AuditSection
from storage import audit, audit_exports
from storage.database import Database, open_database
from storage.records import Actor, AuditExport
from tests.certificates import Authority
from tests.support import wait_until
from tests.syslog_receiver import SyslogReceiver, server_context

ROOT = Path(__file__).parents[3]
ANN = Actor("ann", "192.0.2.7")


class Clock:
    """Moved by hand."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.ahead = timedelta()

    def __call__(self) -> Any:
        return self._database.now() + self.ahead


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = open_database(f"sqlite:///{tmp_path / 'cspine.sqlite3'}")
    yield found
    found.close()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def write(database: Database, count: int = 1) -> None:
    with database.transaction():
        for _ in range(count):
            audit.record(database, ANN, "peer.added", "pacs", now=database.now())


def exporter(
    database: Database, receiver: Receiver | None, *, owner: str = "node-1", **more: Any
) -> AuditExporter:
    assert receiver is not None
    clock = more.pop("clock", None)
    settings = ExporterSettings(
        receiver,
        AuditSource("CSPINE", "ct-ai-1"),
        owner,
        **{"look_s": 0.02, "timeout_s": 5.0, **more},
    )
    return AuditExporter(database, settings, clock=clock)


@contextmanager
def running(found: AuditExporter) -> Iterator[None]:
    found.start()
    try:
        yield
    finally:
        found.stop()


def by_tls(authority: Authority, port: int, **more: Any) -> Receiver | None:
    section = AuditSection(
        syslog_host="127.0.0.1", syslog_port=port, syslog_ca=authority.pem.certificate, **more
    )
    return receiver_of(section)


def plain(port: int) -> Receiver:
    return Receiver("127.0.0.1", port, "tcp")


def position(database: Database) -> AuditExport:
    (found,) = audit_exports.exports(database)
    return found


def is_sent(database: Database) -> bool:
    """Whether all of the trail is."""
    found = audit_exports.exports(database)
    return [each.seq for each in found] == [audit_exports.last_seq(database)]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_entries_arrive_by_tls_in_order_and_valid(database: Database, authority: Authority) -> None:
    server, client = authority.issue("server"), authority.issue("client")
    tls = server_context(server.certificate, server.key, client_authority=authority.pem.certificate)
    schema = etree.RelaxNG(file=str(ROOT / "tests/data/audit-message.rng"))
    write(database, 2)
    with SyslogReceiver(tls) as receiver:
        to = by_tls(authority, receiver.port, syslog_cert=client.certificate, syslog_key=client.key)
        with running(exporter(database, to)):
            wait_until(lambda: len(receiver.messages) == 2)
            audit.record(database, ANN, "session.refused", "session", now=database.now())
            wait_until(lambda: len(receiver.messages) == 3)
            wait_until(lambda: is_sent(database))
        assert receiver.entries == [1, 2, 3]
        first, _, refused = receiver.messages
        assert (first.priority, refused.priority) == (85, 84)  # 10 × 8 + notice, warning
        assert (first.host, first.program, first.message_id) == (
            "ct-ai-1",
            "cspine-node",
            "DICOM+RFC3881",
        )
        for each in receiver.messages:
            assert schema.validate(etree.fromstring(each.body)), schema.error_log


def test_what_waits_is_known_by_the_name_in_the_settings(database: Database) -> None:
    with SyslogReceiver() as receiver:
        section = AuditSection(
            syslog_host="127.0.0.1", syslog_port=receiver.port, syslog_transport="tcp"
        )
        destination = destination_of(section)
        assert destination is not None
        write(database, 3)
        assert audit_exports.backlog(database, destination).entries == 3
        assert exporter(database, receiver_of(section)).step() == 3
        assert audit_exports.backlog(database, destination).entries == 0


def test_a_restart_goes_on_where_it_was(database: Database) -> None:
    with SyslogReceiver() as receiver:
        write(database, 3)
        assert exporter(database, plain(receiver.port)).step() == 3
        write(database, 2)
        assert exporter(database, plain(receiver.port)).step() == 2
        assert exporter(database, plain(receiver.port)).step() == 0
        wait_until(lambda: receiver.entries == [1, 2, 3, 4, 5])
        assert receiver.connections == 2  # and none to say nothing


def test_a_receiver_that_is_away_delays_nobody_and_gets_all_later(database: Database) -> None:
    port = free_port()
    clock = Clock(database)
    away = exporter(database, plain(port), clock=clock)
    write(database)
    assert away.step() == 0
    held = position(database)
    assert (held.seq, held.failures) == (0, 1)
    assert held.last_error is not None
    assert "refused" in held.last_error
    write(database)
    with SyslogReceiver(port=port) as receiver:
        assert away.step() == 0, "it is left alone for a while"
        clock.ahead = timedelta(minutes=10)
        assert away.step() == 2
        wait_until(lambda: receiver.entries == [1, 2])
    assert (position(database).failures, position(database).last_error) == (0, None)


def test_pauses_grow_up_to_a_bound(database: Database) -> None:
    clock = Clock(database)
    away = exporter(database, plain(free_port()), clock=clock, longest_retry_s=60)
    write(database)
    pauses = []
    for _ in range(8):
        before = clock()
        away.step()
        pauses.append((position(database).next_attempt_utc - before).total_seconds())
        clock.ahead += timedelta(seconds=200)
    assert pauses[0] < 8
    assert pauses[0] < pauses[2] < pauses[4]
    assert max(pauses) < 75


def test_what_was_under_way_when_the_connection_broke_comes_again(database: Database) -> None:
    write(database, 3 * BATCH)
    clock = Clock(database)
    with SyslogReceiver(end_after=BATCH + 20) as receiver:
        breaking = exporter(database, plain(receiver.port), clock=clock)
        breaking.step()
        wait_until(lambda: len(receiver.messages) >= BATCH + 20)
        clock.ahead = timedelta(minutes=10)
        breaking.step()
        wait_until(lambda: receiver.entries[-1] == 3 * BATCH)
        found = receiver.entries
    assert set(found) == set(range(1, 3 * BATCH + 1)), "none is missing"
    assert len(found) < 5 * BATCH, "what was confirmed is not sent again"
    assert position(database).seq == 3 * BATCH


def test_a_receiver_of_another_authority_learns_nothing(
    database: Database, authority: Authority, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other", "stranger").issue("server")
    write(database)
    with SyslogReceiver(server_context(other.certificate, other.key)) as receiver:
        assert exporter(database, by_tls(authority, receiver.port)).step() == 0
        assert receiver.messages == []
    assert "from an authority that audit.syslog_ca does not have" in str(
        position(database).last_error
    )


def test_a_receiver_with_another_name_learns_nothing(
    database: Database, authority: Authority
) -> None:
    other = authority.issue("server", host="audit.example.org")
    write(database)
    with SyslogReceiver(server_context(other.certificate, other.key)) as receiver:
        assert exporter(database, by_tls(authority, receiver.port)).step() == 0
        assert receiver.messages == []
    assert "another host name" in str(position(database).last_error)


def test_without_the_certificate_that_the_receiver_wants_nothing_counts_as_sent(
    database: Database, authority: Authority
) -> None:
    server = authority.issue("server")
    tls = server_context(server.certificate, server.key, client_authority=authority.pem.certificate)
    write(database)
    with SyslogReceiver(tls) as receiver:
        assert exporter(database, by_tls(authority, receiver.port)).step() == 0
        assert receiver.messages == []
    assert (position(database).seq, position(database).failures) == (0, 1)


def test_a_receiver_that_hangs_holds_up_nobody(database: Database, authority: Authority) -> None:
    write(database)
    with SyslogReceiver(mute=True) as receiver:
        hanging = exporter(database, by_tls(authority, receiver.port), timeout_s=0.2)
        with running(hanging):
            wait_until(lambda: receiver.connections == 1)
            write(database, 5)
            wait_until(lambda: any(each.failures for each in audit_exports.exports(database)))
    assert audit.verify(database) == 6
    assert position(database).seq == 0


def test_a_receiver_that_reads_nothing_is_no_receiver(database: Database) -> None:
    write(database, 2000)  # more than the buffers of two systems hold
    with SyslogReceiver(mute=True) as receiver:
        exporter(database, plain(receiver.port), timeout_s=0.3).step()
    assert position(database).failures == 1
    assert position(database).seq < 2000


def test_two_nodes_of_one_database_take_turns(database: Database) -> None:
    with SyslogReceiver() as receiver:
        nodes = [exporter(database, plain(receiver.port), owner=each) for each in ("a", "b")]
        with running(nodes[0]), running(nodes[1]):
            for _ in range(5):
                write(database, 10)
                wait_until(lambda: is_sent(database))
        wait_until(lambda: len(receiver.messages) >= 50)
        assert receiver.entries == list(range(1, 51))


def test_a_trail_that_was_put_back_from_a_copy_is_sent_anew(
    database: Database, tmp_path: Path
) -> None:
    with SyslogReceiver() as receiver:
        write(database, 3)
        assert exporter(database, plain(receiver.port)).step() == 3
        with database.transaction() as session:  # as after a copy of an earlier day
            session.execute(text("DROP TRIGGER audit_no_delete"))
            session.execute(text("DELETE FROM audit WHERE seq > 1"))
            session.execute(
                text("UPDATE audit_head SET seq = 1, hash = (SELECT hash FROM audit WHERE seq = 1)")
            )
        audit.record(database, ANN, "peer.removed", "pacs", now=database.now())
        audit.record(database, ANN, "peer.removed", "pacs", now=database.now())
        write(database)
        assert exporter(database, plain(receiver.port)).step() == 4
        wait_until(lambda: receiver.entries == [1, 2, 3, 1, 2, 3, 4])


def test_udp_on_loopback(database: Database) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(10)
        to = replace(plain(listener.getsockname()[1]), transport="udp")
        write(database)
        assert exporter(database, to).step() == 1
        assert listener.recv(65536).startswith(b"<85>1 20")
