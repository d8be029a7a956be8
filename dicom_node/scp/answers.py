"""What a C-STORE is answered with (PS3.4 B.2, PS3.7 9.1.1 and annex C): a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydicom.dataset import Dataset

from dicom_node.scp import header as tags
from storage.errors import DatabaseUnavailableError, DiskFullError, InvalidUidError, StorageError


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, ErrorComment (PS3.7 C: at most 64 characters) and OffendingElement of a response.

    ``reason`` is the one word by which refusals are counted.
    """

    status: int
    comment: str = ""
    offending_element: int | None = None
    reason: str = ""

    def response(self) -> Dataset:
        """As pynetdicom takes it from a handler."""
        answer = Dataset()
        answer.Status = self.status
        if self.comment:
            answer.ErrorComment = self.comment
        if self.offending_element is not None:
            answer.OffendingElement = [self.offending_element]
        return answer


SUCCESS: Final = Answer(0x0000)

# PS3.7 C: what is wrong with the request itself.
INVALID_INSTANCE_UID: Final = Answer(
    0x0117, "the SOP Instance UID is not a UID", reason="invalid_uid"
)
OTHER_CLASS_THAN_CONTEXT: Final = Answer(
    0x0122, "SOP class is not that of the context", reason="other_class"
)
# PS3.4 Table B.2-1: A9xx is for the SOP class only; whatever else a data set lacks is Cxxx,
# "cannot understand". The last digits are ours, so that a sender's log tells them apart.
OTHER_CLASS_THAN_DATA_SET: Final = Answer(
    0xA900, "data set has another SOP class", tags.SOP_CLASS_UID, reason="other_class"
)
NO_DATA_SET: Final = Answer(0xC000, "the data set cannot be parsed", reason="unparsable")
OTHER_INSTANCE: Final = Answer(
    0xC001, "data set has another SOP Instance UID", tags.SOP_INSTANCE_UID, reason="other_instance"
)
NO_STUDY_UID: Final = Answer(
    0xC002,
    "no valid Study Instance UID in data set",
    tags.STUDY_INSTANCE_UID,
    reason="no_study_uid",
)
NO_SERIES_UID: Final = Answer(
    0xC003,
    "no valid Series Instance UID in data set",
    tags.SERIES_INSTANCE_UID,
    reason="no_series_uid",
)
# A loop: a result of this or another such node, under its own UID or converted to an image.
OWN_RESULT: Final = Answer(
    0xC004,
    "a result of a cspine-node, which takes no results",
    tags.MANUFACTURER,
    reason="own_result",
)
OWN_INSTANCE: Final = Answer(
    0xC005, "this node made the instance of this UID", tags.SOP_INSTANCE_UID, reason="own_result"
)
# PS3.4 Table B.2-1, A7xx: the sender may try again.
RESERVE_REACHED: Final = Answer(0xA700, "out of disk space", reason="disk_reserve")
# PS3.7 C.5, processing failure: the instance may be fine, so not Cxxx.
INTERNAL_ERROR: Final = Answer(
    0x0110, "internal error; see the log of this node", reason="internal_error"
)

ANSWER_OF_ERROR: Final[Mapping[type[StorageError], Answer]] = {
    InvalidUidError: INVALID_INSTANCE_UID,
    DiskFullError: RESERVE_REACHED,
    # The file may be durable without a row: it is indexed at the next start or retry.
    DatabaseUnavailableError: Answer(0xA700, "the index is not available", reason="database"),
    StorageError: Answer(0xA700, "the storage is not available", reason="storage"),
}
"""The first class that fits, in this order."""


def answer_of(error: StorageError) -> Answer:
    """What the sender gets to hear of it."""
    return next(answer for kind, answer in ANSWER_OF_ERROR.items() if isinstance(error, kind))


REFUSAL_REASONS: Final = frozenset(
    answer.reason
    for answer in (
        INVALID_INSTANCE_UID,
        OTHER_CLASS_THAN_CONTEXT,
        OTHER_CLASS_THAN_DATA_SET,
        NO_DATA_SET,
        OTHER_INSTANCE,
        NO_STUDY_UID,
        NO_SERIES_UID,
        OWN_RESULT,
        OWN_INSTANCE,
        INTERNAL_ERROR,
        *ANSWER_OF_ERROR.values(),
    )
)
"""All that instances are refused for."""
