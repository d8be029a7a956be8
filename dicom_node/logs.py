"""Structured logs with series and job ids, and never a patient's name.

Identifiers that a log line needs are put around a piece of work with :func:`log_context`; they
are UIDs, ids and AE titles. Nothing of the patient module is ever passed to a logger.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final, Literal

_context: ContextVar[dict[str, str]] = ContextVar("log_context")

QUIET_LOGGERS: Final = {
    "apscheduler": logging.WARNING,
    "alembic": logging.WARNING,
    "dicomweb_client": logging.CRITICAL,
    "highdicom": logging.WARNING,
    "pydicom": logging.ERROR,  # its warnings quote odd values, which may be a patient's
    "pynetdicom": logging.CRITICAL,
    "urllib3": logging.CRITICAL,
    "uvicorn": logging.WARNING,
}
"""Libraries that tell of every tick, or of what our own rooms translate and log."""


@contextmanager
def log_context(**ids: str | int) -> Iterator[None]:
    """Add ``ids`` to every line logged inside, in this thread."""
    token = _context.set(_context.get({}) | {name: str(value) for name, value in ids.items()})
    try:
        yield
    finally:
        _context.reset(token)


class TextFormatter(logging.Formatter):
    """For a person: time, level, message, ids."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback where there is one."""
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        ids = "".join(f" {name}={value}" for name, value in _context.get({}).items())
        line = f"{at} {record.levelname:<7} {record.name}: {record.getMessage()}{ids}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


class JsonFormatter(logging.Formatter):
    """For a log collector: one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_context.get({}),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def set_level(level: str) -> None:
    """Say more or less from now on, in this process."""
    logging.getLogger().setLevel(level.upper())


def configure_logging(style: Literal["text", "json"], level: str) -> None:
    """Send everything of this process to stderr in ``style``; called once by each command."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if style == "json" else TextFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name, quiet_level in QUIET_LOGGERS.items():
        logging.getLogger(name).setLevel(quiet_level)
