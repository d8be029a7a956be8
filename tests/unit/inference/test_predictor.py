"""The predictor with untrained networks: what must not matter, and what every answer holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import ndimage
from scipy.special import logit

from inference.engines import TorchEngine, choose_device
from inference.errors import DeviceError
from inference.model.record import Calibration
from inference.phantom.dicom import write_series
from inference.phantom.study import PhantomSpec, PhantomStudy, make_study
from inference.predictor import Predictor
from inference.preprocess import read_field, to_channels
from inference.types import LEVELS, CtVolume, NotAnalysed, Prediction, SliceSource
from inference.volume import load_volume
from tests.unit.inference.tiny import ARCHITECTURES, tiny_engine, tiny_model


def stored_otherwise(volume: CtVolume) -> CtVolume:
    """The same patient; the images' columns run to the right, and rows and columns are swapped."""
    affine = volume.affine.copy()
    affine[:3, 3] += affine[:3, 0] * (volume.hu.shape[2] - 1)
    affine[:3, 0] *= -1
    hu = volume.hu[:, :, ::-1].transpose(0, 2, 1)
    return replace(volume, hu=np.ascontiguousarray(hu), affine=affine[:, [1, 0, 2, 3]])


def water(slices: int = 60) -> CtVolume:
    rows, columns = np.mgrid[:256, :256]
    inside = np.hypot(rows - 128, columns - 128) < 90
    noise = np.random.default_rng(0).normal(0, 12, (slices, 256, 256))
    hu = (np.where(inside, 0, -1000) + noise).astype(np.int16)
    affine = np.diag([0.8, 0.8, -2.5, 1.0])
    sources = tuple(SliceSource(f"1.2.{i}") for i in range(slices))
    return CtVolume(hu, affine, sources, "1.2")


@pytest.fixture(scope="module")
def study() -> PhantomStudy:
    return make_study(PhantomSpec(100_001, (), slices=72, matrix=96))


@pytest.fixture(scope="module")
def small(study: PhantomStudy) -> CtVolume:
    return study.to_volume("1.2.3")


@pytest.fixture(scope="module", params=ARCHITECTURES)
def untrained(request: pytest.FixtureRequest) -> Predictor:
    return Predictor(tiny_engine(architecture=request.param))


def probabilities(result: Prediction | NotAnalysed) -> list[float]:
    assert isinstance(result, Prediction)
    return [each.probability for each in result.levels if each.probability is not None]


def all_probabilities(result: Prediction | NotAnalysed) -> list[float]:
    assert isinstance(result, Prediction)
    return [result.patient_overall, *probabilities(result)]


def test_the_same_volume_gives_the_same_numbers(untrained: Predictor, small: CtVolume) -> None:
    assert untrained.predict(small) == untrained.predict(small)


def test_batch_size_does_not_matter(untrained: Predictor, small: CtVolume) -> None:
    other = tiny_engine(architecture=untrained.record.architecture, batch_size=7)
    assert all_probabilities(Predictor(other).predict(small)) == pytest.approx(
        all_probabilities(untrained.predict(small)), abs=1e-5
    )


def test_the_order_of_the_files_does_not_matter(
    untrained: Predictor, study: PhantomStudy, tmp_path: Path
) -> None:
    paths = write_series(study, tmp_path)
    results = []
    for order in (paths, paths[::-1], paths[::2] + paths[1::2]):
        volume = load_volume(order)
        assert isinstance(volume, CtVolume)
        results.append(untrained.predict(volume))
    assert isinstance(results[0], Prediction)
    assert results[0] == results[1] == results[2]


def test_how_the_images_are_stored_does_not_matter(untrained: Predictor, small: CtVolume) -> None:
    """Orientation columns may run either way: the patient is the same."""
    before, after = untrained.predict(small), untrained.predict(stored_otherwise(small))
    assert all_probabilities(after) == pytest.approx(all_probabilities(before), abs=2e-3)


