"""Sends the audit trail on, entry by entry in order, from a thread of its own.

It reads behind the trail: nobody who writes an entry ever waits for it. What was sent is one row
(``storage.audit_exports``), moved after the receiver has it; a break in between sends a few
entries again, never too few. A receiver that is away costs nothing but its back-off.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dicom_node.audit_messages.channel import Channel, Receiver
from dicom_node.audit_messages.events import EVENTS, UNKNOWN, Form
from dicom_node.audit_messages.message import PATIENT_FORMS, AuditSource, messages_of
from dicom_node.audit_messages.syslog import syslog_message
from dicom_node.bugs import log_bug
from dicom_node.delivery.backoff import next_attempt
from dicom_node.errors import PeerUnreachableError
from storage import audit, audit_exports
from storage.database import Database
from storage.errors import StorageError
from storage.records import AuditEntry, AuditSubject

logger = logging.getLogger(__name__)

BATCH: Final = 100
"""So many entries are in memory, and are sent again when the connection breaks."""
STUDIES_MAX: Final = 100
"""So many studies one entry may name."""


@dataclass(frozen=True, slots=True)
class ExporterSettings:
    """How the trail is sent.

    ``owner``: who we are among the nodes of one database.
    """

    receiver: Receiver
    source: AuditSource
    owner: str
    first_retry_s: float = 5
    longest_retry_s: float = 300
    look_s: float = 1
    """How often it looks for new entries."""
    timeout_s: float = 10
    lease_s: float = 60
    stop_grace_s: float = 3


class AuditExporter:
    """Sends to one receiver. ``clock``: that of the database if none is given."""

    def __init__(
        self,
        database: Database,
        settings: ExporterSettings,
        *,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock or database.now
        self._destination = settings.receiver.name
        self._stopping = threading.Event()
        # A daemon: a receiver that hangs must not hold the process when the node stops.
        self._thread = threading.Thread(target=self._run, name="audit export", daemon=True)

    def start(self) -> None:
        """Begin where an earlier life ended."""
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing new, and wait a moment for what is under way; safe to call twice."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(self._settings.stop_grace_s)

    def step(self) -> int:
        """Send what waits, if anything is due; how many entries were sent.

        Raises:
            StorageError: the database cannot be read or written: what is not written down as sent
                is sent again.
        """
        known = {each.destination: each for each in audit_exports.exports(self._database)}
        position = known.get(self._destination)
        if position is not None and position.next_attempt_utc > self._clock():
            return 0
        if position is not None and position.seq == audit_exports.last_seq(self._database):
            return 0
        settings = self._settings
        claimed = audit_exports.claim(
            self._database,
            self._destination,
            owner=settings.owner,
            lease_s=settings.lease_s,
            now=self._clock(),
        )
        if claimed is None:
            return 0
        if claimed.seq == 0 and claimed.sent_utc is not None:
            logger.warning(
                "the audit trail is not the one that was sent: it is sent from its start"
            )
        try:
            return self._send_from(claimed.seq)
        except PeerUnreachableError as error:
            self._postpone(claimed.failures, str(error))
            return 0
        finally:
            audit_exports.release(self._database, self._destination, owner=settings.owner)

    def _run(self) -> None:
        while not self._stopping.wait(self._settings.look_s):
            try:
                self.step()
            except StorageError as error:
                logger.warning("the audit trail is not sent on: %s", error)
            except Exception as error:  # noqa: BLE001 - the edge of this thread
                log_bug("while sending the audit trail on", error)

    def _send_from(self, seq: int) -> int:
        count = 0
        batch = audit.entries(self._database, after_seq=seq, limit=BATCH)
        if not batch:
            return 0
        with Channel(self._settings.receiver, timeout_s=self._settings.timeout_s) as channel:
            while batch and not self._stopping.is_set():
                for message in self._messages(batch):
                    channel.send(message)
                channel.confirm()
                if not self._sent(batch[-1]):
                    return count
                count += len(batch)
                batch = audit.entries(self._database, after_seq=batch[-1].seq, limit=BATCH)
        return count

    def _sent(self, last: AuditEntry) -> bool:
        return audit_exports.sent(
            self._database,
            self._destination,
            last,
            owner=self._settings.owner,
            lease_s=self._settings.lease_s,
            now=self._clock(),
        )

    def _postpone(self, failures: int, error: str) -> None:
        now = self._clock()
        at = next_attempt(
            now,
            failures,
            first_retry_s=self._settings.first_retry_s,
            longest_retry_s=self._settings.longest_retry_s,
            random=random.random,
        )
        audit_exports.failed(
            self._database,
            self._destination,
            error=error,
            next_attempt_utc=at,
            owner=self._settings.owner,
        )
        logger.warning("the audit trail waits %.0f s: %s", (at - now).total_seconds(), error)

    def _messages(self, batch: Sequence[AuditEntry]) -> Iterator[bytes]:
        source = self._settings.source
        for entry in batch:
            outcome = EVENTS.get(entry.action, UNKNOWN).outcome
            for body in messages_of(entry, source, self._subjects(entry)):
                yield syslog_message(body, outcome=outcome, host=source.host, at_utc=entry.at_utc)

    def _subjects(self, entry: AuditEntry) -> list[AuditSubject]:
        """The studies of an entry, as they are known now."""
        form = EVENTS.get(entry.action, UNKNOWN).form
        if form not in PATIENT_FORMS:
            return []
        if form is Form.SENDING:
            found = [_delivery(self._database, entry.object)]
        else:
            found = [audit_exports.subject_of(self._database, uid) for uid in _uids(entry)]
        known = [each for each in found if each is not None]
        return known or [AuditSubject(uid, "") for uid in _study_uids(entry)]


def _delivery(database: Database, number: str) -> AuditSubject | None:
    return audit_exports.subject_of_delivery(database, int(number)) if number.isdecimal() else None


def _uids(entry: AuditEntry) -> list[str]:
    """What may be UIDs of series or studies in an entry."""
    after = entry.after or {}
    series = after.get("series_uids", [])
    several = series if isinstance(series, list) else []
    return [entry.object, *_study_uids(entry), *map(str, several)][:STUDIES_MAX]


def _study_uids(entry: AuditEntry) -> list[str]:
    documents = (entry.after or {}, entry.before or {})
    found = [str(each["study_uid"]) for each in documents if each.get("study_uid")]
    return list(dict.fromkeys(found))
