"""A verdict must fit the reading it is about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dicom_node.errors import InvalidVerdictError
from dicom_node.verdicts.document import Verdict
from dicom_node.verdicts.validation import require_fitting
from inference.types import SliceHeader, SliceSource

RESULT = {"findings": [{"level": "C2"}, {"level": "C5"}]}
NOTHING_FOUND: dict[str, Any] = {"findings": []}


def header(uid: str, frame: int | None = None) -> SliceHeader:
    return SliceHeader(
        path="",
        sop_instance_uid=uid,
        sop_class_uid="",
        frame_number=frame,
        instance_number=None,
        study_uid="",
        series_uid="",
        patient_id="",
        frame_of_reference_uid=None,
        modality="CT",
        image_type=(),
        rows=40,
        columns=60,
        position_mm=None,
        orientation=None,
        spacing_mm=None,
        slice_thickness_mm=None,
    )


SLICES = {
    SliceSource("1.1"): header("1.1"),
    SliceSource("1.2", 1): header("1.2", 1),
    SliceSource("1.2", 2): header("1.2", 2),
}


STACKED = {
    SliceSource(f"3.{number}"): replace(
        header(f"3.{number}"), position_mm=(0.0, 0.0, -2.0 * number)
    )
    for number in range(5)
}
"""Slices whose headers say where they lie."""


def judged(*pairs: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"level": level, "verdict": choice} for level, choice in pairs]


BOTH = judged(("C2", "accept"), ("C5", "reject"))


def added(level: str = "C7", uid: str = "1.1", **more: Any) -> dict[str, Any]:
    return {"level": level, "key_slice_sop_uid": uid, "box": [0, 0, 60, 40], **more}


def spanning(first: str, last: str, uid: str = "3.2", **more: Any) -> dict[str, Any]:
    ends = {"first_slice": {"sop_uid": first}, "last_slice": {"sop_uid": last}}
    return {"added": [added(uid=uid, **(ends | more))]}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (spanning("3.1", "3.4"), ""),
        (spanning("3.4", "3.1"), ""),  # from the feet, too
        (spanning("3.2", "3.2"), ""),
        (spanning("1.1", "1.1", uid="1.1"), ""),  # nobody knows where they lie
        (spanning("3.3", "3.4"), "added.0.first_slice"),
        (spanning("3.0", "3.1"), "added.0.first_slice"),
        (spanning("9.9", "3.4"), "added.0.first_slice.sop_uid"),
        (spanning("3.1", "9.9"), "added.0.last_slice.sop_uid"),
        (
            spanning("3.1", "3.4", last_slice={"sop_uid": "3.4", "frame": 1}),
            "added.0.last_slice.frame",
        ),
    ],
)
def test_the_slices_over_which_it_was_seen(document: dict[str, Any], field: str) -> None:
    verdict, slices = Verdict.model_validate(document), {**SLICES, **STACKED}
    if not field:
        require_fitting(verdict, NOTHING_FOUND, slices)
        return
    with pytest.raises(InvalidVerdictError) as caught:
        require_fitting(verdict, NOTHING_FOUND, slices)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("document", "result"),
    [
        ({"findings": BOTH}, RESULT),
        ({"findings": BOTH[::-1]}, RESULT),
        ({"findings": BOTH, "added": [added()]}, RESULT),
        ({"findings": BOTH, "added": [added("C5")]}, RESULT),
        ({"findings": BOTH, "added": [added(uid="1.2", key_slice_frame=2)]}, RESULT),
        ({"findings": BOTH, "absent_levels": ["C5", "C7"]}, RESULT),
        ({"findings": judged(("C2", "reject"), ("C5", "reject")), "no_finding": True}, RESULT),
        ({"no_finding": True}, NOTHING_FOUND),
        ({"added": [added()]}, NOTHING_FOUND),
        ({"no_finding": True}, None),
        ({"no_finding": True, "absent_levels": ["C1"]}, None),
        ({"added": [added()]}, None),
        (
            {
                "findings": [
                    {"level": "C2", "verdict": "accept", "changed_level": "C5"},
                    {"level": "C5", "verdict": "accept", "changed_level": "C2"},
                ]
            },
            RESULT,
        ),
    ],
)
def test_what_fits(document: dict[str, Any], result: dict[str, Any] | None) -> None:
    require_fitting(Verdict.model_validate(document), result, SLICES)


@pytest.mark.parametrize(
    ("document", "result", "field"),
    [
        ({"findings": BOTH[:1]}, RESULT, "findings"),
        ({"findings": [*BOTH, *BOTH[:1]]}, RESULT, "findings"),
        ({"findings": [*BOTH, *judged(("C3", "accept"))]}, RESULT, "findings.2.level"),
        ({"findings": BOTH[:1]}, None, "findings.0.level"),
        ({"findings": BOTH, "added": [added(uid="9.9")]}, RESULT, "added.0.key_slice_sop_uid"),
        (
            {"findings": BOTH, "added": [added(), added("C6", uid="1.2")]},
            RESULT,
            "added.1.key_slice_frame",
        ),
        (
            {"findings": BOTH, "added": [added(uid="1.2", key_slice_frame=3)]},
            RESULT,
            "added.0.key_slice_frame",
        ),
        (
            {"findings": BOTH, "added": [added(key_slice_frame=1)]},
            RESULT,
            "added.0.key_slice_frame",
        ),
        ({"findings": BOTH, "added": [added(box=[1, 0, 60, 40])]}, RESULT, "added.0.box"),
        ({"findings": BOTH, "added": [added(box=[0, 1, 60, 40])]}, RESULT, "added.0.box"),
        ({"findings": BOTH, "added": [added("C2")]}, RESULT, "added"),
        ({"findings": BOTH, "added": [added(), added()]}, RESULT, "added"),
        (
            {
                "findings": [
                    {"level": "C2", "verdict": "accept", "changed_level": "C5"},
                    {"level": "C5", "verdict": "accept"},
                ]
            },
            RESULT,
            "added",
        ),
        ({"findings": BOTH, "no_finding": True}, RESULT, "no_finding"),
        (
            {"findings": judged(("C2", "unsure"), ("C5", "reject")), "no_finding": True},
            RESULT,
            "no_finding",
        ),
        ({"added": [added()], "no_finding": True}, None, "no_finding"),
        ({"findings": BOTH, "absent_levels": ["C2"]}, RESULT, "absent_levels.0"),
        ({"findings": BOTH, "absent_levels": ["C1", "C1"]}, RESULT, "absent_levels"),
        ({"added": [added()], "absent_levels": ["C7"]}, None, "absent_levels.0"),
        ({}, NOTHING_FOUND, "no_finding"),
        ({"comment": "fine"}, NOTHING_FOUND, "no_finding"),
        ({}, None, "no_finding"),
        ({"absent_levels": ["C1"]}, None, "no_finding"),
    ],
)
def test_what_does_not_fit_is_named(
    document: dict[str, Any], result: dict[str, Any] | None, field: str
) -> None:
    with pytest.raises(InvalidVerdictError) as caught:
        require_fitting(Verdict.model_validate(document), result, SLICES)
    assert caught.value.field == field
