"""What the statuses of C-FIND and C-MOVE responses say (PS3.4 Tables C.4-1 and C.4-2, PS3.7 C)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from dicom_node.errors import PeerFailedError, PeerRefusedError, PeerUnreachableError
from storage.records import Peer


class Meaning(Enum):
    """What a status means for who asked."""

    PENDING = "there is more"
    DONE = "done"
    DONE_IN_PART = "done, with failures or warnings"
    CANCELLED = "ended because we asked for it"
    RETRY = "not now"
    REFUSED = "no"


@dataclass(frozen=True, slots=True)
class QueryStatus:
    """The statuses from ``first`` to ``last``, both included."""

    first: int
    last: int
    meaning: Meaning
    text: str


StatusTable: TypeAlias = tuple[QueryStatus, ...]

_COMMON: Final[StatusTable] = (
    QueryStatus(0x0000, 0x0000, Meaning.DONE, "success"),
    QueryStatus(0xFE00, 0xFE00, Meaning.CANCELLED, "cancelled"),
    # PS3.7 annex C
    QueryStatus(0x0001, 0x0001, Meaning.DONE_IN_PART, "optional elements not supported"),
    QueryStatus(0x0107, 0x0107, Meaning.DONE_IN_PART, "attribute list error"),
    QueryStatus(0x0116, 0x0116, Meaning.DONE_IN_PART, "attribute value out of range"),
    QueryStatus(0x0117, 0x0119, Meaning.REFUSED, "SOP class or instance not valid"),
    QueryStatus(0x0122, 0x0122, Meaning.REFUSED, "it does not offer this service"),
    # A list on their side: it can be mended.
    QueryStatus(0x0124, 0x0124, Meaning.RETRY, "we are not authorised there"),
    QueryStatus(0x0100, 0x01FF, Meaning.RETRY, "processing failure"),
    QueryStatus(0x0211, 0x0212, Meaning.REFUSED, "operation or argument not recognised"),
    QueryStatus(0x0210, 0x0213, Meaning.RETRY, "duplicate invocation, or resource limitation"),
)
_REST: Final[StatusTable] = (
    QueryStatus(0xB000, 0xBFFF, Meaning.DONE_IN_PART, "a warning"),
    QueryStatus(0xC000, 0xCFFF, Meaning.REFUSED, "unable to process"),
    # Whatever else: nothing was decided that we know of.
    QueryStatus(0x0000, 0xFFFF, Meaning.RETRY, "a status that this service does not have"),
)

FIND_STATUSES: Final[StatusTable] = (
    QueryStatus(0xFF00, 0xFF00, Meaning.PENDING, "a match"),
    QueryStatus(0xFF01, 0xFF01, Meaning.PENDING, "a match; not every key was used"),
    QueryStatus(0xA700, 0xA7FF, Meaning.RETRY, "out of resources"),
    QueryStatus(0xA900, 0xA9FF, Meaning.REFUSED, "it does not understand the query"),
    *_COMMON,
    *_REST,
)
"""C-FIND. The first range that holds a status decides."""

MOVE_STATUSES: Final[StatusTable] = (
    QueryStatus(0xFF00, 0xFF00, Meaning.PENDING, "sub-operations are continuing"),
    QueryStatus(0xA701, 0xA701, Meaning.RETRY, "out of resources: it cannot count what matches"),
    QueryStatus(
        0xA702,
        0xA702,
        Meaning.RETRY,
        "it could not send the images: out of resources, or it does not reach us",
    ),
    # A list on their side, as with an AE title that is not recognised: it can be mended.
    QueryStatus(
        0xA801,
        0xA801,
        Meaning.RETRY,
        "it does not know our AE title as a destination: enter it there with our host and port",
    ),
    QueryStatus(0xA900, 0xA9FF, Meaning.REFUSED, "it does not understand the request"),
    QueryStatus(0xA700, 0xA7FF, Meaning.RETRY, "out of resources"),
    QueryStatus(0xB000, 0xB000, Meaning.DONE_IN_PART, "some images were not sent"),
    QueryStatus(
        0xC000,
        0xCFFF,
        Meaning.REFUSED,
        "unable to process: it may not have the study, or not reach this node",
    ),
    *_COMMON,
    *_REST,
)
"""C-MOVE. The first range that holds a status decides."""


def status_in(table: StatusTable, status: int) -> QueryStatus:
    """What a status says."""
    return next(each for each in table if each.first <= status <= each.last)


def peer_error(peer: Peer, found: QueryStatus, status: int) -> PeerFailedError:
    """The error of a status that ends an operation without success.

    Never with the peer's ErrorComment: free text, which may hold a patient's data.
    """
    kind = PeerRefusedError if found.meaning is Meaning.REFUSED else PeerUnreachableError
    return kind(f"{peer.name} answered: {found.text} (0x{status:04X})")
