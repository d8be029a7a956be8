"""What every status of C-FIND and C-MOVE means."""

from __future__ import annotations

import pytest
from pynetdicom.status import QR_FIND_SERVICE_CLASS_STATUS, QR_MOVE_SERVICE_CLASS_STATUS

from dicom_node.errors import PeerRefusedError, PeerUnreachableError
from dicom_node.scu.query_statuses import (
    FIND_STATUSES,
    MOVE_STATUSES,
    Meaning,
    StatusTable,
    peer_error,
    status_in,
)
from storage.records import Peer

PACS = Peer("pacs", "PACS", "pacs.example.org", 104)
MEANINGS_OF_THEIRS = {
    "Success": {Meaning.DONE},
    "Warning": {Meaning.DONE_IN_PART},
    "Cancel": {Meaning.CANCELLED},
    "Pending": {Meaning.PENDING},
    "Failure": {Meaning.RETRY, Meaning.REFUSED},
}


@pytest.mark.parametrize("table", [FIND_STATUSES, MOVE_STATUSES])
def test_every_number_is_a_status_and_only_zero_is_plain_success(table: StatusTable) -> None:
    meanings = {status: status_in(table, status).meaning for status in range(0x10000)}
    assert set(meanings.values()) == set(Meaning)
    assert [status for status, meaning in meanings.items() if meaning is Meaning.DONE] == [0]


@pytest.mark.parametrize(
    ("table", "theirs"),
    [
        (FIND_STATUSES, QR_FIND_SERVICE_CLASS_STATUS),
        (MOVE_STATUSES, QR_MOVE_SERVICE_CLASS_STATUS),
    ],
)
def test_as_pynetdicom_reads_the_standard(
    table: StatusTable, theirs: dict[int, tuple[str, str]]
) -> None:
    for status, (kind, _) in theirs.items():
        assert status_in(table, status).meaning in MEANINGS_OF_THEIRS[kind], f"0x{status:04X}"


@pytest.mark.parametrize("status", [0x7777, 0xFE01, 0xFFFF, 0xFF02, 0x0002])
@pytest.mark.parametrize("table", [FIND_STATUSES, MOVE_STATUSES])
def test_what_the_standard_does_not_have_is_no_success(table: StatusTable, status: int) -> None:
    assert status_in(table, status).meaning is Meaning.RETRY


@pytest.mark.parametrize(
    ("status", "kind"), [(0xA801, PeerUnreachableError), (0xA900, PeerRefusedError)]
)
def test_an_error_names_peer_and_status(status: int, kind: type[Exception]) -> None:
    error = peer_error(PACS, status_in(MOVE_STATUSES, status), status)
    assert type(error) is kind
    assert str(error).startswith("pacs answered: ")
    assert str(error).endswith(f"(0x{status:04X})")
