"""Who sends, and how patiently."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dicom_node.scu.association import ScuIdentity


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """Who sends, and how patiently.

    Attributes:
        identity: who we are to the peers, and how long we wait for them.
        owner: who claims deliveries: the same after a restart, and another for another node on the
            same database.
        first_retry_s: delay after the first failure; each further one doubles it.
        longest_retry_s: the delay grows no longer.
        stop_grace_s: how long sends under way may take to end when the node stops; what does not
            end in time is sent again by the next start.
        lease_s: how long a claim holds when nobody renews it, as after the death of the node.
        batch: how many objects one destination claims at once.
        stow_credentials: the file of what DICOMweb services get to see.
    """

    identity: ScuIdentity
    owner: str
    first_retry_s: float = 30
    longest_retry_s: float = 600
    stop_grace_s: float = 10
    lease_s: float = 120
    batch: int = 50
    stow_credentials: Path | None = None
