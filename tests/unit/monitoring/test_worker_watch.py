"""The inference process as it is watched: its states, and what is counted of it."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, generate_latest

from dicom_node.monitoring.worker_watch import WorkerFailure, WorkerState, WorkerWatch
from inference.types import ModelIdentity

MODEL = ModelIdentity("spine", "3", "ab" * 32, architecture="spine")


class Seconds:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def said(watch: WorkerWatch) -> list[str]:
    registry = CollectorRegistry()
    registry.register(watch)
    lines = generate_latest(registry).decode().splitlines()
    return [line for line in lines if not line.startswith("#")]


def test_a_process_that_starts_and_is_warm() -> None:
    watch = WorkerWatch()
    assert (watch.state, watch.model) == (WorkerState.STARTING, None)
    watch.starts()
    watch.is_warm(MODEL, "cuda:0")
    assert (watch.state, watch.model) == (WorkerState.WARM, MODEL)
    assert "cspine_worker_up 1.0" in said(watch)
    assert "cspine_worker_restarts_total 0.0" in said(watch)
    info = f'architecture="spine",device="cuda:0",name="spine",sha256="{"ab" * 32}",version="3"'
    (line,) = (line for line in said(watch) if line.startswith("cspine_model_info"))
    assert sorted(line.partition("{")[2].removesuffix("} 1.0").split(",")) == info.split(",")


def test_a_start_that_failed_stays_failed_until_one_works() -> None:
    watch = WorkerWatch()
    watch.starts()
    watch.failed(WorkerFailure.START)
    watch.starts()
    states = [watch.state]
    watch.is_warm(MODEL, "cpu")
    assert [*states, watch.state] == [WorkerState.FAILED, WorkerState.WARM]
    assert "cspine_worker_restarts_total 1.0" in said(watch)
    assert 'cspine_worker_failures_total{when="start"} 1.0' in said(watch)


def test_a_job_that_kills_it_is_a_failure_but_one_that_is_abandoned_is_none() -> None:
    watch = WorkerWatch()
    watch.is_warm(MODEL, "cpu")
    watch.ended()
    assert watch.state is WorkerState.STARTING
    assert watch.failures_within(60) == 0
    watch.failed(WorkerFailure.JOB)
    assert watch.state is WorkerState.STARTING
    assert watch.failures_within(60) == 1
    assert "cspine_worker_up 0.0" in said(watch)


def test_failures_are_counted_within_a_window() -> None:
    clock = Seconds()
    watch = WorkerWatch(clock)
    for _ in range(3):
        watch.failed(WorkerFailure.IDLE)
        clock.now += 10
    assert [watch.failures_within(each) for each in (5, 10, 20, 30)] == [0, 1, 2, 3]
    assert 'cspine_worker_failures_total{when="idle"} 3.0' in said(watch)
