"""``/api/v1/series``: the worklist, a page at a time, in the order of urgency."""

from __future__ import annotations

import base64
import binascii
from datetime import date, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from dicom_node.api.auth import CallerDep
from dicom_node.api.context import Context
from dicom_node.api.errors import ERROR_RESPONSES, ApiError
from dicom_node.api.views import SeriesRow
from storage import worklist
from storage.records import Outcome, SeriesState
from storage.worklist import Order, Place, Tab

router = APIRouter(prefix="/api/v1", tags=["worklist"], responses=ERROR_RESPONSES)

RANK_MAX: Final = 2**31 - 1
ID_MAX: Final = 2**63 - 1

Uid = Annotated[str, StringConstraints(pattern=r"^[0-9.]{1,64}$")]
AeTitle = Annotated[str, StringConstraints(min_length=1, max_length=16)]


class Filters(BaseModel):
    """What to show; everything that is given must hold. An unknown filter is a mistake."""

    model_config = ConfigDict(extra="forbid")

    tab: Tab = Tab.ALL
    outcome: list[Outcome] = []
    state: list[SeriesState] = []
    read: bool | None = None
    taken: bool | None = None
    """Whether any reader has it."""
    assigned_to: Annotated[str, Field(max_length=64)] | None = None
    source: Annotated[list[AeTitle], Field(max_length=50)] = []
    """AE titles of senders."""
    study_date_from: date | None = None
    study_date_until: date | None = None
    """Both included; a study without a date is in no span."""
    series_uid: Annotated[list[Uid], Field(max_length=200)] = []
    """Only these, as far as they hold the rest: what became of them, in one request."""
    order: Order = Order.URGENCY
    search: Annotated[str, Field(max_length=200)] = ""
    """Words that must be in name, patient id or accession number."""
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=100)] | None = None
    """``next_cursor`` of the page before."""


class WorklistPage(BaseModel):
    """Some readings, in their order."""

    items: list[SeriesRow]
    next_cursor: str | None
    """For the next page; ``null``: this was the last."""


class WorklistCounts(BaseModel):
    """How many readings are behind each tab."""

    unread: int
    critical: int
    mine: int
    not_analysed: int
    all: int
    oldest_unread_utc: datetime | None
    oldest_critical_utc: datetime | None


@router.get("/series", summary="The worklist")
def list_series(
    caller: CallerDep, context: Context, wanted: Annotated[Filters, Query()]
) -> WorklistPage:
    """The most urgent first: positive by probability, in part, not analysed, waiting, negative.

    Superseded readings are not in it. ``search`` looks for words in name, id and accession number.
    """
    page = worklist.page(
        context.database,
        worklist.Query(
            tab=wanted.tab,
            reader=caller.user.name,
            outcomes=frozenset(wanted.outcome),
            states=frozenset(wanted.state),
            read=wanted.read,
            taken=wanted.taken,
            assigned_to=wanted.assigned_to,
            sources=frozenset(wanted.source),
            study_date_from=wanted.study_date_from,
            study_date_until=wanted.study_date_until,
            series_uids=frozenset(wanted.series_uid),
            order=wanted.order,
            words=wanted.search,
            after=None if wanted.cursor is None else _place(wanted.cursor),
            limit=wanted.limit,
        ),
    )
    return WorklistPage(
        items=[SeriesRow.of(each) for each in page.items],
        next_cursor=None if page.next is None else _cursor(page.next),
    )


@router.get("/worklist/counts", summary="How many readings wait")
def count_series(caller: CallerDep, context: Context) -> WorklistCounts:
    """Of each tab, for the reader who asks."""
    found = worklist.counts(context.database, caller.user.name)
    return WorklistCounts.model_validate(found, from_attributes=True)


def _cursor(place: Place) -> str:
    text = f"{place.triage_rank}.{place.series_id}"
    return base64.urlsafe_b64encode(text.encode("ascii")).decode("ascii").rstrip("=")


def _place(cursor: str) -> Place:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
        rank, series_id = (int(part) for part in text.split("."))
    except (binascii.Error, ValueError):
        raise _bad_cursor() from None
    if not (0 <= rank <= RANK_MAX and 0 <= series_id <= ID_MAX):
        raise _bad_cursor()
    return Place(rank, series_id)


def _bad_cursor() -> ApiError:
    return ApiError(422, "invalid", "query.cursor: not a cursor that this API gave out")
