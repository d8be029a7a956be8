"""Which pages there are, in the order of the list at the left, and for whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pyqt_console.admin.audit import AuditPage
from pyqt_console.admin.callers import CallersPage
from pyqt_console.admin.deliveries import DeliveriesPage
from pyqt_console.admin.models import ModelsPage
from pyqt_console.admin.page import AdminPage
from pyqt_console.admin.peers import PeersPage
from pyqt_console.admin.queue import QueuePage
from pyqt_console.admin.retrieve import RetrievePage
from pyqt_console.admin.routes import RoutesPage
from pyqt_console.admin.settings import SettingsPage
from pyqt_console.admin.system import SystemPage
from pyqt_console.admin.users import UsersPage
from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.i18n import mark
from pyqt_console.records import User
from pyqt_console.theme import Palette

Factory = Callable[[NodeClient, Background, Palette, User], AdminPage]

ADMINS: Final = frozenset({"admin"})
PEOPLE: Final = frozenset({"admin", "radiologist"})


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One line of the list. ``roles``: whom the node lets read what the page shows.

    ``title`` is marked, and translated where it is shown.
    """

    name: str
    title: str
    roles: frozenset[str]
    factory: Factory


PAGES: Final[Sequence[PageEntry]] = (
    PageEntry("peers", mark("Peers"), PEOPLE, PeersPage),
    PageEntry("callers", mark("Refused callers"), ADMINS, CallersPage),
    PageEntry("routes", mark("Routes"), PEOPLE, RoutesPage),
    PageEntry("retrieve", mark("Query/Retrieve"), PEOPLE, RetrievePage),
    PageEntry("users", mark("Users"), ADMINS, UsersPage),
    PageEntry("queue", mark("Queue"), PEOPLE, QueuePage),
    PageEntry("deliveries", mark("Deliveries"), PEOPLE, DeliveriesPage),
    PageEntry("settings", mark("Settings"), ADMINS, SettingsPage),
    PageEntry("models", mark("Models"), PEOPLE, ModelsPage),
    PageEntry("audit", mark("Audit trail"), ADMINS, AuditPage),
    PageEntry("system", mark("System"), PEOPLE, SystemPage),
)


def pages_for(role: str) -> tuple[PageEntry, ...]:
    """What is open to this role."""
    return tuple(each for each in PAGES if role in each.roles)
