"""A series that is ready for training, on disk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.errors import DataError
from inference.training.study_slices import DTYPES, StudySlices
from tests.unit.inference.training.tiny_series import tiny_series


def test_what_is_saved_is_opened(tmp_path: Path) -> None:
    series = tiny_series(0, spine=False, fold=2)
    series.save(tmp_path / "a")
    opened = StudySlices.open(tmp_path / "a")
    for name in DTYPES:
        assert np.array_equal(getattr(opened, name), getattr(series, name), equal_nan=True), name
    assert isinstance(opened.hu, np.memmap)
    assert np.isnan(opened.overall)
    assert (opened.group, opened.patient_key, opened.fold) == ("no-spine", "tiny-0", 2)


def test_a_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "something").touch()
    with pytest.raises(DataError, match="cannot be written"):
        tiny_series(0).save(tmp_path / "a")
    assert [each.name for each in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize(
    "change",
    [
        {"hu": np.zeros((21, 72, 70), np.int16)},
        {"hu": np.zeros((21, 72, 72), np.int32)},
        {"marks": np.zeros((21, 72, 72), np.uint8)},
        {"shares": np.zeros((20, 7), np.float32)},
        {"levels": np.zeros(8, np.float32)},
        {"group": "leg"},
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="training slices"):
        replace(tiny_series(0), **change)


@pytest.mark.parametrize("damage", ["missing", "cut", "json", "format", "key"])
def test_a_damaged_folder_is_refused(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "a"
    tiny_series(0).save(folder)
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    if damage == "missing":
        (folder / "marks.npy").unlink()
    elif damage == "cut":
        content = (folder / "hu.npy").read_bytes()
        (folder / "hu.npy").write_bytes(content[: len(content) // 2])
    elif damage == "json":
        (folder / "meta.json").write_text("{", encoding="utf-8")
    elif damage == "format":
        (folder / "meta.json").write_text(json.dumps(meta | {"format": 0}), encoding="utf-8")
    else:
        (folder / "meta.json").write_text(json.dumps(meta | {"more": 1}), encoding="utf-8")
    with pytest.raises(DataError, match=str(folder)):
        StudySlices.open(folder)
