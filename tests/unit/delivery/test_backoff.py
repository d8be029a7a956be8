"""Back-off: doubling, bounded, spread."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest

from dicom_node.delivery.backoff import JITTER, next_attempt

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def delay_s(attempts: int, random: float = 0.5) -> float:
    at = next_attempt(NOW, attempts, first_retry_s=30, longest_retry_s=600, random=lambda: random)
    return (at - NOW).total_seconds()


@pytest.mark.parametrize(
    ("attempts", "expected_s"),
    [(0, 30), (1, 60), (2, 120), (3, 240), (4, 480), (5, 600), (6, 600), (10**6, 600)],
)
def test_the_delay_doubles_up_to_its_bound(attempts: int, expected_s: float) -> None:
    assert delay_s(attempts) == pytest.approx(expected_s)


@pytest.mark.parametrize("attempts", [0, 5])
def test_the_delay_is_spread_by_the_jitter_and_no_more(attempts: int) -> None:
    middle = delay_s(attempts)
    assert delay_s(attempts, 0.0) == pytest.approx(middle * (1 - JITTER))
    assert delay_s(attempts, 1.0) == pytest.approx(middle * (1 + JITTER))


def test_two_nodes_do_not_come_in_step() -> None:
    random = Random(7).random
    times = {
        next_attempt(NOW, 3, first_retry_s=30, longest_retry_s=600, random=random)
        for _ in range(20)
    }
    assert len(times) == 20


def test_a_bound_below_the_first_delay_holds() -> None:
    at = next_attempt(NOW, 0, first_retry_s=30, longest_retry_s=5, random=lambda: 0.5)
    assert (at - NOW).total_seconds() == pytest.approx(5)
