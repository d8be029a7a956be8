"""``/api/v1/events``: live changes as Server-Sent Events (WHATWG HTML, 9.2).

Each event is a row of the timeline and has its number as id: who comes back with
``Last-Event-ID`` gets what it missed, also after a restart of the node.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from dicom_node.api.auth import CallerDep, still_holds
from dicom_node.api.context import ApiContext, Context
from dicom_node.api.errors import ERROR_RESPONSES, ApiError
from storage.changes import SeriesChange, changes_after, latest_change
from storage.errors import StorageError

router = APIRouter(prefix="/api/v1", tags=["events"], responses=ERROR_RESPONSES)

POLL_S: Final = 1.0
HEARTBEAT_POLLS: Final = 15
"""After so many polls without news a comment is sent, and the session is looked at."""
LISTENERS_MAX: Final = 64
LATE_MAX: Final = 64
"""PostgreSQL numbers a row before its transaction ends: so far back is looked for late ones."""
ID_MAX: Final = 2**63 - 1


@router.get(
    "/events",
    summary="Live changes",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Events for ever."}},
)
async def events(
    request: Request,
    caller: CallerDep,
    context: Context,
    last_event_id: Annotated[int | None, Header(ge=0, le=ID_MAX)] = None,
) -> StreamingResponse:
    """``event: series`` with the UID, state (and what it ``was``), outcome and note of each step.

    ``event: deleted`` with UID and note when it is deleted.
    """
    listeners: set[object] = request.app.state.listeners
    if len(listeners) >= LISTENERS_MAX:
        raise ApiError(503, "too_many_listeners", "Too many listen already.")
    start = last_event_id
    if start is None:
        start = await run_in_threadpool(latest_change, context.database)
    return StreamingResponse(
        _stream(context, caller.session.token.id, start, listeners),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _stream(
    context: ApiContext, session_id: int, start: int, listeners: set[object]
) -> AsyncIterator[str]:
    me = object()
    listeners.add(me)
    try:
        yield f"retry: 2000\nid: {start}\n\n"
        seen: set[int] = set()
        floor, quiet = start, 0
        while True:
            try:
                found = await run_in_threadpool(changes_after, context.database, floor)
            except StorageError:
                return  # the client comes back, and gets its answer then
            fresh = [each for each in found if each.id not in seen]
            for change in fresh:
                yield _event(change)
            seen.update(each.id for each in fresh)
            # Never below the start, so that nothing comes that the listener already had.
            floor = max(start, max(seen, default=start) - LATE_MAX)
            seen = {each for each in seen if each > floor}
            quiet = 0 if fresh else quiet + 1
            if quiet % HEARTBEAT_POLLS == HEARTBEAT_POLLS - 1:
                if not await run_in_threadpool(still_holds, context, session_id):
                    return
                yield ": still here\n\n"
            if not fresh:
                await asyncio.sleep(POLL_S)
    finally:
        listeners.discard(me)


def _event(change: SeriesChange) -> str:
    document: dict[str, object] = {
        "series_uid": change.series_uid,
        "note": change.note,
        "at_utc": change.at_utc.isoformat(),
    }
    if not change.deleted:
        document |= {
            "generation": change.generation,
            "was": change.was,
            "state": change.state,
            "outcome": change.outcome,
        }
    kind = "deleted" if change.deleted else "series"
    return f"id: {change.id}\nevent: {kind}\ndata: {json.dumps(document)}\n\n"
