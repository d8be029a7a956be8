"""How the DICOM door is set up."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from dicom_node.scp.crowd import Limits


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """How the node listens.

    Attributes:
        port: 0 lets the system choose; see :attr:`DicomListener.port`.
        tls_port: a second one, for callers with TLS; None: there is none.
        tls: how they are received; given with ``tls_port``.
        quiet_s: a series counts as complete this long after its last instance.
        reserve_bytes: below this much free disk space instances are refused (0xA700).
        maximum_associations: one more is refused (local limit exceeded), likewise …
        maximum_associations_per_host: … of one host; None: four fifths of them.
        maximum_waiting: connections without an association; one more is refused.
        maximum_waiting_per_host: likewise, from one host.
        acse_timeout_s: from accepting a connection to the whole A-ASSOCIATE-RQ, the TLS handshake
            included; and for the peer's answer to a release.
        network_timeout_s: between two messages. Long: a scanner sends as it reconstructs.
        stall_timeout_s: for a PDU that has begun.
    """

    ae_title: str
    bind: str
    port: int
    quiet_s: float
    reserve_bytes: int = 0
    maximum_associations: int = 25
    maximum_associations_per_host: int | None = None
    maximum_waiting: int = 100
    maximum_waiting_per_host: int = 25
    acse_timeout_s: float = 30
    network_timeout_s: float = 300
    stall_timeout_s: float = 60
    tls_port: int | None = None
    tls: ssl.SSLContext | None = None

    @property
    def limits(self) -> Limits:
        """How many may be connected at once."""
        return Limits(
            associations=self.maximum_associations,
            associations_per_host=self.maximum_associations_per_host,
            waiting=self.maximum_waiting,
            waiting_per_host=self.maximum_waiting_per_host,
        )
