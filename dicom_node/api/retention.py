"""``/api/v1/retention``: what deleting by age would do, before anybody lets it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel

from dicom_node.api.context import Context
from dicom_node.api.errors import ERROR_RESPONSES
from storage import deletion

router = APIRouter(prefix="/api/v1/retention", tags=["system"], responses=ERROR_RESPONSES)

COUNTED_MAX: Final = 1000


class ExpiryView(BaseModel):
    """What would be deleted at once."""

    keep_days: int
    series: int
    more: bool
    """There are more than were counted."""


@router.get("/rehearsal", summary="How many series deleting by age would take now")
def rehearse(context: Context, keep_days: Annotated[int, Query(ge=1, le=36_500)]) -> ExpiryView:
    """Changes nothing. Each day others get as old, and are deleted then."""
    ended_before = context.now() - timedelta(days=keep_days)
    found = deletion.expired_series(context.database, ended_before, limit=COUNTED_MAX + 1)
    return ExpiryView(
        keep_days=keep_days,
        series=min(len(found), COUNTED_MAX),
        more=len(found) > COUNTED_MAX,
    )
