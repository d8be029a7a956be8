"""What the worklist is asked for. Knows nothing of Qt, HTTP or how it is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from typing import Any, Final

from pyqt_console.records import SeriesRow

URGENCY: Final = "urgency"
NEWEST: Final = "newest"
OLDEST: Final = "oldest"

Place = tuple[int, int]
"""Where a row stands in its list: lower goes first."""


@dataclass(frozen=True, slots=True)
class WorklistQuery:
    """What to show; everything that is given must hold, and of several values one."""

    tab: str = "unread"
    search: str = ""
    outcome: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    read: bool | None = None
    taken: bool | None = None
    """Whether any reader has it."""
    assigned_to: str = ""
    source: tuple[str, ...] = ()
    study_days: int | None = None
    """Studies of the last days; 0: of today. A saved view means the days before it is used."""
    study_date_from: date | None = None
    study_date_until: date | None = None
    order: str = URGENCY

    def parameters(self, today: date) -> list[tuple[str, str]]:
        """For the API (``docs/api.md``)."""
        found = [("tab", self.tab), ("order", self.order)]
        if self.search.strip():
            found.append(("search", self.search.strip()[:200]))
        for name, values in (
            ("outcome", self.outcome),
            ("state", self.state),
            ("source", self.source),
        ):
            found += [(name, value) for value in values]
        for name, flag in (("read", self.read), ("taken", self.taken)):
            if flag is not None:
                found.append((name, str(flag).lower()))
        if self.assigned_to:
            found.append(("assigned_to", self.assigned_to))
        begin = self.study_date_from
        if self.study_days is not None:
            begin = today - timedelta(days=self.study_days)
        if begin is not None:
            found.append(("study_date_from", begin.isoformat()))
        if self.study_date_until is not None:
            found.append(("study_date_until", self.study_date_until.isoformat()))
        return found

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but tab, search and order is given."""
        return self != WorklistQuery(tab=self.tab, search=self.search, order=self.order)

    def place(self, row: SeriesRow) -> Place:
        """Where the row stands in this list."""
        if self.order == NEWEST:
            return -row.reading_id, 0
        if self.order == OLDEST:
            return row.reading_id, 0
        return row.triage_rank, row.reading_id


def query_to_json(query: WorklistQuery) -> dict[str, Any]:
    """What is given, for a file."""
    plain = WorklistQuery()
    given = {name: value for name, value in asdict(query).items() if value != getattr(plain, name)}
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in given.items()
    }


def query_from_json(given: Mapping[str, Any]) -> WorklistQuery:
    """Of such a file.

    Raises:
        ValueError, TypeError: it is none.
    """
    known = {each.name for each in fields(WorklistQuery)}
    if not known >= set(given):
        raise ValueError("a filter that this console does not know")
    values = dict(given)
    for name in ("outcome", "state", "source"):
        if name in values:
            values[name] = tuple(str(each) for each in values[name])
    for name in ("study_date_from", "study_date_until"):
        if name in values:
            values[name] = date.fromisoformat(values[name])
    return WorklistQuery(**values)
