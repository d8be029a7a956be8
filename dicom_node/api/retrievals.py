"""Query/Retrieve: what a PACS has, and having it sent here to be analysed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field, StringConstraints

from dicom_node.api.auth import CallerDep
from dicom_node.api.context import Context
from dicom_node.api.errors import ERROR_RESPONSES, ApiError, ErrorDocument
from dicom_node.api.peers import PeerNameInPath
from dicom_node.api.session import RequestBody
from dicom_node.query_retrieve.retrieval import SERIES_MAX, Retrieval, RetrievalState, cancelled
from dicom_node.query_retrieve.retrievals import Retrievals
from dicom_node.query_retrieve.search import TEXT_MAX, search
from dicom_node.scu.find import ANSWERS_MAX, FindResult
from dicom_node.scu.move import MoveRequest
from dicom_node.scu.query import Query, QueryLevel
from storage import catalogue, peers

router = APIRouter(prefix="/api/v1", tags=["query/retrieve"], responses=ERROR_RESPONSES)

SEARCHES_MAX: Final = 4
"""At a time: each waits for a PACS, and no PACS shall stop the API."""
PEER_FAILED: Final[dict[int | str, dict[str, Any]]] = {
    502: {"model": ErrorDocument, "description": "The peer did not answer, or said no."}
}

Text = Annotated[str, StringConstraints(max_length=TEXT_MAX, pattern=r"^[^\x00-\x1f\x7f\\]*$")]
Uid = Annotated[str, StringConstraints(pattern=r"^[0-9.]{1,64}$")]
NoUid = Annotated[str, StringConstraints(pattern=r"^[0-9.]{0,64}$")]
RetrievalId = Annotated[str, Path(max_length=64)]


class SearchBody(RequestBody):
    """What to look for; at least one of them narrows it. ``*`` and ``?`` are wild cards."""

    level: QueryLevel = QueryLevel.STUDY
    patient_id: Text = ""
    patient_name: Text = ""
    accession_number: Text = ""
    study_date_from: date | None = None
    study_date_until: date | None = None
    modality: Text = ""
    study_uid: NoUid = ""
    """At the level of series: in which study."""
    series_uid: NoUid = ""
    limit: Annotated[int, Field(ge=1, le=ANSWERS_MAX)] = 100

    def query(self) -> Query:
        """As the peer is asked."""
        return Query(**self.model_dump(exclude={"limit"}))


class FoundStudyView(BaseModel):
    """A study that the peer has; numbers are ``null`` where it does not say."""

    study_uid: str
    patient_id: str
    patient_name: str
    accession_number: str
    study_date: date | None
    study_time: str
    study_description: str
    modalities: list[str]
    series_count: int | None
    instance_count: int | None
    held_count: int
    """Images of it that this node has received."""


class FoundSeriesView(BaseModel):
    """A series that the peer has."""

    study_uid: str
    series_uid: str
    modality: str
    series_number: int | None
    series_description: str
    body_part: str
    instance_count: int | None
    held_count: int


class SearchResult(BaseModel):
    """What the peer answered."""

    studies: list[FoundStudyView]
    series: list[FoundSeriesView]
    is_whole: bool
    """The peer said that there is no more; otherwise narrow the search."""
    remarks: list[str]

    @classmethod
    def of(cls, result: FindResult, held: Mapping[tuple[str, str], int]) -> SearchResult:
        """As the API shows it; ``held``: (study, series) → images that the node has."""
        in_study: Counter[str] = Counter()
        for (study_uid, _), count in held.items():
            in_study[study_uid] += count
        return cls(
            studies=[
                FoundStudyView(**asdict(each), held_count=in_study[each.study_uid])
                for each in result.studies
            ],
            series=[
                FoundSeriesView(
                    **asdict(each), held_count=held.get((each.study_uid, each.series_uid), 0)
                )
                for each in result.series
            ],
            is_whole=result.is_whole,
            remarks=list(result.remarks),
        )


class RetrieveBody(RequestBody):
    """What to fetch: a study, or these series of it."""

    study_uid: Uid
    series_uids: Annotated[tuple[Uid, ...], Field(max_length=SERIES_MAX)] = ()


class RetrievalView(BaseModel):
    """A retrieval; numbers of images are ``null`` where the peer does not say."""

    id: str
    peer_name: str
    study_uid: str
    series_uids: list[str]
    asked_by: str
    asked_utc: datetime
    state: RetrievalState
    remaining: int | None
    completed: int | None
    failed: int | None
    warning: int | None
    text: str
    ended_utc: datetime | None

    @classmethod
    def of(cls, each: Retrieval) -> RetrievalView:
        """As the API shows it."""
        progress = each.progress
        return cls(
            id=each.id,
            peer_name=each.peer_name,
            study_uid=each.request.study_uid,
            series_uids=list(each.request.series_uids),
            asked_by=each.by.name,
            asked_utc=each.asked_utc,
            state=each.state,
            remaining=progress.remaining,
            completed=progress.completed,
            failed=progress.failed,
            warning=progress.warning,
            text=each.text,
            ended_utc=each.ended_utc,
        )


class QueryRetrieve:
    """What the endpoints share; one for each API."""

    def __init__(self, retrievals: Retrievals) -> None:
        self.retrievals = retrievals
        self.searches = threading.BoundedSemaphore(SEARCHES_MAX)


def _shared(request: Request) -> QueryRetrieve:
    found: QueryRetrieve = request.app.state.query_retrieve
    return found


@router.post("/peers/{name}/find", summary="Search a PACS", responses=PEER_FAILED)
def find_at_peer(
    name: PeerNameInPath, body: SearchBody, request: Request, caller: CallerDep, context: Context
) -> SearchResult:
    """C-FIND, Study Root. Who searched, and for what, is in the audit trail."""
    peer = peers.get_peer(context.database, name)
    searches = _shared(request).searches
    if not searches.acquire(blocking=False):
        message = f"{SEARCHES_MAX} searches are under way already; try again in a moment."
        raise ApiError(503, "busy", message)
    try:
        found = search(
            context.database,
            peer,
            body.query(),
            context.scu,
            by=caller.actor,
            limit=body.limit,
            now=context.now(),
        )
    finally:
        searches.release()
    study_uids = {each.study_uid for each in found.studies or found.series}
    return SearchResult.of(found, catalogue.held_of(context.database, study_uids))


@router.post(
    "/peers/{name}/retrieve", status_code=202, summary="Have a PACS send a study to this node"
)
def retrieve_from_peer(
    name: PeerNameInPath, body: RetrieveBody, request: Request, caller: CallerDep, context: Context
) -> RetrievalView:
    """C-MOVE to this node's AE title, in the background. Asked twice while under way: the same."""
    peer = peers.get_peer(context.database, name)
    wanted = MoveRequest(body.study_uid, tuple(dict.fromkeys(body.series_uids)))
    retrievals = _shared(request).retrievals
    return RetrievalView.of(retrievals.ask(peer, wanted, by=caller.actor, now=context.now()))


@router.get("/retrievals", summary="What is fetched, and what was")
def list_retrievals(request: Request) -> list[RetrievalView]:
    """The newest first, with how far each is."""
    return [RetrievalView.of(each) for each in _shared(request).retrievals.newest()]


@router.post("/retrievals/{retrieval_id}/cancel", summary="Stop a retrieval")
def cancel_retrieval(
    retrieval_id: RetrievalId, request: Request, caller: CallerDep, context: Context
) -> RetrievalView:
    """The PACS is asked to stop; what came until then stays. One that is over stays as it is."""
    stopped = _shared(request).retrievals.cancel(retrieval_id)
    cancelled(context.database, stopped, by=caller.actor, now=context.now())
    return RetrievalView.of(stopped)
