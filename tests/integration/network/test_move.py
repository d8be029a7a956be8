"""C-MOVE: a PACS sends to our own listener; what goes wrong is told in words."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pynetdicom import evt
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    CTImageStorage,
    StudyRootQueryRetrieveInformationModelMove,
    Verification,
)

from dicom_node.errors import PeerFailedError, PeerRefusedError, PeerUnreachableError
from dicom_node.scu.association import ScuIdentity, ScuTimeouts
from dicom_node.scu.cancellation import Cancellation
from dicom_node.scu.move import MoveOutcome, MoveRequest, Progress, move
from storage.records import Peer
from tests.dcmtk import LOOPBACK
from tests.integration.network.answering_scp import (
    answering_scp,
    peer_at,
    rejecting,
)
from tests.integration.network.conftest import Door, MakeCt
from tests.integration.network.dcmqrscp import dcmqrscp
from tests.orthanc import Orthanc

STUDY = "1.2.840.1"
SLICES = 3
WHOLE = MoveRequest(STUDY)


@dataclass
class Asked:
    """One move of a test, and what it told on its way."""

    cancellation: Cancellation = field(default_factory=Cancellation)
    told: list[Progress] = field(default_factory=list)
    timeouts: ScuTimeouts = field(default_factory=ScuTimeouts)
    cancel_grace_s: float = 30

    def move(
        self, peer: Peer, request: MoveRequest = WHOLE, our_aet: str = "CSPINE"
    ) -> MoveOutcome:
        return move(
            peer,
            request,
            ScuIdentity(our_aet, self.timeouts),
            on_progress=self.told.append,
            cancellation=self.cancellation,
            cancel_grace_s=self.cancel_grace_s,
        )


@pytest.fixture
def files(make_ct: MakeCt) -> list[Path]:
    """One study of two series."""
    return [
        make_ct(
            f"{series}-{number}.dcm",
            StudyInstanceUID=STUDY,
            SeriesInstanceUID=f"{STUDY}.{series}",
            SOPInstanceUID=generate_uid(None),
        )
        for series in (1, 2)
        for number in range(SLICES)
    ]


@pytest.fixture
def pacs(tmp_path: Path, door: Door, files: list[Path]) -> Iterator[Orthanc]:
    """Orthanc that has the study, and knows the listening node."""
    modalities = {"us": ["CSPINE", LOOPBACK, door.port], "other": ["OTHER", LOOPBACK, 1]}
    with Orthanc(tmp_path / "orthanc", DicomModalities=modalities) as orthanc:
        for path in files:
            orthanc.upload(path)
        yield orthanc


def at(orthanc: Orthanc) -> Peer:
    return peer_at(orthanc.dicom_port, aet=orthanc.aet)


def test_a_whole_study_comes_from_orthanc(door: Door, pacs: Orthanc, files: list[Path]) -> None:
    door.add_peer("pacs", aet=pacs.aet)
    asked = Asked()
    outcome = asked.move(at(pacs))
    assert outcome == MoveOutcome(Progress(0, 2 * SLICES, 0, 0))
    assert [each.completed for each in asked.told] == sorted(
        each.completed or 0 for each in asked.told
    )
    assert len(asked.told) > 2
    came = {each.sop_instance_uid for each in door.instances()}
    assert came == {str(dcmread(path).SOPInstanceUID) for path in files}


def test_only_the_series_that_was_asked_for_comes(door: Door, pacs: Orthanc) -> None:
    door.add_peer("pacs", aet=pacs.aet)
    outcome = Asked().move(at(pacs), MoveRequest(STUDY, (f"{STUDY}.2",)))
    assert outcome.progress.completed == SLICES
    assert [each.series_uid for each in door.series()] == [f"{STUDY}.2"]


def test_dcmqrscp_sends_too(door: Door, tmp_path: Path, files: list[Path]) -> None:
    door.add_peer("pacs", aet="QRSCP")
    with dcmqrscp(tmp_path / "qr", {"CSPINE": door.port}, files) as port:
        outcome = Asked().move(peer_at(port, aet="QRSCP"))
    assert (outcome.progress.completed, outcome.progress.failed) == (2 * SLICES, 0)
    assert len(door.instances()) == 2 * SLICES


def test_a_peer_that_our_listener_refuses_sends_nothing(door: Door, pacs: Orthanc) -> None:
    with pytest.raises(PeerRefusedError, match=r"or not reach this node \(0xC000\)"):
        Asked().move(at(pacs))
    assert door.instances() == []


def test_a_study_that_is_not_there(
    door: Door, tmp_path: Path, pacs: Orthanc, files: list[Path]
) -> None:
    missing = MoveRequest("1.2.3")
    with pytest.raises(PeerRefusedError, match="it may not have the study"):
        Asked().move(at(pacs), missing)
    with dcmqrscp(tmp_path / "qr", {"CSPINE": door.port}, files) as port:
        outcome = Asked().move(peer_at(port, aet="QRSCP"), missing)
    assert (outcome.progress.completed or 0, outcome.warning) == (0, None)


def test_dcmqrscp_does_not_know_us(door: Door, tmp_path: Path, files: list[Path]) -> None:
    with (
        dcmqrscp(tmp_path / "qr", {"ELSEWHERE": door.port}, files) as port,
        pytest.raises(PeerUnreachableError, match=r"does not know our AE title as a destination"),
    ):
        Asked().move(peer_at(port, aet="QRSCP"))


Answer = Callable[[Any], Iterator[Any]]


def scp(answer: Answer, **more: Any) -> AbstractContextManager[int]:
    return answering_scp(
        abstract_syntaxes=(StudyRootQueryRetrieveInformationModelMove,),
        more_handlers=[(evt.EVT_C_MOVE, answer)],
        **more,
    )


def destination(door: Door) -> tuple[str, int, dict[str, Any]]:
    """As pynetdicom wants to know it."""
    return LOOPBACK, door.port, {"contexts": [build_context(CTImageStorage)], "ae_title": "CSPINE"}


def test_an_unknown_destination() -> None:
    def answer(_: Any) -> Iterator[Any]:
        yield None, None  # pynetdicom's way to say 0xA801

    with scp(answer) as port, pytest.raises(PeerUnreachableError) as caught:
        Asked().move(peer_at(port))
    assert "enter it there with our host and port (0xA801)" in str(caught.value)


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (0xA701, PeerUnreachableError, "cannot count what matches (0xA701)"),
        (0xA702, PeerUnreachableError, "could not send the images"),
        (0xA900, PeerRefusedError, "does not understand the request (0xA900)"),
        (0xC002, PeerRefusedError, "it may not have the study, or not reach this node (0xC002)"),
        (0x0122, PeerRefusedError, "does not offer this service (0x0122)"),
    ],
)
def test_a_failure_is_told_in_words(
    door: Door, status: int, kind: type[PeerFailedError], words: str
) -> None:
    door.add_peer("pacs", aet="PACS")

    def answer(_: Any) -> Iterator[Any]:
        yield destination(door)
        yield 1
        yield status, None

    with scp(answer) as port, pytest.raises(kind) as caught:
        Asked().move(peer_at(port))
    assert words in str(caught.value)


def test_some_fail_and_some_come(door: Door, files: list[Path]) -> None:
    door.add_peer("pacs", aet="PACS")
    stranger = dcmread(files[1])
    stranger.Manufacturer = stranger.ManufacturerModelName = "cspine-node"  # never taken

    def answer(_: Any) -> Iterator[Any]:
        yield destination(door)
        yield 2
        yield 0xFF00, dcmread(files[0])
        yield 0xFF00, stranger

    with scp(answer) as port:
        outcome = Asked().move(peer_at(port))
    assert (outcome.progress.completed, outcome.progress.failed) == (1, 1)
    assert outcome.warning == "some images were not sent (0xB000)"
    assert len(door.instances()) == 1


def test_a_peer_that_rejects_or_cannot_move_is_named() -> None:
    with (
        answering_scp(on_requested=rejecting(1, 1, 7)) as port,
        pytest.raises(PeerUnreachableError, match="its own AE title is not PACS"),
    ):
        Asked().move(peer_at(port))
    with (
        answering_scp(abstract_syntaxes=(Verification,)) as port,
        pytest.raises(PeerRefusedError, match=r"Study Root Query/Retrieve.*MOVE"),
    ):
        Asked().move(peer_at(port))


@dataclass
class Slow:
    """A peer that sends one image, and waits for the end of the test or a cancel."""

    door: Door
    image: Dataset
    hears_cancel: bool = True
    began: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)

    def answer(self, event: Any) -> Iterator[Any]:
        yield destination(self.door)
        yield 3
        yield 0xFF00, self.image
        self.began.set()
        while not (self.hears_cancel and event.is_cancelled) and not self.release.wait(0.01):
            pass
        yield 0xFE00, None


@pytest.fixture
def slow(door: Door, files: list[Path]) -> Iterator[Slow]:
    door.add_peer("pacs", aet="PACS")
    found = Slow(door, dcmread(files[0]))
    yield found
    found.release.set()


def cancelled_once_begun(slow: Slow, asked: Asked, peer: Peer) -> MoveOutcome:
    def cancel() -> None:
        slow.began.wait(30)
        asked.cancellation.request()

    thread = threading.Thread(target=cancel)
    thread.start()
    try:
        return asked.move(peer)
    finally:
        thread.join(30)


def test_a_cancel_ends_it_and_what_came_stays(slow: Slow, door: Door) -> None:
    with scp(slow.answer) as port:
        outcome = cancelled_once_begun(slow, Asked(), peer_at(port))
    assert outcome.is_cancelled
    assert outcome.progress.completed == 1
    assert len(door.instances()) == 1


def test_a_peer_that_does_not_hear_the_cancel_is_left(slow: Slow, door: Door) -> None:
    slow.hears_cancel = False
    with scp(slow.answer) as port:
        outcome = cancelled_once_begun(slow, Asked(cancel_grace_s=0.1), peer_at(port))
        slow.release.set()
    assert (outcome.is_cancelled, outcome.progress.completed) == (True, 1)


def test_a_cancel_before_the_request_sends_none() -> None:
    asked = Asked()
    asked.cancellation.request()

    def answer(_: Any) -> Iterator[Any]:
        raise AssertionError("it was asked")

    with scp(answer) as port:
        assert asked.move(peer_at(port)) == MoveOutcome(Progress(), is_cancelled=True)


def test_a_peer_that_stops_talking_is_given_up(slow: Slow) -> None:
    slow.hears_cancel = False
    with scp(slow.answer) as port:
        with pytest.raises(PeerUnreachableError, match="then there was no more response"):
            Asked(timeouts=ScuTimeouts(move_s=0.5)).move(peer_at(port))
        slow.release.set()
