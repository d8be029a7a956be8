"""Which status answers which request."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import ExplicitVRLittleEndian

from dicom_node.scp import answers
from dicom_node.scp.answers import ANSWER_OF_ERROR, Answer
from dicom_node.scp.header import Header
from dicom_node.scp.store import StoreRequest, examine
from dicom_node.wire import prepare_libraries
from storage.errors import StorageError
from tests.dcmtk import data_set_bytes

prepare_libraries()
PATH = Path(str(get_testdata_file("CT_small.dcm")))
CT = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"


@pytest.fixture
def request_() -> StoreRequest:
    return StoreRequest(
        sop_class_uid=CT,
        sop_instance_uid=dcmread(PATH).SOPInstanceUID,
        context_class_uid=CT,
        transfer_syntax_uid=ExplicitVRLittleEndian,
        calling_aet="PACS",
        called_aet="CSPINE",
        host="127.0.0.1",
        data_set=data_set_bytes(PATH),
    )


def test_a_good_request(request_: StoreRequest) -> None:
    header = examine(request_)

    assert isinstance(header, Header)
    assert header.sop_instance_uid == request_.sop_instance_uid


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"sop_instance_uid": "../1"}, answers.INVALID_INSTANCE_UID),
        ({"sop_instance_uid": ""}, answers.INVALID_INSTANCE_UID),
        ({"sop_instance_uid": "1.2.٣"}, answers.INVALID_INSTANCE_UID),
        ({"sop_instance_uid": "1" * 65}, answers.INVALID_INSTANCE_UID),
        ({"sop_class_uid": ENHANCED_CT}, answers.OTHER_CLASS_THAN_CONTEXT),
        ({"data_set": b"nothing"}, answers.NO_DATA_SET),
        (
            {"sop_class_uid": ENHANCED_CT, "context_class_uid": ENHANCED_CT},
            answers.OTHER_CLASS_THAN_DATA_SET,
        ),
        ({"sop_instance_uid": "1.2.3"}, answers.OTHER_INSTANCE),
        # What is wrong first is answered first.
        ({"sop_instance_uid": "../1", "sop_class_uid": ENHANCED_CT}, answers.INVALID_INSTANCE_UID),
        ({"sop_class_uid": ENHANCED_CT, "data_set": b"x"}, answers.OTHER_CLASS_THAN_CONTEXT),
    ],
)
def test_a_bad_request(request_: StoreRequest, changes: dict[str, str], answer: Answer) -> None:
    assert examine(replace(request_, **changes)) == answer  # type: ignore[arg-type]


ANSWERS = [
    *(value for value in vars(answers).values() if isinstance(value, Answer)),
    *ANSWER_OF_ERROR.values(),
]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: f"{answer.status:04X}")
def test_every_answer_can_be_sent(answer: Answer) -> None:
    """ErrorComment is LO: 64 characters."""
    assert len(answer.comment) <= 64
    assert answer.response().Status == answer.status


def test_there_are_answers_to_test() -> None:
    assert len(ANSWERS) > 10


@pytest.mark.parametrize("kind", [StorageError, *StorageError.__subclasses__()])
def test_every_storage_error_has_an_answer(kind: type[StorageError]) -> None:
    error = kind("x")

    answer = answers.answer_of(error)

    assert answer.status != 0x0000
