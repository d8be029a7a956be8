"""Saved views: filters, search, order and columns under a name, kept for one reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from pyqt_console.errors import UnreadableError
from pyqt_console.i18n import tr
from pyqt_console.own_file import OwnFile
from pyqt_console.query import WorklistQuery, query_from_json, query_to_json
from pyqt_console.worklist.columns import (
    ColumnState,
    columns_from_json,
    columns_to_json,
    complete,
)

VIEWS_MAX: Final = 50
NAME_MAX: Final = 40


@dataclass(frozen=True, slots=True)
class SavedView:
    """What is shown, and how, under a name."""

    name: str
    query: WorklistQuery
    columns: tuple[ColumnState, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """All that the worklist remembers of a reader."""

    views: tuple[SavedView, ...] = ()
    columns: tuple[ColumnState, ...] = complete(())

    def with_view(self, view: SavedView) -> Kept:
        """One more; one of the same name is replaced in its place."""
        name = view.name.strip()[:NAME_MAX]
        if not name:
            return self
        view = replace(view, name=name)
        if any(each.name == name for each in self.views):
            views = tuple(view if each.name == name else each for each in self.views)
        else:
            views = (*self.views, view)[-VIEWS_MAX:]
        return replace(self, views=views)

    def renamed(self, old: str, new: str) -> Kept:
        """Another name; nothing happens where it is empty or taken."""
        new = new.strip()[:NAME_MAX]
        if not new or any(each.name == new for each in self.views):
            return self
        views = tuple(replace(each, name=new) if each.name == old else each for each in self.views)
        return replace(self, views=views)

    def without(self, name: str) -> Kept:
        """One less."""
        return replace(self, views=tuple(each for each in self.views if each.name != name))


class ViewsFile:
    """Where they are kept. A search may name a patient: the file is its owner's only."""

    def __init__(self, folder: Path, node_url: str, user_name: str) -> None:
        self._file = OwnFile(folder, "views", node_url, user_name)
        self.kept = self._file.read(_parsed, Kept())

    @property
    def path(self) -> Path:
        """Where it is."""
        return self._file.path

    def keep(self, kept: Kept) -> None:
        """From now on.

        Raises:
            UnreadableError: it cannot be written; it holds until the program ends.
        """
        if kept == self.kept:
            return
        self.kept = kept
        try:
            self._file.write(_document(kept))
        except OSError as error:
            words = tr("The view cannot be kept: {reason}.")
            raise UnreadableError(words.format(reason=error.strerror)) from error


def _document(kept: Kept) -> dict[str, Any]:
    return {
        "columns": columns_to_json(kept.columns),
        "views": [
            {
                "name": each.name,
                "query": query_to_json(each.query),
                "columns": columns_to_json(each.columns),
            }
            for each in kept.views
        ],
    }


def _parsed(found: Mapping[str, Any]) -> Kept:
    return Kept(
        views=tuple(
            SavedView(
                str(each["name"]),
                query_from_json(each["query"]),
                columns_from_json(each["columns"]),
            )
            for each in found["views"]
        ),
        columns=columns_from_json(found["columns"]),
    )
