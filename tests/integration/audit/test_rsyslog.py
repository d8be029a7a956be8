"""rsyslog, which others wrote, takes the audit trail by TLS and writes down valid messages."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lxml import etree

from dicom_node.audit_messages.build import receiver_of
from dicom_node.audit_messages.exporter import AuditExporter, ExporterSettings
from dicom_node.audit_messages.message import AuditSource
from dicom_node.config_security import AuditSection
from storage import audit
from storage.database import open_database
from storage.records import Actor
from tests.certificates import Authority, Pem
from tests.support import require_tool, wait_until

ROOT = Path(__file__).parents[3]
CONFIGURATION = """
global(
    workDirectory="{folder}"
    defaultNetstreamDriverCAFile="{ca}"
    defaultNetstreamDriverCertFile="{certificate}"
    defaultNetstreamDriverKeyFile="{key}"
)
module(
    load="imtcp"
    streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="x509/certvalid"
)
input(type="imtcp" port="0" address="127.0.0.1" listenPortFileName="{folder}/port")
template(name="whole" type="string" string="%syslogfacility% %msgid% %app-name% %msg%\\n")
action(type="omfile" file="{folder}/received" template="whole")
"""


@contextmanager
def rsyslog(folder: Path, authority: Authority, server: Pem) -> Iterator[int]:
    """A running rsyslog that wants a certificate of the authority; its port."""
    program = require_tool("rsyslogd")
    configuration = folder / "rsyslog.conf"
    configuration.write_text(
        CONFIGURATION.format(
            folder=folder,
            ca=authority.pem.certificate,
            certificate=server.certificate,
            key=server.key,
        )
    )
    command = [str(program), "-n", "-f", str(configuration), "-i", f"{folder}/rsyslog.pid"]
    with (folder / "rsyslog.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            port = folder / "port"
            wait_until(
                lambda: port.exists() and port.read_text().strip() != "",
                what=(folder / "rsyslog.log").read_text(),
            )
            yield int(port.read_text())
        finally:
            process.terminate()
            process.wait(30)


def test_rsyslog_writes_down_every_entry(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    server, client = authority.issue("server"), authority.issue("client")
    database = open_database(f"sqlite:///{tmp_path / 'cspine.sqlite3'}")
    ann = Actor("ann", "192.0.2.7")
    for action in ("session.opened", "series.viewed", "peer.added"):
        audit.record(database, ann, action, "Grüße", now=database.now())
    with rsyslog(tmp_path, authority, server) as port:
        section = AuditSection(
            syslog_host="127.0.0.1",
            syslog_port=port,
            syslog_ca=authority.pem.certificate,
            syslog_cert=client.certificate,
            syslog_key=client.key,
        )
        receiver = receiver_of(section)
        assert receiver is not None
        settings = ExporterSettings(receiver, AuditSource("CSPINE", "ct-ai-1"), "node-1")
        assert AuditExporter(database, settings).step() == 3
        received = tmp_path / "received"
        wait_until(lambda: received.exists() and received.read_bytes().count(b"\n") == 3)
    database.close()
    schema = etree.RelaxNG(file=str(ROOT / "tests/data/audit-message.rng"))
    events = []
    for line in received.read_bytes().splitlines():
        header, _, body = line.partition(b"\xef\xbb\xbf")
        assert header.decode() == "10 DICOM+RFC3881 cspine-node "
        message = etree.fromstring(body)
        assert schema.validate(message), schema.error_log
        events.append(message.find("EventIdentification/EventID").get("csd-code"))
    assert events == ["110114", "110103", "110113"]
