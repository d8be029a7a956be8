"""Settings over HTTP: where each comes from, changed while the node runs, undone."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from storage import audit, series
from storage import settings as stored_settings
from storage.records import SeriesState
from tests.integration.api.conftest import Api, problem
from tests.integration.storage import given

SETTINGS = "/api/v1/settings"


def of(admin: httpx.Client, key: str) -> dict[str, Any]:
    (found,) = [each for each in admin.get(SETTINGS).json() if each["key"] == key]
    return dict(found)


def test_each_says_where_it_comes_from(
    api: Api, admin: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CSPINE_LOG__FORMAT", "text")
    assert of(admin, "dicom.ae_title")["source"] == "default"
    assert of(admin, "api.port") | {"value": 0, "source": "file", "live": False} == of(
        admin, "api.port"
    )
    assert of(admin, "log.format")["source"] == "environment"
    assert of(admin, "storage.database_url")["value"] == api.database.url_without_password
    assert of(admin, "series.quiet_s") == {
        "key": "series.quiet_s",
        "value": 30,
        "source": "default",
        "live": True,
        "at_start": 30,
    }


def test_changed_shown_audited_reset_and_undone(
    api: Api, admin: httpx.Client, reader: httpx.Client
) -> None:
    wanted = {"series.quiet_s": 7, "storage.keep_days": 90}
    problem(reader.patch(SETTINGS, json={"set": wanted}), 403)
    answer = admin.patch(SETTINGS, json={"set": wanted})
    assert answer.status_code == 200, answer.text
    assert of(admin, "series.quiet_s") | {"value": 7, "source": "database", "at_start": 30} == of(
        admin, "series.quiet_s"
    )
    assert api.context.in_force().series.quiet_s == 7
    assert api.context.in_force().storage.keep_days == 90
    (entry,) = audit.entries(api.database, object_="series.quiet_s")
    assert (entry.action, entry.before, entry.after) == (
        "setting.changed",
        {"value": 30.0, "source": "default"},
        {"value": 7.0, "source": "database"},
    )
    assert admin.post(f"/api/v1/audit/{entry.seq}/undo").status_code == 200
    assert of(admin, "series.quiet_s")["source"] == "default"
    problem(admin.post(f"/api/v1/audit/{entry.seq}/undo"), 409)

    off = admin.patch(SETTINGS, json={"set": {"storage.keep_days": None}})
    assert off.status_code == 200
    assert of(admin, "storage.keep_days")["source"] == "database"
    assert admin.patch(SETTINGS, json={"reset": ["storage.keep_days"]}).status_code == 200
    assert stored_settings.stored(api.database) == {}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"set": {"dicom.port": 104}}, "dicom.port"),
        ({"set": {"series.quiet": 1}}, "series.quiet"),
        ({"set": {"": 1}}, ""),
        ({"set": {"series.quiet_s": 0}}, "series.quiet_s"),
        ({"set": {"series.quiet_s": "7"}}, "series.quiet_s"),
        ({"set": {"series.quiet_s": True}}, "series.quiet_s"),
        ({"set": {"log.level": "loud"}}, "log.level"),
        ({"set": {"storage.keep_days": 0}}, "storage.keep_days"),
        ({"set": {"series.quiet_s": 7, "storage.keep_days": 1.5}}, "storage.keep_days"),
        ({"set": {"series.quiet_s": 7}, "reset": ["series.quiet_s"]}, "series.quiet_s"),
        ({"reset": ["api.port"]}, "api.port"),
        ({"surprise": 1}, "body.surprise"),
    ],
)
def test_what_is_impossible_changes_nothing(
    api: Api, admin: httpx.Client, body: dict[str, Any], named: str
) -> None:
    assert problem(admin.patch(SETTINGS, json=body), 422)["message"].startswith(f"{named}: ")
    assert stored_settings.stored(api.database) == {}
    assert audit.latest(api.database, limit=1)[0].action == "session.opened"


def test_deleting_by_age_is_rehearsed_and_deletes_nothing(api: Api, admin: httpx.Client) -> None:
    given.series_in(api.database, SeriesState.REPORTED)
    days = (api.clock.now - given.NOW).days
    path = "/api/v1/retention/rehearsal"
    found = admin.get(path, params={"keep_days": days}).json()
    assert found == {"keep_days": days, "series": 1, "more": False}
    assert admin.get(path, params={"keep_days": days + 1}).json()["series"] == 0
    problem(admin.get(path, params={"keep_days": 0}), 422)
    assert series.get_series(api.database, given.SERIES_UID).state is SeriesState.REPORTED
