"""A verdict as a document: what is taken, and which field is named when it is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dicom_node.errors import InvalidVerdictError
from dicom_node.verdicts.document import Choice, Verdict, parse_verdict

ADDED = {"level": "C7", "key_slice_sop_uid": "1.2.3", "box": [1, 2, 3, 4]}
WHOLE: dict[str, Any] = {
    "findings": [
        {"level": "C2", "verdict": "accept", "changed_level": "C3", "comment": " ärgerlich\n"},
        {"level": "C5", "verdict": "unsure"},
    ],
    "added": [ADDED, {**ADDED, "level": "C6", "key_slice_frame": 4}],
    "absent_levels": ["C1"],
    "no_finding": False,
    "comment": "all",
}


def test_a_whole_document_is_read_and_written_back() -> None:
    verdict = parse_verdict(json.dumps(WHOLE))
    assert verdict.findings[0].verdict is Choice.ACCEPT
    assert verdict.findings[0].changed_level == "C3"
    assert verdict.findings[0].comment == "ärgerlich"
    assert verdict.added[0].box == (1, 2, 3, 4)
    assert [each.key_slice_frame for each in verdict.added] == [None, 4]
    stored = json.loads(json.dumps(verdict.model_dump(mode="json")))
    assert Verdict.model_validate(stored) == verdict


def test_an_empty_document_says_nothing_yet() -> None:
    assert parse_verdict("{}") == Verdict()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reader": "Me"}, "reader"),
        ({"findings": [{"level": "C8", "verdict": "accept"}]}, "findings.0.level"),
        ({"findings": [{"level": "C2", "verdict": "maybe"}]}, "findings.0.verdict"),
        ({"findings": [{"level": "C2"}]}, "findings.0.verdict"),
        ({"findings": [{"level": "C2", "verdict": "accept", "probability": 1}]}, "probability"),
        (
            {"findings": [{"level": "C2", "verdict": "reject", "changed_level": "C3"}]},
            "findings.0",
        ),
        (
            {"findings": [{"level": "C2", "verdict": "unsure", "changed_level": "C3"}]},
            "findings.0",
        ),
        (
            {"findings": [{"level": "C2", "verdict": "accept", "changed_level": "C2"}]},
            "findings.0",
        ),
        ({"added": [{**ADDED, "box": [1, 2, 3]}]}, "added.0.box"),
        ({"added": [{**ADDED, "box": [-1, 2, 3, 4]}]}, "added.0.box.0"),
        ({"added": [{**ADDED, "box": [1, 2, 0, 4]}]}, "added.0.box.2"),
        ({"added": [{**ADDED, "box": [1.5, 2, 3, 4]}]}, "added.0.box.0"),
        ({"added": [{**ADDED, "box": ["1", 2, 3, 4]}]}, "added.0.box.0"),
        ({"added": [{**ADDED, "key_slice_sop_uid": ""}]}, "added.0.key_slice_sop_uid"),
        ({"added": [{**ADDED, "key_slice_frame": 0}]}, "added.0.key_slice_frame"),
        ({"added": [{**ADDED, "first_slice": {"sop_uid": "1.2.3"}}]}, "added.0"),
        ({"added": [{**ADDED, "last_slice": {"sop_uid": ""}}]}, "added.0.last_slice.sop_uid"),
        ({"no_finding": "yes"}, "no_finding"),
        ({"absent_levels": ["T1"]}, "absent_levels.0"),
        ({"comment": "x" * 1025}, "comment"),
        ({"comment": "bell \x07"}, "comment"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidVerdictError) as caught:
        parse_verdict(json.dumps({**WHOLE, **change}))
    assert field in caught.value.field
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"findings": {}}', "\xff"])
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(InvalidVerdictError):
        parse_verdict(text.encode("latin-1"))
