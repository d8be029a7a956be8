"""What the node alerts about: a table of rules without I/O.

Each condition gives a number for each subject that it is about, and is raised where the number is
bad for long enough. It is cleared by another bound than the one that raised it, so that a number
that sways around a bound is one episode.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

from dicom_node.alerting.section import AlertsSection

MIB: Final = 2**20
DAY_S: Final = 86_400
NODE: Final = ""
"""The subject of what is about the node as a whole."""
SILENT_S: Final = 60.0
"""A destination that took something within this time is not down."""
MORE_THAN_LITTLE: Final = 1.25
"""So many margins must be free until the disk is no longer low."""


class Severity(StrEnum):
    """How soon somebody should look."""

    CRITICAL = "critical"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Facts:
    """The node at one moment; None: it could not be found out, so nothing follows from it."""

    database_answers: bool = True
    above_reserve_bytes: int | None = None
    """Free disk space beyond the reserve."""
    queue_age_s: float | None = None
    """How long the first in the queue waits; 0: it is empty."""
    failing_destinations: Mapping[str, float] | None = None
    """Peer → seconds since it last took something, where what failed to be sent waits for it."""
    audit_age_s: float | None = None
    """How long the oldest entry waits that the audit trail's receiver has not got; 0: none does."""
    worker_failures: int = 0
    """Of the inference process, within the window."""
    certificates_left_s: Mapping[str, float] = field(default_factory=dict)


Values: TypeAlias = Mapping[str, float] | None
"""Subject → number; None: not known."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """From ``raised`` on a number is bad, until it is ``cleared`` or better.

    High numbers are the bad ones if ``raised`` is greater.
    """

    raised: float
    cleared: float

    def is_bad(self, value: float, *, was_bad: bool) -> bool:
        """Whether it is (still) bad."""
        if self.raised > self.cleared:
            return value > self.cleared if was_bad else value >= self.raised
        return value < self.cleared if was_bad else value <= self.raised


@dataclass(frozen=True, slots=True)
class Condition:
    """One row of the table.

    Attributes:
        hold_s: how long it must be bad until somebody is called.
        text: subject and number → a sentence.
        resolved: subject → a sentence.
    """

    name: str
    severity: Severity
    values: Callable[[Facts], Values]
    bounds: Callable[[AlertsSection], Bounds]
    hold_s: Callable[[AlertsSection], float]
    text: Callable[[str, float], str]
    resolved: Callable[[str], str]


def _at_once(_: AlertsSection) -> float:
    return 0.0


def _of_node(value: float | None) -> Values:
    return None if value is None else {NODE: value}


def _duration(seconds: float) -> str:
    for unit_s, unit in ((DAY_S, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit_s:
            return f"{seconds / unit_s:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} seconds"


CONDITIONS: Final[tuple[Condition, ...]] = (
    Condition(
        "database_silent",
        Severity.CRITICAL,
        values=lambda facts: {NODE: 0.0 if facts.database_answers else 1.0},
        bounds=lambda _: Bounds(raised=1, cleared=0),
        hold_s=lambda alerts: alerts.database_silent_s,
        text=lambda *_: "The database does not answer: nothing is received or analysed.",
        resolved=lambda _: "The database answers again.",
    ),
    Condition(
        "disk_low",
        Severity.CRITICAL,
        values=lambda facts: _of_node(facts.above_reserve_bytes),
        bounds=lambda alerts: Bounds(
            raised=alerts.disk_margin_mib * MIB,
            cleared=MORE_THAN_LITTLE * alerts.disk_margin_mib * MIB + 1,
        ),
        hold_s=_at_once,
        text=lambda _, left: (
            f"The disk is nearly full: {left / MIB:,.0f} MiB are left above the reserve."
            if left > 0
            else "The disk is full: instances are refused."
        ),
        resolved=lambda _: "The disk has room again.",
    ),
    Condition(
        "queue_stuck",
        Severity.CRITICAL,
        values=lambda facts: _of_node(facts.queue_age_s),
        bounds=lambda alerts: Bounds(alerts.queue_stuck_s, cleared=alerts.queue_stuck_s / 2),
        hold_s=_at_once,
        text=lambda _, age_s: f"A series waits {_duration(age_s)} for its analysis.",
        resolved=lambda _: "The queue moves again.",
    ),
    Condition(
        "destination_down",
        Severity.CRITICAL,
        values=lambda facts: facts.failing_destinations,
        bounds=lambda _: Bounds(raised=SILENT_S, cleared=SILENT_S / 2),
        hold_s=lambda alerts: alerts.destination_down_s,
        text=lambda peer, _: f"{peer} takes no results; they wait, and are sent when it does.",
        resolved=lambda peer: f"Nothing fails any more that is to be sent to {peer}.",
    ),
    Condition(
        "audit_stuck",
        Severity.WARNING,
        values=lambda facts: _of_node(facts.audit_age_s),
        bounds=lambda alerts: Bounds(alerts.audit_stuck_s, cleared=alerts.audit_stuck_s / 2),
        hold_s=_at_once,
        text=lambda _, age_s: f"Entries of the audit trail wait {_duration(age_s)} to be sent on.",
        resolved=lambda _: "The audit trail is sent on again.",
    ),
    Condition(
        "worker_crash_loop",
        Severity.CRITICAL,
        values=lambda facts: {NODE: facts.worker_failures},
        bounds=lambda alerts: Bounds(alerts.worker_failures, cleared=0),
        hold_s=_at_once,
        text=lambda _, times: f"The inference process failed {times:.0f} times in short order.",
        resolved=lambda _: "The inference process runs without failing.",
    ),
    Condition(
        "certificate_expires",
        Severity.WARNING,
        values=lambda facts: facts.certificates_left_s,
        bounds=lambda alerts: Bounds(
            alerts.certificate_days * DAY_S, cleared=(alerts.certificate_days + 1) * DAY_S
        ),
        hold_s=_at_once,
        text=lambda name, left_s: (
            f"The certificate {name} ends in {_duration(left_s)}."
            if left_s > 0
            else f"The certificate {name} has ended."
        ),
        resolved=lambda name: f"The certificate {name} was renewed.",
    ),
)
"""All of them; names and subjects are metrics' labels and part of what is sent."""
