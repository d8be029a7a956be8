"""The tabs of the worklist, and what an empty list says."""

from __future__ import annotations

from typing import Final

from pyqt_console.i18n import mark, tr
from pyqt_console.query import WorklistQuery

TABS: Final = (
    (
        "unread",
        mark("Unread"),
        mark("Nothing is unread. New studies appear here by themselves."),
    ),
    ("critical", mark("Critical"), mark("No unread study has a finding of the machine.")),
    ("mine", mark("Mine"), mark("You have taken no unread study. Open one, and take it.")),
    (
        "not_analysed",
        mark("Not analysed"),
        mark("Every unread study was analysed, or still waits for it."),
    ),
    (
        "all",
        mark("All"),
        mark("No study came yet. Send one from the PACS, or drag a folder into this window."),
    ),
)
"""(tab, title, what to say where it is empty)."""


def empty_words(query: WorklistQuery) -> tuple[str, str, str]:
    """(title, text, button) of a list without rows."""
    if query.search.strip():
        text = tr("No study in this tab matches “{text}”.").format(text=query.search.strip())
        return tr("Nothing found"), text, tr("Show the whole tab")
    if query.is_narrowed:
        text = tr("No study in this tab passes the filters.")
        return tr("Nothing found"), text, tr("Show the whole tab")
    return tr("Empty"), tr(next(words for tab, _, words in TABS if tab == query.tab)), ""
