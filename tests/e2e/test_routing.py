"""Rules that are made while the node runs count for the next series, and so does a shadow."""

from __future__ import annotations

from pathlib import Path

from storage import deliveries, series
from storage.records import SeriesState
from tests.e2e.test_main_job import send, series_uid_of
from tests.node_process import NodeProcess
from tests.orthanc import Orthanc
from tests.support import wait_until


def last_note(node: NodeProcess, uid: str) -> str:
    with node.database() as database:
        of = series.get_series(database, uid)
        assert deliveries.deliveries_of(database, of.id) == ()
        return series.timeline(database, of.id)[-1].note


def test_rules_and_shadows_count_at_once(
    quick: NodeProcess, orthanc: Orthanc, fractured_c5: list[Path], intact: list[Path]
) -> None:
    held, sent = series_uid_of(intact), series_uid_of(fractured_c5)
    made = quick.command("route", "add", "hold", "--source-aet", "store*", "--stop")
    assert made.returncode == 0, made.stderr
    send(quick, intact)
    quick.wait_for(held, SeriesState.ANALYSED)
    assert last_note(quick, held) == "no destination: nothing sent"

    to_pacs = ("route", "add", "hold", "--to", "pacs", "--pieces", "report", "--replace")
    assert quick.command(*to_pacs).returncode == 0
    tried = quick.command("route", "test", "--series", held)
    assert "more than was done: to pacs: report (by hold)" in tried.stdout
    send(quick, fractured_c5[:-3])
    first = quick.wait_for(sent, SeriesState.REPORTED)
    wait_until(lambda: len(orthanc.instances()) == 1, what="one report is at the PACS")

    assert quick.command("peer", "edit", "ct", "--shadow").returncode == 0
    send(quick, fractured_c5[-3:])
    second = quick.wait_for(sent, SeriesState.ANALYSED)
    assert second.generation == first.generation + 1
    assert last_note(quick, sent) == "shadow: nothing sent"
    assert len(orthanc.instances()) == 1
