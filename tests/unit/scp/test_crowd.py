"""How many may be connected at once, from one host and in all."""

from __future__ import annotations

import pytest

from dicom_node.scp.crowd import Limits
from dicom_node.scp.policy import Refusal


def limits(associations: int = 3, per_host: int | None = None) -> Limits:
    return Limits(associations, per_host, waiting=3, waiting_per_host=2)


@pytest.mark.parametrize(
    ("chosen", "admitted", "expected"),
    [
        (limits(3, 2), [], None),
        (limits(3, 2), ["a"], None),
        (limits(3, 2), ["a", "a"], Refusal.HOST_LIMIT),
        (limits(3, 2), ["a", "b"], None),
        (limits(3, 2), ["b", "b"], None),
        (limits(3, 2), ["b", "b", "c"], Refusal.LOCAL_LIMIT),
        (limits(3, 9), ["a", "a"], None),
        (limits(1), [], None),
        (limits(2), ["a"], None),
        (limits(25), ["a"] * 19, None),
        (limits(25), ["a"] * 20, Refusal.HOST_LIMIT),
        (limits(25), ["b"] * 20, None),
    ],
)
def test_associations(chosen: Limits, admitted: list[str], expected: Refusal | None) -> None:
    assert chosen.refusal("a", admitted) is expected


@pytest.mark.parametrize(
    ("waiting", "expected"),
    [
        ([], False),
        (["a"], False),
        (["a", "a"], True),
        (["b", "b"], False),
        (["b", "b", "c"], True),
    ],
)
def test_connections(waiting: list[str], *, expected: bool) -> None:
    assert limits().is_crowd("a", waiting) is expected
