"""How a bug at a thread's edge is logged."""

from __future__ import annotations

import logging
import traceback

logger = logging.getLogger(__name__)


def log_bug(where: str, error: BaseException) -> None:
    """One record with the stack, without the exception's text: it may hold a patient's data."""
    stack = "".join(traceback.format_tb(error.__traceback__))
    logger.error("bug %s: %s\n%s", where, type(error).__name__, stack)
