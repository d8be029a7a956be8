"""C-FIND: what a PACS has, in whatever characters; what it does wrong costs an answer, no more."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ImplicitVRLittleEndian
from pynetdicom import evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelFind,
    Verification,
)

from dicom_node.errors import PeerFailedError, PeerRefusedError, PeerUnreachableError
from dicom_node.scu.association import ScuIdentity, ScuTimeouts
from dicom_node.scu.find import FindResult, Patience, find
from dicom_node.scu.query import Query, QueryLevel
from tests.integration.network.answering_scp import (
    answering_scp,
    hold,
    peer_at,
    raw_peer,
    rejecting,
)
from tests.integration.network.conftest import MakeCt
from tests.orthanc import Orthanc

ANY = Query(patient_id="*1*")
SHORT = ScuTimeouts(connection_s=1, acse_s=0.3, dimse_s=0.3, stall_s=0.3)
GREEK = "Παπαδόπουλος^Νίκος"


@pytest.fixture
def pacs(tmp_path: Path, make_ct: MakeCt) -> Iterator[Orthanc]:
    """Orthanc with three studies of three alphabets."""
    modalities = {"us": ["CSPINE", "127.0.0.1", 104]}
    with Orthanc(
        tmp_path / "orthanc", DicomModalities=modalities, DefaultEncoding="Utf8"
    ) as orthanc:
        for number, (name, characters, day) in enumerate(
            [
                ("Smith^John", "ISO_IR 6", "20260101"),
                ("Müller^Änne", "ISO_IR 100", "20260115"),
                (GREEK, "ISO_IR 192", "20260131"),
            ]
        ):
            orthanc.upload(
                make_ct(
                    SpecificCharacterSet=characters,
                    PatientName=name,
                    PatientID=f"P{number}",
                    AccessionNumber=f"A{number}",
                    StudyDate=day,
                    StudyDescription="CT Wirbelsäule" if number else "CT spine",
                    StudyInstanceUID=f"1.2.{number}",
                    SeriesInstanceUID=f"1.2.{number}.1",
                    SeriesDescription="bone",
                )
            )
        yield orthanc


def ask(port: int, query: Query = ANY, *, limit: int = 10, **more: Any) -> FindResult:
    aet = more.pop("aet", "PACS")
    identity = ScuIdentity("CSPINE", more.pop("timeouts", ScuTimeouts()))
    return find(peer_at(port, aet=aet), query, identity, limit=limit, **more)


def names(result: FindResult) -> set[str]:
    return {each.patient_name for each in result.studies}


def test_orthanc_finds_every_name(pacs: Orthanc) -> None:
    def found(**keys: Any) -> set[str]:
        return names(ask(pacs.dicom_port, Query(**keys), aet=pacs.aet))

    assert found(patient_name="Smith*") == {"Smith^John"}
    assert found(patient_name="Müller^Änne") == {"Müller^Änne"}
    assert found(patient_name="Παπαδ*") == {GREEK}
    assert found(patient_id="P?") == {"Smith^John", "Müller^Änne", GREEK}
    assert found(accession_number="A1") == {"Müller^Änne"}
    assert found(study_date_from=date(2026, 1, 2)) == {"Müller^Änne", GREEK}
    assert found(study_date_from=date(2026, 1, 1), study_date_until=date(2026, 1, 15)) == {
        "Smith^John",
        "Müller^Änne",
    }
    assert found(study_date_from=date(2026, 1, 31), study_date_until=date(2026, 1, 31)) == {GREEK}
    assert found(patient_id="P?", modality="MR") == set()
    assert found(study_uid="1.2.0") == {"Smith^John"}
    assert found(patient_id="nobody") == set()


def test_a_study_and_its_series_are_told_whole(pacs: Orthanc) -> None:
    result = ask(pacs.dicom_port, Query(study_uid="1.2.1"), aet=pacs.aet)
    (study,) = result.studies
    assert (study.study_uid, study.patient_id, study.accession_number) == ("1.2.1", "P1", "A1")
    assert (study.study_date, study.study_description) == (date(2026, 1, 15), "CT Wirbelsäule")
    assert (study.modalities, study.series_count, study.instance_count) == (("CT",), 1, 1)
    assert (result.is_whole, result.remarks) == (True, ())
    query = Query(level=QueryLevel.SERIES, study_uid="1.2.1")
    (series,) = ask(pacs.dicom_port, query, aet=pacs.aet).series
    assert (series.study_uid, series.series_uid) == ("1.2.1", "1.2.1.1")
    assert (series.modality, series.series_description) == ("CT", "bone")
    assert series.instance_count == 1


def test_the_limit_is_said(pacs: Orthanc) -> None:
    query = Query(patient_id="P*")
    some = ask(pacs.dicom_port, query, aet=pacs.aet, limit=2)
    assert (len(some.studies), some.is_whole) == (2, False)
    whole = ask(pacs.dicom_port, query, aet=pacs.aet, limit=3)
    assert (len(whole.studies), whole.is_whole) == (3, True)


Answer = Callable[[Any], Iterator[tuple[Any, Any]]]


def scp(
    answer: Answer, *, more_handlers: Sequence[Any] = (), **more: Any
) -> AbstractContextManager[int]:
    return answering_scp(
        abstract_syntaxes=(StudyRootQueryRetrieveInformationModelFind,),
        more_handlers=[(evt.EVT_C_FIND, answer), *more_handlers],
        **more,
    )


def study(number: int = 1, **values: Any) -> Dataset:
    ds = Dataset()
    ds.StudyInstanceUID = f"1.2.{number}"
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def saying(*responses: tuple[int, Dataset | None]) -> Answer:
    def answer(_: Any) -> Iterator[tuple[int, Dataset | None]]:
        yield from responses

    return answer


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (0xA700, PeerUnreachableError, "out of resources (0xA700)"),
        (0xA900, PeerRefusedError, "does not understand the query (0xA900)"),
        (0xC001, PeerRefusedError, "unable to process (0xC001)"),
        (0x0122, PeerRefusedError, "does not offer this service (0x0122)"),
        (0x0124, PeerUnreachableError, "not authorised there (0x0124)"),
    ],
)
def test_a_failure_is_told_in_words_and_never_as_no_answer(
    status: int, kind: type[PeerFailedError], words: str
) -> None:
    with scp(saying((0xFF00, study()), (status, None))) as port, pytest.raises(kind) as caught:
        ask(port)
    assert words in str(caught.value)


def test_a_peer_that_rejects_or_knows_no_query_is_named() -> None:
    with (
        scp(saying(), on_requested=rejecting(1, 1, 3)) as port,
        pytest.raises(PeerUnreachableError, match="does not know our AE title CSPINE"),
    ):
        ask(port)
    with (
        answering_scp(abstract_syntaxes=(Verification,)) as port,
        pytest.raises(PeerRefusedError, match=r"Study Root Query/Retrieve.*FIND"),
    ):
        ask(port)


def test_a_peer_that_says_nothing_is_given_up() -> None:
    with raw_peer(hold) as port, pytest.raises(PeerUnreachableError, match="did not answer"):
        ask(port, timeouts=SHORT)


def test_a_peer_that_does_not_answer_the_query_is_given_up() -> None:
    release = threading.Event()

    def answer(_: Any) -> Iterator[tuple[int, None]]:
        release.wait(30)
        yield 0x0000, None

    with scp(answer) as port:
        for impatient in ({"timeouts": SHORT}, {"patience": Patience(0.1, 0.1)}):
            with pytest.raises(PeerUnreachableError, match="no response to the query"):
                ask(port, **impatient)
        release.set()


def test_endless_answers_are_cancelled() -> None:
    was_cancelled = threading.Event()

    def answer(event: Any) -> Iterator[tuple[int, Dataset | None]]:
        for number in range(100_000):
            if event.is_cancelled:
                was_cancelled.set()
                yield 0xFE00, None
                return
            yield 0xFF00, study(number)

    with scp(answer) as port:
        result = ask(port, limit=5)
    assert [each.study_uid for each in result.studies] == [f"1.2.{n}" for n in range(5)]
    assert not result.is_whole
    assert was_cancelled.is_set()


def test_a_peer_that_does_not_hear_the_cancel_loses_the_association() -> None:
    gone = threading.Event()

    def answer(_: Any) -> Iterator[tuple[int, Dataset | None]]:
        for number in count():
            yield 0xFF00, study(number)

    aborted = [(evt.EVT_ABORTED, lambda _: gone.set())]
    with scp(answer, more_handlers=aborted) as port:
        result = ask(port, limit=5, patience=Patience(30, 0.2))
        assert (len(result.studies), result.is_whole) == (5, False)
        assert gone.wait(30)


def test_a_slow_peer_gives_what_came_in_time() -> None:
    release = threading.Event()

    def answer(event: Any) -> Iterator[tuple[int, Dataset | None]]:
        yield 0xFF00, study()
        while not event.is_cancelled:
            release.wait(0.01)
        yield 0xFE00, None

    with scp(answer) as port:
        result = ask(port, patience=Patience(0.3, 30))
    assert len(result.studies) == 1
    assert (result.is_whole, result.remarks) == (False, ("pacs took too long.",))


def test_keys_that_were_not_used_and_answers_that_cannot_be_read_are_remarked() -> None:
    nothing = Dataset()
    nothing.PatientName = "Nobody"
    bad = study(2)
    bad.StudyInstanceUID = "../1"
    responses = [(0xFF01, study()), (0xFF00, nothing), (0xFF00, bad), (0x0000, None)]
    with scp(saying(*responses)) as port:
        result = ask(port)
    assert [each.study_uid for each in result.studies] == ["1.2.1"]
    assert result.is_whole
    assert result.remarks == (
        "pacs did not use every key: look at the answers.",
        "An answer that cannot be read was left out.",
    )


@pytest.mark.parametrize(
    ("characters", "name"),
    [
        ("ISO_IR 100", "Müller^Änne"),
        ("ISO_IR 126", "Παπαδοπουλος"),
        ("ISO_IR 192", "Ångström^Ж"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎"),
        ("GB18030", "Wang^XiaoDong=王^小东"),
    ],
)
def test_an_answer_in_any_character_set(characters: str | list[str], name: str) -> None:
    answer = study(SpecificCharacterSet=characters, PatientName=name)
    with scp(saying((0xFF00, answer), (0x0000, None))) as port:
        assert names(ask(port)) == {name}


def test_no_patient_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("", "pynetdicom", "pydicom", "dicom_node"):
        caplog.set_level(logging.DEBUG, logger=name)
    answer = study(PatientName="NOBODYSNAME^X", PatientID="NOBODYSID")
    refusal = Dataset()
    refusal.Status = 0xC001
    refusal.ErrorComment = "about NOBODYSNAME"
    with scp(saying((0xFF00, answer), (0x0000, None))) as port:
        assert names(ask(port, Query(patient_name="NOBODYSNAME*")))

    def refusing(_: Any) -> Iterator[tuple[Dataset, None]]:
        yield refusal, None

    with scp(refusing) as port, pytest.raises(PeerRefusedError) as caught:
        ask(port, Query(patient_name="NOBODYSNAME*"))
    assert "Sending Find Request" in caplog.text
    assert "NOBODYS" not in caplog.text + str(caught.value)


@pytest.mark.filterwarnings("ignore:Unknown encoding")
def test_an_answer_in_an_unknown_character_set_is_shown_as_it_can_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = b"\x10\x00\x10\x00\x06\x00\x00\x00M\xfcller"  # implicit VR, Latin-1
    uid = b"\x20\x00\x0d\x00\x06\x00\x00\x001.2.7\0"
    characters = b"\x08\x00\x05\x00\x0a\x00\x00\x00ISO_IR 999"
    monkeypatch.setattr("pynetdicom.service_class.encode", lambda *_: characters + name + uid)
    implicit = (ImplicitVRLittleEndian,)
    with scp(saying((0xFF00, study()), (0x0000, None)), transfer_syntaxes=implicit) as port:
        assert names(ask(port)) == {"Müller"}


@pytest.mark.parametrize(
    "garbage",
    [
        b"NOBODYSNAME",
        b"\x10\x00\x10\x00PN\xff\x7fNOBODYSNAME",
        b"\x10\x00\x10\x00NOBODYSNAME^AND^MORE",
    ],
)
def test_an_answer_that_is_no_data_set_costs_itself_only(
    garbage: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("", "pynetdicom", "pydicom", "dicom_node"):
        caplog.set_level(logging.DEBUG, logger=name)
    monkeypatch.setattr("pynetdicom.service_class.encode", lambda *_: garbage)
    with scp(saying((0xFF00, study()), (0x0000, None))) as port:
        result = ask(port)
    assert result.is_whole
    assert len(result.studies) + len(result.remarks) == 1
    assert "NOBODYS" not in caplog.text
