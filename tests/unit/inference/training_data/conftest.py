"""Sets that are made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.phantom.rsna import export_rsna
from tests.unit.inference.training_data.rsna_sets import MATRIX, SLICES, ExportedSet


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> ExportedSet:
    """Six studies: two intact; masks, boxes, JPEG Lossless and numbers from the feet in part."""
    directory = tmp_path_factory.mktemp("rsna") / "set"
    studies = export_rsna(
        directory,
        [0, 2, 5, 4, 7, 10],
        slices=SLICES,
        matrix=MATRIX,
        masks_every=2,
        boxes_every=2,
        jpeg_lossless=True,
        feet_first_every=3,
    )
    return ExportedSet(directory, studies)


@pytest.fixture(scope="session")
def three_exported(tmp_path_factory: pytest.TempPathFactory) -> ExportedSet:
    """Two fractured studies and an intact one; the first has a mask, the first two have boxes."""
    directory = tmp_path_factory.mktemp("rsna") / "set"
    studies = export_rsna(
        directory,
        [5, 7, 4],
        slices=SLICES,
        matrix=MATRIX,
        masks_every=3,
        boxes_every=1,
        feet_first_every=0,
    )
    return ExportedSet(directory, studies)


@pytest.fixture
def three(three_exported: ExportedSet, tmp_path: Path) -> ExportedSet:
    """A copy to be damaged."""
    return three_exported.copy(tmp_path / "set")
