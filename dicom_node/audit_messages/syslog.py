"""Syslog messages (RFC 5424) that carry audit messages (PS3.15 A.6), and how they are framed."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Final

FACILITY: Final = 10
"""Security and authorization (PS3.15 A.6)."""
SEVERITY_OF_OUTCOME: Final = {0: 5, 4: 4, 8: 3, 12: 2}
"""EventOutcomeIndicator → notice, warning, error, critical."""
MESSAGE_ID: Final = "DICOM+RFC3881"
APP_NAME: Final = "cspine-node"
BOM: Final = b"\xef\xbb\xbf"
NIL: Final = "-"


def syslog_message(body: bytes, *, outcome: int, host: str, at_utc: datetime) -> bytes:
    """One message: PRI, version, time, host, program, process, MSGID, no structured data, XML."""
    priority = 8 * FACILITY + SEVERITY_OF_OUTCOME[outcome]
    stamp = at_utc.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    header = f"<{priority}>1 {stamp} {_name(host, 255)} {APP_NAME} {os.getpid()} {MESSAGE_ID} -"
    return header.encode("ascii") + b" " + BOM + body


def counted(message: bytes) -> bytes:
    """With its length before it (RFC 5425 4.3, RFC 6587 3.4.1)."""
    return str(len(message)).encode("ascii") + b" " + message


def _name(text: str, longest: int) -> str:
    """PRINTUSASCII of RFC 5424 6."""
    return "".join(each for each in text if 33 <= ord(each) <= 126)[:longest] or NIL
