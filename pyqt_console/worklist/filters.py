"""What a reader may filter by, as tables, and the words for what is filtered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pyqt_console.i18n import mark, tr, tr_n
from pyqt_console.query import NEWEST, OLDEST, URGENCY, WorklistQuery
from pyqt_console.theme import SIGN_OF_OUTCOME

STATES: Final[Mapping[str, str]] = {
    "receiving": mark("arriving"),
    "complete": mark("complete"),
    "queued": mark("queued"),
    "analysing": mark("analysing"),
    "analysed": mark("analysed, not yet reported"),
    "reported": mark("reported"),
    "not_analysed": mark("not analysed"),
    "failed": mark("failed"),
}
READ: Final[Mapping[bool | None, str]] = {
    None: mark("read or not"),
    False: mark("not yet read"),
    True: mark("read"),
}
TAKEN: Final[Mapping[bool | None, str]] = {
    None: mark("taken or not"),
    False: mark("taken by nobody"),
    True: mark("taken by a reader"),
}
DAYS: Final[Mapping[int | None, str]] = {
    None: mark("any study date"),
    0: mark("studies of today"),
    1: mark("since yesterday"),
    7: mark("of the last 7 days"),
    30: mark("of the last 30 days"),
}
ORDERS: Final[Mapping[str, str]] = {
    URGENCY: mark("most urgent first"),
    NEWEST: mark("newest first"),
    OLDEST: mark("oldest first"),
}


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in words, and what is asked for once it is taken away."""

    text: str
    without: WorklistQuery


def chips_of(query: WorklistQuery) -> Sequence[Chip]:
    """One for each filter that is set, and for an order that is not that of urgency."""
    found: list[Chip] = []
    for value in query.outcome:
        sign = SIGN_OF_OUTCOME.get(value)
        text = f"{sign.glyph} {tr(sign.word)}" if sign else value
        rest = tuple(each for each in query.outcome if each != value)
        found.append(Chip(text, replace(query, outcome=rest)))
    for value in query.state:
        rest = tuple(each for each in query.state if each != value)
        found.append(Chip(tr(STATES.get(value, value)), replace(query, state=rest)))
    if query.read is not None:
        found.append(Chip(tr(READ[query.read]), replace(query, read=None)))
    if query.taken is not None:
        found.append(Chip(tr(TAKEN[query.taken]), replace(query, taken=None)))
    if query.assigned_to:
        text = tr("taken by {name}").format(name=query.assigned_to)
        found.append(Chip(text, replace(query, assigned_to="")))
    for value in query.source:
        rest = tuple(each for each in query.source if each != value)
        found.append(Chip(tr("from {source}").format(source=value), replace(query, source=rest)))
    return [*found, *_dates(query)]


def _dates(query: WorklistQuery) -> Sequence[Chip]:
    found: list[Chip] = []
    if query.study_days is not None:
        known = DAYS.get(query.study_days)
        text = (
            tr(known) if known else tr_n("of the last day", "of the last %n days", query.study_days)
        )
        found.append(Chip(text, replace(query, study_days=None)))
    if query.study_date_from is not None:
        text = tr("study from {date}").format(date=query.study_date_from.isoformat())
        found.append(Chip(text, replace(query, study_date_from=None)))
    if query.study_date_until is not None:
        text = tr("study until {date}").format(date=query.study_date_until.isoformat())
        found.append(Chip(text, replace(query, study_date_until=None)))
    if query.order != URGENCY:
        text = tr(ORDERS.get(query.order, query.order))
        found.append(Chip(text, replace(query, order=URGENCY)))
    return found
