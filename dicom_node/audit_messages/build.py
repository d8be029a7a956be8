"""The exporter as the configuration asks for it."""

from __future__ import annotations

import socket

from dicom_node.audit_messages.channel import Receiver
from dicom_node.audit_messages.exporter import AuditExporter, ExporterSettings
from dicom_node.audit_messages.message import AuditSource
from dicom_node.config import Settings
from dicom_node.config_security import AuditSection
from dicom_node.tls import TlsFiles, client_context
from storage.database import Database


def destination_of(section: AuditSection) -> str | None:
    """The name by which the database knows where the trail goes; None: nowhere."""
    if section.syslog_host is None:
        return None
    return Receiver(section.syslog_host, section.syslog_port, section.syslog_transport).name


def receiver_of(section: AuditSection) -> Receiver | None:
    """Where the trail goes; None: nowhere.

    Raises:
        ConfigError: a file of certificates or a key cannot be used; names the setting.
    """
    if section.syslog_host is None:
        return None
    context = None
    if section.syslog_transport == "tls" and section.syslog_ca is not None:
        context = client_context(
            TlsFiles("audit.syslog_", section.syslog_ca, section.syslog_cert, section.syslog_key)
        )
    return Receiver(section.syslog_host, section.syslog_port, section.syslog_transport, context)


def build_exporter(settings: Settings, database: Database, *, owner: str) -> AuditExporter | None:
    """What sends the trail on; None: nothing does.

    Raises:
        ConfigError: see :func:`receiver_of`.
    """
    receiver = receiver_of(settings.audit)
    if receiver is None:
        return None
    source = AuditSource(settings.dicom.ae_title, socket.gethostname(), settings.audit.site)
    return AuditExporter(database, ExporterSettings(receiver, source, owner))
