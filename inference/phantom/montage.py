"""Pictures of the phantom for the documentation: ``python -m inference.phantom.montage DIR``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from inference.phantom.fractures import FractureType
from inference.phantom.posture import NAMES
from inference.phantom.study import FractureSpec, PhantomSpec, PhantomStudy, make_study

SEED: Final = 13
FRACTURES: Final = (
    FractureSpec("C1", FractureType.BURST),
    FractureSpec("C2", FractureType.DENS_II),
    FractureSpec("C3", FractureType.PEDICLE),
    FractureSpec("C4", FractureType.LAMINA),
    FractureSpec("C5", FractureType.TEARDROP),
    FractureSpec("C6", FractureType.FACET),
    FractureSpec("C7", FractureType.SPINOUS_PROCESS),
)
CROP_MM: Final = 92.0
TILE: Final = 190


def main() -> None:
    """Write phantom-axial.png and phantom-sagittal.png."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    directory: Path = parser.parse_args().directory
    intact = make_study(PhantomSpec(SEED, (), slices=180))
    broken = make_study(PhantomSpec(SEED, FRACTURES, slices=180))
    directory.mkdir(parents=True, exist_ok=True)
    save(np.vstack([axial_row(intact), axial_row(broken)]), directory / "phantom-axial.png")
    save(longitudinal_row(intact, broken), directory / "phantom-sagittal.png")


def axial_row(study: PhantomStudy) -> NDArray[np.uint8]:
    """One crop through each of C1–C7; through the crack, with its box, where there is one."""
    pixel = float(study.affine[0, 0])
    half = round(CROP_MM / 2 / pixel)
    placed = {fracture.level: fracture for fracture in study.fractures}
    tiles = []
    for number, name in enumerate(NAMES[:7], start=1):
        at = np.argwhere(study.labels == number)
        index, row, column = (int(value) for value in np.median(at, axis=0))
        text, box = name, None
        for level, fracture in placed.items():
            if level == name:
                index = (fracture.first_slice + fracture.last_slice) // 2
                text = f"{name} {fracture.type.value}"
                box = fracture.boxes[index - fracture.first_slice]
        row = min(max(row, half), study.hu.shape[1] - half)
        column = min(max(column, half), study.hu.shape[2] - half)
        crop = study.hu[index, row - half : row + half, column - half : column + half]
        tile = Image.fromarray(windowed(crop)).resize((TILE, TILE))
        draw = ImageDraw.Draw(tile)
        draw.text((4, 3), text, fill=255, stroke_width=2, stroke_fill=0)
        if box:
            x, y, width, height = box
            zoom = TILE / (2 * half)
            left, top = (x - column + half) * zoom, (y - row + half) * zoom
            draw.rectangle((left, top, left + width * zoom, top + height * zoom), outline=200)
        tiles.append(np.asarray(tile))
    return np.hstack(tiles)


def longitudinal_row(intact: PhantomStudy, broken: PhantomStudy) -> NDArray[np.uint8]:
    """Mid-sagittal, through the facets, coronal, and mid-sagittal of the broken spine."""
    pixel, slice_mm = float(intact.affine[0, 0]), -float(intact.affine[2, 2])
    _, row, column = (int(value) for value in np.median(np.argwhere(intact.labels == 3), axis=0))
    facet = column + round(19 / pixel)
    planes = (
        ("mid-sagittal", intact.hu[:, :, column]),
        ("through the facets", intact.hu[:, :, facet]),
        ("coronal", intact.hu[:, row - round(6 / pixel), :]),
        ("mid-sagittal, fractured", broken.hu[:, :, column]),
    )
    height = round(intact.hu.shape[0] * slice_mm / pixel * 0.75)
    width = round(intact.hu.shape[2] * 0.75)
    tiles = []
    for text, plane in planes:
        tile = Image.fromarray(windowed(plane)).resize((width, height))
        ImageDraw.Draw(tile).text((4, 3), text, fill=255, stroke_width=2, stroke_fill=0)
        tiles.append(np.asarray(tile))
    return np.hstack(tiles)


def windowed(hu: NDArray[np.int16]) -> NDArray[np.uint8]:
    """The bone window of 400/1800 (level/width) as grey values."""
    return (np.clip((hu.astype(np.float32) + 500) / 1800, 0, 1) * 255).astype(np.uint8)


def save(image: NDArray[np.uint8], path: Path) -> None:
    """Write a PNG of 32 greys: noise compresses badly, and a document needs no more."""
    greys = Image.fromarray(image).quantize(32, dither=Image.Dither.NONE)
    greys.save(path, optimize=True)


if __name__ == "__main__":
    main()