def test_slice_spacing_hardly_changes_what_the_network_gets(
    untrained: Predictor, small: CtVolume
) -> None:
    """Read from its own slices, from twice as many thin ones, and from thin ones with noise."""
    contract = untrained.record.contract
    zoomed = ndimage.zoom(small.hu.astype(np.float64), (2, 1, 1), order=1, grid_mode=False)
    slices = len(zoomed)
    affine = small.affine.copy()
    affine[:3, 2] *= (len(small.hu) - 1) / (slices - 1)
    sources = tuple(SliceSource(f"1.2.{i}") for i in range(slices))
    thin = CtVolume(zoomed.round().astype(np.int16), affine, sources, "1.2")
    one, other = read_field(small, contract), read_field(thin, contract)
    assert len(one.hu) == len(other.hu)
    assert one.spacing_mm == other.spacing_mm == 4.0
    images = to_channels(one.hu, contract.channels), to_channels(other.hu, contract.channels)
    assert float((images[0] - images[1]).abs().mean()) < 0.02
    assert all_probabilities(untrained.predict(thin)) == pytest.approx(
        all_probabilities(untrained.predict(small)), abs=0.01
    )


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


@pytest.mark.parametrize("stored", [lambda volume: volume, stored_otherwise])
def test_boxes_lie_in_the_patient(
    untrained: Predictor, small: CtVolume, stored: Callable[[CtVolume], CtVolume]
) -> None:
    volume = stored(small)
    result = untrained.predict(volume)
    assert isinstance(result, Prediction)
    for finding in result.findings:
        x, y, width, height = finding.box
        to_voxels = np.linalg.inv(volume.affine)
        voxels = [(to_voxels @ [*corner, 1.0])[:3] for corner in finding.corners_mm]
        index, right, bottom = finding.key_slice_index, x + width - 0.5, y + height - 0.5
        left, top = x - 0.5, y - 0.5
        expected = [(left, top), (right, top), (right, bottom), (left, bottom)]
        assert np.array(voxels) == pytest.approx(np.array([(*at, index) for at in expected]))
        upper_left, upper_right, _, lower_left = map(np.array, finding.corners_mm)
        assert finding.box_mm == pytest.approx(
            (np.linalg.norm(upper_right - upper_left), np.linalg.norm(lower_left - upper_left))
        )


def test_calibration_moves_levels_and_patient(untrained: Predictor, small: CtVolume) -> None:
    model = tiny_model(architecture=untrained.record.architecture)
    shifted = replace(model.record, calibration=Calibration(2.0, 1.0, 3.0, 0.5))
    engine = TorchEngine(replace(model, record=shifted), torch.device("cpu"))
    before, after = untrained.predict(small), Predictor(engine).predict(small)
    assert isinstance(before, Prediction)
    assert isinstance(after, Prediction)
    assert logit(probabilities(after)) == pytest.approx(2 * logit(probabilities(before)) + 1)
    if untrained.record.architecture == "spine":
        expected = 3 * logit(before.patient_overall) + 0.5
        assert logit(after.patient_overall) == pytest.approx(expected)
    else:
        expected = 1 - np.prod(1 - np.array(probabilities(after)))
        assert after.patient_overall == pytest.approx(expected)


def test_single_slices_are_read_for_themselves(untrained: Predictor) -> None:
    """One image alone is read as it is among others that show the same."""
    volume = water(5)
    volume = replace(volume, hu=np.broadcast_to(volume.hu[:1], volume.hu.shape))
    readings = untrained.read_single_slices(volume)
    assert [each.slice_index for each in readings] == [0, 1, 2, 3, 4]
    assert tuple(each.source for each in readings) == volume.sources
    alone = replace(volume, hu=volume.hu[2:3], sources=volume.sources[2:3])
    (one,) = untrained.read_single_slices(alone)
    assert one.source == volume.sources[2]
    for each in readings:
        assert len(each.presence) == len(each.fracture) == 7
        assert each.presence == pytest.approx(one.presence, abs=1e-5)
        assert each.fracture == pytest.approx(one.fracture, abs=1e-5)


def test_devices() -> None:
    assert choose_device("cpu").type == "cpu"
    assert choose_device("auto").type in {"cpu", "cuda"}
    for name in ("abacus", "meta", f"cuda:{torch.cuda.device_count()}"):
        with pytest.raises(DeviceError, match=name):
            choose_device(name)
