"""From the images to a reader's signature at the PACS, through a whole node."""

from __future__ import annotations

import json
from pathlib import Path

from storage.records import SeriesState
from tests.e2e.test_main_job import send, series_uid_of
from tests.node_process import NodeProcess
from tests.orthanc import Orthanc
from tests.support import wait_until


def verified(orthanc: Orthanc) -> list[str]:
    found = []
    for each in orthanc.instances():
        tags = orthanc.dicom_tags(each)
        if tags.get("VerificationFlag") == "VERIFIED":
            found.append(each)
    return found


def test_a_verdict_reaches_the_pacs_and_names_the_machine_s_report(
    quick: NodeProcess, orthanc: Orthanc, fractured_c5: list[Path], tmp_path: Path
) -> None:
    uid = series_uid_of(fractured_c5)
    send(quick, fractured_c5)
    record = quick.wait_for(uid, SeriesState.REPORTED)
    assert record.result is not None
    document = tmp_path / "verdict.json"
    judged = [
        {"level": each["level"], "verdict": "accept", "comment": "seen"}
        for each in record.result["findings"]
    ]
    document.write_text(
        json.dumps({"findings": judged, "no_finding": not judged, "comment": "agreed"})
    )
    signed = ("--reader", "Weiß^Gregor", "--organization", "Klinikum Nord")
    done = quick.command("series", "verdict", uid, *signed, "--file", str(document))
    assert done.returncode == 0, done.stderr
    wait_until(lambda: len(verified(orthanc)) == 1, what="the verified report is at the PACS")
    report = orthanc.dataset(verified(orthanc)[0])
    assert report.VerifyingObserverSequence[0].VerifyingObserverName == "Weiß^Gregor"
    named = report.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0]
    predecessor = named.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
    there = {orthanc.dicom_tags(each)["SOPInstanceUID"] for each in orthanc.instances()}
    assert predecessor in there

    again = quick.command(
        "series", "verdict", uid, *signed[:1], "Other^Ann", *signed[2:], "--file", str(document)
    )
    assert again.returncode == 1
    assert "came first" in again.stderr
