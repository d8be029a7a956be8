"""The pictures of the documentation can be made from any phantom."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from inference.phantom.montage import FRACTURES, TILE, axial_row, longitudinal_row, save
from inference.phantom.study import PhantomSpec, make_study


def test_rows_of_tiles_become_a_small_picture(tmp_path: Path) -> None:
    intact = make_study(PhantomSpec(2, (), slices=80, matrix=160))
    broken = make_study(PhantomSpec(2, FRACTURES, slices=80, matrix=160))
    row = axial_row(broken)
    assert row.shape == (TILE, 7 * TILE)
    assert (row != axial_row(intact)).any()
    save(longitudinal_row(intact, broken), tmp_path / "row.png")
    with Image.open(tmp_path / "row.png") as image:
        assert image.width > 4 * 100
