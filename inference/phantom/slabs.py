"""A few slices from paint to stored values: what one thread makes at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inference.phantom import surroundings
from inference.phantom.carving import block_of, carve
from inference.phantom.fractures import Injury
from inference.phantom.head import paint_head
from inference.phantom.posture import Vertebra
from inference.phantom.scanner import Grid, scan
from inference.phantom.scene import Scene
from inference.phantom.solids import Array
from inference.phantom.spec import stream
from inference.phantom.thickness import Sampling
from inference.phantom.trunk import paint_trunk


@dataclass(frozen=True, slots=True, eq=False)
class Slab:
    """Some finished slices: HU, labels, and by vertebra the share of crack in its block."""

    hu: NDArray[np.int16]
    labels: NDArray[np.uint8]
    gaps: dict[str, Array]


def make_slab(
    scene: Scene, injuries: Sequence[dict[str, Injury]], start: int, stop: int
) -> list[Slab]:
    """Slices ``start`` to ``stop`` once with each choice of injuries."""
    sampling = scene.sampling.part(start, stop)
    offset = int(scene.sampling.first[start])
    texture = np.roll(scene.texture, -offset, axis=0)
    around = paint_around(
        scene, sampling, Grid(scene.grid.x, scene.grid.y, scene.grid.z[start:stop])
    )
    # Slices that no injured vertebra reaches are the same in all variants.
    here = [
        {v.name: each.get(v.name, Injury(())) for v in scene.spine if reaches(v, sampling.fine)}
        for each in injuries
    ]
    slabs: list[Slab] = []
    for variant, each in enumerate(here):
        done = next((slabs[i] for i in range(variant) if here[i] == each), None)
        slabs.append(done or finish_slab(scene, sampling, around.copy(), texture, each, start))
    return [with_gaps(scene, slab, each) for slab, each in zip(slabs, injuries, strict=True)]


def reaches(v: Vertebra, grid: Grid) -> bool:
    """Whether any of these heights meets the vertebra's block."""
    heights, _, _ = block_of(v, grid)
    return bool(heights.start < heights.stop)


def with_gaps(scene: Scene, slab: Slab, injuries: dict[str, Injury]) -> Slab:
    """The same slab, with an empty block for each injured vertebra it does not reach."""
    gaps = {}
    for name in injuries:
        _, rows, columns = scene.block(name)
        shape = len(slab.hu), rows.stop - rows.start, columns.stop - columns.start
        gaps[name] = slab.gaps[name] if name in slab.gaps else np.zeros(shape, np.float32)
    return replace(slab, gaps=gaps)


def paint_around(scene: Scene, sampling: Sampling, slices: Grid) -> Array:
    """Everything but the vertebrae, (fine, rows, columns) HU."""
    rng = stream(scene.seed, "surroundings")
    # Soft tissue changes little within a slice; what is bone is sampled.
    around = surroundings.paint(slices, scene.spine, scene.patient, rng)[sampling.own]
    paint_head(around, sampling.fine, scene.spine[0])
    paint_trunk(around, sampling.fine, scene.spine, scene.patient)
    scene.plan.paint_gas(around, sampling.fine, scene.spine)
    return around


def finish_slab(
    scene: Scene,
    sampling: Sampling,
    hu: Array,
    texture: Array,
    injuries: dict[str, Injury],
    start: int,
) -> Slab:
    """Put in the vertebrae, make slices of the samples, and scan them."""
    labels = np.zeros(hu.shape, np.uint8)
    gaps = {}
    for v in scene.spine:
        if v.name not in injuries:
            continue
        at, gap = carve(hu, labels, sampling.fine, v, injuries[v.name], texture)
        if injuries[v.name].breaks or injuries[v.name].compression:
            whole = np.zeros((len(hu), *gap.shape[1:]), np.float32)
            whole[at[0]] = gap
            gaps[v.name] = np.stack([sampling.mean(whole, i) for i in range(sampling.first.size)])
    scene.plan.paint_hardware(hu, sampling.fine, scene.spine)
    count = sampling.first.size
    out = np.empty((count, *hu.shape[1:]), np.int16)
    numbers = np.empty(out.shape, np.uint8)
    for index in range(count):
        slice_ = start + index
        image = sampling.mean(hu, index)
        numbers[index] = sampling.vote(labels, index)
        noise = scene.noise.field(
            stream(scene.seed, f"noise {slice_}"), float(scene.burden[slice_])
        )
        streaks = scene.beams.streaks(
            image,
            float(scene.grid.z[slice_]),
            scene.scanner.streak,
            stream(scene.seed, f"streaks {slice_}"),
        )
        if streaks is not None:
            noise += streaks
        out[index] = scan(image, scene.grid, scene.scanner, noise)
    return Slab(out, numbers, gaps)
