"""A stored file is read whole, or it is said to be damaged."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from dicom_node.errors import EnvironmentFailedError
from dicom_node.reports.part10 import as_part10
from dicom_node.reports.stored_object import read_stored
from tests.unit.reports.cases import FRACTURED, prediction_of, report_on, sources_of


@pytest.fixture(scope="module")
def content(sources: tuple[Dataset, ...]) -> tuple[str, bytes]:
    report = report_on(sources, prediction_of(sources_of(sources), FRACTURED))
    return str(report.SOPInstanceUID), as_part10(report)


def test_a_whole_file_is_read_as_it_is(content: tuple[str, bytes], tmp_path: Path) -> None:
    uid, stored = content
    path = tmp_path / "a.dcm"
    path.write_bytes(stored)
    ds, read = read_stored(path, uid)
    assert (ds.SOPInstanceUID, read) == (uid, stored)


@pytest.mark.parametrize("kept", [0.0, 0.01, 0.2, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_short_is_damaged(
    content: tuple[str, bytes], tmp_path: Path, kept: float
) -> None:
    uid, stored = content
    path = tmp_path / "a.dcm"
    path.write_bytes(stored[: int(len(stored) * kept)])
    with pytest.raises(EnvironmentFailedError, match=r"a\.dcm is damaged"):
        read_stored(path, uid)
