"""The file in which episodes and unsent alerts outlive the node: a restart calls nobody twice.

It lies in the data directory, not in the database, since it must work where that does not, and
since each node has a disk and a worker of its own.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from dicom_node.alerting.episodes import Alert, Episode

logger = logging.getLogger(__name__)

FILE_NAME: Final = "alerts.json"


@dataclass(frozen=True, slots=True)
class Pages:
    """What the file holds: the open episodes, and by channel what is still to be sent."""

    episodes: tuple[Episode, ...] = ()
    unsent: Mapping[str, tuple[Alert, ...]] = field(default_factory=dict)


_PAGES: Final = TypeAdapter(Pages)


class Journal:
    """Reads and writes the file. A disk that does not take it is told once in a row, not raised."""

    def __init__(self, root: Path) -> None:
        self._path = root / FILE_NAME
        self._fails = False

    def read(self) -> Pages:
        """What was last written; nothing where there is no file, or none of ours."""
        try:
            return _PAGES.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return Pages()
        except (OSError, ValidationError) as error:
            logger.error("the alerts of before are lost: %s: %s", self._path, type(error).__name__)
            return Pages()

    def write(self, pages: Pages) -> None:
        """Replace the file, durably."""
        fresh = self._path.with_suffix(".new")
        content = json.dumps(asdict(pages), default=_text, ensure_ascii=False)
        try:
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
            self._fails = False
        except OSError as error:
            if not self._fails:
                logger.error("cannot write the alerts down: %s: %s", self._path, error.strerror)
            self._fails = True


def _text(value: Any) -> str:
    return str(value.isoformat())
