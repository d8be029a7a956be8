"""A watchman over a real database and a real disk: once when it begins, once when it is over."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dicom_node.alerting.channels import Channel, Sender, Webhook
from dicom_node.alerting.conditions import Facts
from dicom_node.alerting.episodes import Alert
from dicom_node.alerting.facts import FactFinder
from dicom_node.alerting.journal import FILE_NAME, Journal
from dicom_node.alerting.section import AlertsSection
from dicom_node.alerting.watchman import GIVE_UP_AFTER, Watchman
from dicom_node.config import ApiSection, Settings, StorageSection
from dicom_node.config_security import AuditSection
from dicom_node.errors import AlertNotSentError
from dicom_node.monitoring.instruments import Instruments
from dicom_node.monitoring.worker_watch import WorkerFailure
from storage import audit, deliveries
from storage.database import Database, open_database
from storage.files import DataDir
from storage.records import Actor
from tests.alert_receivers import Hook, webhook
from tests.certificates import Authority
from tests.integration.storage import given
from tests.support import wait_until

SENDER = Sender("CSPINE", "ct-ai-1")
WELL = Facts(above_reserve_bytes=10**15, queue_age_s=0, failing_destinations={})
STUCK = replace(WELL, queue_age_s=10**6)


@dataclass
class Stage:
    """A watchman whose facts and whose time are played; its channels and its file are real."""

    root: Path
    channels: Mapping[str, Channel]
    facts: Facts = WELL
    now: Any = given.NOW
    instruments: Instruments = field(default_factory=Instruments)
    running: list[Watchman] = field(default_factory=list)

    def start(self) -> Watchman:
        watchman = Watchman(
            AlertsSection(),
            lambda: self.facts,
            self.channels,
            Journal(self.root),
            self.instruments,
            clock=lambda: self.now,
            first_retry_s=0.01,
        )
        watchman.start()
        self.running.append(watchman)
        return watchman

    def counted(self, name: str, **labels: str) -> float | None:
        return self.instruments.registry.get_sample_value(name, labels)


@pytest.fixture
def hook() -> Iterator[Hook]:
    with webhook() as found:
        yield found


@pytest.fixture
def stage(tmp_path: Path, hook: Hook) -> Iterator[Stage]:
    made = Stage(tmp_path, {"webhook": Webhook(hook.url, SENDER)})
    yield made
    for watchman in made.running:
        watchman.stop()


def states(hook: Hook) -> list[str]:
    return [f"{each['state']} {each['alert']}" for each in hook.documents]


def see(stage: Stage, watchman: Watchman, *facts: Facts) -> None:
    for each in facts:
        stage.facts = each
        watchman.tick()


def test_an_episode_is_told_twice(stage: Stage, hook: Hook) -> None:
    watchman = stage.start()
    see(stage, watchman, WELL, STUCK, STUCK, STUCK)
    wait_until(lambda: len(hook.documents) == 1, what="the alert came")
    assert stage.counted("cspine_alerts_active", alert="queue_stuck") == 1
    assert stage.counted("cspine_alerts_active", alert="disk_low") == 0
    see(stage, watchman, WELL, WELL)
    wait_until(lambda: len(hook.documents) == 2, what="its end came")
    assert states(hook) == ["raised queue_stuck", "resolved queue_stuck"]
    assert stage.counted("cspine_alerts_active", alert="queue_stuck") == 0
    assert stage.counted("cspine_alert_attempts_total", channel="webhook", outcome="sent") == 2


def test_what_is_not_taken_is_tried_again_in_its_order(stage: Stage, hook: Hook) -> None:
    hook.statuses += [500, 503, 404]
    watchman = stage.start()
    see(stage, watchman, STUCK, WELL)
    wait_until(lambda: len(hook.documents) == 2, what="both came")
    assert states(hook) == ["raised queue_stuck", "resolved queue_stuck"]
    assert len({each["id"] for each in hook.tried[:4]}) == 1
    assert stage.counted("cspine_alert_attempts_total", channel="webhook", outcome="failed") == 3


def test_a_restart_within_an_episode_tells_nothing_again(stage: Stage, hook: Hook) -> None:
    first = stage.start()
    see(stage, first, STUCK)
    wait_until(lambda: len(hook.documents) == 1, what="the alert came")
    first.stop()
    second = stage.start()
    see(stage, second, STUCK, WELL)
    wait_until(lambda: len(hook.documents) == 2, what="its end came")
    assert states(hook) == ["raised queue_stuck", "resolved queue_stuck"]


def test_what_was_not_sent_is_sent_after_a_restart(stage: Stage, hook: Hook) -> None:
    class Down:
        def send(self, _: Alert) -> None:
            raise AlertNotSentError("down")

    stage.channels = {"webhook": Down()}
    first = stage.start()
    see(stage, first, STUCK)
    first.stop()
    assert (stage.root / FILE_NAME).stat().st_mode & 0o777 == 0o600
    stage.channels = {"webhook": Webhook(hook.url, SENDER)}
    stage.start()
    wait_until(lambda: len(hook.documents) == 1, what="the alert came")
    assert states(hook) == ["raised queue_stuck"]


def test_a_file_that_is_damaged_is_told_and_begun_anew(
    stage: Stage, hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    (stage.root / FILE_NAME).write_text('{"episodes": [3]}', encoding="utf-8")
    see(stage, stage.start(), STUCK)
    wait_until(lambda: len(hook.documents) == 1, what="the alert came")
    assert "the alerts of before are lost" in caplog.text


def test_a_disk_that_takes_nothing_stops_no_alert(stage: Stage, hook: Hook) -> None:
    (stage.root / FILE_NAME).with_suffix(".new").mkdir()  # so it cannot be opened, even by root
    see(stage, stage.start(), STUCK, WELL)
    wait_until(lambda: len(hook.documents) == 2, what="both came")


def test_a_channel_that_hangs_holds_nobody_up(stage: Stage, hook: Hook) -> None:
    let_go = threading.Event()

    class Hanging:
        def send(self, _: Alert) -> None:
            let_go.wait(60)

    stage.channels = {"mail": Hanging(), **stage.channels}
    watchman = stage.start()
    see(stage, watchman, STUCK, WELL, STUCK)  # none of these waits for it
    wait_until(lambda: len(hook.documents) == 3, what="the other channel has them all")
    let_go.set()


def test_what_nobody_takes_for_days_is_given_up(
    stage: Stage, hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    hook.statuses += [500] * 100_000
    see(stage, stage.start(), STUCK)
    wait_until(lambda: len(hook.tried) > 1, what="it was tried")
    stage.now += GIVE_UP_AFTER + timedelta(seconds=1)
    wait_until(
        lambda: (
            stage.counted("cspine_alert_attempts_total", channel="webhook", outcome="given_up") == 1
        ),
        what="it is given up",
    )
    assert "is given up" in caplog.text


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    data_dir = DataDir(tmp_path / "data")
    data_dir.prepare()
    database = open_database(data_dir.default_database_url)
    yield database
    database.close()


@pytest.fixture
def find(tmp_path: Path, db: Database) -> Callable[..., Facts]:
    def found(instruments: Instruments | None = None, **sections: Any) -> Facts:
        storage = StorageSection(data_dir=tmp_path / "data", reserve_mib=1)
        settings = Settings(storage=storage, **sections)
        instruments = instruments or Instruments()
        return FactFinder(settings, db, DataDir(tmp_path / "data"), instruments).find()

    return found


def test_the_facts_of_an_idle_node(find: Callable[..., Facts]) -> None:
    facts = find()
    assert facts.database_answers
    assert (facts.queue_age_s, facts.failing_destinations, facts.worker_failures) == (0, {}, 0)
    assert facts.above_reserve_bytes is not None
    assert facts.certificates_left_s == {}


def test_the_age_of_the_queue_is_found(db: Database, find: Callable[..., Facts]) -> None:
    given.queued(db, now=db.now() - timedelta(hours=2))
    age_s = find().queue_age_s
    assert age_s is not None
    assert 7200 <= age_s < 9000


def test_a_destination_fails_while_something_waits_that_failed(
    db: Database, find: Callable[..., Facts]
) -> None:
    given.queued(db)
    given.finish(db, given.claimed(db), given.PEER)
    assert find().failing_destinations == {}
    (delivery,) = deliveries.due_deliveries(db, given.NOW)
    later = given.NOW + timedelta(days=3650)
    deliveries.postpone(
        db, delivery.id, error="no connection", next_attempt_utc=later, now=given.NOW
    )
    assert find().failing_destinations == {given.PEER: math.inf}
    deliveries.delivered(db, delivery.id, note="", now=given.NOW)
    assert find().failing_destinations == {}


def test_an_audit_trail_that_waits_is_found(db: Database, find: Callable[..., Facts]) -> None:
    sent_on = AuditSection(syslog_host="localhost", syslog_transport="tcp")
    assert find(audit=sent_on).audit_age_s == 0
    audit.record(db, Actor("ann", ""), "peer.added", "pacs", now=db.now() - timedelta(hours=2))
    assert find().audit_age_s == 0, "it is sent nowhere"
    age_s = find(audit=sent_on).audit_age_s
    assert age_s is not None
    assert 7200 <= age_s < 9000


def test_failures_of_the_process_are_found(find: Callable[..., Facts]) -> None:
    instruments = Instruments()
    instruments.worker.failed(WorkerFailure.JOB)
    assert find(instruments).worker_failures == 1


def test_the_end_of_a_certificate_is_found(find: Callable[..., Facts], tmp_path: Path) -> None:
    files = Authority(tmp_path).issue("node", valid_for=timedelta(days=3))
    left = find(api=ApiSection(tls_cert=files.certificate, tls_key=files.key)).certificates_left_s
    assert timedelta(days=2.9) < timedelta(seconds=left["api"]) <= timedelta(days=3)


def test_a_silent_database_leaves_the_rest_known(db: Database, find: Callable[..., Facts]) -> None:
    db.close()
    facts = find()
    assert not facts.database_answers
    assert (facts.queue_age_s, facts.failing_destinations, facts.audit_age_s) == (None,) * 3
    assert facts.above_reserve_bytes is not None
