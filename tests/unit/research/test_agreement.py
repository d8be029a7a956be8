"""What a verdict says of each level, and whether the machine said the same."""

from __future__ import annotations

from typing import Any

import pytest

from dicom_node.reports.result import result_document
from dicom_node.research.agreement import (
    agreement,
    machine_says,
    overall_agreement,
    reader_says,
    verdict_says,
)
from inference.types import LEVELS, NotAnalysed, ReasonCode, SliceSource
from tests.unit.reports.cases import FRACTURED, prediction_of

SOURCES = tuple(SliceSource(f"1.2.{i}") for i in range(14))
RESULT = result_document(
    "1.2",
    prediction_of(SOURCES, {**FRACTURED, "C1": None}, cut_off=["C7"]),
)
"""C2 and C5 are found, C1 was not assessed, C7 only in part."""


def judged(level: str, verdict: str, changed_level: str | None = None) -> dict[str, Any]:
    return {"level": level, "verdict": verdict, "changed_level": changed_level, "comment": ""}


def test_the_machine_calls_absent_only_what_it_saw_whole() -> None:
    assert list(machine_says(RESULT).values()) == [
        "undetermined",
        "present",
        "absent",
        "absent",
        "present",
        "absent",
        "undetermined",
    ]
    refused = result_document("1.2", NotAnalysed(ReasonCode.LOCALIZER, "A localizer."))
    for none in (None, {}, refused):
        assert set(machine_says(none).values()) == {"undetermined"}


def added(level: str) -> dict[str, Any]:
    """A finding of the reader's own."""
    return {"level": level, "key_slice_sop_uid": "1.2.3", "box": [1, 2, 3, 4]}


@pytest.mark.parametrize(
    ("document", "level", "word", "says", "agreed"),
    [
        ({"findings": [judged("C5", "accept")]}, "C5", "accept", "present", "agree"),
        ({"findings": [judged("C5", "reject")]}, "C5", "reject", "absent", "disagree"),
        ({"findings": [judged("C5", "unsure")]}, "C5", "unsure", "undetermined", "not_comparable"),
        ({"findings": [judged("C5", "accept", "C6")]}, "C5", "moved_to_C6", "absent", "disagree"),
        (
            {"findings": [judged("C5", "accept", "C6")]},
            "C6",
            "moved_from_C5",
            "present",
            "disagree",
        ),
        ({"added": [added("C3")]}, "C3", "added", "present", "disagree"),
        ({"added": [added("C1")]}, "C1", "added", "present", "not_comparable"),
        ({"no_finding": True}, "C3", "nothing", "absent", "agree"),
        ({"no_finding": True}, "C1", "nothing", "undetermined", "not_comparable"),
        ({"no_finding": True}, "C7", "nothing", "undetermined", "not_comparable"),
        ({"absent_levels": ["C7"]}, "C7", "absent", "absent", "not_comparable"),
        (
            {"findings": [judged("C5", "reject")], "absent_levels": ["C5"]},
            "C5",
            "reject",
            "absent",
            "disagree",
        ),
    ],
)
def test_a_verdict_on_a_level(
    document: dict[str, Any], level: str, word: str, says: str, agreed: str
) -> None:
    reader = reader_says(document, RESULT)
    assert tuple(reader) == LEVELS
    assert (verdict_says(document)[level], reader[level]) == (word, says)
    assert agreement(machine_says(RESULT)[level], reader[level]) == agreed


def test_without_a_result_only_the_readers_own_words_count() -> None:
    document = {"added": [added("C3")], "absent_levels": ["C4"]}
    said = reader_says(document, None)
    assert (said["C3"], said["C4"], said["C5"]) == ("present", "absent", "undetermined")


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (["agree"] * 7, "agree"),
        (["agree"] * 6 + ["disagree"], "disagree"),
        (["agree"] * 6 + ["not_comparable"], "not_comparable"),
        (["not_comparable"] * 6 + ["disagree"], "disagree"),
        ([], "not_comparable"),
    ],
)
def test_agreement_of_all_levels_needs_all(levels: list[str], expected: str) -> None:
    assert overall_agreement(levels) == expected
