"""When to try a delivery again: doubling delays with a bound, spread at random."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

JITTER: Final = 0.2
"""Each delay is longer or shorter by up to this share, so that nodes do not come in step."""
_DOUBLINGS_MAX: Final = 32


def next_attempt(
    now: datetime,
    attempts: int,
    *,
    first_retry_s: float,
    longest_retry_s: float,
    random: Callable[[], float],
) -> datetime:
    """The time of the next attempt.

    Args:
        now: when the last one failed.
        attempts: how many failed before that one.
        first_retry_s: delay after the first failure; each further one doubles it.
        longest_retry_s: the delay grows no longer than this, before the jitter.
        random: gives numbers in [0, 1).
    """
    delay_s = min(first_retry_s * 2.0 ** min(attempts, _DOUBLINGS_MAX), longest_retry_s)
    return now + timedelta(seconds=delay_s * (1 + JITTER * (2 * random() - 1)))
