"""``cspine-node pacs`` as a user types it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from pynetdicom import evt
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    CTImageStorage,
    StudyRootQueryRetrieveInformationModelMove,
)

from storage import audit
from tests.dcmtk import LOOPBACK
from tests.integration.network.answering_scp import answering_scp
from tests.integration.network.conftest import Door, MakeCt
from tests.integration.network.dcmqrscp import AET, dcmqrscp
from tests.support import wait_until

STUDY = "1.2.840.9"
Run: TypeAlias = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(door: Door, tmp_path: Path) -> Run:
    config = tmp_path / "cspine-node.toml"
    config.write_text(f'[storage]\ndata_dir = "{door.data_dir.root}"\n')

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "dicom_node", "pacs", *arguments, "--config", str(config)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    return start


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@pytest.fixture
def pacs(door: Door, tmp_path: Path, make_ct: MakeCt) -> Iterator[int]:
    """dcmqrscp with one study, a peer of the node."""
    path = make_ct(
        StudyInstanceUID=STUDY,
        SeriesInstanceUID=f"{STUDY}.1",
        PatientID="P9",
        PatientName="Doe[/]^Jane",  # no markup
        StudyDate="20260115",
    )
    with dcmqrscp(tmp_path / "qr", {"CSPINE": door.port}, [path]) as port:
        door.add_peer("pacs", aet=AET, port=port)
        yield port


@pytest.mark.usefixtures("pacs")
def test_a_study_is_found_and_fetched(door: Door, start: Run) -> None:
    status, out, err = ended(
        start("find", "pacs", "--patient-id", "P9", "--date", "20260101-20260131")
    )
    assert (status, err) == (0, "")
    assert "2026-01-15  Doe[/]^Jane  P9" in out
    _, out, _ = ended(start("find", "pacs", "--study", STUDY, "--json"))
    assert [each["series_uid"] for each in json.loads(out)["series"]] == [f"{STUDY}.1"]
    status, out, err = ended(start("retrieve", "pacs", STUDY, "--series", f"{STUDY}.1"))
    assert (status, out, err) == (0, "1 image came.\n", "")
    assert [each.series_uid for each in door.series()] == [f"{STUDY}.1"]
    entries = audit.entries(door.database)
    assert [each.action for each in entries] == 2 * ["pacs.searched"] + [
        "retrieval.asked",
        "retrieval.ended",
    ]
    assert {each.address for each in entries} == {"command line"}


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("find", "sender"), 1, "give a patient's ID or name"),
        (("find", "sender", "--date", "20261301"), 2, "YYYYMMDD"),
    ],
)
def test_wrong_usage_is_told(
    start: Run, arguments: tuple[str, ...], status: int, words: str
) -> None:
    code, _, err = ended(start(*arguments))
    assert (code, words in err) == (status, True), err


def test_an_interrupt_tells_the_pacs_to_stop(door: Door, start: Run) -> None:
    asked: list[bool] = []

    def answer(event: Any) -> Iterator[Any]:
        contexts = [build_context(CTImageStorage)]
        yield LOOPBACK, door.port, {"contexts": contexts, "ae_title": "CSPINE"}
        yield 5
        asked.append(False)
        while not (heard := event.is_cancelled) and event.assoc.is_established:
            pass
        asked.append(heard)
        yield 0xFE00, None

    with answering_scp(
        abstract_syntaxes=(StudyRootQueryRetrieveInformationModelMove,),
        more_handlers=[(evt.EVT_C_MOVE, answer)],
    ) as port:
        door.add_peer("slow", aet="PACS", port=port)
        process = start("retrieve", "slow", STUDY)
        wait_until(lambda: asked == [False], what="the peer was asked")
        process.send_signal(signal.SIGINT)
        status, _, err = ended(process)
    assert (status, asked) == (1, [False, True]), err
    assert "cancelled: It was cancelled; 0 images came before." in err
