"""A series is deleted over HTTP, by an administrator only, and nothing dangles."""

from __future__ import annotations

import httpx

from storage import audit, peers
from storage.records import Peer
from tests.integration.api.conftest import Api, problem
from tests.integration.api.test_events import listening, next_event
from tests.integration.retention.test_deletion import files, reported
from tests.integration.storage import given


def test_deleted_with_its_files_and_told_what_stays(
    api: Api, admin: httpx.Client, reader: httpx.Client
) -> None:
    data_dir = api.context.data_dir
    peers.add_peer(api.database, Peer("pacs", "P", "h", 104, gets_results=True), now=given.NOW)
    reported(api.database, data_dir, "1.2.7")
    problem(reader.delete("/api/v1/series/1.2.7"), 403)
    before = admin.get("/api/v1/series/1.2.7/deletion").json()
    assert before == {"series_uid": "1.2.7", "kept_by": {"pacs": 1}, "not_sent": 0}
    with listening(admin) as lines:
        answer = admin.delete("/api/v1/series/1.2.7")
        assert answer.status_code == 200
        number, event = next_event(lines)
    assert (event["series_uid"], event["note"]) == ("1.2.7", "deleted: a person asked")
    assert "state" not in event
    assert int(number) > 0
    gone = answer.json()
    assert (gone["kept_by"], gone["not_sent"], gone["actor"]) == ({"pacs": 1}, 0, "admin")
    assert "What was delivered stays there: pacs (1)." in gone["text"]
    assert files(data_dir) == set()
    assert admin.get("/api/v1/series").json()["items"] == []
    left = problem(reader.get("/api/v1/series/1.2.7"), 410)
    assert (left["code"], left["detail"]["kept_by"]) == ("deleted", {"pacs": 1})
    problem(admin.delete("/api/v1/series/1.2.7"), 404)
    problem(admin.post("/api/v1/series/1.2.7/retry"), 404)
    assert admin.get("/dicomweb/studies", params={"StudyInstanceUID": "1.2.1"}).json() == []
    assert [each.action for each in audit.entries(api.database, object_="1.2.7")] == [
        "series.deleted"
    ]


def test_not_while_it_is_analysed(api: Api, admin: httpx.Client) -> None:
    given.queued(api.database, "1.2.7")
    given.claimed(api.database, now=api.clock.now)
    problem(admin.delete("/api/v1/series/1.2.7"), 409)
    assert admin.get("/api/v1/series/1.2.7").status_code == 200
