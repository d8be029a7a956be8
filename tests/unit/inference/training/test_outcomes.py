"""What a reader says is what the predictor says, with the place where its map peaks."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from inference.engines import TorchEngine
from inference.phantom.spec import PhantomSpec, choose
from inference.predictor import Predictor
from inference.training.outcomes import UNKNOWN, Outcome, Reader
from inference.training.phantom_cohort import PhantomCase
from inference.training.places import holds
from inference.training.truth import TrueStudy
from inference.types import LEVELS, Prediction, ReasonCode
from tests.unit.inference.tiny import ARCHITECTURES, tiny_engine, tiny_model


@pytest.fixture(scope="module")
def study() -> TrueStudy:
    """A spine with a fracture."""
    seed = next(each for each in range(100000, 100100) if choose(PhantomSpec(each)))
    return PhantomCase(seed, True, 96, 48).make()


@pytest.fixture(scope="module", params=ARCHITECTURES)
def outcome(request: pytest.FixtureRequest, study: TrueStudy) -> tuple[Outcome, Prediction]:
    result = Predictor(tiny_engine(architecture=request.param)).predict(study.volume)
    assert isinstance(result, Prediction)
    return Reader(tiny_engine(architecture=request.param)).read(study), result


def test_it_says_what_the_predictor_says(
    study: TrueStudy, outcome: tuple[Outcome, Prediction]
) -> None:
    said, result = outcome
    assert said.refused is None
    assert said.overall == result.patient_overall
    assert said.seconds > 0
    for level, probability, assessed in zip(result.levels, said.levels, said.assessed, strict=True):
        assert level.assessed == assessed
        assert probability == (level.probability if assessed else UNKNOWN)
    found = {each.level for each in result.findings}
    assert [level in found for level in LEVELS] == said.found.tolist()


def test_found_fractures_have_a_place(
    study: TrueStudy, outcome: tuple[Outcome, Prediction]
) -> None:
    said, _ = outcome
    wanted = [level for level, hit in zip(LEVELS, said.found, strict=True) if hit]
    assert [each.level for each in said.places] == [
        level for level in wanted if level in study.truth.levels
    ]
    for place in said.places:
        assert 0 < place.random_points_at_it < 1
        assert place.slice_shows_it == (place.slice_error_mm == 0.0)


def test_the_peak_lies_in_the_box_that_is_drawn_around_it(
    study: TrueStudy, outcome: tuple[Outcome, Prediction], request: pytest.FixtureRequest
) -> None:
    _, result = outcome
    reader = Reader(tiny_engine(architecture=request.node.callspec.params["outcome"]))
    reader.read(study)
    peaks = reader.peaks(result.findings, study.volume)
    assert peaks
    for finding, peak in zip(result.findings, peaks, strict=True):
        assert holds(finding.box, peak)


def test_a_refused_study_has_no_numbers(study: TrueStudy) -> None:
    model = tiny_model()
    rule = replace(model.record.seen, min_levels=8)
    strict = replace(model, record=replace(model.record, seen=rule))
    said = Reader(TorchEngine(strict, torch.device("cpu"))).read(study)
    assert said.refused is ReasonCode.NO_CERVICAL_SPINE
    assert (said.levels == UNKNOWN).all()
    assert said.overall == UNKNOWN
    assert not said.assessed.any()
    assert not said.found.any()
    assert not said.places
    assert not said.findings
