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
) -> list[list[Slab]]:
    """Slices ``start`` to ``stop``, a few at a time, each few with each choice of injuries."""
    slices = Grid(scene.grid.x, scene.grid.y, scene.grid.z[start:stop])
    rng = stream(scene.seed, "surroundings")
    tissue = surroundings.paint(slices, scene.spine, scene.patient, rng)
    whole, size = scene.sampling.within(start, stop), at_a_time(scene.sampling)
    return [
        make_few(scene, injuries, tissue, whole.part(at, min(at + size, stop - start)), start + at)
        for at in range(0, stop - start, size)
    ]


def at_a_time(sampling: Sampling) -> int:
    """How many slices fit a processor's cache; more where neighbours share samples."""
    steps = int(sampling.first[1] - sampling.first[0])
    return max(1, (4 if len(sampling.weights) <= steps else 8) // steps)


def make_few(
    scene: Scene,
    injuries: Sequence[dict[str, Injury]],
    tissue: Array,
    sampling: Sampling,
    start: int,
) -> list[Slab]:
    """The slices of ``sampling``, the first of which is ``start``, with each choice of injuries.

    ``tissue`` is the soft tissue of the slab, (slices, rows, columns) HU.
    """
    around = paint_around(scene, sampling, tissue)
    count = sampling.first.size
    noise = [
        scene.noise.field(stream(scene.seed, f"noise {at}"), float(scene.burden[at]))
        for at in range(start, start + count)
    ]
    # Slices that no injured vertebra reaches are the same in all variants.
    here = [
        {v.name: each.get(v.name, Injury(())) for v in scene.spine if reaches(v, sampling.fine)}
        for each in injuries
    ]
    slabs: list[Slab] = []
    for variant, each in enumerate(here):
        done = next((slabs[i] for i in range(variant) if here[i] == each), None)
        slabs.append(done or finish(scene, sampling, around.copy(), noise, each, start))
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


def paint_around(scene: Scene, sampling: Sampling, tissue: Array) -> Array:
    """Everything but the vertebrae, (fine, rows, columns) HU."""
    # Soft tissue changes little within a slice; what is bone is sampled.
    around = tissue[sampling.own]
    paint_head(around, sampling.fine, scene.spine[0])
    paint_trunk(around, sampling.fine, scene.spine, scene.patient)
    scene.plan.paint_gas(around, sampling.fine, scene.spine)
    return around


def finish(
    scene: Scene,
    sampling: Sampling,
    hu: Array,
    noise: Sequence[Array],
    injuries: dict[str, Injury],
    start: int,
) -> Slab:
    """Put in the vertebrae, make slices of the samples, and scan them."""
    labels = np.zeros(hu.shape, np.uint8)
    texture = np.roll(scene.texture, -int(scene.sampling.first[start]), axis=0)
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
    out = np.empty((len(noise), *hu.shape[1:]), np.int16)
    numbers = np.empty(out.shape, np.uint8)
    for index, each in enumerate(noise):
        numbers[index] = sampling.vote(labels, index)
        out[index] = scanned(scene, sampling.mean(hu, index), each, start + index)
    return Slab(out, numbers, gaps)


def scanned(scene: Scene, image: Array, noise: Array, index: int) -> NDArray[np.int16]:
    """One slice with its noise and streaks, as stored."""
    rng = stream(scene.seed, f"streaks {index}")
    z = float(scene.grid.z[index])
    streaks = scene.beams.streaks(image, z, scene.scanner.streak, rng)
    total = noise if streaks is None else noise + streaks
    return scan(image, scene.grid, scene.scanner, total)
