"""``/api/v1/models/shadow``: a model that reads beside the active one, and how both compare.

For administrators only: what a model says that nobody has validated must not lead a reader.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from dicom_node.administration.models import end_shadow, set_shadow
from dicom_node.api.auth import CallerDep
from dicom_node.api.context import Context
from dicom_node.api.errors import ERROR_RESPONSES
from dicom_node.api.models import Digest, ModelView, all_models, require_known
from dicom_node.api.views import ModelName
from dicom_node.monitoring.worker_watch import WorkerState
from dicom_node.research.two_models import Comparison, compare
from inference.types import Level
from storage import shadow_readings

router = APIRouter(prefix="/api/v1/models", tags=["models"], responses=ERROR_RESPONSES)


class TallyView(BaseModel):
    """How often both said what; what was not seen whole cannot be compared."""

    both_positive: int
    only_active: int
    only_shadow: int
    both_negative: int
    not_comparable: int


class WithReadersView(BaseModel):
    """How often a model said what the last verdict says, of the series that have one."""

    agree: int
    disagree: int
    not_comparable: int


class ComparedView(BaseModel):
    """Series, or one level of them."""

    models: TallyView
    active: WithReadersView
    shadow: WithReadersView


class DisagreementView(BaseModel):
    """A series on which the models differ."""

    series_uid: str
    generation: int
    at_utc: datetime
    kind: Literal["only_active", "only_shadow", "levels_differ"]
    levels: list[Level]
    """At which they say the contrary."""
    reader: Literal["present", "absent", "undetermined"] | None
    """What the last verdict says of the whole."""


class ComparisonView(BaseModel):
    """One active model and one shadow on the series that both have dealt with."""

    active: ModelName
    shadow: ModelName
    series: int
    failed: int
    """On so many of them the shadow's process died too often."""
    verdicts: int
    """So many have one."""
    mean_duration_s: float | None
    overall: ComparedView
    levels: dict[str, ComparedView]
    disagreements: list[DisagreementView]
    """The newest first."""

    @classmethod
    def of(cls, comparison: Comparison) -> ComparisonView:
        """As the API shows it."""
        return cls.model_validate(asdict(comparison))


class ShadowState(BaseModel):
    """The shadow model at this moment, and what it said so far."""

    model: ModelView | None
    """None: there is no shadow."""
    loaded: bool
    """Whether its process on this node is warm; it is started when there is something to read."""
    problem: str | None
    """Why it does not start."""
    waiting: int
    """Series that it has not read yet."""
    days: int
    comparisons: list[ComparisonView]
    """The pair of models with the newest reading first."""
    research_use_only: bool = True


@router.get("/shadow", summary="The shadow model, compared with the active one")
def show_shadow(
    context: Context,
    days: Annotated[int, Query(ge=1, le=3650, description="Of the last so many days.")] = 30,
    disagreements: Annotated[int, Query(ge=0, le=500, description="At most so many.")] = 20,
) -> ShadowState:
    """Counts of what both said, with readers' verdicts where there are some, and by level."""
    pairs = shadow_readings.read_twice(context.database, since=context.now() - timedelta(days=days))
    return ShadowState(
        model=next((each for each in all_models(context) if each.shadow), None),
        loaded=context.instruments.shadow.state is WorkerState.WARM,
        problem=context.instruments.shadow_problem,
        waiting=shadow_readings.waiting(context.database),
        days=days,
        comparisons=[
            ComparisonView.of(each) for each in compare(pairs, disagreements=disagreements)
        ],
    )


@router.post("/{sha256}/shadow", summary="Let a model read beside the active one")
def choose_shadow(sha256: Digest, caller: CallerDep, context: Context) -> list[ModelView]:
    """It reads what the active one has read, when nothing waits. Nothing of it is sent.

    409 if it cannot be used, or is the active one.
    """
    require_known(context, sha256)
    set_shadow(
        context.database,
        context.settings,
        context.data_dir,
        sha256,
        by=caller.actor,
        now=context.now(),
    )
    return all_models(context)


@router.delete("/shadow", summary="No shadow model any more")
def no_shadow(caller: CallerDep, context: Context) -> list[ModelView]:
    """What it has not read yet is forgotten; what it said stays."""
    end_shadow(context.database, context.settings, by=caller.actor, now=context.now())
    return all_models(context)
