"""The audit trail at the console: filters, pages, what changed, undoing, verifying, exporting."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot
from sqlalchemy import text

from pyqt_console.admin.audit import AuditPage
from pyqt_console.admin.audit_words import ACTIONS, KINDS, sent_on_in_words, undoing_in_words
from pyqt_console.admin.question import Question
from pyqt_console.admin.requests.audit import Entry, Receiver
from pyqt_console.admin.words import Difference, differences
from storage import audit, settings
from storage.records import Actor
from tests.gui.admin.conftest import Opened
from tests.gui.conftest import WAIT_MS
from tests.integration.api.conftest import Api
from tests.integration.storage import given

QUIET = "series.quiet_s"


@pytest.fixture
def page(qtbot: QtBot, opened: Opened) -> AuditPage:
    """With entries: who signed in, and two settings that were changed."""
    window = opened()
    window.go_to("audit")
    page = cast("AuditPage", window.current)
    for value in (60, 90):
        page.client.ask("PATCH", "/api/v1/settings", json={"set": {QUIET: value}})
    page.refresh()
    qtbot.waitUntil(lambda: len(actions(page)) == 3, timeout=WAIT_MS)
    return page


def actions(page: AuditPage) -> list[str]:
    return [each.action for each in page.table.shown()]


def undo_of(page: AuditPage, qtbot: QtBot, seq: int) -> Question:
    assert page.table.select(seq)
    qtbot.mouseClick(page.detail.undo, Qt.MouseButton.LeftButton)
    dialog = page.findChild(Question)
    assert dialog is not None
    return dialog


def test_a_change_shows_each_field_before_and_after(page: AuditPage) -> None:
    assert actions(page) == ["setting.changed", "setting.changed", "session.opened"]
    assert page.table.select(3)
    assert page.detail.heading.text() == f"admin-0 changed a setting: {QUIET}"
    assert page.detail.changes.shown() == (Difference("value", "60", "90"),)
    assert page.table.select(2)
    assert page.detail.changes.shown() == (
        Difference("value", "30", "60"),
        Difference("source", "the program's own", "changed while it ran"),
    )
    assert page.table.select(1)
    assert not page.detail.undo.isVisible()
    assert page.detail.nothing.isVisible()


def test_filters_and_older_entries(
    qtbot: QtBot, api: Api, page: AuditPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("audit", "requests.audit"):
        monkeypatch.setattr(f"pyqt_console.admin.{module}.PAGE_ENTRIES", 4)
    for number in range(6):
        audit.record(
            api.database, Actor("ann", "::1"), "series.viewed", f"1.2.{number}", now=given.NOW
        )
    page.about.setText("1.2.")
    qtbot.waitUntil(lambda: actions(page) == ["series.viewed"] * 4, timeout=WAIT_MS)
    qtbot.mouseClick(page.older, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: actions(page) == ["series.viewed"] * 6, timeout=WAIT_MS)
    assert not page.older.isVisible()  # there are no more
    page.actor.setText("nobody")
    qtbot.waitUntil(page.none.isVisible, timeout=WAIT_MS)
    assert actions(page) == []
    page.actor.setText("")
    page.about.setText("")
    page.kind.setCurrentIndex(list(KINDS).index("setting"))
    qtbot.waitUntil(lambda: actions(page) == ["setting.changed"] * 2, timeout=WAIT_MS)


def test_news_come_on_top_and_the_selection_stays(qtbot: QtBot, api: Api, page: AuditPage) -> None:
    assert page.table.select(2)
    audit.record(api.database, Actor("ann", "::1"), "series.viewed", "1.2.9", now=given.NOW)
    page.refresh()
    qtbot.waitUntil(lambda: actions(page)[0] == "series.viewed", timeout=WAIT_MS)
    assert page.table.current().seq == 2
    assert [each.seq for each in page.table.shown()] == [4, 3, 2, 1]


def test_a_change_is_undone_after_a_question(qtbot: QtBot, api: Api, page: AuditPage) -> None:
    dialog = undo_of(page, qtbot, 3)
    assert "value is 60 again, not 90" in dialog.text.text()
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "change.undone" in actions(page), timeout=WAIT_MS)
    assert settings.stored(api.database)[QUIET] == 60


def test_an_undoing_that_something_newer_stands_against_says_so(
    qtbot: QtBot, api: Api, page: AuditPage
) -> None:
    dialog = undo_of(page, qtbot, 2)
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(dialog.problem.isVisible, timeout=WAIT_MS)
    assert dialog.problem.text() == f"{QUIET} was changed again after entry 2."
    assert settings.stored(api.database)[QUIET] == 90
    dialog.reject()


def test_the_trail_is_verified_in_words(qtbot: QtBot, api: Api, page: AuditPage) -> None:
    qtbot.mouseClick(page.verify, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "all 3 entries hold" in page.banner.text.text(), timeout=WAIT_MS)
    with api.database.transaction() as session:
        for statement in (
            "DROP TRIGGER audit_no_update",
            "UPDATE audit SET actor = 'nobody' WHERE seq = 2",
        ):
            session.execute(text(statement))
    qtbot.mouseClick(page.verify, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "does not hold" in page.banner.text.text(), timeout=WAIT_MS)
    assert "entry 2: this entry was changed" in page.banner.text.text()


def test_all_of_it_is_exported_or_nothing(
    qtbot: QtBot, api: Api, page: AuditPage, tmp_path: Path
) -> None:
    page.export_to(tmp_path / "trail.jsonl")
    qtbot.waitUntil(lambda: "Exported: 4 entries" in page.banner.text.text(), timeout=WAIT_MS)
    lines = (tmp_path / "trail.jsonl").read_text().splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [1, 2, 3, 4]
    page.export_to(tmp_path / "nowhere" / "trail.jsonl")
    qtbot.waitUntil(lambda: "cannot be written" in page.banner.text.text(), timeout=WAIT_MS)
    qtbot.waitUntil(page.export.isEnabled, timeout=WAIT_MS)
    api.server.stop()
    page.export_to(tmp_path / "trail.jsonl")
    qtbot.waitUntil(lambda: "cannot be reached" in page.banner.text.text(), timeout=WAIT_MS)
    assert (tmp_path / "trail.jsonl").read_text().splitlines() == lines
    assert [each.name for each in tmp_path.glob("*.part")] == []


def test_every_action_that_the_node_can_write_has_words() -> None:
    from dicom_node.audit_messages.events import EVENTS  # noqa: PLC0415 - not of the console

    assert set(ACTIONS) == set(EVENTS)
    assert {each.partition(".")[0] for each in EVENTS} == set(KINDS) - {""}


def test_documents_are_compared_field_by_field() -> None:
    before = {"a": 1, "rule": {"to": ["pacs"], "outcome": []}, "gone": None}
    after = {"a": 1, "rule": {"to": ["pacs", "b"], "outcome": []}, "new": True}
    assert differences(before, after) == (
        Difference("gone", "nothing", None),
        Difference("new", None, "yes"),
        Difference("rule.to", "pacs", "pacs, b"),
    )
    assert differences(None, None) == ()


def test_what_an_undoing_does_is_told_for_things_that_came_or_went() -> None:
    def entry(before: dict[str, object] | None, after: dict[str, object] | None) -> Entry:
        return Entry(1, given.NOW, "ann", "", "peer.added", "pacs", before, after, "0" * 64, True)

    assert undoing_in_words(entry(None, {"port": 1})) == "pacs is not there then, as before."
    assert undoing_in_words(entry({"port": 1}, None)) == "pacs is there again, as it was."


def test_where_the_trail_goes_is_said(page: AuditPage) -> None:
    assert "nowhere but in this node's database" in page.sent_on.text()
    later = given.NOW + timedelta(hours=3)
    assert sent_on_in_words(Receiver("syslog", 0, None, None), later) == (
        "✓ All of it was sent on to syslog.",
        "quiet",
    )
    text, role = sent_on_in_words(Receiver("syslog", 12, given.NOW, "It is away."), later)
    assert (text, role) == (
        "✕ 12 entries wait to be sent on to syslog, the oldest for 3 h 00. It is away.",
        "caution",
    )
