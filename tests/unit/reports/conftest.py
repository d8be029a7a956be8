from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from dicom_node.reports.evidence import read_sources
from tests.unit.reports.cases import write_ct_series


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, ...]:
    """Fit headers of a series of 14 slices, from the head downwards."""
    return read_sources(write_ct_series(tmp_path_factory.mktemp("ct")))
