"""The worklist and one series over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from storage import audit, deliveries, instances, series
from storage.records import DeliveryState, Role
from tests.integration.api.conftest import Api, problem
from tests.integration.storage import given
from tests.integration.storage.test_worklist import analysed


@pytest.fixture
def three(api: Api) -> Api:
    analysed(api.database, "1.3", 0.1)
    analysed(api.database, "1.1", 0.97, coverage="C1 only", findings=[{"level": "C1"}])
    record = given.complete(api.database, "1.2")
    series.refuse(api.database, record.id, code="localizer", text="A localizer.", now=given.NOW)
    return api


def test_rows_come_in_the_order_of_urgency(three: Api, reader: httpx.Client) -> None:
    page = reader.get("/api/v1/series").json()
    assert [row["series_uid"] for row in page["items"]] == ["1.1", "1.2", "1.3"]
    assert page["next_cursor"] is None
    first, second, _ = page["items"]
    places = [(row["triage_rank"], row["reading_id"]) for row in page["items"]]
    assert places == sorted(places)
    assert (first["outcome"], first["patient_overall"], first["levels"]) == (
        "positive",
        0.97,
        {"C1": 0.97},
    )
    assert (first["coverage"], first["research_use_only"]) == ("C1 only", True)
    assert (second["outcome"], second["patient_overall"], second["levels"]) == (
        "not_analysed",
        None,
        {},
    )
    assert second["reason_text"] == "A localizer."


def test_pages_by_cursor(three: Api, reader: httpx.Client) -> None:
    found, cursor = [], None
    while True:
        parameters = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = reader.get("/api/v1/series", params=parameters).json()
        found += [row["series_uid"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == ["1.1", "1.2", "1.3"]


def test_filters_and_counts(three: Api, reader: httpx.Client) -> None:
    def uids(**parameters: object) -> list[str]:
        answer = reader.get("/api/v1/series", params=parameters)  # type: ignore[arg-type]
        return [row["series_uid"] for row in answer.raise_for_status().json()["items"]]

    assert uids(tab="critical") == ["1.1"]
    assert uids(outcome=["negative", "not_analysed"]) == ["1.2", "1.3"]
    assert uids(state="analysed") == ["1.1", "1.3"]
    assert uids(search="jane doe") == ["1.1", "1.2", "1.3"]
    assert uids(read=True) == []
    assert uids(source=["SCANNER", "OTHER"], taken=False) == ["1.1", "1.2", "1.3"]
    assert uids(source="OTHER") == uids(taken=True) == []
    assert uids(study_date_from="2026-02-28", study_date_until="2026-02-28") == uids()
    assert uids(study_date_from="2026-03-01") == []
    assert uids(series_uid=["1.3", "1.2", "1.999"], tab="not_analysed") == ["1.2"]
    assert uids(order="newest") == ["1.2", "1.1", "1.3"]
    counts = reader.get("/api/v1/worklist/counts").json()
    assert (counts["unread"], counts["critical"], counts["not_analysed"]) == (3, 1, 1)


@pytest.mark.parametrize(
    "parameters",
    [
        {"tab": "x"},
        {"state": "analysed' OR '1'='1"},
        {"limit": 0},
        {"limit": 201},
        {"cursor": "x"},
        {"cursor": "ODAw"},
        {"cursor": "LTEuLTE"},
        {"cursor": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5LjE"},
        {"order_by": "id; DROP TABLE series"},
        {"search": "x" * 201},
        {"series_uid": "1.2' OR 1=1"},
        {"source": "seventeen letters"},
        {"study_date_from": "28.2.2026"},
        {"order": "id; DROP TABLE series"},
    ],
)
def test_impossible_filters_are_refused(
    three: Api, reader: httpx.Client, parameters: dict[str, str | int]
) -> None:
    problem(reader.get("/api/v1/series", params=parameters), 422)


SQL = ["'", '"', "' OR 1=1 --", "%' UNION SELECT password_hash FROM users --", "\\", "%", "_", "\0"]


@pytest.mark.parametrize("text", SQL)
@pytest.mark.parametrize("name", ["search", "assigned_to"])
def test_sql_in_a_filter_is_only_text(
    three: Api, reader: httpx.Client, name: str, text: str
) -> None:
    answer = reader.get("/api/v1/series", params={name: text})
    assert answer.status_code == 200
    found = answer.json()["items"]
    assert found == [] or (name, text) == ("search", "\0")


def test_one_series_with_everything(three: Api, reader: httpx.Client) -> None:
    detail = reader.get("/api/v1/series/1.1").json()
    assert detail["result"]["patient_overall"] == 0.97
    assert [step["state"] for step in detail["timeline"]][-1] == "analysed"
    assert [each["piece"] for each in detail["objects"]] == ["report"]
    assert (detail["verdicts"], detail["supersedes"]) == ([], [])
    held = instances.instances_of(three.database, "1.1")
    assert [each.sop_instance_uid for each in held] == [detail["middle_sop_uid"]]
    (seen,) = audit.entries(three.database, object_="1.1")
    assert (seen.actor, seen.action) == ("radiologist", "series.viewed")
    problem(reader.get("/api/v1/series/1.999"), 404)
    problem(reader.get("/api/v1/series/..%2f..%2fetc"), 404)
    problem(reader.get("/api/v1/series/DOE^JANE"), 422)


def test_a_superseded_reading_is_named(three: Api, reader: httpx.Client) -> None:
    given.receive(three.database, "1.1.99", "1.1", now=given.LATER)
    detail = reader.get("/api/v1/series/1.1").json()
    assert (detail["generation"], detail["outcome"], detail["result"]) == (2, "pending", None)
    (earlier,) = detail["supersedes"]
    assert (earlier["generation"], earlier["patient_overall"]) == (1, 0.97)


def test_a_series_is_taken_by_one_reader(three: Api, sign_in: Callable[..., httpx.Client]) -> None:
    ann, bob = sign_in(Role.RADIOLOGIST, "ann"), sign_in(Role.RADIOLOGIST, "bob")
    admin = sign_in(Role.ADMIN)
    path = "/api/v1/series/1.1/assignment"
    assert ann.post(path).json() == {"series_uid": "1.1", "assigned_to": "ann"}
    assert ann.post(path).status_code == 200
    for refused in (bob.post(path), bob.delete(path)):
        error = problem(refused, 409)
        assert (error["code"], error["detail"]) == ("taken", {"assigned_to": "ann"})
    assert bob.post(path, json={"take_over": True}).json()["assigned_to"] == "bob"
    assert admin.delete(path).json()["assigned_to"] is None
    changes = [
        (each.action, each.actor, each.before, each.after)
        for each in audit.entries(three.database, object_="1.1")
    ]
    assert changes[-2:] == [
        ("series.taken", "bob", {"assigned_to": "ann"}, {"assigned_to": "bob"}),
        ("series.released", "admin", {"assigned_to": "bob"}, {"assigned_to": None}),
    ]
    # What was refused changed nothing, and left no entry that says it did.
    assert [each[:2] for each in changes].count(("series.taken", "bob")) == 1


def test_of_many_who_take_at_once_one_has_it(
    three: Api, sign_in: Callable[..., httpx.Client]
) -> None:
    clients = [sign_in(Role.RADIOLOGIST, f"reader{number}") for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda client: client.post("/api/v1/series/1.1/assignment"), clients)
        )
    assert sorted(each.status_code for each in answers) == [200, 409, 409, 409]


def test_a_retry_is_audited_and_only_where_it_can_be(three: Api, reader: httpx.Client) -> None:
    assert reader.post("/api/v1/series/1.2/retry").json()["state"] == "receiving"
    assert problem(reader.post("/api/v1/series/1.1/retry"), 409)["code"] == "conflict"
    problem(reader.post("/api/v1/series/1.999/retry"), 404)
    (entry,) = audit.entries(three.database, object_="1.2")
    assert (entry.action, entry.before, entry.after) == (
        "series.retried",
        {"state": "not_analysed", "generation": 1},
        {"state": "receiving", "generation": 1},
    )


def test_what_waits_is_taken_out_of_the_queue_and_brought_back(
    three: Api, sign_in: Callable[..., httpx.Client]
) -> None:
    admin, reader = sign_in(Role.ADMIN), sign_in(Role.RADIOLOGIST)
    given.queued(three.database, "1.9")
    parked = admin.post("/api/v1/series/1.9/park").json()
    assert (parked["state"], parked["outcome"], parked["reason_code"]) == (
        "failed",
        "failed",
        "taken_out",
    )
    assert problem(admin.post("/api/v1/series/1.9/park"), 409)["code"] == "conflict"
    assert reader.post("/api/v1/series/1.9/retry").json()["state"] == "receiving"


def test_a_parked_delivery_is_resumed_and_one_that_arrived_is_sent_again(
    three: Api, sign_in: Callable[..., httpx.Client]
) -> None:
    admin = sign_in(Role.ADMIN)
    given.queued(three.database, "1.9")
    given.finish(three.database, given.claimed(three.database), "pacs")
    record = series.get_series(three.database, "1.9")
    (delivery,) = deliveries.deliveries_of(three.database, record.id)
    deliveries.park(three.database, delivery.id, error="refused", now=given.NOW)
    (parked,) = admin.get("/api/v1/deliveries").json()
    assert (parked["peer_name"], parked["last_error"]) == ("pacs", "refused")
    assert admin.post(f"/api/v1/deliveries/{delivery.id}/resume").status_code == 204
    assert admin.get("/api/v1/deliveries").json() == []
    deliveries.delivered(three.database, delivery.id, note="", now=given.NOW)
    assert admin.post(f"/api/v1/deliveries/{delivery.id}/resend").status_code == 204
    (again,) = deliveries.deliveries_of(three.database, record.id)
    assert again.state is DeliveryState.PENDING
    problem(admin.post("/api/v1/deliveries/999/resume"), 404)
