"""Judges the facts again and again, and sends what is to be told, each channel in its own thread.

A channel that hangs delays neither the other nor anything else of the node; what it does not take
is tried again with growing pauses, also after a restart.
"""

from __future__ import annotations

import logging
import random
import threading
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from dicom_node.alerting.channels import Channel
from dicom_node.alerting.conditions import Facts
from dicom_node.alerting.episodes import Alert, proceed, raised
from dicom_node.alerting.journal import Journal, Pages
from dicom_node.alerting.section import AlertsSection
from dicom_node.bugs import log_bug
from dicom_node.delivery.backoff import next_attempt
from dicom_node.errors import AlertNotSentError
from dicom_node.monitoring.instruments import Instruments

logger = logging.getLogger(__name__)

FIRST_RETRY_S: Final = 15.0
LONGEST_RETRY_S: Final = 1800.0
GIVE_UP_AFTER: Final = timedelta(days=3)
"""Nobody needs to hear of it any more."""
UNSENT_MAX: Final = 200
"""Of one channel; the oldest go first."""
STOP_S: Final = 2.0


class Watchman:
    """Alerts about one node. :meth:`tick` is to be called again and again; it waits for nobody."""

    def __init__(
        self,
        alerts: AlertsSection,
        find: Callable[[], Facts],
        channels: Mapping[str, Channel],
        journal: Journal,
        instruments: Instruments,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        first_retry_s: float = FIRST_RETRY_S,
    ) -> None:
        self._alerts, self._find, self._clock = alerts, find, clock
        self._journal, self._instruments = journal, instruments
        self._first_retry_s = first_retry_s
        self._lock = threading.Lock()
        pages = journal.read()
        self._episodes = {each.key: each for each in pages.episodes}
        self._unsent = {
            name: deque(pages.unsent.get(name, ()), maxlen=UNSENT_MAX) for name in channels
        }
        self._wake = {name: threading.Event() for name in channels}
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(
                target=self._work, args=(name, channel), name=f"alerts by {name}", daemon=True
            )
            for name, channel in channels.items()
        ]

    def start(self) -> None:
        """Begin to send what an earlier life of the node left."""
        for thread in self._threads:
            thread.start()

    def tick(self) -> None:
        """Look, and hand over what is to be told."""
        facts, now = self._find(), self._clock()
        with self._lock:
            episodes, told = proceed(self._episodes, facts, self._alerts, now)
            changed = episodes != self._episodes
            self._episodes = dict(episodes)
            for unsent in self._unsent.values():
                unsent.extend(told)
            if changed:
                self._write()
            counts = raised(self._episodes.values())
        for name, number in counts.items():
            self._instruments.alerts_active(name, number)
        for alert in told:
            level = logging.ERROR if alert.state == "raised" else logging.INFO
            logger.log(level, "alert %s: %s", alert.state, alert.text)
        if told:
            for wake in self._wake.values():
                wake.set()

    def stop(self) -> None:
        """Send nothing more; what is under way is left alone. Safe to call twice."""
        self._stopping.set()
        for wake in self._wake.values():
            wake.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(STOP_S)

    def _write(self) -> None:
        unsent = {name: tuple(alerts) for name, alerts in self._unsent.items()}
        self._journal.write(Pages(tuple(self._episodes.values()), unsent))

    def _work(self, name: str, channel: Channel) -> None:
        failures = 0
        while not self._stopping.is_set():
            alert = self._first(name)
            if alert is None:
                self._wake[name].wait()
                self._wake[name].clear()
                continue
            if self._sent(name, channel, alert):
                failures = 0
                continue
            now = self._clock()
            later = next_attempt(
                now,
                failures,
                first_retry_s=self._first_retry_s,
                longest_retry_s=LONGEST_RETRY_S,
                random=random.random,
            )
            failures += 1
            self._stopping.wait((later - now).total_seconds())

    def _first(self, name: str) -> Alert | None:
        with self._lock:
            return self._unsent[name][0] if self._unsent[name] else None

    def _sent(self, name: str, channel: Channel, alert: Alert) -> bool:
        """Try it once; True where it need not be tried again."""
        try:
            channel.send(alert)
            outcome = "sent"
        except AlertNotSentError as error:
            logger.warning("an alert was not sent: %s", error)
            outcome = "failed"
        except Exception as error:  # noqa: BLE001 - the edge of this thread
            log_bug("while sending an alert", error)
            outcome = "failed"
        if outcome == "failed" and self._clock() - alert.at_utc > GIVE_UP_AFTER:
            logger.error("an alert could not be sent by %s, and is given up: %s", name, alert.text)
            outcome = "given_up"
        self._instruments.alert_tried(name, outcome)
        if outcome == "failed":
            return False
        with self._lock:
            unsent = self._unsent[name]
            if unsent and unsent[0] is alert:  # else it made room for newer ones meanwhile
                unsent.popleft()
            self._write()
        return True
