"""A picture of what misleads, beside what is fresh: ``python -m inference.phantom.lookalikes DIR``.

Phantoms only; the pairs are the same patient with a fresh and with an old fracture.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from inference.phantom.fractures import FractureType
from inference.phantom.montage import save, windowed
from inference.phantom.spec import FractureSpec, PhantomSpec
from inference.phantom.study import PhantomStudy, make_study
from inference.types import LEVELS, Level

TILE: Final = 240
COLUMNS: Final = 5
METAL_HU: Final = 3000


@dataclass(frozen=True, slots=True)
class Panel:
    """One tile: a plane through a level of a study."""

    title: str
    seed: int
    level: Level
    sagittal: bool = False
    fracture: FractureType | None = None  # a fresh one to be made
    beside: FractureType | None = None  # the slice of a fresh one that the study itself lacks
    lowest: bool = False  # the level's lowest slices, where the shoulders are widest
    crop_mm: float = 80.0


PANELS: Final = (
    Panel("fresh: dens II", 122, "C2", sagittal=True, fracture=FractureType.DENS_II),
    Panel("old: dens II, sclerotic rim", 122, "C2", sagittal=True),
    Panel("fresh: spinous process", 107, "C7", fracture=FractureType.SPINOUS_PROCESS, crop_mm=56),
    Panel("old: spinous process, rim", 107, "C7", beside=FractureType.SPINOUS_PROCESS, crop_mm=56),
    Panel("screw in the dens", 29, "C2", sagittal=True),
    Panel("plate and screws", 23, "C5"),
    Panel("lateral mass screws", 54, "C4"),
    Panel("osteophytes, narrow discs", 1, "C6", sagittal=True),
    Panel("gas in a disc", 1, "C3", sagittal=True),
    Panel("streaks of the shoulders", 7, "C7", lowest=True),
)


def main() -> None:
    """Write phantom-confounders.png."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    directory: Path = parser.parse_args().directory
    directory.mkdir(parents=True, exist_ok=True)
    tiles = [tile(panel, 180, 512) for panel in PANELS]
    rows = [np.hstack(tiles[i : i + COLUMNS]) for i in range(0, len(tiles), COLUMNS)]
    save(np.vstack(rows), directory / "phantom-confounders.png")


@lru_cache(maxsize=2)
def study_of(
    seed: int, level: Level, fracture: FractureType | None, slices: int, matrix: int
) -> PhantomStudy:
    """The study of a panel, with a fresh fracture or intact."""
    fresh = (FractureSpec(level, fracture),) if fracture else ()
    return make_study(PhantomSpec(seed, fresh, slices, matrix))


def tile(panel: Panel, slices: int, matrix: int) -> NDArray[np.uint8]:
    """(TILE, TILE) grey values of one panel, from studies of so many slices and pixels."""
    study = study_of(panel.seed, panel.level, panel.fracture, slices, matrix)
    at = np.argwhere(study.labels == LEVELS.index(panel.level) + 1)
    index, row, column = (int(value) for value in np.median(at, axis=0))
    broken = panel.fracture or panel.beside
    if broken and not panel.sagittal:
        fresh = study_of(panel.seed, panel.level, broken, slices, matrix).fractures[0]
        index = (fresh.first_slice + fresh.last_slice) // 2
        x, y, width, height = fresh.boxes[index - fresh.first_slice]
        row, column = y + height // 2, x + width // 2
    elif not panel.sagittal:
        own = np.unique(at[:, 0])
        metal = (study.hu[own] > METAL_HU).sum(axis=(1, 2))
        index = int(own[metal.argmax()]) if metal.any() else index
        index = int(np.percentile(own, 85)) if panel.lowest else index
    pixel, slice_mm = float(study.affine[0, 0]), -float(study.affine[2, 2])
    half = panel.crop_mm / 2
    if panel.sagittal:
        plane, middle, high = study.hu[:, :, column], (index, row), slice_mm
    else:
        plane, middle, high = study.hu[index], (row, column), pixel
    low = [max(0, round(m - half / mm)) for m, mm in zip(middle, (high, pixel), strict=True)]
    end = [round(m + half / mm) for m, mm in zip(middle, (high, pixel), strict=True)]
    crop = windowed(plane[low[0] : end[0], low[1] : end[1]])
    zoom = TILE / panel.crop_mm
    size = min(TILE, round(crop.shape[1] * pixel * zoom)), min(TILE, round(len(crop) * high * zoom))
    image = Image.new("L", (TILE, TILE))
    image.paste(Image.fromarray(crop).resize(size, Image.Resampling.BICUBIC))
    text = f"{panel.level} {panel.title}"
    ImageDraw.Draw(image).text((4, 3), text, fill=255, stroke_width=2, stroke_fill=0)
    return np.asarray(image)


if __name__ == "__main__":
    main()
