"""A search at a peer: what may be asked, and the entry that says who asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from dicom_node.errors import InputError
from dicom_node.scu.association import ScuIdentity
from dicom_node.scu.find import ANSWERS_MAX, FindResult, find
from dicom_node.scu.query import Query, QueryLevel, query_document
from storage import audit
from storage.database import Database
from storage.errors import InvalidUidError
from storage.files import validated_uid
from storage.records import Actor, Peer, PeerProtocol

SEARCHED: Final = "pacs.searched"
TEXT_MAX: Final = 64
"""The longest value that a query may ask for (PS3.5 6.2, LO)."""
TEXTS: Final = ("patient_id", "patient_name", "accession_number", "modality")
UIDS: Final = ("study_uid", "series_uid")
WILD: Final = "*?"

CHECKS: Final[tuple[tuple[Callable[[Query], bool], str], ...]] = (
    (
        lambda query: (
            any(_narrows(getattr(query, name)) for name in (*TEXTS[:3], *UIDS))
            or query.study_date_from is not None
            or query.study_date_until is not None
        ),
        "give a patient's ID or name, an accession number, a date or a UID to look for",
    ),
    (
        lambda query: query.level is QueryLevel.STUDY or query.study_uid != "",
        "study_uid: series are looked for in one study",
    ),
    (
        lambda query: query.level is QueryLevel.SERIES or query.series_uid == "",
        "series_uid: it is for the level of series",
    ),
    (
        lambda query: (
            query.study_date_from is None
            or query.study_date_until is None
            or query.study_date_from <= query.study_date_until
        ),
        "study_date_from: it is after study_date_until",
    ),
)
"""(what must hold, what is wrong if it does not), in this order."""


def _narrows(value: str) -> bool:
    return value.strip(WILD) != ""


def checked_query(query: Query) -> Query:
    """The query itself.

    Raises:
        InputError: it cannot be asked; the message names the field, never its value.
    """
    for name in TEXTS:
        text: str = getattr(query, name)
        if len(text) > TEXT_MAX or "\\" in text or not text.isprintable():
            raise InputError(f"{name}: at most {TEXT_MAX} characters, no backslash, no control")
    for name in UIDS:
        try:
            if uid := getattr(query, name):
                validated_uid(uid)
        except InvalidUidError as error:
            raise InputError(f"{name}: not a DICOM UID") from error
    for holds, failure in CHECKS:
        if not holds(query):
            raise InputError(failure)
    return query


def require_dimse(peer: Peer) -> Peer:
    """The peer itself.

    Raises:
        InputError: it is not reached by DICOM's own protocol.
    """
    if peer.protocol is PeerProtocol.STOW:
        raise InputError(f"{peer.name} is reached by STOW-RS, which knows no query and retrieve")
    return peer


def search(
    database: Database,
    peer: Peer,
    query: Query,
    identity: ScuIdentity,
    *,
    by: Actor,
    limit: int,
    now: datetime,
) -> FindResult:
    """Ask ``peer``. That it was asked, and for what, is in the audit trail before it is.

    Raises:
        InputError: it cannot be asked so.
        PeerFailedError: it did not answer.
    """
    checked_query(query)
    require_dimse(peer)
    asked = {"query": query_document(query)}
    audit.record(database, by, SEARCHED, peer.name, after=asked, now=now)
    return find(peer, query, identity, limit=min(limit, ANSWERS_MAX))
