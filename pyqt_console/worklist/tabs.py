"""The tabs of the worklist, and what an empty list says."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pyqt_console.i18n import mark, tr
from pyqt_console.query import WorklistQuery
from pyqt_console.wording import clock

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


def first_words(node: tuple[str, str, int] | None) -> str:
    """What to do where no study ever came. ``node``: AE title, host and DICOM port, if known."""
    if node is None or not node[2]:
        return tr("Send one from the PACS, or drag a folder into this window.")
    words = tr(
        "Let the PACS or the scanner send to the AE title {aet} at {host}, port {port}. An "
        "administrator lets it in: Administration (Ctrl+Shift+A), where who was refused is "
        "listed, too. Or drag a folder with DICOM files into this window."
    )
    aet, host, port = node
    return words.format(aet=aet, host=host, port=port)


def offline_words(why: str, as_of: datetime | None) -> str:
    """That what is shown may be old."""
    if as_of is None:
        return tr("{why} Trying again …").format(why=why)
    words = tr("{why} Trying again … This is as of {time}.")
    return words.format(why=why, time=clock(as_of))
