"""Query/Retrieve as a user does it: at Orthanc, to a real listener; and a whole PACS set up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pynetdicom import evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelMove,
)
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor
from pytestqt.qtbot import QtBot

from dicom_node.scp.listener import DicomListener
from pyqt_console.admin.callers import CallersPage
from pyqt_console.admin.peers import PeersPage
from pyqt_console.admin.requests.retrieve import Retrieval, list_retrievals, retrieve
from pyqt_console.admin.retrieve import RetrievePage
from pyqt_console.admin.retrieve_words import day_of, held, name_query, progress, state
from pyqt_console.admin.routes import RoutesPage
from pyqt_console.admin.window import AdminWindow
from pyqt_console.client import NodeClient
from pyqt_console.theme import LIGHT
from pyqt_console.workplace import Workplace
from storage import peers, routes
from storage.records import Peer, Role
from tests.dcmtk import LOOPBACK, echoscu
from tests.gui.admin.conftest import Opened
from tests.gui.conftest import WAIT_MS
from tests.integration.api.conftest import PASSWORD, Api, running
from tests.integration.api.test_retrievals import STUDY, Waiting, listener, pacs
from tests.integration.network.answering_scp import answering_scp
from tests.integration.network.conftest import make_ct
from tests.orthanc import Orthanc

__all__ = ["listener", "make_ct", "pacs"]


def know(api: Api, port: int, **changes: Any) -> None:
    peer = Peer("pacs", "ORTHANC", LOOPBACK, port, may_send=True)
    peers.add_peer(api.database, replace(peer, **changes), now=api.context.now())


def page_of(qtbot: QtBot, window: AdminWindow) -> RetrievePage:
    window.go_to("retrieve")
    page = window.current
    assert isinstance(page, RetrievePage)
    qtbot.waitUntil(lambda: page.as_of is not None, timeout=WAIT_MS)
    return page


def search(qtbot: QtBot, page: RetrievePage, name: str) -> None:
    page.search.fields["patient_name"].setText(name)
    qtbot.keyClick(page.search.fields["patient_name"], Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.search.button.text() == "Search", timeout=WAIT_MS)


def here(page: RetrievePage) -> str:
    return str(page.tree.items.index(0, 7).data())


def test_a_pacs_is_set_up_without_a_manual(
    qtbot: QtBot,
    api: Api,
    sign_in: Callable[..., Workplace],
    listener: DicomListener,
    pacs: Orthanc,
) -> None:
    """Refused caller → peer → the way to it → a rule → search → fetched → in the worklist."""
    workplace = sign_in("root", Role.ADMIN)
    window = workplace.administration
    window.open()
    assert not echoscu(listener.port, calling_aet=pacs.aet).ok
    window.go_to("callers")
    callers = window.current
    assert isinstance(callers, CallersPage)
    qtbot.waitUntil(lambda: callers.table.current() is not None, timeout=WAIT_MS)
    qtbot.mouseClick(callers.button, Qt.MouseButton.LeftButton)

    known = window.current
    assert isinstance(known, PeersPage)
    assert known.dialog is not None
    known.dialog.texts["port"].setText(str(pacs.dicom_port))
    known.dialog.flags["gets_results"].setChecked(True)
    qtbot.mouseClick(known.dialog.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(known.echo.isVisible, timeout=WAIT_MS)
    qtbot.mouseClick(known.echo.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "All of it works" in known.echo.text.text(), timeout=WAIT_MS)

    window.go_to("routes")
    rules = window.current
    assert isinstance(rules, RoutesPage)
    qtbot.waitUntil(lambda: rules.as_of is not None, timeout=WAIT_MS)
    rules.add()
    assert rules.dialog is not None
    rules.dialog.name.setText("all")
    rules.dialog.to.boxes["orthanc"].setChecked(True)
    qtbot.mouseClick(rules.dialog.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(rules.table.shown()) == 1, timeout=WAIT_MS)
    assert [each.rule for each in routes.list_routes(api.database)] == [{"to": ["orthanc"]}]

    page = page_of(qtbot, window)
    search(qtbot, page, "müller")
    assert page.summary.text() == "1 study."
    assert here(page) == "– not here"
    page.tree.expand(page.tree.items.index(0, 0))
    study = page.tree.items.item(0, 0)
    assert study is not None
    qtbot.waitUntil(lambda: study.child(0, 5) is not None, timeout=WAIT_MS)
    assert study.child(0, 5).text() == "CT"  # type: ignore[union-attr]
    qtbot.mouseClick(page.fetch, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "✓ arrived" in page.banner.text.text(), timeout=WAIT_MS)
    assert "Müller, Änne" in page.banner.text.text()
    assert page.retrievals.sorted.index(0, 4).data() == "3 of 3 images"
    assert here(page) == study.child(0, 7).text() == "✓ arrived"  # type: ignore[union-attr]
    window.use_palette(LIGHT)
    name = page.tree.items.index(0, 0)
    assert name.data(Qt.ItemDataRole.ForegroundRole) == QColor(LIGHT.text)  # also where selected
    qtbot.mouseClick(page.show_one, Qt.MouseButton.LeftButton)
    rows = workplace.worklist.model
    qtbot.waitUntil(lambda: [each.study_uid for each in rows.rows] == [STUDY], timeout=WAIT_MS)


def test_what_cannot_be_asked_is_told_at_its_field(qtbot: QtBot, api: Api, opened: Opened) -> None:
    window = opened(Role.RADIOLOGIST)
    page = page_of(qtbot, window)
    assert page.card.title.text() == "No PACS to search"
    assert not page.card.button.isVisible()  # a radiologist cannot add one
    know(api, 1)
    page.refresh()
    qtbot.waitUntil(page.search.isVisible, timeout=WAIT_MS)
    search(qtbot, page, "")
    qtbot.waitUntil(lambda: "look for" in page.search.problem.text(), timeout=WAIT_MS)
    page.search.fields["study_date_from"].setText("31.12.2025")
    qtbot.mouseClick(page.search.button, Qt.MouseButton.LeftButton)
    assert "31.12.2025 is no day" in page.search.problem.text()
    assert page.search.fields["study_date_from"].hasFocus()
    # A PACS that is away: which step fails, and an id for who looks after the node.
    page.search.fields["study_date_from"].setText("2025-12-31")
    qtbot.mouseClick(page.search.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Connection refused" in page.banner.text.text(), timeout=WAIT_MS)
    assert page.copy_id.isVisible()


def test_a_pacs_that_may_not_send_is_told_and_nothing_runs(
    qtbot: QtBot, api: Api, opened: Opened, pacs: Orthanc
) -> None:
    know(api, pacs.dicom_port, may_send=False)
    page = page_of(qtbot, opened())
    search(qtbot, page, "Müller, Ä")
    qtbot.mouseClick(page.fetch, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "may not send here" in page.banner.text.text(), timeout=WAIT_MS)
    assert not page.retrievals.shown()


def test_a_retrieval_is_stopped_and_one_that_a_node_left_is_interrupted(
    qtbot: QtBot, api: Api, opened: Opened, listener: DicomListener, tmp_path: Path
) -> None:
    waiting = Waiting(listener)
    handler = (evt.EVT_C_MOVE, waiting.answer)
    syntaxes = (StudyRootQueryRetrieveInformationModelMove,)
    with answering_scp(abstract_syntaxes=syntaxes, more_handlers=[handler]) as port:
        know(api, port, aet="PACS")
        page = page_of(qtbot, opened())
        for study_uid in ("1.2.1", "1.2.2"):
            retrieve(page.client, "pacs", study_uid)
        qtbot.waitUntil(lambda: waiting.asked == ["1.2.1", "1.2.2"], timeout=WAIT_MS)
        page.refresh()
        qtbot.waitUntil(lambda: shown_states(page) == ["▸ under way"] * 2, timeout=WAIT_MS)
        qtbot.mouseClick(page.stop_one, Qt.MouseButton.LeftButton)
        expected = ["– cancelled", "▸ under way"]
        qtbot.waitUntil(lambda: shown_states(page) == expected, timeout=WAIT_MS)
        assert not page.stop_one.isEnabled()
        with running(tmp_path) as later:
            # Another life on the same data, as after a crash.
            client = NodeClient(later.url)
            later.add_user("bob", Role.RADIOLOGIST)
            client.sign_in("bob", PASSWORD)
            of = {each.study_uid: each for each in list_retrievals(client)}
            assert state(of["1.2.1"]) == "✕ interrupted"
            assert "ask again" in of["1.2.1"].text
            client.close()
        waiting.release.set()
        # The node is away: what was read stays, and says how old it is.
        api.server.stop()
        page.refresh()
        qtbot.waitUntil(lambda: "as of" in page.banner.text.text(), timeout=WAIT_MS)
        assert len(page.retrievals.shown()) == 2


def shown_states(page: RetrievePage) -> list[str]:
    table = page.retrievals.sorted
    return [str(table.index(row, 3).data()) for row in range(table.rowCount())]


ONE = Retrieval(
    *("1", "pacs", "1.2", (), "ann", datetime(2026, 1, 1, tzinfo=UTC), "running"),
    *(7, 2, 0, 1, ""),
)


def test_retrievals_in_words() -> None:
    assert (state(ONE), progress(ONE)) == ("▸ under way", "3 of 10 images")
    interrupted = replace(ONE, state="interrupted", remaining=None)
    assert (state(interrupted), progress(interrupted)) == ("✕ interrupted", "3 of 3 images")
    silent = replace(ONE, remaining=None, completed=None, failed=None, warning=None)
    assert progress(silent) == ""
    assert state(replace(ONE, state="of tomorrow")) == "? of tomorrow"
    assert [held(0, 9), held(3, 9), held(9, 9), held(3, None)] == [
        *("– not here", "◐ 3 of 9 here", "✓ all here", "◐ 3 here"),
    ]


def test_names_and_days_as_they_are_typed() -> None:
    assert [name_query(each) for each in ("", "Doe, Jane ", "Doe", "D?e", "Doe^J*")] == [
        *("", "Doe^Jane*", "Doe*", "D?e", "Doe^J*"),
    ]
    assert (day_of(" "), day_of("2026-01-31")) == (None, date(2026, 1, 31))
    with pytest.raises(ValueError, match="no day"):
        day_of("yesterday")
