"""Every page of the administration has every state: refused, offline, stale, and a failure's id."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from pyqt_console.admin.page import AdminPage
from pyqt_console.admin.pages import PAGES, PageEntry, pages_for
from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.theme import DARK, LIGHT
from storage.records import Role
from tests.gui.conftest import WAIT_MS
from tests.integration.api.conftest import PASSWORD, Api
from tests.integration.storage import given


@pytest.fixture
def background() -> Iterator[Background]:
    made = Background()
    yield made
    made.close()


def page_of(
    qtbot: QtBot, entry: PageEntry, client: NodeClient, background: Background, role: Role
) -> AdminPage:
    user = client.sign_in(role.value, PASSWORD).user
    page = entry.factory(client, background, DARK, user)
    qtbot.addWidget(page)
    page.show()
    page.refresh()
    return page


def test_what_was_read_stays_when_the_node_goes_away_and_says_how_old_it_is(
    qtbot: QtBot, api: Api, background: Background
) -> None:
    api.add_user("admin", Role.ADMIN)
    given.queued(api.database)
    given.finish(api.database, given.claimed(api.database), given.PEER)
    client = NodeClient(api.url)
    pages = [page_of(qtbot, each, client, background, Role.ADMIN) for each in PAGES]
    for page in pages:
        qtbot.waitUntil(lambda: page.as_of is not None, timeout=WAIT_MS)  # noqa: B023
        page.set_palette(LIGHT)
    api.server.stop()
    for page in pages:
        page.refresh()
        qtbot.waitUntil(lambda: "as of" in page.banner.text.text(), timeout=WAIT_MS)  # noqa: B023
        page.stop()
    client.close()


def test_what_is_not_for_a_role_says_so_on_every_page(
    qtbot: QtBot, api: Api, background: Background
) -> None:
    """A page is not in the list of who may not see it; one whose role changed meanwhile is told."""
    api.add_user("radiologist", Role.RADIOLOGIST)
    allowed = {each.name for each in pages_for("radiologist")}
    client = NodeClient(api.url)
    for entry in PAGES:
        if entry.name in allowed:
            continue
        page = page_of(qtbot, entry, client, background, Role.RADIOLOGIST)
        qtbot.waitUntil(lambda: page.card.title.text() == "Not for you", timeout=WAIT_MS)  # noqa: B023
        page.stop()
    client.close()


def test_a_node_that_is_away_from_the_start_is_tried_again(
    qtbot: QtBot, api: Api, background: Background
) -> None:
    api.add_user("admin", Role.ADMIN)
    client = NodeClient(api.url)
    user = client.sign_in("admin", PASSWORD).user
    api.server.stop()
    for entry in PAGES:
        page = entry.factory(client, background, DARK, user)
        qtbot.addWidget(page)
        page.refresh()
        qtbot.waitUntil(lambda: page.card.title.text() == "Offline", timeout=WAIT_MS)  # noqa: B023
        page.stop()
    client.close()
