"""One destination's share of the outbox: carried in order, on as few associations as may be."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from dicom_node.bugs import log_bug
from dicom_node.delivery.backoff import next_attempt
from dicom_node.delivery.claims import Claims
from dicom_node.delivery.promised import kind_of, read_promised
from dicom_node.delivery.sessions import Session, open_session
from dicom_node.delivery.settings import DeliverySettings
from dicom_node.errors import (
    EnvironmentFailedError,
    InputError,
    PeerRefusedError,
    PeerUnreachableError,
)
from dicom_node.logs import log_context
from dicom_node.monitoring.instruments import Instruments
from dicom_node.scu.store import ObjectKind, SendOutcome
from storage import deliveries, destinations, peers
from storage.database import Database
from storage.errors import NotFoundError
from storage.records import Delivery, Peer, PeerProtocol

logger = logging.getLogger(__name__)

BEHIND_THE_OTHERS: Final = timedelta(seconds=1)
"""An object on which the association broke comes after the others, should it be the cause."""


@dataclass(slots=True)
class _Tally:
    """What came of one association so far."""

    answered: int = 0
    """Objects that the peer took or refused: it works."""
    hold_until: datetime | None = None
    """Set by a failure while nothing was answered: the peer itself may be at fault."""


class Courier:
    """Sends to one peer, from one thread at a time, what is due and what comes due meanwhile.

    ``clock`` gives the time by which deliveries are due; ``is_stopping`` says when to begin nothing
    new.
    """

    def __init__(
        self,
        database: Database,
        peer_name: str,
        settings: DeliverySettings,
        *,
        clock: Callable[[], datetime],
        is_stopping: Callable[[], bool],
        instruments: Instruments | None = None,
    ) -> None:
        self._instruments = instruments or Instruments()
        self._database = database
        self._peer_name = peer_name
        self._settings = settings
        self._clock = clock
        self._is_stopping = is_stopping
        self._failures = 0  # in a row, of the peer itself
        self._claims = Claims(
            database, peer_name, owner=settings.owner, lease_s=settings.lease_s, clock=clock
        )

    def adjust(self, settings: DeliverySettings) -> None:
        """Other pauses from now on; from any thread."""
        self._settings = settings

    def renew(self) -> None:
        """Keep others from what is under way; from any thread."""
        self._claims.renew()

    def run(self) -> None:
        """Send until nothing is due, the peer fails, or the node stops.

        Raises:
            StorageError: what was not written down stays due, and is sent again.
        """
        with log_context(peer=self._peer_name):
            try:
                while not self._is_stopping() and (batch := self._claims.take(self._batch)):
                    held_until = self._carry(batch)
                    self._claims.give_back()
                    if held_until is not None:
                        self._hold_back(held_until)
                        return
            finally:
                self._claims.give_back()

    @property
    def _batch(self) -> int:
        return self._settings.batch

    def _carry(self, batch: Sequence[Delivery]) -> datetime | None:
        """One association; if the peer failed, until when it is to be left alone."""
        try:
            peer = peers.get_peer(self._database, self._peer_name)
        except NotFoundError:
            self._park_all(batch, f"the peer {self._peer_name} is gone")
            return None
        kinds = self._kinds(batch)
        first = next((each for each in batch if self._claims.is_held(each)), None)
        if first is None:
            return None
        tally = _Tally()
        with ExitStack() as stack:
            try:
                session = stack.enter_context(open_session(peer, kinds, self._settings))
            except PeerRefusedError as error:
                self._park_all(batch, str(error))
                return None
            except (PeerUnreachableError, EnvironmentFailedError) as error:
                return self._not_opened(first, error)
            self._send_all(peer, session, batch, tally)
        if tally.answered:
            self._failures = 0
            return None
        return tally.hold_until

    def _kinds(self, batch: Sequence[Delivery]) -> list[ObjectKind]:
        """Of the batch and of what follows in its series; what cannot be read is parked."""
        found: dict[ObjectKind, None] = {}
        for delivery in batch:
            try:
                found[kind_of(delivery)] = None
            except InputError as error:
                self._park(delivery, str(error))
        series = {each.series_id for each in batch}
        known = {each.id for each in batch}
        for delivery in destinations.pending_of(
            self._database, self._peer_name, series, limit=4 * self._batch
        ):
            if delivery.id not in known:
                try:
                    found[kind_of(delivery)] = None
                except InputError:
                    continue  # it is parked when its turn comes
        return list(found)

    def _send_all(
        self, peer: Peer, session: Session, batch: Sequence[Delivery], tally: _Tally
    ) -> None:
        while batch:
            for delivery in batch:
                if self._is_stopping() or not session.is_open:
                    return
                if self._claims.is_held(delivery) and not self._deliver(
                    peer, session, delivery, tally
                ):
                    return
            if not tally.answered:
                return
            batch = self._claims.take(self._batch)

    def _deliver(self, peer: Peer, session: Session, delivery: Delivery, tally: _Tally) -> bool:
        """Send one object and write down what came of it; False if it needs another session."""
        with log_context(sop_instance_uid=delivery.sop_instance_uid):
            try:
                instance = read_promised(delivery)
                syntax = str(instance.file_meta.TransferSyntaxUID)
                if not session.carries(ObjectKind(delivery.sop_class_uid, syntax)):
                    return False
                outcome = session.send(instance)
            except InputError as error:
                self._park(delivery, str(error))
            except PeerRefusedError as error:
                tally.answered += 1
                self._park(delivery, str(error))
            except PeerUnreachableError as error:
                self._failed(delivery, str(error), tally, not_before_s=error.retry_after_s)
            except Exception as error:  # noqa: BLE001 - the edge of this delivery
                # A bug must not stop the others, nor be tried every second.
                log_bug("in a delivery", error)
                self._failed(delivery, "internal error", tally)
            else:
                tally.answered += 1
                self._taken(peer, delivery, outcome)
            return True

    def _taken(self, peer: Peer, delivery: Delivery, outcome: SendOutcome) -> None:
        note = outcome.warning or ""
        asks_for_commitment = peer.commitment and peer.protocol is PeerProtocol.DICOM
        record = deliveries.sent if asks_for_commitment else deliveries.delivered
        record(self._database, delivery.id, note=note, now=self._clock())
        self._claims.decided(delivery)
        # How long it took to send it again, after years perhaps, says nothing.
        took_s = None if delivery.sent_utc else (self._clock() - delivery.made_utc).total_seconds()
        self._instruments.delivery_tried(self._peer_name, "taken", duration_s=took_s)
        logger.info("%s%s", record.__name__, f" with a warning: {note}" if note else "")

    def _park_all(self, batch: Sequence[Delivery], error: str) -> None:
        for delivery in batch:
            if self._claims.is_held(delivery):
                with log_context(sop_instance_uid=delivery.sop_instance_uid):
                    self._park(delivery, error)

    def _park(self, delivery: Delivery, error: str) -> None:
        now, owner = self._clock(), self._settings.owner
        deliveries.park(self._database, delivery.id, error=error, now=now, owner=owner)
        self._claims.decided(delivery)
        self._instruments.delivery_tried(self._peer_name, "parked")
        logger.error("delivery parked: %s", error)

    def _not_opened(self, first: Delivery, error: Exception) -> datetime:
        """No object is to blame: the first one counts the attempts, and stays the first."""
        retry_after_s = error.retry_after_s if isinstance(error, PeerUnreachableError) else 0.0
        until = self._later(max(self._failures, first.attempts), retry_after_s)
        self._postpone(first, str(error), until)
        return until

    def _failed(
        self, delivery: Delivery, error: str, tally: _Tally, *, not_before_s: float = 0
    ) -> None:
        at = self._later(delivery.attempts, not_before_s)
        if not tally.answered:
            held = tally.hold_until or self._later(self._failures, not_before_s)
            tally.hold_until = held
            at = max(at, held + BEHIND_THE_OTHERS)
        self._postpone(delivery, error, at)

    def _later(self, attempts: int, not_before_s: float) -> datetime:
        now = self._clock()
        at = next_attempt(
            now,
            attempts,
            first_retry_s=self._settings.first_retry_s,
            longest_retry_s=self._settings.longest_retry_s,
            random=random.random,
        )
        return max(at, now + timedelta(seconds=not_before_s))

    def _postpone(self, delivery: Delivery, error: str, at: datetime) -> None:
        now, owner = self._clock(), self._settings.owner
        deliveries.postpone(
            self._database, delivery.id, error=error, next_attempt_utc=at, now=now, owner=owner
        )
        self._claims.decided(delivery)
        self._instruments.delivery_tried(self._peer_name, "postponed")
        logger.warning("delivery postponed by %.0f s: %s", (at - now).total_seconds(), error)

    def _hold_back(self, until: datetime) -> None:
        self._failures += 1
        now = self._clock()
        waiting = destinations.hold_back(self._database, self._peer_name, until_utc=until, now=now)
        if waiting:
            logger.warning("%d more wait as long, without having been tried", waiting)
