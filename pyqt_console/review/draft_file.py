"""Drafts outlive a crash: one file for each reader at each node, readable by its owner only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pyqt_console.errors import UnreadableError
from pyqt_console.i18n import tr
from pyqt_console.own_file import OwnFile
from pyqt_console.review.draft import Draft, from_json, to_json

DRAFTS_MAX: Final = 500
"""The oldest go first; nobody has so many open."""


class DraftFile:
    """What one reader has begun at one node. A damaged file is kept aside, never overwritten."""

    def __init__(self, folder: Path, node_url: str, user_name: str) -> None:
        self._file = OwnFile(folder, "drafts", node_url, user_name)
        self._drafts: dict[str, Draft] = self._file.read(_parsed, {})

    @property
    def path(self) -> Path:
        """Where it is."""
        return self._file.path

    def load(self, series_uid: str, generation: int) -> Draft:
        """What was begun on this reading; an empty draft where nothing was."""
        return self._drafts.get(_key(series_uid, generation), Draft())

    def save(self, series_uid: str, generation: int, draft: Draft) -> None:
        """Keep it; it is on the disk when this returns.

        Raises:
            UnreadableError: it cannot be written.
        """
        key = _key(series_uid, generation)
        kept = {name: each for name, each in self._drafts.items() if name != key}
        if not draft.is_empty:
            kept[key] = draft
        self._drafts = dict(list(kept.items())[-DRAFTS_MAX:])
        self._write()

    def drop(self, series_uid: str, generation: int) -> None:
        """It is signed, or given up."""
        self.save(series_uid, generation, Draft())

    def _write(self) -> None:
        try:
            self._file.write({name: to_json(each) for name, each in self._drafts.items()})
        except OSError as error:
            message = tr("The draft cannot be kept: {why}.").format(why=error.strerror)
            raise UnreadableError(message) from error


def _parsed(found: Mapping[str, Any]) -> dict[str, Draft]:
    return {name: from_json(each) for name, each in found.items()}


def _key(series_uid: str, generation: int) -> str:
    return f"{series_uid} {generation}"
