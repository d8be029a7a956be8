"""The inference process: what its parent sees when it works, dies, hangs or cannot start."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dicom_node.analysis.executor import Analysis, AnalysisJob, JobAbandonedError
from dicom_node.analysis.local import LocalExecutor
from dicom_node.analysis.worker import WorkerSettings
from dicom_node.errors import WorkerFailedError
from dicom_node.monitoring.worker_watch import WorkerState, WorkerWatch
from dicom_node.reports.result import result_document
from inference.model.record import save_model
from inference.types import NotAnalysed, ReasonCode
from tests.ct_series import write_ct_series
from tests.support import wait_until
from tests.unit.inference.tiny import tiny_model, tiny_record


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_model(path, tiny_model().network, tiny_record())
    return path


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> AnalysisJob:
    paths = write_ct_series(tmp_path_factory.mktemp("series"), slices=60)
    return AnalysisJob(1, "1.2.3", tuple(paths))


def executor_of(
    weights: Path, *, deadline_s: float = 120, watch: WorkerWatch | None = None
) -> LocalExecutor:
    settings = WorkerSettings(weights, "cpu", "text", "info")
    return LocalExecutor(settings, deadline_s=deadline_s, watch=watch)


@pytest.fixture
def watch() -> WorkerWatch:
    return WorkerWatch()


@pytest.fixture
def executor(weights: Path, watch: WorkerWatch) -> Iterator[LocalExecutor]:
    made = executor_of(weights, watch=watch)
    yield made
    made.reap()


def alive() -> bool:
    return True


def has_died(pid: int) -> bool:
    """Whether the child can be reaped; it is left for its parent's own bookkeeping to reap."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def test_one_warm_process_answers_job_after_job(executor: LocalExecutor, job: AnalysisJob) -> None:
    ready = executor.prepare()
    assert (ready.model.name, ready.device) == ("tiny", "cpu")
    pid = executor.worker_pid
    first, second = executor.run(job, alive), executor.run(job, alive)
    assert isinstance(first, Analysis)
    assert isinstance(second, Analysis)
    assert result_document("1.2.3", first.prediction) == result_document("1.2.3", second.prediction)
    assert (first.pictures.missing, second.pictures.missing) == ((), ())
    assert first.pictures.summary is not None
    assert first.pictures.summary.shape == (1280, 1024, 3)
    drawn = set(first.pictures.key_images)
    assert drawn == {finding.level for finding in first.prediction.findings}
    assert executor.worker_pid == pid


def test_what_cannot_be_read_is_an_answer(executor: LocalExecutor, tmp_path: Path) -> None:
    broken = tmp_path / "broken.dcm"
    broken.write_bytes(b"no DICOM")
    outcome = executor.run(AnalysisJob(1, "1.2.3", (broken,)), alive)
    assert isinstance(outcome, NotAnalysed)
    assert outcome.code is ReasonCode.PIXEL_DATA_UNREADABLE


@pytest.mark.parametrize("when", ["idle", "working"])
def test_a_killed_process_is_replaced(
    executor: LocalExecutor, watch: WorkerWatch, job: AnalysisJob, when: str
) -> None:
    assert watch.state is WorkerState.STARTING
    executor.prepare()
    first = executor.worker_pid
    assert first is not None
    if when == "working":
        os.kill(first, signal.SIGSTOP)  # so that the job cannot be done before the kill
        threading.Timer(0.1, os.kill, (first, signal.SIGKILL)).start()
        with pytest.raises(WorkerFailedError, match="signal 9"):
            executor.run(job, alive)
    else:
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: has_died(first), what="the process died")
    assert isinstance(executor.run(job, alive), Analysis)
    assert executor.worker_pid != first
    assert (watch.state, watch.failures_within(600)) == (WorkerState.WARM, 1)
    assert watch.model is not None
    assert watch.model.name == "tiny"


def test_a_process_that_hangs_is_ended(weights: Path, job: AnalysisJob) -> None:
    executor = executor_of(weights, deadline_s=1.5)
    executor.prepare()
    pid = executor.worker_pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(WorkerFailedError, match=r"no answer in 1\.5 s"):
        executor.run(job, alive)
    assert gone(pid)
    executor.reap()


def test_a_job_that_nobody_wants_any_more_is_abandoned(
    executor: LocalExecutor, job: AnalysisJob
) -> None:
    executor.prepare()
    pid = executor.worker_pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)  # so that the job cannot be done before it is abandoned
    with pytest.raises(JobAbandonedError):
        executor.run(job, lambda: False)
    assert gone(pid)


def test_closing_abandons_the_running_job(executor: LocalExecutor, job: AnalysisJob) -> None:
    executor.prepare()
    pid = executor.worker_pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    threading.Timer(0.1, executor.close).start()
    with pytest.raises(JobAbandonedError):
        executor.run(job, alive)


def test_weights_that_cannot_be_loaded_are_named(tmp_path: Path) -> None:
    watch = WorkerWatch()
    executor = executor_of(tmp_path / "missing.safetensors", watch=watch)
    with pytest.raises(WorkerFailedError, match=r"missing\.safetensors"):
        executor.prepare()
    assert (watch.state, watch.failures_within(600)) == (WorkerState.FAILED, 1)
    assert executor.worker_pid is None


def test_reaping_leaves_no_process(weights: Path) -> None:
    executor = executor_of(weights)
    executor.prepare()
    pid = executor.worker_pid
    assert pid is not None
    executor.reap()
    executor.reap()
    assert gone(pid)


def test_another_model_takes_over_warm_between_two_jobs(
    executor: LocalExecutor, job: AnalysisJob, tmp_path: Path
) -> None:
    first = executor.run(job, alive)
    pid = executor.worker_pid
    other = tmp_path / "other.safetensors"
    save_model(other, tiny_model(seed=1).network, tiny_record())
    adopted = WorkerSettings(other, "cpu", "text", "info")
    executor.adopt(adopted)
    assert executor.worker_pid == pid, "nothing happens to a job under way"
    second = executor.run(job, alive)
    assert isinstance(first, Analysis)
    assert isinstance(second, Analysis)
    assert first.prediction.model.sha256 != second.prediction.model.sha256
    assert pid is not None
    assert executor.worker_pid != pid
    old = pid
    wait_until(lambda: gone(old))

    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(other.read_bytes()[:-100])
    pid = executor.worker_pid
    executor.adopt(WorkerSettings(damaged, "cpu", "text", "info"))
    assert executor.prepare().model == second.prediction.model
    assert executor.worker_pid == pid, "the model that works stays"
