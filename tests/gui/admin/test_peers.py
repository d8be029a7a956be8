"""Peers as an admin sets them up: the form, the way to each step by step, who was turned away."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from dicom_node.scp.listener import DicomListener
from pyqt_console.admin.callers import CallersPage
from pyqt_console.admin.echo import FAILED, OK, UNTRIED, UNUSED, Echo, states
from pyqt_console.admin.peer_form import PeerDialog
from pyqt_console.admin.peers import PeersPage
from pyqt_console.admin.remedies import remedy_of
from pyqt_console.admin.requests.peers import EchoStep, OwnEntity, Peer, RefusedCaller
from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.theme import DARK
from storage import peers, routes
from storage.records import Peer as Stored
from storage.records import Role
from tests.dcmtk import LOOPBACK, echoscu, free_port
from tests.gui.admin.conftest import Opened
from tests.gui.conftest import WAIT_MS
from tests.integration.api.conftest import PASSWORD, Api
from tests.integration.api.test_retrievals import listener
from tests.integration.network.answering_scp import answering_scp, hold, raw_peer, rejecting

__all__ = ["listener"]


def peers_page(qtbot: QtBot, opened: Opened) -> PeersPage:
    window = opened()
    window.go_to("peers")
    page = window.current
    assert isinstance(page, PeersPage)
    qtbot.waitUntil(lambda: page.as_of is not None, timeout=WAIT_MS)
    return page


def form_of(page: PeersPage) -> PeerDialog:
    assert page.dialog is not None
    return page.dialog


def complains(dialog: PeerDialog, field: str, problem: str) -> bool:
    return problem in dialog.form.notes[field].text()


def stored(api: Api, *names: str) -> None:
    for name in names:
        peer = Stored(name, name.upper(), LOOPBACK, 104, may_send=True)
        peers.add_peer(api.database, peer, now=api.context.now())


def test_a_peer_is_added_changed_and_removed(qtbot: QtBot, api: Api, opened: Opened) -> None:
    page = peers_page(qtbot, opened)
    assert page.empty.isVisible()
    assert "Only this machine" in page.unreached.text()  # bound to loopback, as by default
    assert page.unreached.isVisible()
    qtbot.mouseClick(page.add, Qt.MouseButton.LeftButton)
    dialog = form_of(page)
    dialog.texts["name"].setText("pacs")
    dialog.texts["port"].setText("many")
    # The node names one after the other.
    for field, wrong, problem, right in (
        ("aet", "FAR TOO LONG AN AE TITLE", "16 characters", "PACS"),
        ("host", "", "missing", "pacs.example.org"),
        ("port", "many", "not between 1 and 65535", "11112"),
    ):
        dialog.texts[field].setText(wrong)
        qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(partial(complains, dialog, field, problem), timeout=WAIT_MS)
        assert dialog.texts[field].hasFocus()
        dialog.texts[field].setText(right)
    with qtbot.waitSignal(dialog.saved, timeout=WAIT_MS):
        qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(page.table.shown()) == 1, timeout=WAIT_MS)
    (found,) = peers.list_peers(api.database)
    assert (found.name, found.aet, found.port) == ("pacs", "PACS", 11112)
    assert (found.may_send, found.gets_results, found.tls) == (True, True, False)

    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    dialog = form_of(page)
    dialog.flags["commitment"].setChecked(True)
    with qtbot.waitSignal(dialog.saved, timeout=WAIT_MS):
        qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.table.current().commitment, timeout=WAIT_MS)

    qtbot.mouseClick(page.remove, Qt.MouseButton.LeftButton)
    assert page.question is not None
    qtbot.mouseClick(page.question.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(page.empty.isVisible, timeout=WAIT_MS)
    assert not peers.list_peers(api.database)


def test_what_another_changed_meanwhile_is_not_overwritten(
    qtbot: QtBot, api: Api, opened: Opened
) -> None:
    stored(api, "pacs", "other")
    page = peers_page(qtbot, opened)
    page.table.select("pacs")
    qtbot.mouseClick(page.edit, Qt.MouseButton.LeftButton)
    dialog = form_of(page)
    peers.update_peer(api.database, "pacs", lambda old: replace(old, port=4242))
    dialog.flags["gets_results"].setChecked(True)
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "someone else" in dialog.problem.text(), timeout=WAIT_MS)
    dialog.reject()
    # A name that is taken belongs to the name.
    qtbot.mouseClick(page.add, Qt.MouseButton.LeftButton)
    dialog = form_of(page)
    for field, text in (("name", "other"), ("aet", "X"), ("host", LOOPBACK)):
        dialog.texts[field].setText(text)
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "taken" in dialog.form.notes["name"].text(), timeout=WAIT_MS)
    assert {each.port for each in peers.list_peers(api.database)} == {4242, 104}


def test_a_peer_without_a_dicom_port_is_a_url(qtbot: QtBot, api: Api, opened: Opened) -> None:
    page = peers_page(qtbot, opened)
    dialog = page.open_form(Peer("archive", gets_results=True, protocol="stow"))
    assert dialog.texts["url"].isVisible()
    assert not dialog.texts["host"].isVisible()
    assert not dialog.flags["tls"].isVisible()
    dialog.texts["url"].setText("https://user:secret@archive.example.org/dicom-web")
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    note = dialog.form.notes["url"]
    qtbot.waitUntil(lambda: "user or a password" in note.text(), timeout=WAIT_MS)
    dialog.texts["url"].setText("https://archive.example.org/dicom-web")
    with qtbot.waitSignal(dialog.saved, timeout=WAIT_MS):
        qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(page.table.shown()), timeout=WAIT_MS)
    assert not page.echo.isVisible()  # STOW-RS knows no C-ECHO


@pytest.mark.parametrize(
    ("peer", "states_", "words"),
    [
        ("answers", {"service": "✓"}, "All of it works"),
        ("closed", {"host name": "✓", "TCP connection": "✕", "service": "–"}, "refused"),
        ("called", {"called_aet": "✕", "calling_aet": "–"}, "own AE title is not PACS"),
        ("calling", {"called_aet": "–", "calling_aet": "✕"}, "does not know our AE title"),
    ],
)
def test_the_way_to_a_peer_is_shown_step_by_step(
    qtbot: QtBot, api: Api, opened: Opened, peer: str, states_: dict[str, str], words: str
) -> None:
    reject: Callable[..., None] | None = {
        "called": rejecting(1, 1, 7),
        "calling": rejecting(1, 1, 3),
    }.get(peer)
    with ExitStack() as stack:
        port = free_port()
        if peer != "closed":
            port = stack.enter_context(answering_scp(on_requested=reject))
        known = Stored("pacs", "PACS", LOOPBACK, port)
        peers.add_peer(api.database, known, now=api.context.now())
        page = peers_page(qtbot, opened)
        qtbot.mouseClick(page.echo.button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: words in page.echo.text.text(), timeout=WAIT_MS)
    for step, glyph in states_.items():
        assert page.echo.chips[step].text().startswith(glyph)
    assert page.echo.chips["TLS handshake"].text().startswith("–")
    assert page.echo.advice.isVisible() == (peer != "answers")
    assert page.echo.copy.isVisible() == (peer == "calling")
    assert page.table.sorted.index(0, 4).data()[0] == ("✓" if peer == "answers" else "✕")


def test_how_a_test_ended_is_remembered_until_the_peer_is_changed(
    qtbot: QtBot, api: Api, opened: Opened
) -> None:
    stored(api, "pacs")
    page = peers_page(qtbot, opened)
    page.echoes.keep(page.table.current(), Echo(THEN, (EchoStep("service", True, "", ""),)))
    again = peers_page(qtbot, opened)
    assert again.table.sorted.index(0, 4).data().startswith("✓ answers")
    peers.update_peer(api.database, "pacs", lambda old: replace(old, port=4242))
    again.refresh()
    cell = partial(again.table.sorted.index, 0, 4)
    qtbot.waitUntil(lambda: cell().data() == "not tested yet", timeout=WAIT_MS)


def test_a_peer_that_a_rule_names_stays_and_the_rule_is_named(
    qtbot: QtBot, api: Api, opened: Opened
) -> None:
    peer = Stored("pacs", "PACS", LOOPBACK, 104, gets_results=True)
    peers.add_peer(api.database, peer, now=api.context.now())
    routes.put_route(api.database, "all", {"to": ["pacs"]}, enabled=True, now=api.context.now())
    page = peers_page(qtbot, opened)
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    question = page.question
    assert question is not None
    qtbot.mouseClick(question.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "routing rules all" in question.problem.text(), timeout=WAIT_MS)
    assert peers.list_peers(api.database) == (peer,)


def test_a_page_that_is_not_for_this_role_says_so(qtbot: QtBot, api: Api, opened: Opened) -> None:
    """As after another role was given meanwhile."""
    background = Background()
    api.add_user("ann", Role.RADIOLOGIST)
    client = NodeClient(api.url)
    user = client.sign_in("ann", PASSWORD).user
    page = CallersPage(client, background, DARK, user)
    qtbot.addWidget(page)
    page.show()
    page.refresh()
    qtbot.waitUntil(lambda: page.card.title.text() == "Not for you", timeout=WAIT_MS)
    assert page.card.copy.isVisible()
    background.close()
    client.close()


def test_a_test_that_takes_long_is_cancelled(qtbot: QtBot, api: Api, opened: Opened) -> None:
    with raw_peer(hold) as port:
        known = Stored("pacs", "PACS", LOOPBACK, port)
        peers.add_peer(api.database, known, now=api.context.now())
        page = peers_page(qtbot, opened)
        qtbot.mouseClick(page.echo.button, Qt.MouseButton.LeftButton)
        assert page.echo.chips["service"].text().startswith("…")
        qtbot.mouseClick(page.echo.button, Qt.MouseButton.LeftButton)
        assert "Not tested" in page.echo.text.text()


def test_a_refused_caller_becomes_a_peer_by_two_clicks(
    qtbot: QtBot, api: Api, opened: Opened, listener: DicomListener
) -> None:
    port = listener.port
    window = opened()
    window.go_to("callers")
    page = window.current
    assert isinstance(page, CallersPage)
    qtbot.waitUntil(lambda: "No refused callers" in page.card.title.text(), timeout=WAIT_MS)
    for _ in range(2):
        assert not echoscu(port, calling_aet="CT_ER").ok
    qtbot.waitUntil(
        lambda: [each.count for each in peers.list_refused(api.database, 9)] == [2],
        timeout=WAIT_MS,
    )
    page.refresh()
    qtbot.waitUntil(page.table.isVisible, timeout=WAIT_MS)
    assert [page.table.sorted.index(0, column).data() for column in (0, 3)] == ["CT_ER", "2"]
    qtbot.mouseClick(page.button, Qt.MouseButton.LeftButton)
    peers_page_ = window.current
    assert isinstance(peers_page_, PeersPage)
    dialog = form_of(peers_page_)
    assert (dialog.texts["name"].text(), dialog.texts["aet"].text()) == ("ct-er", "CT_ER")
    with qtbot.waitSignal(dialog.saved, timeout=WAIT_MS):
        qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    assert echoscu(port, calling_aet="CT_ER").ok
    window.go_to("callers")
    qtbot.waitUntil(lambda: "may send now" in page.advice.text(), timeout=WAIT_MS)


OWN = OwnEntity("CSPINE", "ct-ai-1", 11112, "0.0.0.0")
THEN = datetime(2026, 1, 1, tzinfo=UTC)
CALLER = RefusedCaller("CT", "CSPINE", "10.0.0.9", "why", 3, THEN, THEN, Peer("ct", "CT"))
CT = Peer("ct", "CT", "10.0.0.9", 104)


@pytest.mark.parametrize(
    ("caller", "known", "words", "button", "peer"),
    [
        (CALLER, (), "Nobody is known", "Make it a peer …", Peer("ct", "CT")),
        (CALLER, (Peer("ct", "OTHER"),), "Nobody", "Make it a peer …", Peer("ct-2", "CT")),
        (CALLER, (CT,), "may not send", "Let it send …", replace(CT, may_send=True)),
        (CALLER, (replace(CT, may_send=True),), "may send now", "Look at it …", None),
        (CALLER, (replace(CT, host="10.0.0.8"),), "moved", "It has moved …", None),
        (replace(CALLER, called_aet="X"), (CT,), "at its side", "", None),
        (replace(CALLER, called_aet="X"), (), "no peer yet", "Make it a peer …", None),
    ],
)
def test_what_to_do_about_a_caller(
    caller: RefusedCaller, known: tuple[Peer, ...], words: str, button: str, peer: Peer | None
) -> None:
    remedy = remedy_of(caller, known, OWN)
    assert words in remedy.text
    assert remedy.button == button
    assert (remedy.peer is None) == (button == "")
    if peer is not None:
        assert remedy.peer == peer


def test_who_reaches_the_node_is_told_by_where_it_listens() -> None:
    of = {each: replace(OWN, bind=each).is_reached for each in ("127.0.0.1", "::1", "localhost")}
    assert not any(of.values())
    assert all(replace(OWN, bind=each).is_reached for each in ("0.0.0.0", "::", "10.0.0.5", "ct"))


def test_states_of_the_steps() -> None:
    good = EchoStep("association", True, "", "")
    assert states([good], tls=True)["called_aet"] == OK
    unclear = states([replace(good, ok=False)], tls=False)
    assert (unclear["called_aet"], unclear["calling_aet"]) == (FAILED, FAILED)
    assert (unclear["TLS handshake"], unclear["service"]) == (UNUSED, UNTRIED)
