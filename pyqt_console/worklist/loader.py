"""Fetches the worklist page by page, and what changed; never in the GUI's thread.

A list of a hundred thousand rows is never read anew as a whole: an event names a series, and what
became of it is one small question. What cannot be known by events (F5, another machine was asleep)
is read anew where the reader looks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from PyQt6.QtCore import QObject, pyqtSignal

from pyqt_console.background import Background, Task
from pyqt_console.client import NodeClient
from pyqt_console.errors import ConsoleError
from pyqt_console.query import Place, WorklistQuery
from pyqt_console.records import Counts, Page, SeriesRow
from pyqt_console.worklist.model import BEGINNING

ASKED_MAX: Final = 100
"""Series in one question, so that its address stays short."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A page, and how many there are behind each tab."""

    rows: tuple[SeriesRow, ...]
    counts: Counts
    has_more: bool


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the list as it is now: all rows behind ``after``, up to ``read_to``."""

    after: Place
    read_to: Place
    rows: tuple[SeriesRow, ...]
    is_last: bool


@dataclass(frozen=True, slots=True)
class News:
    """What the node says of rows that may be shown."""

    counts: Counts
    asked: frozenset[str] = frozenset()
    found: tuple[SeriesRow, ...] = ()
    """Of the series in ``asked`` those that are in the list now."""
    spans: tuple[Span, ...] = ()


class WorklistLoader(QObject):
    """One list at a time; an answer to an earlier question is dropped."""

    began = pyqtSignal()
    """Another list is on its way: what is shown is not it."""
    first = pyqtSignal(object)
    """Loaded: the first page of another list."""
    appended = pyqtSignal(object)
    """Loaded, with only the further rows."""
    news = pyqtSignal(object)
    """News of the same list."""
    failed = pyqtSignal(object)

    def __init__(
        self,
        client: NodeClient,
        background: Background,
        looked_at: Callable[[], Place] = lambda: BEGINNING,
    ) -> None:
        """``looked_at``: the place of the first row that the reader sees."""
        super().__init__()
        self._client = client
        self._background = background
        self._looked_at = looked_at
        self._query = WorklistQuery()
        self._cursor: str | None = None
        self._pages: list[tuple[Place, str | None]] = []
        """(behind which place a page begins, its cursor) of all pages that were read."""
        self._task: Task | None = None
        self._changed: dict[str, None] = {}
        self._asked: tuple[str, ...] = ()
        self._again = False
        self._more_wanted = False
        self._counts: Counts | None = None

    @property
    def query(self) -> WorklistQuery:
        """What is shown, or on its way."""
        return self._query

    def show(self, query: WorklistQuery) -> None:
        """Another list."""
        self.cancel()
        self._query, self._cursor, self._counts = query, None, None
        self._pages = [(BEGINNING, None)]
        self.began.emit()
        self._task = self._background.run(lambda: self._load(query), self._came, self._broke)

    def more(self) -> None:
        """The next page, where there is one; asked for while something comes, after that."""
        if self._task is not None:
            self._more_wanted = True
            return
        if self._cursor is None:
            return
        query, cursor = self._query, self._cursor
        self._task = self._background.run(
            lambda: self._client.worklist(query, cursor), self._page_came, self._broke
        )

    def changed(self, series_uids: Collection[str]) -> None:
        """Something became of these; asked for often, it is done once more at the end."""
        self._changed |= dict.fromkeys(series_uids)
        self._next()

    def refresh(self) -> None:
        """Anew what the reader sees, and the beginning, where the most urgent is."""
        if self._counts is None and self._task is None:
            self.show(self._query)
            return
        self._again = True
        self._next()

    def cancel(self) -> None:
        """What is on its way is wanted no longer."""
        if self._task is not None:
            self._task.cancel()
        self._task, self._again, self._more_wanted = None, False, False
        self._changed, self._asked = {}, ()

    # -- in other threads ------------------------------------------------------------------

    def _load(self, query: WorklistQuery) -> tuple[Counts, Page]:
        return self._client.counts(), self._client.worklist(query)

    def _ask(self, query: WorklistQuery, asked: tuple[str, ...]) -> News:
        found = self._client.worklist(query, None, asked)
        return News(self._client.counts(), frozenset(asked), found.rows)

    def _read(self, query: WorklistQuery, pages: list[tuple[Place, str | None]]) -> News:
        spans: list[Span] = []
        for after, cursor in pages:
            page = self._client.worklist(query, cursor)
            read_to = query.place(page.rows[-1]) if page.rows else after
            spans.append(Span(after, read_to, page.rows, page.next_cursor is None))
        return News(self._client.counts(), spans=tuple(spans))

    # -- and back --------------------------------------------------------------------------

    def _next(self) -> None:
        if self._task is not None or self._counts is None:
            return
        query = self._query
        if self._again:
            self._again = False
            pages = self._pages_in_sight()
            work: Callable[[], News] = lambda: self._read(query, pages)  # noqa: E731
        elif self._changed:
            self._asked = asked = tuple(self._changed)[:ASKED_MAX]
            for each in asked:
                del self._changed[each]
            work = lambda: self._ask(query, asked)  # noqa: E731
        else:
            if self._more_wanted:
                self._more_wanted = False
                self.more()
            return
        self._task = self._background.run(work, self._news_came, self._broke)

    def _pages_in_sight(self) -> list[tuple[Place, str | None]]:
        """The first, and two from where the reader looks: a view may lie across both."""
        at = bisect_right([after for after, _ in self._pages], self._looked_at()) - 1
        return list(dict.fromkeys([self._pages[0], *self._pages[max(at, 0) : at + 2]]))

    def _came(self, found: tuple[Counts, Page]) -> None:
        counts, page = found
        self._task, self._counts = None, counts
        self._keep_cursor(page)
        self.first.emit(Loaded(page.rows, counts, page.next_cursor is not None))
        self._next()

    def _page_came(self, page: Page) -> None:
        assert self._counts is not None, "the first page came with counts"
        self._task = None
        self._keep_cursor(page)
        self.appended.emit(Loaded(page.rows, self._counts, page.next_cursor is not None))
        self._next()

    def _keep_cursor(self, page: Page) -> None:
        self._cursor = page.next_cursor
        if page.next_cursor is not None and page.rows:
            self._pages.append((self._query.place(page.rows[-1]), page.next_cursor))

    def _news_came(self, news: News) -> None:
        self._task, self._counts, self._asked = None, news.counts, ()
        if any(each.is_last for each in news.spans):
            self._cursor = None
        self.news.emit(news)
        self._next()

    def _broke(self, error: ConsoleError) -> None:
        self._task, self._again, self._more_wanted = None, False, False
        self._changed = dict.fromkeys(self._asked) | self._changed  # asked again with the next
        self._asked = ()
        self.failed.emit(error)
