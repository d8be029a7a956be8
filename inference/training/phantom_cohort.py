"""Phantoms that no training run may see, made ahead of the reading in worker processes."""

from __future__ import annotations

import shutil
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import numpy as np

from inference.errors import DataError
from inference.phantom.confounders import ConfounderKind
from inference.phantom.negatives import NegativeKind
from inference.phantom.spec import PhantomSpec
from inference.phantom.study import PhantomStudy, make_negative, make_study
from inference.training.code_digest import code_digest
from inference.training.traits import age_band, noise_band, noise_hu, slice_distance_band
from inference.training.truth import TrueBox, TrueStudy, Truth

NECK_MM: Final = 200.0
"""About the length of a phantom: it turns a slice distance into a number of slices."""
SLICE_DISTANCE_MM: Final = (1.0, 3.0)
MORE_SLICES: Final = 1.5
"""A crack that no slice meets would be no fracture: then the slices lie closer."""


@dataclass(frozen=True, slots=True)
class PhantomCase:
    """One phantom to make; the seed decides all else, the fractures at RSNA's prevalence.

    Attributes:
        seed: also its name.
        spine: ``False`` for a volume without a cervical spine.
        matrix: rows and columns.
        slices: ``None``: by the seed, 1 to 3 mm apart.
    """

    seed: int
    spine: bool
    matrix: int
    slices: int | None = None

    @property
    def folder_name(self) -> str:
        """Of its cache; other code makes other phantoms, and so other names."""
        kind = "spine" if self.spine else "no-spine"
        return f"{kind}-{self.seed}-{self.slices or 'drawn'}-{self.matrix}-{phantom_code()}"

    def make(self) -> TrueStudy:
        """Takes seconds, on one core."""
        rng = np.random.default_rng([self.seed, *b"slice distance"])
        slices = self.slices or round(NECK_MM / float(rng.uniform(*SLICE_DISTANCE_MM)))
        if not self.spine:
            kinds = tuple(NegativeKind)
            kind = kinds[self.seed % len(kinds)]
            return true_study(make_negative(self.seed, kind, slices, self.matrix))
        while True:
            try:
                spec = PhantomSpec(self.seed, None, slices, self.matrix)
                return true_study(make_study(spec, threads=1))
            except ValueError:
                if slices > NECK_MM / 0.5:
                    raise
                slices = round(slices * MORE_SLICES)


def true_study(study: PhantomStudy) -> TrueStudy:
    """A phantom, and what is known of it."""
    volume = study.to_volume()
    shown = {each.kind for each in study.confounders}
    traits = {
        "age": age_band(study.age),
        "sex": "female" if study.female else "male",
        "kernel": "sharp" if study.sharp else "soft",
        "slice distance": slice_distance_band(volume.spacing_mm[0]),
        "noise": noise_band(noise_hu(study.hu)),
        **{_words(each): "yes" if each in shown else "no" for each in ConfounderKind},
    }
    return TrueStudy(
        Truth(
            name=str(study.seed) if study.kind is None else f"{study.seed} ({study.kind.value})",
            spine=study.kind is None,
            levels=tuple(each.level for each in study.fractures),
            types={each.level: each.type.value for each in study.fractures},
            boxes=tuple(
                TrueBox(each.level, index, box)
                for each in study.fractures
                for index, box in enumerate(each.boxes, each.first_slice)
            ),
            traits=traits,
        ),
        volume,
        study.labels if study.kind is None else None,
    )


def phantom_cases(
    seeds: range, *, negatives: int, matrix: int, slices: int | None = None
) -> tuple[PhantomCase, ...]:
    """Spines of all seeds, then volumes without one of the seeds that follow."""
    spines = [PhantomCase(seed, True, matrix, slices) for seed in seeds]
    others = range(seeds.stop, seeds.stop + negatives)
    return (*spines, *(PhantomCase(seed, False, matrix, slices) for seed in others))


@contextmanager
def made_ahead(
    cases: Sequence[PhantomCase], *, workers: int, kept: Path | None = None
) -> Iterator[Iterator[TrueStudy]]:
    """The studies of ``cases`` in order; some are made while others are read.

    Args:
        cases: what to make.
        workers: processes.
        kept: a folder to keep them in, and to take them from; else they are deleted as soon as
            the next one is asked for.

    Raises:
        DataError: the folder cannot be written, or a worker died.
    """
    try:
        folder = kept or Path(tempfile.mkdtemp(prefix="cspine-evaluate-"))
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{error.filename} cannot be written: {error.strerror}") from error
    # Spawned, not forked: a child must not inherit torch's threads.
    pool = ProcessPoolExecutor(workers, get_context("spawn"))
    try:
        yield _in_order(pool, cases, folder, ahead=workers + 1, keep=kept is not None)
    finally:
        pool.shutdown(cancel_futures=True)
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)


def _in_order(
    pool: ProcessPoolExecutor,
    cases: Sequence[PhantomCase],
    folder: Path,
    *,
    ahead: int,
    keep: bool,
) -> Iterator[TrueStudy]:
    waiting: deque[tuple[Path, Future[None] | None]] = deque()
    upcoming = iter(cases)
    while True:
        while len(waiting) < ahead and (case := next(upcoming, None)) is not None:
            own = folder / case.folder_name
            waiting.append((own, None if own.exists() else pool.submit(_make, case, own)))
        if not waiting:
            return
        own, future = waiting.popleft()
        try:
            if future is not None:
                future.result()
        except BrokenProcessPool as error:
            raise DataError("A process that makes phantoms died; is the memory full?") from error
        yield TrueStudy.open(own)
        if not keep:
            shutil.rmtree(own)


def _make(case: PhantomCase, folder: Path) -> None:
    case.make().save(folder)


@cache
def phantom_code() -> str:
    """Digest of the code that makes a phantom's voxels."""
    return code_digest("inference.phantom", "study")


def _words(kind: ConfounderKind) -> str:
    return kind.value.replace("-", " ")
