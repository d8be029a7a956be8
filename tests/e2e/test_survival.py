"""Whatever dies, one result set reaches the PACS."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from storage.records import SeriesState
from tests.e2e.at_the_pacs import pages_at, reports_at, whole_set_at
from tests.e2e.test_main_job import send, series_uid_of
from tests.node_process import NodeProcess
from tests.orthanc import Orthanc
from tests.support import wait_until


def test_kill_after_the_last_acknowledged_instance(
    quick: NodeProcess, orthanc: Orthanc, fractured_c5: list[Path]
) -> None:
    send(quick, fractured_c5)
    quick.kill()
    quick.start()
    record = quick.wait_for(series_uid_of(fractured_c5), SeriesState.REPORTED)
    assert record.instance_count == len(fractured_c5)
    whole_set_at(orthanc, quick, record.series_uid)


def test_kill_during_inference(
    connected: NodeProcess, orthanc: Orthanc, fractured_c5: list[Path]
) -> None:
    uid = series_uid_of(fractured_c5)
    send(connected, fractured_c5)
    connected.wait_for(uid, SeriesState.ANALYSING)
    connected.kill()
    connected.start()
    record = connected.wait_for(uid, SeriesState.REPORTED)
    assert record.attempts == 2
    whole_set_at(orthanc, connected, uid)


def test_a_clean_stop_during_inference_gives_the_job_back(
    connected: NodeProcess, orthanc: Orthanc, fractured_c5: list[Path]
) -> None:
    uid = series_uid_of(fractured_c5)
    send(connected, fractured_c5)
    connected.wait_for(uid, SeriesState.ANALYSING)
    assert connected.terminate() == 0
    given_back = connected.series(uid)
    assert given_back is not None
    assert (given_back.state, given_back.attempts) == (SeriesState.QUEUED, 0)
    connected.start()
    connected.wait_for(uid, SeriesState.REPORTED)
    whole_set_at(orthanc, connected, uid)


def test_a_series_that_kills_its_worker_is_parked_and_the_queue_goes_on(
    quick: NodeProcess, orthanc: Orthanc, fractured_c5: list[Path], intact: list[Path]
) -> None:
    poison, healthy = series_uid_of(fractured_c5), series_uid_of(intact)
    send(quick, fractured_c5)
    for attempt in (1, 2, 3):
        # Killed from outside each time this series is read: what a crash looks like to the node.
        def read_again(attempt: int = attempt) -> bool:
            record = quick.series(poison)
            return (
                record is not None
                and record.state is SeriesState.ANALYSING
                and record.attempts == attempt
            )

        wait_until(read_again, deadline_s=120, what=f"attempt {attempt}")
        worker = quick.worker_pid
        assert worker is not None
        os.kill(worker, signal.SIGKILL)
    parked = quick.wait_for(poison, SeriesState.FAILED)
    assert parked.reason_code == "analysis_failed"
    assert "signal 9" in (parked.reason_text or "")
    send(quick, intact)
    quick.wait_for(healthy, SeriesState.REPORTED)
    assert len(reports_at(orthanc)) == 1
    wait_until(lambda: len(pages_at(orthanc, poison)) == 1, what="the PACS is told of the failure")

    assert quick.command("series", "retry", poison).returncode == 0
    quick.wait_for(poison, SeriesState.REPORTED)
    assert len(reports_at(orthanc)) == 2


def test_the_report_waits_for_a_pacs_that_is_down(
    quick: NodeProcess, orthanc: Orthanc, fractured_c5: list[Path]
) -> None:
    orthanc.stop()
    send(quick, fractured_c5)
    uid = series_uid_of(fractured_c5)
    quick.wait_for(uid, SeriesState.ANALYSED)
    wait_until(lambda: quick.failed_deliveries(uid) >= 2, what="two deliveries were tried in vain")
    orthanc.start()
    quick.wait_for(uid, SeriesState.REPORTED)
    whole_set_at(orthanc, quick, uid)


def test_a_second_node_on_the_same_data_is_refused(quick: NodeProcess) -> None:
    second = quick.command("serve")
    assert second.returncode == 1
    assert "another node runs" in second.stderr
