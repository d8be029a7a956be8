"""``/api/v1/series/{series_uid}/verdicts``: what a reader says, signed and sent."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from dicom_node.api.auth import CallerDep
from dicom_node.api.context import Context
from dicom_node.api.errors import ERROR_RESPONSES, ApiError
from dicom_node.api.series import SeriesUid
from dicom_node.api.session import RequestBody
from dicom_node.api.views import VerdictView
from dicom_node.errors import ConflictError
from dicom_node.verdicts.document import Verdict
from dicom_node.verdicts.submit import submit_verdict
from storage import audit, series

router = APIRouter(prefix="/api/v1/series", tags=["verdicts"], responses=ERROR_RESPONSES)


class NewVerdict(RequestBody):
    """A verdict, and what its reader knew when giving it."""

    generation: Annotated[int, Field(ge=1, le=2**31 - 1)]
    """Of the reading that was seen."""
    known_verdicts: Annotated[int, Field(ge=0, le=2**31 - 1)]
    """How many verdicts on it were seen."""
    verdict: Verdict


@router.post("/{series_uid}/verdicts", status_code=201, summary="Give a verdict")
def give_verdict(
    series_uid: SeriesUid, body: NewVerdict, caller: CallerDep, context: Context
) -> VerdictView:
    """It is signed as a verified report and sent. 409 if another verdict came first, with it.

    The same verdict given again, as after a lost answer, is the same verdict.
    """
    database, user = context.database, caller.user
    if not user.organization or not user.display_name:
        message = "A verdict is signed with a name and an organization: ask an administrator."
        raise ApiError(422, "unsigned", message)
    record = series.get_series(database, series_uid)
    if record.generation != body.generation:
        message = "Late slices came: there is a newer reading than the one that was seen."
        detail = {"generation": record.generation}
        raise ApiError(409, "superseded", message, detail=detail)
    try:
        verdict = submit_verdict(
            database,
            context.data_dir,
            record,
            body.verdict,
            reader=user.display_name,
            organization=user.organization,
            device=context.device,
            known_verdicts=body.known_verdicts,
        )
    except ConflictError as error:
        other = None if error.other is None else VerdictView.of(error.other).model_dump(mode="json")
        raise ApiError(409, "conflict", str(error), detail={"verdict": other}) from error
    # Behind the verdict, which is a row of its own with its reader: making it takes seconds, and
    # nobody may wait that long for the trail.
    audit.record(
        database,
        caller.actor,
        "verdict.given",
        series_uid,
        after={"verdict": verdict.id, "sop_instance_uid": verdict.sop_instance_uid},
        now=context.now(),
    )
    return VerdictView.of(verdict)
