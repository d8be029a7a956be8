"""The shadow model with a real process: it reads behind the active one, and harms nobody."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from dicom_node.analysis import shadow as under_test
from dicom_node.analysis.shadow import READING_FAILED, ShadowRunner, ShadowSettings
from dicom_node.analysis.worker import WorkerSettings
from dicom_node.monitoring.instruments import Instruments
from dicom_node.monitoring.worker_watch import WorkerState
from inference.model.record import save_model
from storage import deletion, instances, queue, series, shadow_readings
from storage.database import Database, open_database
from storage.records import Outcome, ShadowReading, StoredFile
from tests.ct_series import write_ct_series
from tests.integration.storage.given import claimed, facts, queued, report_for
from tests.support import wait_until
from tests.unit.inference.tiny import tiny_model, tiny_record

OWNER = "node-1"
WARM = re.compile(r"shadow inference process (\d+) is warm: candidate")


@pytest.fixture(scope="module")
def candidate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "candidate.safetensors"
    save_model(path, tiny_model(seed=1).network, replace(tiny_record(), name="candidate"))
    return path


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_ct_series(tmp_path_factory.mktemp("series"), slices=60)


class Bench:
    """A database with series that the active model has read, and runners on it."""

    def __init__(self, database: Database, images: list[Path], log: Callable[[], str]) -> None:
        self.database = database
        self.instruments = Instruments()
        self._images, self._log = images, log

    def ask(self, uid: str) -> None:
        """The active model has read it, so the shadow is to."""
        now = self.database.now()
        for number, path in enumerate(self._images):
            sop_uid = f"{uid}.{number}"
            stored = StoredFile(path, "a" * 64, path.stat().st_size)
            given = facts(sop_uid, uid)
            instances.record_instance(self.database, given, stored, quiet_s=0, now=now)
        record = series.get_series(self.database, uid)
        assert series.mark_complete(self.database, record.id, fingerprint="f" * 64, now=now)
        assert series.enqueue(self.database, record.id, fingerprint="f" * 64, now=now)
        assert queue.finish_analysed(
            self.database,
            claimed(self.database, now=now),
            result={"patient_overall": 0.25},
            objects=[report_for(record)],
            deliveries=[],
            for_shadow=True,
            now=now,
        )

    def reading(self, uid: str) -> ShadowReading:
        of = series.get_series(self.database, uid)
        found = shadow_readings.reading_of(self.database, of.id)
        assert found is not None
        return found

    def is_under_way(self, uid: str) -> None:
        wait_until(lambda: self.reading(uid).attempts == 1, deadline_s=120, what=f"{uid} is read")

    def ended(self, uid: str) -> ShadowReading:
        what = f"{uid} was read"
        wait_until(lambda: self.reading(uid).outcome is not None, deadline_s=120, what=what)
        return self.reading(uid)

    def pid(self) -> int:
        return int(WARM.findall(self._log())[-1])

    @contextmanager
    def running(self, weights: Path | None, *, max_attempts: int = 2) -> Iterator[ShadowRunner]:
        wanted = None if weights is None else settings_of(weights)
        limits = ShadowSettings(OWNER, max_attempts, deadline_s=120)
        runner = ShadowRunner(self.database, limits, wanted, self.instruments)
        runner.start()
        try:
            yield runner
        finally:
            runner.stop()


def settings_of(weights: Path) -> WorkerSettings:
    return WorkerSettings(weights, "cpu", "text", "info", gives_way=True)


@pytest.fixture
def bench(
    tmp_path: Path,
    images: list[Path],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Bench]:
    monkeypatch.setattr(under_test, "IDLE_POLL_S", 0.1)
    database = open_database(f"sqlite:///{tmp_path / 'cspine.sqlite3'}")
    yield Bench(database, images, lambda: caplog.text)
    database.close()


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def test_it_reads_when_nothing_waits_and_its_death_is_its_own(
    bench: Bench, candidate: Path
) -> None:
    bench.ask("1.1")
    with bench.running(candidate, max_attempts=1):
        first = bench.ended("1.1")
        assert first.outcome in (Outcome.POSITIVE, Outcome.PARTIAL, Outcome.NEGATIVE)
        assert (first.attempts, first.reason_code) == (1, None)
        assert first.model is not None
        assert first.model.name == "candidate"
        assert first.model.sha256 == sha256(candidate.read_bytes()).hexdigest()
        assert first.result is not None
        assert first.result["model"]["sha256"] == first.model.sha256
        assert len(first.result["levels"]) == 7
        pid = bench.pid()
        assert os.getpriority(os.PRIO_PROCESS, pid) == 19
        assert Path(f"/proc/{pid}/oom_score_adj").read_text().strip() == "1000"

        os.kill(pid, signal.SIGSTOP)  # so that the next cannot be read before something else comes
        bench.ask("1.2")
        bench.is_under_way("1.2")
        queued(bench.database, "1.9", now=bench.database.now())
        wait_until(lambda: gone(pid), what="it makes way for a series that waits")
        wait_until(lambda: bench.reading("1.2").attempts == 0, what="its attempt is not charged")
        waits = claimed(bench.database, now=bench.database.now())
        queue.attempt_failed(
            bench.database, waits, text="t", max_attempts=1, now=bench.database.now()
        )
        assert bench.ended("1.2").attempts == 1

        pid = bench.pid()
        os.kill(pid, signal.SIGSTOP)
        bench.ask("1.3")
        bench.is_under_way("1.3")
        before = series.get_series(bench.database, "1.3")
        os.kill(pid, signal.SIGKILL)
        died = bench.ended("1.3")
        assert (died.outcome, died.reason_code) == (Outcome.FAILED, READING_FAILED)
        assert "signal 9" in (died.reason_text or "")
        assert series.get_series(bench.database, "1.3") == before
        bench.ask("1.4")
        assert bench.ended("1.4").outcome is first.outcome, "and the next is read"

        pid = bench.pid()
        os.kill(pid, signal.SIGSTOP)
        bench.ask("1.5")
        bench.is_under_way("1.5")
        deletion.forget_series(
            bench.database, "1.5", token="t", actor="a", cause="c", now=bench.database.now()
        )
        wait_until(lambda: gone(pid), what="a deleted series is not read to its end")
    assert bench.instruments.worker.state is WorkerState.STARTING
    assert bench.instruments.worker.failures_within(600) == 0, "the active model's watch is clean"
    told = generate_latest(bench.instruments.registry).decode()
    assert 'cspine_shadow_duration_seconds_count{outcome="failed"} 1.0' in told
    assert 'cspine_shadow_duration_seconds_count{outcome="abandoned"} 2.0' in told
    read = f'cspine_shadow_duration_seconds_count{{outcome="{first.outcome}"}} 3.0'
    assert read in told


def test_what_does_not_load_costs_no_series_and_a_stop_costs_no_reading(
    bench: Bench, candidate: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(candidate.read_bytes()[:-1000])
    bench.ask("1.1")
    with bench.running(broken) as runner:
        wait_until(
            lambda: bench.instruments.shadow_problem is not None,
            deadline_s=120,
            what="it is said that the file is broken",
        )
        assert "did not start" in (bench.instruments.shadow_problem or "")
        assert bench.instruments.shadow.state is WorkerState.FAILED
        waits = bench.reading("1.1")
        assert (waits.attempts, waits.outcome) == (0, None)
        runner.adopt(settings_of(candidate))
        assert bench.ended("1.1").attempts == 1
        assert bench.instruments.shadow_problem is None
        pid = bench.pid()
        os.kill(pid, signal.SIGSTOP)
        bench.ask("1.2")
        bench.is_under_way("1.2")
    assert gone(pid)
    assert (bench.reading("1.2").attempts, bench.reading("1.2").outcome) == (0, None)

    with bench.running(candidate) as runner:
        bench.ended("1.2")
        pid = bench.pid()
        runner.adopt(None)
        wait_until(lambda: gone(pid), what="without a shadow there is no process")
        assert runner.is_set is False
    assert {bench.reading(uid).attempts for uid in ("1.1", "1.2")} == {1}
