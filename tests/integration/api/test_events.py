"""Live changes: in order, resumed where they broke off, ended with the session."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from storage import series
from storage.records import Role
from tests.integration.api.conftest import Api, problem, running
from tests.integration.storage import given


@contextmanager
def listening(client: httpx.Client, last: str | None = None) -> Iterator[Iterator[str]]:
    headers = {} if last is None else {"Last-Event-ID": last}
    with client.stream("GET", "/api/v1/events", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(lines).startswith("retry:")
        assert next(lines).startswith("id:")
        assert next(lines) == ""
        yield lines


def next_event(lines: Iterator[str]) -> tuple[str, dict[str, Any]]:
    fields: dict[str, str] = {}
    for line in lines:
        if not line and fields:
            return fields["id"], json.loads(fields["data"])
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
    raise AssertionError("the stream ended")


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicom_node.api.events.POLL_S", 0.02)


def test_changes_come_as_they_happen_and_say_nothing_of_the_patient(
    api: Api, reader: httpx.Client
) -> None:
    given.receive(api.database, "1.2.1", "1.2")
    with listening(reader) as lines:
        record = given.complete(api.database, "1.3")
        _, first = next_event(lines)
        _, second = next_event(lines)
        series.enqueue(api.database, record.id, fingerprint=given.FINGERPRINT, now=given.NOW)
        _, third = next_event(lines)
    steps = [(each["series_uid"], each["state"]) for each in (first, second, third)]
    assert [each["was"] for each in (first, second, third)] == [None, "receiving", "complete"]
    assert steps == [("1.3", "receiving"), ("1.3", "complete"), ("1.3", "queued")]
    assert "Doe" not in json.dumps([first, second, third])


def test_who_comes_back_gets_what_it_missed_also_from_the_next_life(tmp_path: Path) -> None:
    with running(tmp_path) as api:
        with api.signed_in(Role.RADIOLOGIST) as reader, listening(reader) as lines:
            given.receive(api.database, "1.2.1", "1.2")
            last, _ = next_event(lines)
        given.receive(api.database, "1.3.1", "1.3")
    with running(tmp_path) as api:
        given.receive(api.database, "1.4.1", "1.4")
        with api.signed_in(Role.RADIOLOGIST) as reader, listening(reader, last) as lines:
            assert [next_event(lines)[1]["series_uid"] for _ in range(2)] == ["1.3", "1.4"]


def test_signing_out_ends_the_stream(
    api: Api, reader: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening(reader) as lines:
        assert reader.delete("/api/v1/session").status_code == 204
        assert [line for line in lines if line and not line.startswith(":")] == []


def test_listeners_are_bounded_and_places_are_given_back(
    api: Api, reader: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicom_node.api.events.LISTENERS_MAX", 1)
    with listening(reader) as lines:
        assert problem(reader.get("/api/v1/events"), 503)["code"] == "too_many_listeners"
        reader.delete("/api/v1/session")
        assert all(not line or line.startswith(":") for line in lines)
    with api.signed_in(Role.RADIOLOGIST) as again, listening(again):
        pass


@pytest.mark.parametrize("last", ["x", "-1", "9" * 30])
def test_an_impossible_number_is_refused(api: Api, reader: httpx.Client, last: str) -> None:
    problem(reader.get("/api/v1/events", headers={"Last-Event-ID": last}), 422)


def test_a_stop_does_not_wait_for_listeners(tmp_path: Path) -> None:
    with (
        running(tmp_path) as api,
        api.signed_in(Role.RADIOLOGIST) as reader,
        listening(reader) as lines,
    ):
        api.server.stop()
        with pytest.raises(httpx.HTTPError):
            next_event(lines)
