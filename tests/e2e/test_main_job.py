"""The main job with peers that others wrote: storescu sends, Orthanc receives the report."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from dicom_node.reports.conformance import check
from dicom_node.reports.evidence import read_sources
from dicom_node.reports.result import result_from_report
from inference.types import CtVolume
from inference.volume import load_volume
from storage.records import SeriesState
from tests.dcmtk import converted, storescp, storescu
from tests.e2e.at_the_pacs import reports_at, whole_set_at
from tests.node_process import NodeProcess
from tests.orthanc import Orthanc
from tests.support import wait_until
from tests.validators import assert_valid_report, said_by


def series_uid_of(paths: list[Path]) -> str:
    return str(dcmread(paths[0], stop_before_pixels=True).SeriesInstanceUID)


def send(node: NodeProcess, paths: list[Path], *options: str) -> None:
    result = storescu(node.port, *options, *paths)
    assert result.ok, result.output


def the_report(orthanc: Orthanc, folder: Path) -> Path:
    """The one report at the PACS, as a file."""
    wait_until(lambda: len(reports_at(orthanc)) == 1, what="the report is at the PACS")
    path = folder / "from-pacs.dcm"
    path.write_bytes(orthanc.file(reports_at(orthanc)[0]))
    return path


def assert_valid_set(objects: Iterable[Dataset], sources: list[Path], folder: Path) -> None:
    """Each by itself, and patient and study of all of them and of the source; DCMTK takes them."""
    pieces = folder / "set"
    pieces.mkdir()
    for each in objects:
        each.save_as(pieces / f"{each.SOPInstanceUID}.dcm", enforce_file_format=True)
    files = sorted(pieces.iterdir())
    for path in files:
        status, text = said_by("dciodvfy", path)
        assert status == 0, text
        assert "Error" not in text, text
    _, text = said_by("dcentvfy", *files, *sources[:3])
    assert "Error" not in text
    assert [w for w in text.splitlines() if "Warning" in w and "AccessionNumber" not in w] == []
    with storescp(folder / "dcmtk") as peer:
        result = storescu(peer.port, "-R", *files, called_aet="STORESCP")
        assert result.ok, result.output
        assert len(peer.received()) == len(files)


def assert_valid(report: Path, sources: list[Path]) -> None:
    """By the validators that others wrote, and by our own assertions on the template."""
    assert_valid_report(report)
    assert check(dcmread(report), read_sources(sources)) == ()


@pytest.mark.parametrize("transfer_syntax", ["uncompressed", "jpeg_lossless"])
def test_a_fractured_series_goes_in_and_its_report_comes_back(
    transfer_syntax: str,
    connected: NodeProcess,
    orthanc: Orthanc,
    fractured_c5: list[Path],
    tmp_path: Path,
) -> None:
    paths = fractured_c5
    options: tuple[str, ...] = ()
    if transfer_syntax == "jpeg_lossless":
        folder = tmp_path / "compressed"
        folder.mkdir()
        paths = [converted(path, folder / path.name, "dcmcjpeg") for path in fractured_c5]
        options = ("-xs",)
    send(connected, paths, *options)
    uid = series_uid_of(paths)

    record = connected.wait_for(uid, SeriesState.REPORTED)

    report = the_report(orthanc, tmp_path)
    source, returned = dcmread(paths[0], stop_before_pixels=True), dcmread(report)
    for keyword in ("PatientID", "PatientName", "PatientBirthDate", "StudyInstanceUID"):
        assert returned[keyword].value == source[keyword].value
    tags = orthanc.dicom_tags(reports_at(orthanc)[0])
    assert tags["Modality"] == "SR"
    assert tags["StudyInstanceUID"] == source.StudyInstanceUID
    assert_valid(report, paths)
    assert_valid_set(whole_set_at(orthanc, connected, uid).values(), paths, tmp_path)

    volume = load_volume(paths)
    assert isinstance(volume, CtVolume)
    told = result_from_report(returned, volume)
    assert record.result is not None
    assert "C5" in [finding["level"] for finding in told["findings"]]
    assert told["findings"] == list(record.result["findings"])
    assert told["levels"] == pytest.approx(record.result["levels"], nan_ok=True)


def test_an_intact_series_gets_a_report_without_a_finding(
    connected: NodeProcess, orthanc: Orthanc, intact: list[Path], tmp_path: Path
) -> None:
    send(connected, intact)
    record = connected.wait_for(series_uid_of(intact), SeriesState.REPORTED)
    assert record.result is not None
    assert record.result["findings"] == []
    assert all(p is not None for p in record.result["levels"].values())
    assert_valid(the_report(orthanc, tmp_path), intact)
    objects = whole_set_at(orthanc, connected, series_uid_of(intact)).values()
    assert_valid_set(objects, intact, tmp_path)


def test_late_slices_supersede_the_report(
    quick: NodeProcess, orthanc: Orthanc, fractured_c5: list[Path]
) -> None:
    early, late = fractured_c5[:-3], fractured_c5[-3:]
    uid = series_uid_of(fractured_c5)
    send(quick, early)
    first = quick.wait_for(uid, SeriesState.REPORTED)
    send(quick, late)

    second = quick.wait_for(uid, SeriesState.REPORTED)

    assert (first.generation, second.generation) == (1, 2)
    assert second.predecessor_id == first.id
    assert second.instance_count == len(fractured_c5)
    wait_until(lambda: len(reports_at(orthanc)) == 2, what="both reports are at the PACS")
    reports = {r.SOPInstanceUID: r for r in map(orthanc.dataset, reports_at(orthanc))}
    newer = next(r for r in reports.values() if "PredecessorDocumentsSequence" in r)
    (study,) = newer.PredecessorDocumentsSequence
    (item,) = study.ReferencedSeriesSequence[0].ReferencedSOPSequence
    assert item.ReferencedSOPInstanceUID in reports
    assert item.ReferencedSOPInstanceUID != newer.SOPInstanceUID


def test_two_series_of_one_association_are_both_reported(
    quick: NodeProcess, orthanc: Orthanc, fractured_c5: list[Path], intact: list[Path]
) -> None:
    send(quick, [*fractured_c5, *intact])
    for paths in (fractured_c5, intact):
        quick.wait_for(series_uid_of(paths), SeriesState.REPORTED)
    assert len(reports_at(orthanc)) == 2


def test_what_happened_is_shown_and_logged_without_the_patient(
    quick: NodeProcess, fractured_c5: list[Path]
) -> None:
    send(quick, fractured_c5)
    uid = series_uid_of(fractured_c5)
    quick.wait_for(uid, SeriesState.REPORTED)

    listed = json.loads(quick.command("series", "list", "--json").stdout)
    assert [each["series_uid"] for each in listed] == [uid]
    shown = json.loads(quick.command("series", "show", uid, "--json").stdout)
    assert list(dict.fromkeys(step["state"] for step in shown["timeline"])) == [
        "receiving",
        "complete",
        "queued",
        "analysing",
        "analysed",
        "reported",
    ]
    assert {each["state"] for each in shown["deliveries"]} == {"delivered"}
    assert "research use only" in quick.command("series", "show", uid).stdout
    refusal = quick.command("series", "retry", uid)
    assert refusal.returncode == 1
    assert refusal.stderr.count("\n") == 1

    quick.terminate()
    log = quick.log.read_text()
    source = dcmread(fractured_c5[0], stop_before_pixels=True)
    assert source.SeriesInstanceUID in log
    for keyword in ("PatientName", "PatientID", "PatientBirthDate"):
        assert str(source[keyword].value) not in log
