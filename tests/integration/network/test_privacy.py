"""No patient's name in the log, at any level, on any way that an instance can take."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import generate_uid

from tests.dcmtk import data_set_bytes, storescu
from tests.integration.network.conftest import Door, MakeCt, OpenDoor
from tests.integration.network.raw_scu import associated, exchange, store_request
from tests.support import wait_until

NAME = "NOBODYSNAME"
ID = "NOBODYSID"
BIRTH_DATE = "19110911"


@pytest.fixture
def everything(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The log with every logger at its most talkative, and warnings in it."""
    for name in ("", "pynetdicom", "pydicom", "dicom_node", "storage"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


@pytest.fixture
def patient(make_ct: MakeCt) -> Path:
    return make_ct(
        PatientName=f"{NAME}^VERY^LONG" + "X" * 60,  # breaks its VR's rules: pydicom would warn
        PatientID=ID,
        PatientBirthDate=BIRTH_DATE,
        PatientComments=f"about {NAME}",
    )


def _as_it_is(door: Door, path: Path) -> None:
    assert storescu(door.port, path).ok


def _twice(door: Door, path: Path) -> None:
    assert storescu(door.port, path, path).ok


def _with_other_content(door: Door, path: Path) -> None:
    assert storescu(door.port, path).ok
    instance = dcmread(path)
    instance.PatientComments = f"{NAME} again"
    instance.save_as(path)
    assert storescu(door.port, path).ok


def _under_another_uid(door: Door, path: Path) -> None:
    assert _status(door, generate_uid(None), data_set_bytes(path)) == 0xC001


def _under_a_name(door: Door, path: Path) -> None:
    assert _status(door, f"../{NAME}", data_set_bytes(path)) == 0x0117


def _cut_off(door: Door, path: Path) -> None:
    data = data_set_bytes(path)
    end = data.index(NAME.encode()) + len(NAME)
    assert _status(door, dcmread(path).SOPInstanceUID, data[:end]) == 0xC000


def _name_as_series_uid(door: Door, path: Path) -> None:
    instance = dcmread(path)
    instance.SeriesInstanceUID = NAME
    instance.save_as(path)
    assert _status(door, instance.SOPInstanceUID, data_set_bytes(path)) == 0xC003


def _from_a_stranger(door: Door, path: Path) -> None:
    assert not storescu(door.port, path, calling_aet="NOBODY").ok


def _while_the_database_is_gone(door: Door, path: Path) -> None:
    with associated(door.port) as assoc:
        door.database.close()
        request = store_request(dcmread(path).SOPInstanceUID, data_set_bytes(path))
        assert exchange(assoc, request).Status == 0xA700


def _status(door: Door, uid: str, data: bytes) -> int:
    with associated(door.port) as assoc:
        return int(exchange(assoc, store_request(uid, data)).Status)


WAYS: list[Callable[[Door, Path], None]] = [
    _as_it_is,
    _twice,
    _with_other_content,
    _under_another_uid,
    _under_a_name,
    _cut_off,
    _name_as_series_uid,
    _from_a_stranger,
    _while_the_database_is_gone,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.strip("_"))
def test_the_log_knows_no_patient(
    door: Door, patient: Path, everything: pytest.LogCaptureFixture, way: Callable[..., None]
) -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        way(door, patient)
        door.listener.stop(grace_s=30)

    # pynetdicom's SCU of these tests logs the status of what it sent; the peer's lines count too.
    said = everything.text + "".join(str(each.message) for each in warned)
    assert "association" in said
    for secret in (NAME, ID, BIRTH_DATE):
        assert secret not in said


def test_nor_does_a_full_disk_tell(
    open_door: OpenDoor, patient: Path, everything: pytest.LogCaptureFixture
) -> None:
    door = open_door(reserve_bytes=1 << 60)
    door.add_peer()

    assert not storescu(door.port, patient).ok

    wait_until(lambda: "0xA700" in everything.text)
    assert NAME not in everything.text
