"""Searches: every kind of matching, paging, fields; what cannot be asked is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from pydicom import Dataset

from tests.ct_series import write_ct_series
from tests.integration.api.conftest import problem
from tests.integration.api.dicomweb.conftest import AddResults, address, stored

STUDY_UID, SERIES_UID, INSTANCE_UID = "0020000D", "0020000E", "00080018"
PATIENTS = (
    ("P-1", "Doe^Jane", "20260101", "A 1"),
    ("P_2", "Doe^John", "20260115", "A%2"),
    ("p-3", "Öz^Ümit", "20260201", "a?3"),
)


@pytest.fixture
def patients(web: httpx.Client, tmp_path: Path) -> list[Dataset]:
    """One study each, of one series of two instances; the last one is the newest."""
    found = []
    for number, (patient_id, name, day, accession) in enumerate(PATIENTS):
        attributes = {
            "SpecificCharacterSet": "ISO_IR 192",
            "PatientID": patient_id,
            "PatientName": name,
            "StudyDate": day,
            "StudyTime": f"0{number}3000",
            "AccessionNumber": accession,
            "SeriesNumber": number + 1,
        }
        paths = write_ct_series(tmp_path / str(number), slices=2, attributes=attributes)
        found.append(stored(web, paths)[0])
    return found


def found(web: httpx.Client, path: str, **query: str) -> list[dict[str, Any]]:
    answer = web.get(path, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/dicom+json"
    documents: list[dict[str, Any]] = answer.json()
    return documents


def ids(web: httpx.Client, path: str = "/studies", **query: str) -> set[str]:
    return {each["00100020"]["Value"][0] for each in found(web, path, **query)}


MATCHES: tuple[tuple[dict[str, str], set[str]], ...] = (
    ({}, {"P-1", "P_2", "p-3"}),
    ({"PatientID": "P-1"}, {"P-1"}),
    ({"00100020": "P-1"}, {"P-1"}),
    ({"PatientID": "p-1"}, set()),
    ({"PatientID": "P?1"}, {"P-1"}),
    ({"PatientID": "P_?"}, {"P_2"}),
    ({"PatientID": "*"}, {"P-1", "P_2", "p-3"}),
    ({"PatientID": ""}, {"P-1", "P_2", "p-3"}),
    ({"PatientName": "doe*"}, {"P-1", "P_2"}),
    ({"PatientName": "DOE^JANE"}, {"P-1"}),
    ({"PatientName": "Doe"}, set()),
    ({"PatientName": "Ö*"}, {"p-3"}),
    ({"AccessionNumber": "A%2"}, {"P_2"}),
    ({"AccessionNumber": "A%*"}, {"P_2"}),
    ({"StudyDate": "20260115"}, {"P_2"}),
    ({"StudyDate": "20260110-20260201"}, {"P_2", "p-3"}),
    ({"StudyDate": "-20260114"}, {"P-1"}),
    ({"StudyDate": "20260115-"}, {"P_2", "p-3"}),
    ({"StudyTime": "0030-0130"}, {"P-1", "P_2"}),
    ({"PatientSex": "O", "StudyTime": "023000"}, {"p-3"}),
    ({"PatientSex": "F"}, set()),
    ({"ModalitiesInStudy": "CT"}, {"P-1", "P_2", "p-3"}),
    ({"ModalitiesInStudy": "MR,CT"}, {"P-1", "P_2", "p-3"}),
    ({"ModalitiesInStudy": "SR"}, set()),
    ({"PatientName": "x' OR '1'='1"}, set()),
    ({"PatientName": "x'; DROP TABLE series; --*"}, set()),
)
"""A query, and the patients whose studies it finds."""


def test_studies_match(web: httpx.Client, patients: list[Dataset]) -> None:
    for query, expected in MATCHES:
        assert ids(web, **query) == expected, query


def test_uids_match_as_lists(web: httpx.Client, patients: list[Dataset]) -> None:
    uids = [ds.StudyInstanceUID for ds in patients[:2]]
    assert ids(web, StudyInstanceUID=",".join(uids)) == {"P-1", "P_2"}
    assert ids(web, StudyInstanceUID="\\".join(uids)) == {"P-1", "P_2"}
    assert ids(web, StudyInstanceUID=uids[0][:-1]) == set()


def test_series_and_instances_of_all_studies(web: httpx.Client, patients: list[Dataset]) -> None:
    first = patients[0]
    assert ids(web, "/series", PatientName="doe*") == {"P-1", "P_2"}
    assert ids(web, "/series", SeriesInstanceUID=first.SeriesInstanceUID) == {"P-1"}
    assert ids(web, "/series", SeriesNumber="2") == {"P_2"}
    assert ids(web, "/series", Modality="MR") == set()
    assert len(found(web, "/instances")) == 6
    (one,) = found(web, "/instances", SOPInstanceUID=first.SOPInstanceUID)
    assert one["00100010"]["Value"] == [{"Alphabetic": "Doe^Jane"}]
    assert one["00081190"]["Value"][0].endswith(f"/dicomweb{address(first)}")
    assert len(found(web, "/instances", InstanceNumber="1")) == 3
    assert found(web, "/instances", SOPClassUID="1.2.3") == []


def test_within_a_study(web: httpx.Client, patients: list[Dataset]) -> None:
    study, series = f"/studies/{patients[0].StudyInstanceUID}", address(patients[0], instance=False)
    assert len(found(web, f"{study}/series")) == 1
    assert len(found(web, f"{study}/instances")) == 2
    (one,) = found(web, f"{series}/instances", InstanceNumber="2")
    assert (one["00280010"]["Value"], one["00280011"]["Value"]) == ([64], [64])
    other = patients[1].StudyInstanceUID
    assert found(web, f"{study}/series", StudyInstanceUID=other) == []
    assert found(web, "/studies/1.2.3/series") == []


def test_paging_and_its_limits(web: httpx.Client, patients: list[Dataset]) -> None:
    newest = web.get("/studies", params={"limit": "1"})
    assert newest.json()[0]["00100020"]["Value"] == ["p-3"]
    assert "more can be requested" in newest.headers["warning"]
    assert ids(web, limit="1", offset="1") == {"P_2"}
    assert ids(web, limit="9", offset="2", PatientSex="O") == {"P-1"}
    last = web.get("/studies", params={"limit": "9", "offset": "3"})
    assert last.json() == []
    assert "warning" not in last.headers
    assert len(found(web, "/instances", limit="4", offset="3")) == 3


def test_a_study_says_what_the_standard_wants(web: httpx.Client, patients: list[Dataset]) -> None:
    (study,) = found(web, "/studies", PatientID="p-3")
    assert study["00100010"]["Value"] == [{"Alphabetic": "Öz^Ümit"}]
    assert study["00080005"]["Value"] == ["ISO_IR 192"]
    assert study["00080056"]["Value"] == ["ONLINE"]
    required = "00080020 00080030 00080050 00080061 00080090 00081190 00100010 00100020 00100030 "
    required += "00100040 0020000D 00200010 00201206 00201208"
    assert set(required.split()) <= set(study)
    assert list(study) == sorted(study)


def test_more_fields(web: httpx.Client, patients: list[Dataset]) -> None:
    uid = patients[0].StudyInstanceUID
    (plain,) = found(web, f"/studies/{uid}/series")
    assert "00080070" not in plain
    (asked,) = found(web, f"/studies/{uid}/series", includefield="Manufacturer,00180015")
    assert asked["00080070"]["Value"] == ["cspine-node tests"]
    assert asked["00180015"]["Value"] == ["CSPINE"]
    everything = found(web, f"/studies/{uid}/instances", includefield="all")
    assert everything[0]["00180060"]["Value"] == [120.0]
    answer = web.get("/studies", params={"includefield": "KVP", "fuzzymatching": "true"})
    assert answer.headers["warning"].count("299") == 2


def test_results_stand_beside_what_was_received(
    web: httpx.Client, patients: list[Dataset], add_results: AddResults
) -> None:
    report, picture = add_results(patients[0])
    assert ids(web, ModalitiesInStudy="SR") == {"P-1"}
    series = found(web, f"/studies/{report.StudyInstanceUID}/series", Modality="SR")
    assert [each[SERIES_UID]["Value"] for each in series] == [[report.SeriesInstanceUID]]
    (one,) = found(web, f"{address(report, instance=False)}/instances")
    assert one[INSTANCE_UID]["Value"] == [report.SOPInstanceUID]
    assert "00280010" not in one
    (one,) = found(web, "/series", SeriesInstanceUID=picture.SeriesInstanceUID)
    assert one["00201209"]["Value"] == [1]
    (one,) = found(web, "/instances", SOPInstanceUID=picture.SOPInstanceUID)
    assert one[STUDY_UID]["Value"] == [picture.StudyInstanceUID]


MEANINGLESS = (
    "NoSuchThing=1",
    "00100020=a&00100020=b",
    "limit=-1",
    "limit=x",
    "limit=1e3",
    "offset=99999999999",
    "limit=1&limit=2",
    "fuzzymatching=maybe",
    "StudyDate=2026-01-01",
    "StudyDate=20260230",
    "StudyDate=-",
    "PixelData=1",
    "NumberOfStudyRelatedSeries=1",
    "includefield=Nonsense",
    "PatientID.PatientName=x",
    "&".join(f"PatientID={n}" for n in range(70)),
)


def test_a_query_that_means_nothing_is_400(web: httpx.Client) -> None:
    for query in MEANINGLESS:
        assert problem(web.get(f"/studies?{query}"), 400)["code"] == "bad_request", query


def test_other_representations_are_406(web: httpx.Client) -> None:
    for accept in ("application/dicom+xml", 'multipart/related; type="application/dicom+xml"'):
        problem(web.get("/studies", headers={"Accept": accept}), 406)
    assert web.get("/studies?accept=application/dicom%2Bjson").status_code == 200
