"""One retrieval: a study, or series of it, that a peer sends to us; and its traces in the audit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import uuid4

from dicom_node.errors import InputError, PeerFailedError, PeerRefusedError
from dicom_node.query_retrieve.search import require_dimse
from dicom_node.scu.association import ScuIdentity
from dicom_node.scu.cancellation import Cancellation
from dicom_node.scu.find import ANSWERS_MAX, find
from dicom_node.scu.move import MoveOutcome, MoveRequest, Progress, move
from dicom_node.scu.query import Query, QueryLevel
from storage import audit
from storage.database import Database
from storage.errors import InvalidUidError
from storage.files import validated_uid
from storage.records import Actor, AuditEntry, Peer

ASKED: Final = "retrieval.asked"
CANCELLED: Final = "retrieval.cancelled"
ENDED: Final = "retrieval.ended"
CT_OR_UNKNOWN: Final = frozenset({"CT", ""})
SERIES_MAX: Final = 100
"""Series of one retrieval: a list of UIDs must fit a PACS's query."""


class RetrievalState(StrEnum):
    """How far a retrieval is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    """The node stopped meanwhile; what came until then is here."""


NOTHING_YET: Final = Progress()
UNFINISHED: Final = frozenset({RetrievalState.WAITING, RetrievalState.RUNNING})


@dataclass(frozen=True, slots=True)
class Retrieval:
    """A retrieval as it stands.

    Attributes:
        node: which node runs it; empty: a command does.
        text: a sentence for a person; empty while there is nothing to say.
    """

    id: str
    peer_name: str
    request: MoveRequest
    by: Actor
    asked_utc: datetime
    node: str = ""
    state: RetrievalState = RetrievalState.WAITING
    progress: Progress = NOTHING_YET
    text: str = ""
    ended_utc: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens."""
        return self.state not in UNFINISHED


def require_can_send(peer: Peer, request: MoveRequest) -> None:
    """What ``peer`` would send is taken here, and can be asked for.

    Raises:
        InputError: it cannot be.
    """
    require_dimse(peer)
    if not peer.may_send:
        raise InputError(
            f"{peer.name} may not send here, so its images would be refused: "
            f"cspine-node peer edit {peer.name} --may-send"
        )
    if len(request.series_uids) > SERIES_MAX:
        raise InputError(f"series_uids: at most {SERIES_MAX}")
    for name, uids in (("study_uid", (request.study_uid,)), ("series_uids", request.series_uids)):
        for uid in uids:
            try:
                validated_uid(uid)
            except InvalidUidError as error:
                raise InputError(f"{name}: not a DICOM UID") from error


def ask(
    database: Database,
    peer: Peer,
    request: MoveRequest,
    *,
    by: Actor,
    now: datetime,
    node: str = "",
) -> Retrieval:
    """A retrieval that is written down as asked for, and not begun.

    Raises:
        InputError: it cannot be asked for.
    """
    require_can_send(peer, request)
    retrieval = Retrieval(uuid4().hex, peer.name, request, by, now, node)
    after: dict[str, Any] = _named(retrieval) | {"node": node}
    if request.series_uids:
        after |= {"series_uids": list(request.series_uids)}
    audit.record(database, by, ASKED, request.study_uid, after=after, now=now)
    return retrieval


def end(database: Database, retrieval: Retrieval, *, now: datetime) -> Retrieval:
    """The same with the time of its end, which is written down."""
    over = replace(retrieval, ended_utc=now)
    after: dict[str, Any] = _named(over) | {"state": str(over.state), "text": over.text}
    after |= {name: value for name, value in asdict(over.progress).items() if value is not None}
    audit.record(database, over.by, ENDED, over.request.study_uid, after=after, now=now)
    return over


def _named(retrieval: Retrieval) -> dict[str, Any]:
    """What each of its entries says."""
    study_uid = retrieval.request.study_uid
    return {"id": retrieval.id, "peer": retrieval.peer_name, "study_uid": study_uid}


def cancelled(database: Database, retrieval: Retrieval, *, by: Actor, now: datetime) -> None:
    """Write down who cancelled it."""
    audit.record(
        database, by, CANCELLED, retrieval.request.study_uid, after=_named(retrieval), now=now
    )


