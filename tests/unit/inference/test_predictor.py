"""The predictor: invariances with an untrained network, and the shipped model on phantoms."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inference.engines import choose_device
from inference.errors import DeviceError
from inference.phantom.study import FractureSpec, PhantomSpec, PhantomStudy, make_study
from inference.predictor import Predictor
from inference.types import LEVELS, CtVolume, NotAnalysed, Prediction, ReasonCode, SliceSource
from tests.unit.inference.tiny import tiny_engine


def volume_of(study: PhantomStudy) -> CtVolume:
    return study.to_volume("1.2.3")


def every(volume: CtVolume, step: int) -> CtVolume:
    """The same patient with slices further apart."""
    affine = volume.affine.copy()
    affine[:3, 2] *= step
    return CtVolume(volume.hu[::step], affine, volume.sources[::step], volume.series_uid)


def water(slices: int = 60) -> CtVolume:
    rows, columns = np.mgrid[:256, :256]
    inside = np.hypot(rows - 128, columns - 128) < 90
    noise = np.random.default_rng(0).normal(0, 12, (slices, 256, 256))
    hu = (np.where(inside, 0, -1000) + noise).astype(np.int16)
    affine = np.diag([0.8, 0.8, -2.5, 1.0])
    sources = tuple(SliceSource(f"1.2.{i}") for i in range(slices))
    return CtVolume(hu, affine, sources, "1.2")


@pytest.fixture(scope="module")
def small() -> CtVolume:
    return volume_of(make_study(PhantomSpec(100_001, (), slices=48, matrix=128)))


@pytest.fixture(scope="module")
def untrained() -> Predictor:
    return Predictor(tiny_engine())


def probabilities(result: Prediction | NotAnalysed) -> list[float]:
    assert isinstance(result, Prediction)
    return [each.probability for each in result.levels if each.probability is not None]


def test_the_same_volume_gives_the_same_numbers(untrained: Predictor, small: CtVolume) -> None:
    assert untrained.predict(small) == untrained.predict(small)


def test_batch_size_does_not_matter(untrained: Predictor, small: CtVolume) -> None:
    other = Predictor(tiny_engine(batch_size=7)).predict(small)
    assert probabilities(other) == pytest.approx(probabilities(untrained.predict(small)), abs=1e-5)


def test_progress_grows_to_one(untrained: Predictor, small: CtVolume) -> None:
    heard: list[float] = []
    untrained.predict(small, heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    assert len(heard) > 2


def test_findings_name_slices_and_boxes_of_the_whole_volume(
    untrained: Predictor, small: CtVolume
) -> None:
    result = untrained.predict(small)
    assert isinstance(result, Prediction)
    assert tuple(each.level for each in result.levels) == LEVELS
    assert result.findings  # the tiny record's operating point is low
    for finding in result.findings:
        assert finding.key_slice == small.sources[finding.key_slice_index]
        x, y, width, height = finding.box
        assert x >= 0
        assert y >= 0
        assert width >= 1
        assert height >= 1
        assert x + width <= small.hu.shape[2]
        assert y + height <= small.hu.shape[1]


def test_devices() -> None:
    assert choose_device("cpu").type == "cpu"
    assert choose_device("auto").type in {"cpu", "cuda"}
    for name in ("abacus", "meta", f"cuda:{torch.cuda.device_count()}"):
        with pytest.raises(DeviceError, match=name):
            choose_device(name)


@pytest.fixture(scope="module")
def shipped() -> Predictor:
    return Predictor.load(device="cpu")


@pytest.fixture(scope="module")
def fractured() -> CtVolume:
    spec = PhantomSpec(100_002, (FractureSpec("C5"),), slices=48, matrix=384)
    return volume_of(make_study(spec))


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
    shipped: Predictor, fractured_result: Prediction
) -> None:
    result = shipped.predict(volume_of(make_study(PhantomSpec(100_002, (), slices=48, matrix=384))))
    assert isinstance(result, Prediction)
    assert result.findings == ()
    assert result.patient_overall < fractured_result.patient_overall


def test_slice_thickness_changes_little(
    shipped: Predictor, fractured: CtVolume, fractured_result: Prediction
) -> None:
    thick = shipped.predict(every(fractured, 2))
    assert isinstance(thick, Prediction)
    assert [each.level for each in thick.findings] == ["C5"]
    assert probabilities(thick) == pytest.approx(probabilities(fractured_result), abs=0.2)


def test_half_a_neck_leaves_the_rest_unassessed(shipped: Predictor, fractured: CtVolume) -> None:
    top = CtVolume(fractured.hu[:24], fractured.affine, fractured.sources[:24], "1.2.3")
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
