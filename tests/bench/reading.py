"""From files to Hounsfield units, and to a prediction: seconds a series of 200 slices."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import highdicom
from pydicom import dcmread
from pydicom.uid import JPEGLosslessSV1

from inference.phantom.study import PhantomSpec, make_study
from inference.predictor import Predictor
from inference.types import CtVolume, NotAnalysed
from inference.volume import load_volume
from tests.bench.measure import Figure, seconds, side_by_side
from tests.ct_series import write_ct_series

SLICES: Final = 200


def reading(scratch: Path) -> list[Figure]:
    study = make_study(PhantomSpec(seed=100_000, slices=SLICES))
    between, rows, columns = study.to_volume().spacing_mm
    fields = {
        "slices": SLICES,
        "rows": study.hu.shape[1],
        "columns": study.hu.shape[2],
        "spacing_mm": (between, rows, columns),
        "hu": study.hu,
    }
    plain = write_ct_series(scratch / "plain", **fields)
    compressed = write_ct_series(scratch / "jpeg", transfer_syntax=JPEGLosslessSV1, **fields)

    def with_highdicom(paths: list[Path]) -> None:
        datasets = [dcmread(path) for path in paths]
        highdicom.get_volume_from_series(datasets, dtype="int32", apply_presentation_lut=False)

    figures = [
        *side_by_side(
            "plain",
            "s",
            {
                "this node, uncompressed": lambda: seconds(lambda: load_volume(plain)),
                "highdicom, uncompressed": lambda: seconds(lambda: with_highdicom(plain)),
            },
        ),
        *side_by_side(
            "jpeg",
            "s",
            {"this node, JPEG Lossless": lambda: seconds(lambda: load_volume(compressed))},
        ),
    ]
    return figures + predicting(load_volume(plain))


def predicting(volume: CtVolume | NotAnalysed) -> list[Figure]:
    """The shipped checkpoint on the CPU."""
    assert isinstance(volume, CtVolume)
    predictor = Predictor.load(None, "cpu")
    work = {f"{predictor.identity.name}, CPU": lambda: seconds(lambda: predictor.predict(volume))}
    return side_by_side("prediction", "s", work)