def perform(
    retrieval: Retrieval,
    peer: Peer,
    identity: ScuIdentity,
    *,
    on_progress: Callable[[Progress], None],
    cancellation: Cancellation,
) -> Retrieval:
    """Have it done; returns at its end, whatever that is. Never raises for what the peer does.

    Of a whole study only the CT series are asked for: nothing else is taken here.
    """
    latest = [NOTHING_YET]

    def note(progress: Progress) -> None:
        latest[0] = progress
        on_progress(progress)

    try:
        request = narrowed(peer, retrieval.request, identity, cancellation)
        if request is None:
            text = "The study has no CT series there."
            return replace(retrieval, state=RetrievalState.FAILED, text=text)
        outcome = move(peer, request, identity, on_progress=note, cancellation=cancellation)
    except PeerFailedError as error:
        if cancellation.is_requested:
            state, text = verdict_on(MoveOutcome(latest[0], is_cancelled=True))
            return replace(retrieval, state=state, text=text, progress=latest[0])
        return replace(retrieval, state=RetrievalState.FAILED, text=f"{error}.", progress=latest[0])
    state, text = verdict_on(outcome)
    return replace(retrieval, state=state, text=text, progress=outcome.progress)


def narrowed(
    peer: Peer, request: MoveRequest, identity: ScuIdentity, cancellation: Cancellation
) -> MoveRequest | None:
    """The CT series of a study, where it has others too; None: it has others only.

    What cannot be told apart is asked for as a whole.

    Raises:
        PeerUnreachableError: the peer does not answer.
    """
    if request.series_uids:
        return request
    query = Query(level=QueryLevel.SERIES, study_uid=request.study_uid)
    try:
        found = find(peer, query, identity, limit=ANSWERS_MAX, cancellation=cancellation)
    except PeerRefusedError:  # it may move nevertheless
        return request
    theirs = {each.series_uid: each.modality for each in found.series}
    wanted = tuple(uid for uid, modality in theirs.items() if modality in CT_OR_UNKNOWN)
    if not found.is_whole or len(wanted) == len(theirs) or len(wanted) > SERIES_MAX:
        return request
    return replace(request, series_uids=wanted) if wanted else None


def verdict_on(outcome: MoveOutcome) -> tuple[RetrievalState, str]:
    """How a move ended, and a sentence for a person."""
    progress = outcome.progress
    came = (progress.completed or 0) + (progress.warning or 0)
    failed = progress.failed or 0
    if outcome.is_cancelled:
        return RetrievalState.CANCELLED, f"It was cancelled; {_images(came)} came before."
    if failed:
        state = RetrievalState.INCOMPLETE if came else RetrievalState.FAILED
        return state, (
            f"{came} of {_images(came + failed)} came. What is no CT is never taken; whether this "
            "node refused the peer itself, cspine-node peer refused tells."
        )
    if outcome.warning is not None:
        return RetrievalState.INCOMPLETE, f"The peer warns: {outcome.warning}."
    if progress.completed is None and progress.warning is None:
        return RetrievalState.DONE, "The peer says that it sent all, without numbers."
    if came == 0:
        return RetrievalState.FAILED, "The peer has nothing to send: no such study or series."
    return RetrievalState.DONE, f"{_images(came)} came."


def _images(count: int) -> str:
    return "1 image" if count == 1 else f"{count} images"


def remembered(newest_first: tuple[AuditEntry, ...], node: str) -> tuple[Retrieval, ...]:
    """The retrievals of ``node`` that the audit trail knows, the oldest first.

    Those without an end are as if they waited.
    """
    found: dict[str, Retrieval] = {}
    for entry in reversed(newest_first):
        after: Mapping[str, Any] = entry.after or {}
        identifier = str(after.get("id"))
        if entry.action == ASKED and after.get("node") == node:
            request = MoveRequest(entry.object, tuple(after.get("series_uids", ())))
            by = Actor(entry.actor, entry.address)
            found[identifier] = Retrieval(
                identifier, str(after["peer"]), request, by, entry.at_utc, node
            )
        elif entry.action == ENDED and identifier in found:
            names = ("remaining", "completed", "failed", "warning")
            found[identifier] = replace(
                found[identifier],
                state=RetrievalState(after["state"]),
                text=str(after["text"]),
                progress=Progress(**{name: after.get(name) for name in names}),
                ended_utc=entry.at_utc,
            )
    return tuple(found.values())
