"""The client, free of Qt, against a real node: what it reads, and how it is told no."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from pyqt_console.client import NodeClient
from pyqt_console.errors import (
    InvalidError,
    OfflineError,
    RefusedError,
    ServerError,
    SignedOutError,
)
from pyqt_console.events import ChangeFeed, Link, LinkChange
from pyqt_console.query import WorklistQuery
from pyqt_console.records import Change
from storage.records import Role
from tests.integration.api.conftest import PASSWORD, Api, running
from tests.integration.storage import given
from tests.integration.storage.test_worklist import analysed
from tests.support import wait_until


def test_a_session_is_opened_resumed_and_ended(api: Api) -> None:
    api.add_user("ann", Role.RADIOLOGIST)
    client = NodeClient(api.url)
    session = client.sign_in("ann", PASSWORD)
    assert (session.user.role, session.user.display_name) == ("radiologist", "Ann^Ann")
    assert session.token not in repr(session)
    other = NodeClient(api.url)
    assert other.resume(session.token).user == session.user
    client.sign_out()
    with pytest.raises(SignedOutError):
        other.counts()
    with pytest.raises(SignedOutError):
        other.resume(session.token)
    client.close()
    other.close()


def test_a_wrong_password_is_refused_and_waiting_is_told(api: Api) -> None:
    api.add_user("ann", Role.RADIOLOGIST)
    client = NodeClient(api.url)
    for _ in range(5):
        with pytest.raises(RefusedError, match="Name or password is wrong"):
            client.sign_in("ann", "not this one")
    with pytest.raises(RefusedError, match="Try again in 30 s"):
        client.sign_in("ann", PASSWORD)
    client.close()


def test_a_session_that_was_idle_too_long_has_ended(api: Api, reader_client: NodeClient) -> None:
    assert reader_client.counts().of_tab["all"] == 0
    api.clock.pass_(api.context.settings.api.session_idle_s + 1)
    with pytest.raises(SignedOutError, match="Sign in again"):
        reader_client.counts()


def test_the_worklist_comes_in_pages_and_in_the_node_s_order(
    five: Api, reader_client: NodeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyqt_console.client.PAGE_ROWS", 2)
    found, cursor = [], None
    while True:
        page = reader_client.worklist(WorklistQuery("all"), cursor)
        assert len(page.rows) <= 2
        found += [(row.series_uid, row.outcome) for row in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == [
        ("1.1", "positive"),
        ("1.2", "partial"),
        ("1.3", "not_analysed"),
        ("1.4", "pending"),
        ("1.5", "negative"),
    ]
    counts = reader_client.counts()
    assert dict(counts.of_tab) == {
        "unread": 5,
        "critical": 1,
        "mine": 0,
        "not_analysed": 1,
        "all": 5,
    }
    assert counts.oldest_unread_utc == given.NOW


def test_what_was_not_analysed_has_no_numbers_and_a_reason(
    five: Api, reader_client: NodeClient
) -> None:
    (row,) = reader_client.worklist(WorklistQuery("not_analysed")).rows
    assert (row.patient_overall, dict(row.levels), row.reason_text) == (None, {}, "A localizer.")


def test_one_series_with_its_findings(five: Api, reader_client: NodeClient) -> None:
    detail = reader_client.detail("1.1")
    (finding,) = detail.findings
    assert (finding.level, finding.probability, finding.box) == ("C2", 0.97, (10, 12, 20, 22))
    assert detail.operating_point == 0.5
    assert detail.in_part == ("C2", "C3", "C4", "C5", "C6", "C7")
    assert detail.timeline[-1].state == "analysed"
    with pytest.raises(InvalidError, match="not known"):
        reader_client.detail("1.999")


def test_a_series_is_taken_once(five: Api, reader_client: NodeClient) -> None:
    reader_client.take("1.1")
    (mine,) = reader_client.worklist(WorklistQuery("mine")).rows
    assert mine.assigned_to == "ann"
    reader_client.release("1.1")
    assert reader_client.worklist(WorklistQuery("mine")).rows == ()


def test_a_node_that_is_away_is_offline_not_an_error_of_ours(tmp_path: Path) -> None:
    with running(tmp_path) as api:
        url = api.url
    client = NodeClient(url)
    with pytest.raises(OfflineError, match="cannot be reached"):
        client.sign_in("ann", PASSWORD)
    client.close()


def test_a_node_that_fails_gives_an_id(
    api: Api, reader_client: NodeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("Doe^Jane")

    monkeypatch.setattr("dicom_node.api.worklist.worklist.counts", broken)
    with pytest.raises(ServerError) as caught:
        reader_client.counts()
    assert caught.value.id
    assert "Doe" not in str(caught.value)


class Heard:
    """A feed in a thread, and what it told."""

    def __init__(self, client: NodeClient) -> None:
        self.news: list[Change | LinkChange] = []
        self.feed = ChangeFeed(client, pauses_s=(0.05,))
        self.thread = threading.Thread(target=self.feed.run, args=(self.news.append,))
        self.thread.start()

    def states(self) -> list[tuple[str, str]]:
        return [(each.series_uid, each.state) for each in self.news if isinstance(each, Change)]

    def links(self) -> list[Link]:
        return [each.link for each in self.news if isinstance(each, LinkChange)]

    def end(self) -> None:
        self.feed.stop()
        self.thread.join(20)
        assert not self.thread.is_alive()


def test_changes_are_told_as_they_happen(api: Api, reader_client: NodeClient) -> None:
    heard = Heard(reader_client)
    wait_until(lambda: heard.links() == [Link.LIVE])
    given.complete(api.database, "1.3")
    wait_until(lambda: heard.states() == [("1.3", "receiving"), ("1.3", "complete")])
    heard.end()


def test_who_was_cut_off_comes_back_and_misses_nothing(tmp_path: Path) -> None:
    with running(tmp_path) as api:
        api.add_user("ann", Role.RADIOLOGIST)
        port = api.server.port
        client = NodeClient(api.url)
        client.sign_in("ann", PASSWORD)
        heard = Heard(client)
        wait_until(lambda: Link.LIVE in heard.links())
        given.receive(api.database, "1.2.1", "1.2")
        wait_until(lambda: heard.states() == [("1.2", "receiving")])
    wait_until(lambda: heard.links()[-1] is Link.OFFLINE)
    with running(tmp_path, port=port) as api:
        analysed(api.database, "1.3", 0.9)
        wait_until(lambda: ("1.3", "analysed") in heard.states())
        assert heard.links()[-1] is Link.LIVE
        assert heard.states().count(("1.2", "receiving")) == 1
        heard.end()
    client.close()


def test_the_end_of_the_session_ends_the_feed(api: Api, reader_client: NodeClient) -> None:
    heard = Heard(reader_client)
    wait_until(lambda: heard.links() == [Link.LIVE])
    api.clock.pass_(api.context.settings.api.session_longest_s + 1)
    wait_until(lambda: heard.links()[-1] is Link.SIGNED_OUT)
    heard.thread.join(20)
    assert not heard.thread.is_alive()
