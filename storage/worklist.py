"""The worklist: what a reader should look at, in its order, a page at a time.

Pages are read from one index that holds what is mostly filtered by (``ix_series_worklist``): the
order is that of ``storage.triage``, and in the same place the older reading goes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, func, select, text, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from storage.database import Database
from storage.errors import NotFoundError
from storage.models import Series
from storage.models.series import LIVE
from storage.records import Outcome, SeriesRecord, SeriesState
from storage.transitions import add_note, locked_series
from storage.triage import search_text

WORDS_MAX: Final = 8
NOT_ANALYSED: Final = frozenset({Outcome.NOT_ANALYSED, Outcome.FAILED})


class Tab(StrEnum):
    """A reader's first choice of what to see."""

    UNREAD = "unread"
    CRITICAL = "critical"  # unread and positive
    MINE = "mine"  # unread and taken by the reader
    NOT_ANALYSED = "not_analysed"  # unread, not analysed or failed
    ALL = "all"


class Order(StrEnum):
    """What goes first."""

    URGENCY = "urgency"  # that of ``storage.triage``
    NEWEST = "newest"  # came last
    OLDEST = "oldest"  # came first


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended."""

    triage_rank: int
    series_id: int


@dataclass(frozen=True, slots=True)
class Query:
    """What to show; everything that is given must hold."""

    tab: Tab = Tab.ALL
    reader: str = ""
    """Whose ``Tab.MINE`` it is."""
    outcomes: frozenset[Outcome] = frozenset()
    states: frozenset[SeriesState] = frozenset()
    read: bool | None = None
    taken: bool | None = None
    """Whether any reader has it."""
    assigned_to: str | None = None
    sources: frozenset[str] = frozenset()
    """AE titles of senders."""
    study_date_from: date | None = None
    study_date_until: date | None = None
    """Both included; a study without a date is in no span."""
    series_uids: frozenset[str] = frozenset()
    """Only these, as far as they hold the rest."""
    words: str = ""
    """Each must be somewhere in name, patient id or accession number, in any case."""
    order: Order = Order.URGENCY
    after: Place | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Readings in their order, and where to go on; ``None``: this was the end."""

    items: tuple[SeriesRecord, ...]
    next: Place | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are behind each tab, and since when the oldest wait."""

    unread: int
    critical: int
    mine: int
    not_analysed: int
    all: int
    oldest_unread_utc: datetime | None
    oldest_critical_utc: datetime | None


def page(db: Database, query: Query) -> Page:
    """One page."""
    # First the ids, from the index alone; then the wide rows of this page only.
    ids = (
        select(Series.id)
        .where(text(LIVE), *_conditions(query))
        .order_by(*_ORDER_BY[query.order])
        .limit(query.limit + 1)
    )
    with db.reading() as session:
        wanted = session.scalars(ids).all()
        rows = session.scalars(select(Series).where(Series.id.in_(wanted)))
        place = {id_: number for number, id_ in enumerate(wanted)}
        found = sorted((row.record() for row in rows), key=lambda r: place[r.id])
    items = tuple(found[: query.limit])
    more = len(found) > query.limit
    return Page(items, Place(items[-1].triage_rank, items[-1].id) if more else None)


def counts(db: Database, reader: str) -> Counts:
    """Of all tabs, for one reader."""
    unread = (
        select(
            Series.outcome,
            func.count(),
            func.count().filter(Series.assigned_to == reader),
            func.min(Series.first_received_utc),
        )
        .where(text(LIVE), Series.read_utc.is_(None))
        .group_by(Series.outcome)
    )
    everything = select(func.count()).select_from(Series).where(text(LIVE))
    with db.reading() as session:
        rows = {row[0]: (row[1], row[2], row[3]) for row in session.execute(unread)}
        total = session.execute(everything).scalar_one()
    critical = rows.get(Outcome.POSITIVE, (0, 0, None))
    return Counts(
        unread=sum(row[0] for row in rows.values()),
        critical=critical[0],
        mine=sum(row[1] for row in rows.values()),
        not_analysed=sum(rows.get(each, (0, 0, None))[0] for each in NOT_ANALYSED),
        all=total,
        oldest_unread_utc=min((row[2] for row in rows.values()), default=None),
        oldest_critical_utc=critical[2],
    )


def assign(
    db: Database, series_uid: str, reader: str, *, take_over: bool = False, now: datetime
) -> SeriesRecord:
    """A reader takes a reading. Who has it afterwards stands in the answer: maybe another.

    Raises:
        NotFoundError: there is no such series.
    """
    with db.transaction() as session:
        row = locked_series(session, *_live(series_uid))
        if row is None:
            raise NotFoundError(f"series {series_uid} is not known")
        if row.assigned_to is None or (take_over and row.assigned_to != reader):
            row.assigned_to, row.assigned_utc = reader, now
            # The reader's name stays out of the timeline, which is shown and logged.
            add_note(session, row, note="taken for reading", now=now)
        return row.record()


def release(
    db: Database, series_uid: str, reader: str, *, of_anybody: bool = False, now: datetime
) -> SeriesRecord:
    """A reader gives a reading back; another's only if ``of_anybody``.

    Raises:
        NotFoundError: there is no such series.
    """
    with db.transaction() as session:
        row = locked_series(session, *_live(series_uid))
        if row is None:
            raise NotFoundError(f"series {series_uid} is not known")
        if row.assigned_to is not None and (of_anybody or row.assigned_to == reader):
            row.assigned_to = row.assigned_utc = None
            add_note(session, row, note="given back", now=now)
        return row.record()


def _conditions(query: Query) -> list[ColumnElement[bool]]:
    conditions = _tab(query.tab, query.reader)
    one_of = (
        (Series.outcome, query.outcomes),
        (Series.state, query.states),
        (Series.source_aet, query.sources),
        (Series.series_uid, query.series_uids),
    )
    conditions += [column.in_(wanted) for column, wanted in one_of if wanted]
    given = ((Series.read_utc, query.read), (Series.assigned_to, query.taken))
    conditions += [
        column.is_not(None) if there else column.is_(None)
        for column, there in given
        if there is not None
    ]
    if query.assigned_to is not None:
        conditions.append(Series.assigned_to == query.assigned_to)
    if query.study_date_from is not None:
        conditions.append(Series.study_date >= query.study_date_from)
    if query.study_date_until is not None:
        conditions.append(Series.study_date <= query.study_date_until)
    for word in search_text(query.words).split()[:WORDS_MAX]:
        conditions.append(Series.search_text.contains(word, autoescape=True))
    if query.after is not None:
        conditions.append(_behind(query.order, query.after))
    return conditions


_ORDER_BY: Final[Mapping[Order, tuple[ColumnElement[int] | InstrumentedAttribute[int], ...]]] = {
    Order.URGENCY: (Series.triage_rank, Series.id),
    Order.NEWEST: (Series.id.desc(),),
    Order.OLDEST: (Series.id,),
}


def _behind(order: Order, place: Place) -> ColumnElement[bool]:
    if order is Order.NEWEST:
        return Series.id < place.series_id
    if order is Order.OLDEST:
        return Series.id > place.series_id
    return tuple_(Series.triage_rank, Series.id) > tuple_(place.triage_rank, place.series_id)


def _live(series_uid: str) -> tuple[ColumnElement[bool], ...]:
    return Series.series_uid == series_uid, Series.state != SeriesState.SUPERSEDED


def _tab(tab: Tab, reader: str) -> list[ColumnElement[bool]]:
    if tab is Tab.ALL:
        return []
    conditions: list[ColumnElement[bool]] = [Series.read_utc.is_(None)]
    if tab is Tab.CRITICAL:
        conditions.append(Series.outcome == Outcome.POSITIVE)
    elif tab is Tab.MINE:
        conditions.append(Series.assigned_to == reader)
    elif tab is Tab.NOT_ANALYSED:
        conditions.append(Series.outcome.in_(NOT_ANALYSED))
    return conditions
