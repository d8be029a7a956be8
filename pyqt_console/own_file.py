"""Small JSON files of the reader's own: readable by nobody else, and whole after a crash."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

logger = logging.getLogger(__name__)

T = TypeVar("T")

OWNER_ONLY_FOLDER: Final = 0o700


class OwnFile:
    """What one reader keeps of one kind at one node. A damaged file is kept aside."""

    def __init__(self, folder: Path, kind: str, node_url: str, user_name: str) -> None:
        digest = hashlib.sha256(f"{node_url}\n{user_name}".encode()).hexdigest()[:16]
        self._kind = kind
        self.path = folder / f"{kind}-{digest}.json"

    def read(self, parse: Callable[[Any], T], otherwise: T) -> T:
        """What ``parse`` makes of it; ``otherwise`` where there is none, or it is damaged."""
        try:
            return parse(json.loads(self.path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return otherwise
        except OSError as error:
            logger.warning("%s cannot be read: %s", self._kind, error.strerror)
            return otherwise
        except (ValueError, KeyError, TypeError, AttributeError):
            aside = self.path.with_suffix(".damaged")
            logger.warning("%s: the file is damaged; it is kept in %s", self._kind, aside.name)
            self.path.replace(aside)
            return otherwise

    def write(self, document: object) -> None:
        """It is on the disk when this returns.

        Raises:
            OSError: it cannot be written.
        """
        text = json.dumps(document)
        self.path.parent.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
        # mkstemp makes it readable by its owner only: it may name a patient.
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self._kind}-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(self.path)
