"""Making a phantom of 200 slices of 512 x 512: one thread, all cores, and with its intact twin."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from inference.phantom.study import FractureSpec, PhantomSpec, make_pair, make_study
from tests.bench.measure import Figure, seconds, side_by_side

SPEC: Final = PhantomSpec(100_000, (FractureSpec("C5"),), slices=200)


def phantoms(scratch: Path) -> list[Figure]:
    del scratch
    work = {
        "one thread": lambda: seconds(lambda: make_study(SPEC, threads=1)),
        "a thread per core": lambda: seconds(lambda: make_study(SPEC)),
        "with its intact twin": lambda: seconds(lambda: make_pair(SPEC)),
    }
    return side_by_side("phantom", "s", work, rounds=1)
