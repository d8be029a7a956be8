"""Drafts outlive a crash: one file for each reader at each node, readable by its owner only."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pyqt_console.errors import UnreadableError
from pyqt_console.i18n import tr
from pyqt_console.review.draft import Draft, from_json, to_json

logger = logging.getLogger(__name__)

DRAFTS_MAX: Final = 500
"""The oldest go first; nobody has so many open."""
OWNER_ONLY: Final = 0o600
OWNER_ONLY_FOLDER: Final = 0o700


class DraftFile:
    """What one reader has begun at one node. A damaged file is kept aside, never overwritten."""

    def __init__(self, folder: Path, node_url: str, user_name: str) -> None:
        digest = hashlib.sha256(f"{node_url}\n{user_name}".encode()).hexdigest()[:16]
        self.path = folder / f"drafts-{digest}.json"
        self._drafts: dict[str, Draft] = self._read()

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

    def _read(self) -> dict[str, Draft]:
        try:
            found: Mapping[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
            return {name: from_json(each) for name, each in found.items()}
        except FileNotFoundError:
            return {}
        except OSError as error:
            logger.warning("drafts cannot be read: %s", error.strerror)
            return {}
        except (ValueError, KeyError, TypeError, AttributeError):
            aside = self.path.with_suffix(".damaged")
            logger.warning("drafts are damaged; they are kept in %s", aside.name)
            self.path.replace(aside)
            return {}

    def _write(self) -> None:
        text = json.dumps({name: to_json(each) for name, each in self._drafts.items()})
        try:
            self.path.parent.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
            # mkstemp makes it readable by its owner only; comments may name a patient.
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".drafts-")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except OSError as error:
            message = tr("The draft cannot be kept: {why}.").format(why=error.strerror)
            raise UnreadableError(message) from error


def _key(series_uid: str, generation: int) -> str:
    return f"{series_uid} {generation}"
