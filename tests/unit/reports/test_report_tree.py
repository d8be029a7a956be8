"""What a stored report tells when it is read back, and how it looks in a terminal."""

from __future__ import annotations

import io
from copy import deepcopy
from typing import Any

import pytest
from pydicom.dataset import Dataset
from rich.console import Console

from dicom_node.errors import InputError
from dicom_node.reports.render_report import render_report
from dicom_node.reports.report_tree import report_tree
from inference.types import LEVELS
from tests.unit.reports.cases import (
    FRACTURED,
    MODEL,
    PARTIAL,
    prediction_of,
    report_on,
    sources_of,
)


def tree_of(sources: tuple[Dataset, ...], probabilities: Any, **more: Any) -> dict[str, Any]:
    return report_tree(
        report_on(sources, prediction_of(sources_of(sources), probabilities), **more)
    )


def printed(tree: dict[str, Any]) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(render_report(tree))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_tree_says_what_was_predicted(sources: tuple[Dataset, ...]) -> None:
    prediction = prediction_of(sources_of(sources), FRACTURED)
    report = report_on(sources, prediction)
    tree = report_tree(report)
    *levels, spine = tree["groups"]
    assert [group["site"] for group in levels] == [f"{level} vertebra" for level in LEVELS]
    assert spine["site"] == "Cervical spine"
    for group, predicted in zip(levels, prediction.levels, strict=True):
        found = {f.level: f for f in prediction.findings}.get(predicted.level)
        assert group["probability"] == pytest.approx(predicted.probability)
        assert group["evaluation"] == ("absent" if found is None else "present")
        assert group["tracking"]["identifier"] == f"{predicted.level} fracture"
        assert group["algorithm"]["name"] == MODEL.name
        assert len(group["regions"]) == len(group["outlines_mm"]) == (found is not None)
        if found is not None:
            (region,) = group["regions"]
            x, y, width, height = found.box
            assert region["sop_instance_uid"] == found.key_slice.sop_instance_uid
            assert region["points"][0] == [x, y]
            assert region["points"][2] == [x + width, y + height]
            corners = group["outlines_mm"][0]["points"][:4]
            assert corners == [pytest.approx(corner) for corner in found.corners_mm]
    assert tree["title"] == "Imaging Measurement Report"
    assert tree["procedure"] == "CT Cervical spine"
    assert tree["completion"] == {"flag": "COMPLETE", "description": None}
    assert tree["verification"] == {"flag": "UNVERIFIED", "observers": []}
    assert tree["source_series"] == [sources[0].SeriesInstanceUID]
    (observer,) = tree["observers"]
    assert observer["type"] == "Device"
    assert observer["attributes"]["Device Observer Name"] == "CSPINE"


def test_what_was_not_assessed_is_undetermined_and_says_so(sources: tuple[Dataset, ...]) -> None:
    tree = tree_of(sources, PARTIAL)
    first = tree["groups"][0]
    assert (first["evaluation"], first["probability"]) == ("undetermined", None)
    assert tree["completion"]["flag"] == "PARTIAL"
    text = printed(tree)
    assert "C1 vertebra: Fracture UNDETERMINED, no probability" in text
    assert "Not a negative result." in text


def test_a_report_that_follows_another_names_it(sources: tuple[Dataset, ...]) -> None:
    first = report_on(sources, prediction_of(sources_of(sources), PARTIAL))
    tree = tree_of(sources, FRACTURED, predecessor=first)
    assert tree["predecessors"] == [first.SOPInstanceUID]
    assert f"Follows report: {first.SOPInstanceUID}" in printed(tree)


def test_who_verified_it_is_told(sources: tuple[Dataset, ...]) -> None:
    report = deepcopy(report_on(sources, prediction_of(sources_of(sources), FRACTURED)))
    observer = Dataset()
    observer.VerifyingObserverName = "Reader^Ann"
    observer.VerifyingOrganization = "Hospital [bold]"
    observer.VerificationDateTime = "20260301"
    report.VerificationFlag, report.VerifyingObserverSequence = "VERIFIED", [observer]
    tree = report_tree(report)
    assert tree["verification"]["observers"] == [
        {"name": "Reader^Ann", "organization": "Hospital [bold]", "at": "20260301"}
    ]
    assert "Verified by Reader^Ann, Hospital [bold], at 20260301" in printed(tree)


def test_an_unknown_answer_is_never_absent(sources: tuple[Dataset, ...]) -> None:
    report = deepcopy(report_on(sources, prediction_of(sources_of(sources), FRACTURED)))
    measurements = report.ContentSequence[-1]
    for group in measurements.ContentSequence:
        for item in group.ContentSequence:
            if item.ValueType == "CODE" and item.ConceptNameCodeSequence[0].CodeValue == "72704001":
                item.ConceptCodeSequence[0].CodeValue = "1"
    assert {group["evaluation"] for group in report_tree(report)["groups"]} == {"undetermined"}


def test_a_report_without_groups_is_no_negative(sources: tuple[Dataset, ...]) -> None:
    report = deepcopy(report_on(sources, prediction_of(sources_of(sources), FRACTURED)))
    del report.ContentSequence[-1]
    assert "Not a negative result" in printed(report_tree(report))
    del report.ContentSequence
    with pytest.raises(InputError, match="no content"):
        report_tree(report)
