"""A retrieval from its beginning to its end: which series are asked for, and what is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom.uid import SecondaryCaptureImageStorage, generate_uid
from pynetdicom import evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelMove,
)

from dicom_node.query_retrieve.retrieval import Retrieval, RetrievalState, ask, perform, verdict_on
from dicom_node.scu.association import ScuIdentity
from dicom_node.scu.cancellation import Cancellation
from dicom_node.scu.move import MoveOutcome, MoveRequest, Progress
from storage.records import Actor, Peer
from tests.dcmtk import LOOPBACK
from tests.integration.network.answering_scp import answering_scp
from tests.integration.network.conftest import Door, MakeCt
from tests.integration.network.dcmqrscp import dcmqrscp
from tests.orthanc import Orthanc

STUDY = "1.2.840.3"
IDENTITY = ScuIdentity("CSPINE")


def fetched(
    door: Door,
    peer: Peer,
    *series_uids: str,
    study_uid: str = STUDY,
    cancellation: Cancellation | None = None,
) -> Retrieval:
    request = MoveRequest(study_uid, series_uids)
    asked = ask(door.database, peer, request, by=Actor("ann", "here"), now=door.database.now())
    return perform(
        asked,
        peer,
        IDENTITY,
        on_progress=lambda _: None,
        cancellation=cancellation or Cancellation(),
    )


@pytest.fixture
def mixed(make_ct: MakeCt) -> list[Path]:
    """A study of two CT series, and captures, which are no CT."""

    def write(name: str, **changes: Any) -> Path:
        uids = {"StudyInstanceUID": STUDY, "SOPInstanceUID": generate_uid(None)}
        return make_ct(f"{name}.dcm", **uids, **changes)

    captures = {"SOPClassUID": SecondaryCaptureImageStorage, "Modality": "OT"}
    return [
        write("a", SeriesInstanceUID=f"{STUDY}.1"),
        write("b", SeriesInstanceUID=f"{STUDY}.2"),
        write("c", SeriesInstanceUID=f"{STUDY}.3", **captures),
        write("d", SeriesInstanceUID=f"{STUDY}.3", **captures),
    ]


@pytest.fixture(params=["orthanc", "dcmqrscp"])
def pacs(
    request: pytest.FixtureRequest, door: Door, tmp_path: Path, mixed: list[Path]
) -> Iterator[Peer]:
    """A PACS that has the study, and is a peer that may send."""
    if request.param == "dcmqrscp":
        with dcmqrscp(tmp_path / "qr", {"CSPINE": door.port}, mixed) as port:
            yield door.add_peer("pacs", aet="QRSCP", port=port)
        return
    modalities = {"us": ["CSPINE", LOOPBACK, door.port]}
    with Orthanc(tmp_path / "orthanc", DicomModalities=modalities) as orthanc:
        for path in mixed:
            orthanc.upload(path)
        yield door.add_peer("pacs", aet=orthanc.aet, port=orthanc.dicom_port)


def test_of_a_study_the_ct_series_come(door: Door, pacs: Peer) -> None:
    done = fetched(door, pacs)
    assert (done.state, done.text) == (RetrievalState.DONE, "2 images came.")
    assert {each.series_uid for each in door.series()} == {f"{STUDY}.1", f"{STUDY}.2"}


def test_what_is_no_ct_fails_where_it_is_asked_for(door: Door, pacs: Peer) -> None:
    done = fetched(door, pacs, f"{STUDY}.3")
    assert done.state is RetrievalState.FAILED
    assert door.series() == ()


def test_a_study_that_is_not_there_fails_and_does_not_seem_fetched(door: Door, pacs: Peer) -> None:
    done = fetched(door, pacs, study_uid="1.2.3")
    assert done.state is RetrievalState.FAILED
    assert "study" in done.text


def test_a_study_without_ct_is_not_asked_for(door: Door, tmp_path: Path, mixed: list[Path]) -> None:
    with dcmqrscp(tmp_path / "qr", {"CSPINE": door.port}, mixed[2:]) as port:
        done = fetched(door, door.add_peer("pacs", aet="QRSCP", port=port))
    assert (done.state, done.text) == (
        RetrievalState.FAILED,
        "The study has no CT series there.",
    )


def test_a_peer_that_answers_no_query_is_asked_for_the_whole_study(door: Door) -> None:
    levels: list[str] = []

    def refuse(_: Any) -> Iterator[tuple[int, None]]:
        yield 0xC001, None

    def answer(event: Any) -> Iterator[Any]:
        levels.append(str(event.identifier.QueryRetrieveLevel))
        yield None, None

    with answering_scp(
        abstract_syntaxes=(
            StudyRootQueryRetrieveInformationModelFind,
            StudyRootQueryRetrieveInformationModelMove,
        ),
        more_handlers=[(evt.EVT_C_FIND, refuse), (evt.EVT_C_MOVE, answer)],
    ) as port:
        done = fetched(door, door.add_peer("pacs", aet="PACS", port=port))
    assert levels == ["STUDY"]
    assert done.state is RetrievalState.FAILED
    assert "does not know our AE title as a destination" in done.text


@pytest.mark.parametrize(
    ("outcome", "state", "words"),
    [
        (MoveOutcome(Progress(0, 1, 0, 0)), RetrievalState.DONE, "1 image came."),
        (MoveOutcome(Progress(0, 2, 0, 1)), RetrievalState.DONE, "3 images came."),
        (MoveOutcome(Progress(0, 2, 1, 0), warning="w"), RetrievalState.INCOMPLETE, "2 of 3 im"),
        (MoveOutcome(Progress(0, 0, 3, 0), warning="w"), RetrievalState.FAILED, "0 of 3 images"),
        (MoveOutcome(Progress(0, 2, 0, 0), warning="w"), RetrievalState.INCOMPLETE, "warns: w."),
        (MoveOutcome(Progress(0, 0, 0, 0)), RetrievalState.FAILED, "nothing to send"),
        (MoveOutcome(Progress(0)), RetrievalState.DONE, "without numbers"),
        (MoveOutcome(Progress(3, 2), is_cancelled=True), RetrievalState.CANCELLED, "2 images"),
    ],
)
def test_how_a_move_ended_in_words(outcome: MoveOutcome, state: RetrievalState, words: str) -> None:
    found, text = verdict_on(outcome)
    assert (found, words in text) == (state, True), text


def test_a_cancel_also_ends_the_question_which_series_there_are(door: Door) -> None:
    cancellation = Cancellation()
    heard: list[bool] = []

    def answer(event: Any) -> Iterator[tuple[int, None]]:
        cancellation.request()
        while not (cancelled := event.is_cancelled) and event.assoc.is_established:
            pass
        heard.append(cancelled)
        yield 0xFE00, None

    with answering_scp(
        abstract_syntaxes=(StudyRootQueryRetrieveInformationModelFind,),
        more_handlers=[(evt.EVT_C_FIND, answer)],
    ) as port:
        done = fetched(
            door, door.add_peer("pacs", aet="PACS", port=port), cancellation=cancellation
        )
    assert heard == [True]
    assert (done.state, done.text) == (
        RetrievalState.CANCELLED,
        "It was cancelled; 0 images came before.",
    )
