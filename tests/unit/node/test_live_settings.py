"""Which settings change while the node runs, and that each can."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from pydantic import SecretStr

from dicom_node.administration.settings import LiveSettings, described, overlaid
from dicom_node.alerting.section import AlertsSection
from dicom_node.config import LIVE, SECRET_KEYS, Settings
from storage import settings as stored_settings
from storage.database import open_database
from tests.integration.storage.given import NOW


def test_every_live_setting_exists() -> None:
    document = Settings().model_dump()
    assert {f"{section}.{key}" for section, values in document.items() for key in values} >= LIVE


def test_what_another_version_stored_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    base = Settings()
    found = overlaid(base, {"series.gone_s": 1, "series.quiet_s": -1, "log.level": "debug"})
    assert found == base.model_copy(update={"log": base.log.model_copy(update={"level": "debug"})})
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2


def test_a_change_is_told_once(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'db'}")
    live = LiveSettings(database, Settings())
    told: list[Settings] = []
    live.on_change = told.append
    live.tick()
    assert told == []
    stored_settings.put(database, "series.quiet_s", 7, now=NOW)
    live.tick()
    live.tick()
    assert [each.series.quiet_s for each in told] == [7]
    stored_settings.drop(database, "series.quiet_s")
    live.tick()
    assert told[-1] == Settings()
    database.close()


def test_a_secret_outlives_the_change_of_another_setting() -> None:
    alerts = AlertsSection(webhook_url=SecretStr("https://hooks.example.org/s3cr3t"))
    found = overlaid(Settings(alerts=alerts), {"series.quiet_s": 7})
    assert (found.series.quiet_s, found.alerts) == (7, alerts)


def test_no_secret_is_live() -> None:
    sections = {key.partition(".")[0] for key in LIVE}
    assert not sections & {key.partition(".")[0] for key in SECRET_KEYS}


def test_a_secret_is_not_shown(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'db'}")
    alerts = AlertsSection(webhook_url=SecretStr("https://hooks.example.org/s3cr3t"))
    shown = {each.key: each for each in described(database, Settings(alerts=alerts))}
    database.close()
    assert shown["alerts.webhook_url"].source == "file"
    assert "s3cr3t" not in repr(shown)
