"""Deliveries at the console: how a destination is, in words; resuming and sending again."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from pyqt_console.admin.deliveries import DeliveriesPage
from pyqt_console.admin.delivery_words import condition, what_to_do
from pyqt_console.admin.question import Question
from pyqt_console.admin.requests.deliveries import PIECES, STATES, Destination
from storage import deliveries, destinations
from storage.records import DeliveryState, Piece, Role
from tests.gui.admin.conftest import Opened
from tests.gui.conftest import WAIT_MS
from tests.integration.api.conftest import Api
from tests.integration.storage import given

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def filled(api: Api) -> Api:
    """Three readings for ``archive``, which is away, and ``pacs``, which refused two of them."""
    database = api.database
    for number in range(3):
        given.queued(database, f"1.{number}")
        given.finish(database, given.claimed(database), "archive", "pacs")
    for each in destinations.list_deliveries(database, peer_name="archive"):
        later = api.clock.now + timedelta(minutes=5)
        deliveries.postpone(
            database, each.id, error="TCP: refused", next_attempt_utc=later, now=given.NOW
        )
    first, *others = destinations.list_deliveries(database, peer_name="pacs")
    deliveries.delivered(database, first.id, note="", now=given.NOW)
    for each in others:
        deliveries.park(database, each.id, error="refused: 0xA900", now=given.NOW)
    return api


def states(api: Api, peer: str) -> set[DeliveryState]:
    return {each.state for each in destinations.list_deliveries(api.database, peer_name=peer)}


def opened_deliveries(qtbot: QtBot, opened: Opened, role: Role = Role.ADMIN) -> DeliveriesPage:
    window = opened(role)
    window.go_to("deliveries")
    page = cast("DeliveriesPage", window.current)
    qtbot.waitUntil(lambda: len(page.sendings.shown()) == 3, timeout=WAIT_MS)
    return page


def test_a_destination_that_is_away_says_so_and_its_objects_why(
    qtbot: QtBot, filled: Api, opened: Opened
) -> None:
    page = opened_deliveries(qtbot, opened)
    assert page.heading.text() == "Objects for archive"
    assert page.destinations.sorted.index(0, 1).data() == "▲ does not take what is sent"
    assert page.state.currentData() == "pending"
    assert "TCP: refused" in page.advice.text()
    assert {each.piece for each in page.sendings.shown()} == {"report"}
    assert not page.resume_all.isEnabled()
    assert not page.resend.isEnabled()


def test_what_is_parked_is_resumed_one_or_all(qtbot: QtBot, filled: Api, opened: Opened) -> None:
    page = opened_deliveries(qtbot, opened)
    assert page.destinations.select("pacs")
    qtbot.waitUntil(lambda: page.heading.text() == "Objects for pacs", timeout=WAIT_MS)
    assert page.state.currentData() == "parked"
    assert len(page.sendings.shown()) == 2
    qtbot.mouseClick(page.resume, LEFT)
    qtbot.waitUntil(lambda: len(page.sendings.shown()) == 1, timeout=WAIT_MS)
    qtbot.mouseClick(page.resume_all, LEFT)
    qtbot.waitUntil(lambda: "1 object is tried again" in page.banner.text.text(), timeout=WAIT_MS)
    qtbot.waitUntil(page.nothing.isVisible, timeout=WAIT_MS)
    assert page.state.currentData() == "parked", "it stays where one looked"
    assert states(filled, "pacs") == {DeliveryState.DELIVERED, DeliveryState.PENDING}


def test_what_was_delivered_is_sent_again_after_a_question(
    qtbot: QtBot, filled: Api, opened: Opened
) -> None:
    page = opened_deliveries(qtbot, opened)
    assert page.destinations.select("pacs")
    qtbot.waitUntil(lambda: page.heading.text() == "Objects for pacs", timeout=WAIT_MS)
    page.state.setCurrentIndex(page.state.findData("delivered"))
    qtbot.waitUntil(lambda: len(page.sendings.shown()) == 1, timeout=WAIT_MS)
    qtbot.waitUntil(page.resend.isEnabled, timeout=WAIT_MS)
    qtbot.mouseClick(page.resend, LEFT)
    question = page.findChild(Question)
    assert question is not None
    assert "goes to pacs once more" in question.text.text()
    assert DeliveryState.DELIVERED in states(filled, "pacs")
    qtbot.mouseClick(question.save, LEFT)
    qtbot.waitUntil(page.nothing.isVisible, timeout=WAIT_MS)
    assert states(filled, "pacs") == {DeliveryState.PARKED, DeliveryState.PENDING}


def test_nothing_to_deliver_yet_says_what_to_do(qtbot: QtBot, api: Api, opened: Opened) -> None:
    window = opened(Role.RADIOLOGIST)
    window.go_to("deliveries")
    page = cast("DeliveriesPage", window.current)
    qtbot.waitUntil(
        lambda: page.card.title.text() == "Nothing was ever to be delivered", timeout=WAIT_MS
    )
    assert not page.resume_all.isVisible()


def test_every_state_and_piece_of_the_node_has_words() -> None:
    assert set(STATES) == {each.value for each in DeliveryState}
    assert set(PIECES) == {each.value for each in Piece}


def of(**facts: object) -> Destination:
    plain = dict.fromkeys(("pending", "sent", "delivered", "parked"), 0)
    times = dict.fromkeys(
        ("waiting_since_utc", "next_attempt_utc", "last_error", "last_sent_utc"), None
    )
    return Destination(**{"peer_name": "pacs", **plain, **times, **facts})  # type: ignore[arg-type]


def test_what_is_parked_holds_nothing_back() -> None:
    """The last error may be that of an object that is parked: the others go on."""
    soon = given.NOW + timedelta(minutes=1)
    going = of(pending=2, parked=1, last_error="refused", next_attempt_utc=given.NOW)
    assert condition(going, soon).text == "✕ 1 object needs a person"
    held = of(pending=2, parked=1, last_error="away", next_attempt_utc=soon, waiting_since_utc=soon)
    assert condition(held, given.NOW).colour == "alarm"
    assert "does not take what is sent: away. It" in what_to_do(held, given.NOW)
    assert condition(of(pending=1), soon).text == "… 1 object on its way"
    assert condition(of(sent=3), soon).text == "… 3 not committed to yet"
    assert condition(of(delivered=9), soon).text == "✓ has everything"
