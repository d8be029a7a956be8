"""What the SCU makes of every status and every rejection."""

from __future__ import annotations

import pytest
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGLosslessSV1
from pynetdicom.status import STORAGE_SERVICE_CLASS_STATUS

from dicom_node.scu.association import REJECTIONS
from dicom_node.scu.store import CONTEXTS_MAX, Category, ObjectKind, contexts_for, status_meaning

CT = "1.2.840.10008.5.1.4.1.1.2"


def test_every_number_is_a_status() -> None:
    categories = {status_meaning(status).category for status in range(0x10000)}

    assert categories == set(Category)


def test_only_zero_is_plain_success() -> None:
    stored = [
        status for status in range(0x10000) if status_meaning(status).category is Category.STORED
    ]

    assert stored == [0x0000]


def test_a_failure_never_counts_as_stored() -> None:
    """pynetdicom's table is from the same standard; 0x0111 is our own decision."""
    stored = {Category.STORED, Category.STORED_WITH_WARNING}
    for status, (theirs, _) in STORAGE_SERVICE_CLASS_STATUS.items():
        expected = theirs in {"Success", "Warning"} or status == 0x0111
        assert (status_meaning(status).category in stored) == expected, f"0x{status:04X}"


@pytest.mark.parametrize("status", [0x0120, 0x0131, 0x01FF, 0xFE00, 0xFFFF, 0x7777, 0x0002])
def test_what_says_nothing_is_tried_again(status: int) -> None:
    assert status_meaning(status).category is Category.RETRY


def test_every_reason_of_the_standard_has_a_meaning() -> None:
    """PS3.8 Table 9-21, without the reserved values."""
    assert set(REJECTIONS) == {
        (1, 1), (1, 2), (1, 3), (1, 7), (2, 1), (2, 2), (3, 1), (3, 2),
    }  # fmt: skip


def proposed(*transfer_syntaxes: str) -> list[list[str]]:
    contexts = contexts_for(ObjectKind(CT, each) for each in transfer_syntaxes)
    return [list(map(str, each.transfer_syntax)) for each in contexts]


def test_contexts() -> None:
    explicit, implicit = str(ExplicitVRLittleEndian), str(ImplicitVRLittleEndian)
    assert proposed(explicit) == [[explicit], [implicit]]
    assert proposed(implicit) == [[implicit], [explicit]]
    assert proposed(JPEGLosslessSV1) == [[str(JPEGLosslessSV1)]]
    assert proposed(explicit, JPEGLosslessSV1, explicit) == [
        [explicit], [implicit], [str(JPEGLosslessSV1)],
    ]  # fmt: skip


def test_an_association_has_only_so_many_contexts() -> None:
    kinds = [ObjectKind(f"1.2.{number}", str(ExplicitVRLittleEndian)) for number in range(100)]
    contexts = contexts_for(kinds)
    assert len(contexts) == CONTEXTS_MAX
    assert str(contexts[0].abstract_syntax) == "1.2.0"
