"""The shipped model on phantoms it has not seen."""

from __future__ import annotations

import numpy as np
import pytest

from inference.phantom.study import FractureSpec, PhantomSpec, make_pair
from inference.predictor import Predictor
from inference.types import CtVolume, NotAnalysed, Prediction, ReasonCode, SliceSource


def every(volume: CtVolume, step: int) -> CtVolume:
    """The same patient with slices further apart."""
    affine = volume.affine.copy()
    affine[:3, 2] *= step
    return CtVolume(volume.hu[::step], affine, volume.sources[::step], volume.series_uid)


def water(slices: int = 30) -> CtVolume:
    rows, columns = np.mgrid[:256, :256]
    inside = np.hypot(rows - 128, columns - 128) < 90
    noise = np.random.default_rng(0).normal(0, 12, (slices, 256, 256))
    hu = (np.where(inside, 0, -1000) + noise).astype(np.int16)
    affine = np.diag([0.8, 0.8, -2.9, 1.0])
    sources = tuple(SliceSource(f"1.2.{i}") for i in range(slices))
    return CtVolume(hu, affine, sources, "1.2")


@pytest.fixture(scope="module")
def shipped() -> Predictor:
    return Predictor.load(device="cpu")


@pytest.fixture(scope="module")
def pair() -> tuple[CtVolume, CtVolume]:
    """A fractured C5 and the same spine intact."""
    spec = PhantomSpec(100_002, (FractureSpec("C5"),), slices=130, matrix=320)
    broken, intact = make_pair(spec)
    return broken.to_volume("1.2.3"), intact.to_volume("1.2.3")


@pytest.fixture(scope="module")
def fractured(pair: tuple[CtVolume, CtVolume]) -> CtVolume:
    return pair[0]


@pytest.fixture(scope="module")
def fractured_result(shipped: Predictor, fractured: CtVolume) -> Prediction:
    result = shipped.predict(fractured)
    assert isinstance(result, Prediction)
    return result


def test_shipped_model_finds_the_fractured_level(fractured_result: Prediction) -> None:
    assert [each.level for each in fractured_result.findings] == ["C5"]
    assert fractured_result.not_assessed == ()
    assert len(fractured_result.model.sha256) == 64


def test_shipped_model_finds_nothing_in_the_intact_twin(
    shipped: Predictor, pair: tuple[CtVolume, CtVolume], fractured_result: Prediction
) -> None:
    result = shipped.predict(pair[1])
    assert isinstance(result, Prediction)
    assert result.findings == ()
    assert result.patient_overall < fractured_result.patient_overall


def test_thicker_slices_still_show_the_fracture(
    shipped: Predictor, fractured: CtVolume, fractured_result: Prediction
) -> None:
    thick = shipped.predict(every(fractured, 2))
    assert isinstance(thick, Prediction)
    assert "C5" in [each.level for each in thick.findings]
    before, after = fractured_result.levels[4].probability, thick.levels[4].probability
    assert after == pytest.approx(before, abs=0.2)


def test_half_a_neck_leaves_the_rest_unassessed(shipped: Predictor, fractured: CtVolume) -> None:
    top = CtVolume(fractured.hu[:65], fractured.affine, fractured.sources[:65], "1.2.3")
    result = shipped.predict(top)
    assert isinstance(result, Prediction)
    assert "C7" in result.not_assessed
    assert result.levels[6].probability is None
    assert result.levels[1].assessed


def test_water_is_no_cervical_spine(shipped: Predictor) -> None:
    result = shipped.predict(water())
    assert isinstance(result, NotAnalysed)
    assert result.code is ReasonCode.NO_CERVICAL_SPINE


def test_upside_down_is_no_cervical_spine(shipped: Predictor, fractured: CtVolume) -> None:
    turned = CtVolume(fractured.hu[::-1], fractured.affine, fractured.sources, "1.2.3")
    result = shipped.predict(turned)
    assert isinstance(result, NotAnalysed)
    assert "order" in result.text
