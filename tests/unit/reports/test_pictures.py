"""Every picture of a reading is drawn; one that cannot be costs only itself, and says so."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
from pydicom.dataset import Dataset

from dicom_node.reports.pictures import draw_pictures
from tests.unit.reports.cases import AT, FRACTURED, prediction_of, sources_of, volume_of


def test_each_finding_and_the_series_have_a_picture(sources: tuple[Dataset, ...]) -> None:
    slices = sources_of(sources)
    drawn = draw_pictures(volume_of(slices), prediction_of(slices, FRACTURED), at=AT)
    assert {level: each.shape for level, each in drawn.key_images.items()} == {
        "C2": (1024, 1024, 3),
        "C5": (1024, 1024, 3),
    }
    assert drawn.summary is not None
    assert (drawn.summary.shape, drawn.missing, drawn.at) == ((1280, 1024, 3), (), AT)


def test_a_picture_that_cannot_be_drawn_costs_only_itself(
    sources: tuple[Dataset, ...], caplog: pytest.LogCaptureFixture
) -> None:
    slices = sources_of(sources)
    prediction = prediction_of(slices, FRACTURED)
    first, second = prediction.findings
    broken = replace(prediction, findings=(replace(first, key_slice_index=99), second))
    with caplog.at_level(logging.ERROR):
        drawn = draw_pictures(volume_of(slices), broken, at=AT)
    assert set(drawn.key_images) == {"C5"}
    assert "key image of C2" in drawn.missing
    assert "while drawing the key image of C2: IndexError" in caplog.text
