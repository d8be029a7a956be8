"""From the list to a signed verdict, by keys and by mouse; nothing drafted is lost."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydicom import dcmread
from PyQt6.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot

from pyqt_console.review.draft import ACCEPT, REJECT
from pyqt_console.review.form import VerdictForm
from pyqt_console.shortcuts import KeyDialog
from pyqt_console.tokens import MemoryTokens
from pyqt_console.window import ConsoleWindow
from pyqt_console.workplace import Workplace
from storage import deliveries, verdicts
from storage.records import Piece, Role, SeriesRecord
from tests.gui.conftest import WAIT_MS
from tests.gui.reading import with_two_findings
from tests.integration.api.conftest import PASSWORD, Api
from tests.integration.storage import given

SignIn = Callable[..., Workplace]


@pytest.fixture
def reading(api: Api, tmp_path: Path) -> SeriesRecord:
    return with_two_findings(api, tmp_path / "ct")


def opened(qtbot: QtBot, workplace: Workplace, series_uid: str) -> VerdictForm:
    """The form of a series that is opened from the list by ⏎."""
    view = workplace.worklist
    qtbot.waitUntil(lambda: view.model.row_of(series_uid) is not None, timeout=WAIT_MS)
    view.select(series_uid)
    qtbot.keyClick(view.table, Qt.Key.Key_Return)
    return shown(qtbot, workplace, series_uid)


def shown(qtbot: QtBot, workplace: Workplace, series_uid: str) -> VerdictForm:
    def there() -> bool:
        detail = workplace.review.detail
        return detail is not None and detail.row.series_uid == series_uid

    qtbot.waitUntil(there, timeout=WAIT_MS)
    form = workplace.review.form
    assert form is not None
    return form


def press(qtbot: QtBot, workplace: Workplace, key: Qt.Key, *, shift: bool = False) -> None:
    modifier = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    qtbot.keyClick(workplace.worklist.table, key, modifier)


def test_a_study_is_opened_judged_and_signed_by_keys_and_the_next_one_opens(
    qtbot: QtBot, api: Api, reading: SeriesRecord, sign_in: SignIn
) -> None:
    refused = given.complete(api.database, "1.7")
    workplace = sign_in()
    form = opened(qtbot, workplace, reading.series_uid)
    assert "C2" in form.why_not.text()
    assert "C5" in form.why_not.text()
    assert not form.button.isEnabled()
    press(qtbot, workplace, Qt.Key.Key_N)  # nothing is signed by a key that comes too early
    press(qtbot, workplace, Qt.Key.Key_A)
    press(qtbot, workplace, Qt.Key.Key_R)
    assert [row.said().choice for row in form.rows] == [ACCEPT, REJECT]
    assert form.why_not.text() == ""
    press(qtbot, workplace, Qt.Key.Key_N)
    qtbot.waitUntil(
        lambda: len(verdicts.verdicts_of(api.database, reading.id)) == 1, timeout=WAIT_MS
    )
    shown(qtbot, workplace, refused.series_uid)
    (row,) = verdicts.verdicts_of(api.database, reading.id)
    assert row.reader == "Ann^Ann"
    (report,) = [
        each
        for each in deliveries.objects_of(api.database, reading.id)
        if each.piece is Piece.VERDICT
    ]
    assert dcmread(report.path).VerificationFlag == "VERIFIED"
    qtbot.waitUntil(
        lambda: workplace.worklist.model.row_of(reading.series_uid) is None, timeout=WAIT_MS
    )


def test_the_images_go_where_the_reader_turns(
    qtbot: QtBot, reading: SeriesRecord, sign_in: SignIn
) -> None:
    workplace = sign_in()
    images = workplace.images
    form = opened(qtbot, workplace, reading.series_uid)
    qtbot.waitUntil(lambda: images.scene is not None and images.scene.complete, timeout=WAIT_MS)
    assert "Doe, Jane" in images.banner.text()
    slices = {row.finding.level: row.finding.key_slice_index for row in form.rows}
    for level in ("C5", "C2", "C5"):
        qtbot.keyClick(images, Qt.Key.Key_F)
        assert [row.finding.level for row in form.rows if row.mark.text() == "▸"] == [level]
        assert images.scene is not None
        assert images.scene.index == slices[level]
    assert "C5" in images.said.text()
    workplace.review.clear()
    workplace.images.clear()
    assert images.said.text() == ""  # nothing of one patient under the next one's images
    assert len(images.cache) == 0


def test_a_finding_is_moved_to_another_level_with_a_comment(
    qtbot: QtBot, api: Api, reading: SeriesRecord, sign_in: SignIn
) -> None:
    form = opened(qtbot, sign_in(), reading.series_uid)
    first, second = form.rows
    assert not first.level.isEnabled()
    qtbot.mouseClick(first.buttons[ACCEPT], Qt.MouseButton.LeftButton)
    first.level.setCurrentText("C3")
    first.level.activated.emit(2)
    qtbot.keyClicks(first.comment, "aru")  # letters in a field stay letters
    assert first.said().choice == ACCEPT
    assert second.said().choice == ""
    qtbot.mouseClick(second.buttons[ACCEPT], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(form.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: len(verdicts.verdicts_of(api.database, reading.id)) == 1, timeout=WAIT_MS
    )
    (row,) = verdicts.verdicts_of(api.database, reading.id)
    assert row.document["findings"][0] == {
        "level": "C2",
        "verdict": "accept",
        "changed_level": "C3",
        "comment": "aru",
    }


def test_a_draft_survives_and_only_its_owner_can_read_it(
    qtbot: QtBot,
    api: Api,
    reading: SeriesRecord,
    sign_in: SignIn,
    window: ConsoleWindow,
    tmp_path: Path,
    settings: QSettings,
    tokens: MemoryTokens,
) -> None:
    workplace = sign_in()
    form = opened(qtbot, workplace, reading.series_uid)
    press(qtbot, workplace, Qt.Key.Key_A)
    qtbot.keyClicks(form.comment, "dens")
    files = tmp_path / "drafts"
    qtbot.waitUntil(
        lambda: any("dens" in path.read_text() for path in files.glob("*.json")), timeout=WAIT_MS
    )
    # Without any goodbye to the first window, as after a crash, a second one finds it.
    (kept,) = files.glob("*.json")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    token = api.token("ann")
    tokens.save(api.url, token)
    again = ConsoleWindow(settings, tokens, files)
    qtbot.addWidget(again)
    again.begin(api.url)
    qtbot.waitUntil(lambda: again.workplace is not None, timeout=WAIT_MS)
    assert again.workplace is not None
    found = opened(qtbot, again.workplace, reading.series_uid)
    assert found.rows[0].said().choice == ACCEPT
    assert found.comment.text() == "dens"
    again.close()


@contextmanager
def other_reader_signs_first(api: Api, reading: SeriesRecord) -> Iterator[None]:
    with api.signed_in(Role.RADIOLOGIST, "bob") as bob:
        judged = [
            {"level": "C2", "verdict": "reject", "comment": "a vessel"},
            {"level": "C5", "verdict": "unsure"},
        ]
        answer = bob.post(
            f"/api/v1/series/{reading.series_uid}/verdicts",
            json={"generation": 1, "known_verdicts": 0, "verdict": {"findings": judged}},
        )
        assert answer.status_code == 201, answer.text
        yield


def test_another_reader_s_verdict_is_shown_and_the_draft_is_kept(
    qtbot: QtBot, api: Api, reading: SeriesRecord, sign_in: SignIn
) -> None:
    workplace = sign_in()
    opened(qtbot, workplace, reading.series_uid)
    press(qtbot, workplace, Qt.Key.Key_A)
    press(qtbot, workplace, Qt.Key.Key_A)
    with other_reader_signs_first(api, reading):
        press(qtbot, workplace, Qt.Key.Key_N)
        banner = workplace.review.banner
        qtbot.waitUntil(lambda: "came first" in banner.text.text(), timeout=WAIT_MS)
    assert "Bob, Ann" in banner.text.text()
    assert "C2 rejected (a vessel)" in banner.text.text()
    assert len(verdicts.verdicts_of(api.database, reading.id)) == 1
    qtbot.mouseClick(banner.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: workplace.review.detail is not None and len(workplace.review.detail.verdicts) == 1,
        timeout=WAIT_MS,
    )
    form = workplace.review.form
    assert form is not None
    assert [row.said().choice for row in form.rows] == [ACCEPT, ACCEPT]
    press(qtbot, workplace, Qt.Key.Key_N)
    qtbot.waitUntil(
        lambda: len(verdicts.verdicts_of(api.database, reading.id)) == 2, timeout=WAIT_MS
    )


@pytest.mark.parametrize("how", ["the token ended", "locked", "signed out"])
def test_who_comes_back_goes_on_with_the_same_study_and_draft(
    qtbot: QtBot, api: Api, reading: SeriesRecord, sign_in: SignIn, window: ConsoleWindow, how: str
) -> None:
    workplace = sign_in()
    opened(qtbot, workplace, reading.series_uid)
    press(qtbot, workplace, Qt.Key.Key_R)
    if how == "the token ended":
        api.clock.pass_(api.context.settings.api.session_idle_s + 1)
        workplace.worklist.refresh_now()
    elif how == "locked":
        window.lock()
    else:
        workplace.leaving.emit("")
    qtbot.waitUntil(lambda: window.workplace is None, timeout=WAIT_MS)
    assert (window.login.problem.text() == "") == (how == "signed out")
    qtbot.keyClicks(window.login.password, PASSWORD)
    qtbot.keyClick(window.login.password, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.workplace is not None, timeout=WAIT_MS)
    again = window.workplace
    assert again is not None
    if how == "signed out":
        qtbot.waitUntil(lambda: again.worklist.model.rowCount() == 1, timeout=WAIT_MS)
        assert again.left_open is None
        return
    qtbot.waitUntil(lambda: again.review.form is not None, timeout=WAIT_MS)
    assert again.left_open == (api.url, "ann", reading.series_uid)
    assert again.review.form is not None
    assert again.review.form.rows[0].said().choice == REJECT


def test_a_node_that_goes_away_while_signing_loses_nothing(
    qtbot: QtBot, api: Api, reading: SeriesRecord, sign_in: SignIn, tmp_path: Path
) -> None:
    workplace = sign_in()
    form = opened(qtbot, workplace, reading.series_uid)
    press(qtbot, workplace, Qt.Key.Key_A)
    press(qtbot, workplace, Qt.Key.Key_A)
    api.server.stop()
    press(qtbot, workplace, Qt.Key.Key_N)
    banner = workplace.review.banner
    qtbot.waitUntil(lambda: "Not signed." in banner.text.text(), timeout=WAIT_MS)
    assert "Your draft is kept" in banner.text.text()
    assert form.button.isEnabled()
    assert [row.said().choice for row in form.rows] == [ACCEPT, ACCEPT]


def test_what_was_not_analysed_is_said_in_words_and_can_be_read_by_a_reader(
    qtbot: QtBot, five: Api, sign_in: SignIn
) -> None:
    workplace = sign_in()
    form = opened(qtbot, workplace, "1.3")
    assert workplace.review.summary.words.text() == "A localizer."
    assert "not a negative" in workplace.review.summary.model.text()
    assert "no fracture" in form.why_not.text()
    form.no_finding.setFocus()
    qtbot.keyClick(form.no_finding, Qt.Key.Key_Space)
    assert form.why_not.text() == ""
    assert set(form.absent) == {"C1", "C2", "C3", "C4", "C5", "C6", "C7"}


def test_only_a_radiologist_signs(qtbot: QtBot, five: Api, sign_in: SignIn) -> None:
    workplace = sign_in("root", Role.ADMIN)
    form = opened(qtbot, workplace, "1.1")
    assert form.why_not.text() == "Only a radiologist signs."
    assert not form.button.isEnabled()
    press(qtbot, workplace, Qt.Key.Key_A)
    assert form.draft.is_empty


def test_a_study_is_taken_and_given_back(qtbot: QtBot, five: Api, sign_in: SignIn) -> None:
    workplace = sign_in()
    opened(qtbot, workplace, "1.1")
    summary = workplace.review.summary
    qtbot.mouseClick(summary.take, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: summary.take.text() == "Give back (ann)", timeout=WAIT_MS)
    qtbot.waitUntil(lambda: "Mine 1" in workplace.worklist.tabs["mine"].text(), timeout=WAIT_MS)
    qtbot.mouseClick(summary.take, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: summary.take.text() == "Take it", timeout=WAIT_MS)


def test_every_key_is_shown_on_question_mark(qtbot: QtBot, five: Api, sign_in: SignIn) -> None:
    workplace = sign_in()
    qtbot.keyClick(workplace.worklist.table, "?")
    qtbot.waitUntil(lambda: workplace.findChild(KeyDialog) is not None, timeout=WAIT_MS)
    keys = [key for group in workplace.keys.rows.values() for key, _ in group]
    assert len(set(keys)) == len(keys)
