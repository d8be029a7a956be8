"""A whole node sends its audit trail on: from its start to its end, over a kill in between."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from dicom_node.api.passwords import Passwords
from storage import audit, users
from storage.records import Role
from tests.certificates import Authority
from tests.ct_series import write_ct_series
from tests.e2e.test_api import PASSWORD, url_of
from tests.node_process import NodeProcess
from tests.support import wait_until
from tests.syslog_receiver import Received, SyslogReceiver, server_context


def said(message: Received) -> tuple[str | None, str | None]:
    """EventID and EventTypeCode."""
    event = message.xml.find("EventIdentification")
    assert event is not None
    codes = [event.find(name) for name in ("EventID", "EventTypeCode")]
    first, second = (None if code is None else code.get("csd-code") for code in codes)
    return first, second


def objects(message: Received) -> set[str | None]:
    return {
        each.get("ParticipantObjectID")
        for each in message.xml.findall("ParticipantObjectIdentification")
    }


def test_the_trail_arrives_over_kill_and_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    server, client = authority.issue("server"), authority.issue("client")
    tls = server_context(server.certificate, server.key, client_authority=authority.pem.certificate)
    node = NodeProcess(tmp_path / "node")
    with node.database() as database:
        ann_hash = Passwords().hash(PASSWORD)
        users.add_user(database, "ann", role=Role.ADMIN, password_hash=ann_hash, now=database.now())
    with SyslogReceiver(tls) as receiver:
        for key, value in {
            "HOST": "127.0.0.1",
            "PORT": receiver.port,
            "CA": authority.pem.certificate,
            "CERT": client.certificate,
            "KEY": client.key,
        }.items():
            monkeypatch.setenv(f"CSPINE_AUDIT__SYSLOG_{key}", str(value))
        node.start()
        try:
            with httpx.Client(base_url=url_of(node), timeout=60) as http:
                body = {"name": "ann", "password": PASSWORD}
                token = http.post("/api/v1/session", json=body).json()["token"]
                paths = write_ct_series(tmp_path / "ct", slices=3)
                http.post(
                    "/api/v1/uploads",
                    files=[("files", (path.name, path.read_bytes())) for path in paths],
                    headers={"Authorization": f"Bearer {token}"},
                ).raise_for_status()
            wait_until(lambda: len(receiver.messages) >= 3)
            node.kill()
            node.start()
        finally:
            node.end()
        with node.database() as database:
            actions = [each.action for each in audit.entries(database)]
        assert actions == [
            "node.started",
            "session.opened",
            "series.uploaded",
            "node.started",
            "node.stopped",
        ]
        node.start()  # what was not sent before the end is sent now
        try:
            wait_until(lambda: len(set(receiver.entries)) == 6)
        finally:
            node.end()
        found = {each.entry: each for each in receiver.messages}
    assert [said(found[number]) for number in range(1, 7)] == [
        ("110100", "110120"),
        ("110114", "110122"),
        ("110107", None),
        ("110100", "110120"),
        ("110100", "110121"),
        ("110100", "110120"),
    ]
    assert "CSPINE-TEST" in objects(found[3])
    assert "CSPINE-TEST" not in node.log.read_text()
