"""Fetches the worklist page by page, and anew when something changed; never in the GUI's thread."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import QObject, pyqtSignal

from pyqt_console.background import Background, Task
from pyqt_console.client import NodeClient, WorklistQuery
from pyqt_console.errors import ConsoleError
from pyqt_console.records import Counts, Page, SeriesRow


@dataclass(frozen=True, slots=True)
class Loaded:
    """The list as the node has it now, as far as it is shown."""

    rows: tuple[SeriesRow, ...]
    counts: Counts
    has_more: bool


class WorklistLoader(QObject):
    """One list at a time; an answer to an earlier question is dropped."""

    began = pyqtSignal()
    """Another list is on its way: what is shown is not it."""
    first = pyqtSignal(object)
    """Loaded: the first page of another list."""
    appended = pyqtSignal(object)
    """Loaded, with only the further rows."""
    refreshed = pyqtSignal(object)
    """Loaded: the same list as it is now."""
    failed = pyqtSignal(object)

    def __init__(self, client: NodeClient, background: Background) -> None:
        super().__init__()
        self._client = client
        self._background = background
        self._query = WorklistQuery()
        self._cursor: str | None = None
        self._shown = 0
        self._task: Task | None = None
        self._again = False
        self._more_wanted = False
        self._counts: Counts | None = None
        self._complete = False

    @property
    def query(self) -> WorklistQuery:
        """What is shown, or on its way."""
        return self._query

    def show(self, query: WorklistQuery) -> None:
        """Another list."""
        self.cancel()
        self._query, self._cursor, self._shown, self._complete = query, None, 0, False
        self.began.emit()
        self._task = self._background.run(lambda: self._load(query, 0), self._came, self._broke)

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

    def refresh(self) -> None:
        """The same list anew; asked for often, it is done once more at the end."""
        if not self._complete and self._task is None:
            self.show(self._query)
            return
        if self._task is not None:
            self._again = True
            return
        query, shown = self._query, self._shown
        self._task = self._background.run(
            lambda: self._load(query, shown), self._came_anew, self._broke
        )

    def cancel(self) -> None:
        """What is on its way is wanted no longer."""
        if self._task is not None:
            self._task.cancel()
        self._task, self._again, self._more_wanted = None, False, False

    def _load(self, query: WorklistQuery, at_least: int) -> tuple[Counts, Page]:
        counts = self._client.counts()
        page = self._client.worklist(query)
        rows, cursor = list(page.rows), page.next_cursor
        while cursor is not None and len(rows) < at_least:
            page = self._client.worklist(query, cursor)
            rows += page.rows
            cursor = page.next_cursor
        return counts, Page(tuple(rows), cursor)

    def _came(self, found: tuple[Counts, Page]) -> None:
        self._complete = True
        self.first.emit(self._loaded(found))
        self._next()

    def _came_anew(self, found: tuple[Counts, Page]) -> None:
        self.refreshed.emit(self._loaded(found))
        self._next()

    def _page_came(self, page: Page) -> None:
        assert self._counts is not None, "the first page came with counts"
        self._task, self._cursor = None, page.next_cursor
        self._shown += len(page.rows)
        self.appended.emit(Loaded(page.rows, self._counts, page.next_cursor is not None))
        self._next()

    def _loaded(self, found: tuple[Counts, Page]) -> Loaded:
        counts, page = found
        self._task, self._cursor, self._counts = None, page.next_cursor, counts
        self._shown = len(page.rows)
        return Loaded(page.rows, counts, page.next_cursor is not None)

    def _broke(self, error: ConsoleError) -> None:
        self._task, self._again, self._more_wanted = None, False, False
        self.failed.emit(error)

    def _next(self) -> None:
        if self._again:
            self._again = False
            self.refresh()
        elif self._more_wanted:
            self._more_wanted = False
            self.more()
