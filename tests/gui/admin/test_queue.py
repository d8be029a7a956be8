"""The queue at the console: what waits and why not, trying again, taking out, deleting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from pyqt_console.admin.question import Question
from pyqt_console.admin.queue import QueuePage
from pyqt_console.workplace import Workplace
from storage import deliveries, queue, series
from storage.errors import NotFoundError
from storage.records import NewObject, Role, SeriesRecord, SeriesState, StoredFile
from tests.gui.admin.conftest import Opened
from tests.gui.conftest import WAIT_MS
from tests.integration.api.conftest import Api
from tests.integration.storage import given

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def filled(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """1.1 and 1.2 wait, 1.3 was refused, 1.4 failed after something of it had been delivered."""
    database, root = api.database, api.context.data_dir.root
    file_of, report_for = given.file_of, given.report_for

    def image_here(uid: str, **more: str) -> StoredFile:  # else it is another node's to delete
        return replace(file_of(uid, **more), path=root / f"{uid}.dcm")

    def report_here(record: SeriesRecord) -> NewObject:
        return replace(report_for(record), path=root / f"report-{record.id}.dcm")

    monkeypatch.setattr(given, "file_of", image_here)
    monkeypatch.setattr(given, "report_for", report_here)
    given.queued(database, "1.4")
    claim = given.claimed(database)
    given.finish(database, claim, "pacs", "archive")
    for each in deliveries.due_deliveries(database, given.NOW):
        if each.peer_name == "pacs":
            deliveries.delivered(database, each.id, note="", now=given.NOW)
    given.receive(database, "1.4.2", "1.4", now=given.LATER, quiet_s=0)
    late = series.get_series(database, "1.4")
    assert series.mark_complete(database, late.id, fingerprint=given.FINGERPRINT, now=given.LATER)
    assert series.enqueue(database, late.id, fingerprint=given.FINGERPRINT, now=given.LATER)
    claim = given.claimed(database, now=given.LATER)
    queue.attempt_failed(database, claim, text="It crashed.", max_attempts=1, now=given.LATER)
    refused = given.complete(database, "1.3")
    series.refuse(database, refused.id, code="localizer", text="A localizer.", now=given.NOW)
    given.queued(database, "1.2", now=given.LATER)
    given.queued(database, "1.1")
    return api


def opened_queue(qtbot: QtBot, opened: Opened, role: Role = Role.ADMIN) -> QueuePage:
    window = opened(role)
    window.go_to("queue")
    page = cast("QueuePage", window.current)
    qtbot.waitUntil(lambda: uids(page) == ["1.1", "1.2"], timeout=WAIT_MS)
    return page


def uids(page: QueuePage) -> list[str]:
    return [each.series_uid for each in page.table.shown()]


def go_to(qtbot: QtBot, page: QueuePage, kind: str, *expected: str) -> None:
    qtbot.mouseClick(page.tabs.buttons[kind], LEFT)
    qtbot.waitUntil(lambda: uids(page) == list(expected), timeout=WAIT_MS)


def test_each_kind_has_its_number_the_longest_here_first(
    qtbot: QtBot, filled: Api, opened: Opened
) -> None:
    page = opened_queue(qtbot, opened)
    assert [each.text() for each in page.tabs.buttons.values()] == [
        "Waiting 2",
        "Being analysed 0",
        "Failed 1",
        "Not analysed 1",
    ]
    go_to(qtbot, page, "not_analysed", "1.3")
    assert page.table.sorted.index(0, 7).data() == "A localizer."
    assert page.why.text() == "A localizer."
    assert not page.park.isEnabled()
    go_to(qtbot, page, "analysing")
    qtbot.waitUntil(page.nothing.isVisible, timeout=WAIT_MS)
    assert not page.delete.isEnabled()


def test_what_waits_is_taken_out_and_tried_again(qtbot: QtBot, filled: Api, opened: Opened) -> None:
    page = opened_queue(qtbot, opened)
    assert page.table.select("1.2")
    assert not page.retry.isEnabled()
    qtbot.mouseClick(page.park, LEFT)
    qtbot.waitUntil(lambda: uids(page) == ["1.1"], timeout=WAIT_MS)
    go_to(qtbot, page, "failed", "1.4", "1.2")
    assert page.table.select("1.2")
    qtbot.mouseClick(page.retry, LEFT)
    qtbot.waitUntil(lambda: uids(page) == ["1.4"], timeout=WAIT_MS)
    assert series.get_series(filled.database, "1.2").state is not SeriesState.FAILED


def test_a_series_that_is_read_by_now_is_not_taken_out(
    qtbot: QtBot, filled: Api, opened: Opened
) -> None:
    page = opened_queue(qtbot, opened)
    assert page.table.select("1.1")
    given.claimed(filled.database)
    qtbot.mouseClick(page.park, LEFT)
    qtbot.waitUntil(lambda: "it does not wait" in page.banner.text.text(), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: uids(page) == ["1.2"], timeout=WAIT_MS)


def test_deleting_says_what_stays_at_the_peers(qtbot: QtBot, filled: Api, opened: Opened) -> None:
    page = opened_queue(qtbot, opened)
    go_to(qtbot, page, "failed", "1.4")
    qtbot.mouseClick(page.delete, LEFT)
    question = page.findChild(Question)
    assert question is not None
    assert "2 images" in question.text.text()
    qtbot.waitUntil(lambda: "pacs (1 object)" in question.text.text(), timeout=WAIT_MS)
    assert "archive" not in question.text.text()
    assert "1 object that waits to be sent is not sent any more" in question.text.text()
    qtbot.mouseClick(question.save, LEFT)
    qtbot.waitUntil(lambda: "stays there: pacs (1)" in page.banner.text.text(), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: uids(page) == [], timeout=WAIT_MS)
    with pytest.raises(NotFoundError):
        series.get_series(filled.database, "1.4")


def test_what_a_radiologist_may_not_do_is_not_there(
    qtbot: QtBot, filled: Api, opened: Opened
) -> None:
    page = opened_queue(qtbot, opened, Role.RADIOLOGIST)
    assert not page.park.isVisible()
    assert not page.delete.isVisible()
    go_to(qtbot, page, "not_analysed", "1.3")
    qtbot.mouseClick(page.retry, LEFT)
    qtbot.waitUntil(lambda: uids(page) == [], timeout=WAIT_MS)


def test_a_step_of_a_series_is_shown_soon(qtbot: QtBot, filled: Api, opened: Opened) -> None:
    page = opened_queue(qtbot, opened)
    assert page.table.select("1.2")
    given.queued(filled.database, "1.0")
    page.node_changed()
    qtbot.waitUntil(lambda: len(uids(page)) == 3, timeout=WAIT_MS)
    assert page.table.current().series_uid == "1.2"


def test_a_role_that_was_taken_away_meanwhile_is_told(
    qtbot: QtBot, filled: Api, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened_queue(qtbot, opened, Role.RADIOLOGIST)
    page.park.setVisible(True)
    qtbot.mouseClick(page.park, LEFT)
    qtbot.waitUntil(
        lambda: "A radiologist may not do this." in page.banner.text.text(), timeout=WAIT_MS
    )
    assert uids(page) == ["1.1", "1.2"]


def test_a_live_change_of_the_node_reaches_the_page_in_sight(
    qtbot: QtBot, filled: Api, sign_in: Callable[..., Workplace]
) -> None:
    workplace = sign_in("root", Role.ADMIN)
    window = workplace.administration
    window.open()
    window.go_to("queue")
    page = cast("QueuePage", window.current)
    page.poll(0)  # what is shown now comes by the node's events alone
    qtbot.waitUntil(lambda: uids(page) == ["1.1", "1.2"], timeout=WAIT_MS)
    qtbot.waitUntil(lambda: workplace.link.text() == "● live", timeout=WAIT_MS)
    given.claimed(filled.database)
    qtbot.waitUntil(lambda: uids(page) == ["1.2"], timeout=WAIT_MS)
    assert page.tabs.buttons["analysing"].text() == "Being analysed 1"
