"""Settings at the console: where each comes from, changing one, and the age that deletes."""

from __future__ import annotations

from typing import cast

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from dicom_node.config import LIVE
from pyqt_console.admin.question import Question
from pyqt_console.admin.requests.settings import Expiry
from pyqt_console.admin.setting_forms import RetentionDialog, SettingDialog
from pyqt_console.admin.setting_words import WORDS, consequence_in_words, typed_value
from pyqt_console.admin.settings import SettingsPage
from storage import series, settings
from storage.records import SeriesState
from tests.gui.admin.conftest import Opened
from tests.gui.conftest import WAIT_MS
from tests.integration.api.conftest import Api
from tests.integration.storage import given

LEFT = Qt.MouseButton.LeftButton
QUIET = "series.quiet_s"


@pytest.fixture
def page(qtbot: QtBot, opened: Opened) -> SettingsPage:
    window = opened()
    window.go_to("settings")
    page = cast("SettingsPage", window.current)
    qtbot.waitUntil(lambda: len(page.live.shown()) == len(LIVE), timeout=WAIT_MS)
    return page


def edit(qtbot: QtBot, page: SettingsPage, key: str) -> SettingDialog:
    assert page.live.select(key)
    qtbot.mouseClick(page.edit, LEFT)
    (dialog,) = page.findChildren(SettingDialog)
    return dialog


def test_a_value_is_changed_and_the_change_taken_back(
    qtbot: QtBot, api: Api, page: SettingsPage
) -> None:
    dialog = edit(qtbot, page, QUIET)
    dialog.text.setText("-5")
    qtbot.mouseClick(dialog.save, LEFT)
    qtbot.waitUntil(
        lambda: "greater than 0" in dialog.form.notes["quiet_s"].text(), timeout=WAIT_MS
    )
    assert settings.stored(api.database) == {}
    dialog.text.setText("90")
    qtbot.mouseClick(dialog.save, LEFT)
    qtbot.waitUntil(lambda: page.live.current().value == 90, timeout=WAIT_MS)
    assert page.live.current().source == "database"
    assert settings.stored(api.database) == {QUIET: 90}
    qtbot.mouseClick(page.reset, LEFT)
    question = page.findChild(Question)
    assert question is not None
    assert "is 30 s again" in question.text.text()
    qtbot.mouseClick(question.save, LEFT)
    qtbot.waitUntil(lambda: not page.reset.isEnabled(), timeout=WAIT_MS)
    assert settings.stored(api.database) == {}


def test_what_needs_a_restart_is_shown_and_found(qtbot: QtBot, page: SettingsPage) -> None:
    page.search.setText("ae_title")
    assert [each.key for each in page.fixed.shown()] == ["dicom.ae_title"]
    assert set(LIVE) == set(WORDS)


def test_deleting_by_age_says_what_it_deletes_before_it_is_saved(
    qtbot: QtBot, api: Api, page: SettingsPage
) -> None:
    given.series_in(api.database, SeriesState.REPORTED)
    days = (api.clock.now - given.NOW).days
    assert "Nothing is deleted by age" in page.retention.text()
    qtbot.mouseClick(page.change_retention, LEFT)
    (dialog,) = page.findChildren(RetentionDialog)
    assert not dialog.save.isEnabled()
    qtbot.mouseClick(dialog.by_age, LEFT, pos=dialog.by_age.rect().center())
    dialog.by_age.setChecked(True)
    dialog.days.setValue(days + 1)
    assert not dialog.save.isEnabled()
    qtbot.waitUntil(lambda: "at first nothing is deleted" in said(dialog), timeout=WAIT_MS)
    dialog.days.setValue(days)
    qtbot.waitUntil(lambda: "1 series is deleted within minutes" in said(dialog), timeout=WAIT_MS)
    assert dialog.save.text() == "Save, and delete them"
    assert settings.stored(api.database) == {}
    assert series.get_series(api.database, given.SERIES_UID).state is SeriesState.REPORTED
    qtbot.mouseClick(dialog.save, LEFT)
    qtbot.waitUntil(lambda: f"more than {days} days ago" in page.retention.text(), timeout=WAIT_MS)
    assert settings.stored(api.database) == {"storage.keep_days": days}


def test_what_is_not_known_to_delete_cannot_be_saved(
    qtbot: QtBot, api: Api, page: SettingsPage
) -> None:
    dialog = page.open_retention()
    assert dialog is not None
    api.server.stop()
    dialog.by_age.setChecked(True)
    qtbot.waitUntil(lambda: "cannot be saved" in said(dialog), timeout=WAIT_MS)
    assert not dialog.save.isEnabled()
    dialog.reject()


def said(dialog: RetentionDialog) -> str:
    return dialog.consequence.text()


@pytest.mark.parametrize(
    ("text", "before", "expected"),
    [
        ("60", 30, 60),
        (" 2.5 ", 30.0, 2.5),
        ("info", "debug", "info"),
        ("7", "a", "7"),
        ("x", 1, "x"),
    ],
)
def test_a_number_stays_a_number(text: str, before: object, expected: object) -> None:
    assert typed_value(text, before) == expected


def test_more_than_were_counted_is_said_so() -> None:
    assert consequence_in_words(9, Expiry(1000, True)).startswith(
        "More than 1000 series are deleted"
    )
