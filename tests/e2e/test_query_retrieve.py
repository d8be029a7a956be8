"""A study that a PACS has is found, fetched, read, and its report is at the PACS."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from pydicom import dcmread

from storage import peers
from storage.records import SeriesState
from tests.e2e.at_the_pacs import reports_at
from tests.node_process import NodeProcess
from tests.orthanc import Orthanc
from tests.support import wait_until


def test_from_the_pacs_and_back(quick: NodeProcess, orthanc: Orthanc, intact: list[Path]) -> None:
    first = dcmread(intact[0])
    for path in intact:
        orthanc.upload(path)
    orthanc.know("us", "CSPINE", quick.port)
    with quick.database() as database:
        peers.update_peer(database, "pacs", lambda peer: replace(peer, may_send=True))

    found = quick.command("pacs", "find", "pacs", "--patient-id", first.PatientID, "--json")
    assert found.returncode == 0, found.stderr
    (study,) = json.loads(found.stdout)["studies"]
    assert (study["study_uid"], study["instance_count"]) == (first.StudyInstanceUID, len(intact))
    fetched = quick.command("pacs", "retrieve", "pacs", study["study_uid"])
    assert (fetched.returncode, fetched.stdout) == (0, f"{len(intact)} images came.\n")

    quick.wait_for(first.SeriesInstanceUID, SeriesState.REPORTED)
    wait_until(lambda: len(reports_at(orthanc)) == 1, what="the report is at the PACS")
    # Now the study has series of ours: they are not asked for, so the same is done again.
    again = quick.command("pacs", "retrieve", "pacs", study["study_uid"], "--json")
    assert (again.returncode, json.loads(again.stdout)["completed"]) == (0, len(intact))
    log = quick.log.read_text()
    assert str(first.PatientName) not in log
    assert first.PatientID not in log
