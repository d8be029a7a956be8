"""``/api/v1/series`` as who looks after the queue sees it: by state, the longest waiting first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pyqt_console.client import NodeClient, parsed
from pyqt_console.i18n import mark
from pyqt_console.records import Page, SeriesRow

PAGE_ROWS: Final = 200
ROWS_MAX: Final = 1000
"""More rows of one kind are no list that anybody reads."""
DELETE_S: Final = 120.0
"""Many files may go."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One tab: which states, and what may be done there."""

    name: str
    title: str
    states: tuple[str, ...]
    empty: str


KINDS: Final = (
    Kind(
        "waiting",
        mark("Waiting"),
        ("receiving", "complete", "queued"),
        mark("Nothing waits: all that came has been read."),
    ),
    Kind(
        "analysing",
        mark("Being analysed"),
        ("analysing",),
        mark("No series is read at this moment."),
    ),
    Kind("failed", mark("Failed"), ("failed",), mark("Nothing has failed.")),
    Kind(
        "not_analysed",
        mark("Not analysed"),
        ("not_analysed",),
        mark("All that came could be analysed."),
    ),
)


@dataclass(frozen=True, slots=True)
class Queued:
    """The rows of one kind, the longest waiting first; how many there are of each kind."""

    rows: tuple[SeriesRow, ...]
    is_whole: bool
    """False: there are more than ``ROWS_MAX``."""
    counts: Mapping[str, int]
    """Kind → how many."""


@dataclass(frozen=True, slots=True)
class Staying:
    """Peer → how many objects it has; and how many waited to be sent, which then are not."""

    kept_by: Mapping[str, int]
    not_sent: int


def queued(client: NodeClient, kind: Kind) -> Queued:
    """What is in one tab, and the numbers of all."""
    states = client.ask("GET", "/api/v1/system")["queue"]["series_by_state"]
    counts = parsed(
        lambda: {each.name: sum(int(states[state]) for state in each.states) for each in KINDS}
    )
    rows: list[SeriesRow] = []
    cursor: str | None = None
    while len(rows) < ROWS_MAX:
        page = _page(client, kind, cursor)
        rows += page.rows
        cursor = page.next_cursor
        if cursor is None:
            break
    rows.sort(key=lambda row: row.first_received_utc)
    return Queued(tuple(rows), cursor is None, counts)


def _page(client: NodeClient, kind: Kind, cursor: str | None) -> Page:
    parameters: list[tuple[str, str | int]] = [("tab", "all"), ("limit", PAGE_ROWS)]
    parameters += [("state", state) for state in kind.states]
    if cursor is not None:
        parameters.append(("cursor", cursor))
    found = client.ask("GET", "/api/v1/series", params=parameters)
    return parsed(
        lambda: Page(tuple(SeriesRow.from_json(e) for e in found["items"]), found["next_cursor"])
    )


def retry(client: NodeClient, series_uid: str) -> None:
    """ConflictError where it is in another state by now."""
    client.retry(series_uid)


def park(client: NodeClient, series_uid: str) -> None:
    """Out of the queue: shown as failed until a retry. ConflictError where it waits no longer."""
    client.ask("POST", f"/api/v1/series/{series_uid}/park")


def rehearse_deletion(client: NodeClient, series_uid: str) -> Staying:
    """What a deletion does not touch. Changes nothing."""
    found = client.ask("GET", f"/api/v1/series/{series_uid}/deletion")
    return parsed(lambda: Staying(dict(found["kept_by"]), int(found["not_sent"])))


def delete(client: NodeClient, series_uid: str) -> str:
    """Gone, and the node's sentence of what was deleted and what stays at the peers.

    Raises:
        ConflictError: it is being analysed or sent.
    """
    found = client.ask("DELETE", f"/api/v1/series/{series_uid}", timeout=DELETE_S)
    return parsed(lambda: str(found["text"]))
