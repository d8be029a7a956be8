"""``/api/v1/routes``: the rules that say which results go where, and what they would have done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field, StringConstraints

from dicom_node.administration import routes as administration
from dicom_node.api.auth import CallerDep
from dicom_node.api.context import Context
from dicom_node.api.errors import ERROR_RESPONSES
from dicom_node.api.session import RequestBody
from dicom_node.routing.rehearsal import Rehearsal, Sending, rehearse
from dicom_node.routing.rules import NamedRule, parse_rule
from dicom_node.routing.table import require_destinations, stored_rules
from storage import peers, routes, series
from storage.records import Route

router = APIRouter(prefix="/api/v1/routes", tags=["routes"], responses=ERROR_RESPONSES)

RouteName = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f/\x7f]+$")]


class RouteView(BaseModel):
    """A rule, as it stands in the list."""

    name: str
    position: int
    enabled: bool
    rule: dict[str, Any]
    created_utc: datetime
    changed_utc: datetime

    @classmethod
    def of(cls, route: Route) -> RouteView:
        """As the API shows it."""
        return cls.model_validate(route, from_attributes=True)


class NewRoute(RequestBody):
    """A rule to be; what a rule may say is in docs/results.md."""

    rule: dict[str, Any]
    enabled: bool = True


class NewPosition(RequestBody):
    """A place among the rules."""

    position: Annotated[int, Field(ge=0, le=100_000)]


class RehearsalRequest(RequestBody):
    """With which rules, and on which series."""

    last: Annotated[int, Field(ge=1, le=500)] = 50
    """So many of the newest series, if ``series_uid`` is not given."""
    series_uid: Annotated[str, StringConstraints(pattern=r"^[0-9.]{1,64}$")] | None = None
    rule: dict[str, Any] | None = None
    """A rule that is not saved."""
    name: Annotated[str, StringConstraints(min_length=1, max_length=64)] = "new rule"
    """Of that rule; an existing one is replaced."""
    position: Annotated[int, Field(ge=0, le=100_000)] | None = None
    """Of that rule; else behind the others."""


class SendingView(BaseModel):
    """Which pieces one peer gets, and by which rules."""

    peer: str
    pieces: list[str]
    rules: list[str]


class RehearsalView(BaseModel):
    """What the rules would do with one series, beside what was done."""

    series_uid: str
    generation: int
    outcomes: list[str]
    shadow: bool
    by_default: bool
    would: list[SendingView]
    did: list[SendingView]
    more: list[SendingView]
    fewer: list[SendingView]
    gone: list[str]
    differs: bool

    @classmethod
    def of(cls, each: Rehearsal) -> RehearsalView:
        """As the API shows it."""
        return cls(
            series_uid=each.of.series_uid,
            generation=each.of.generation,
            outcomes=[str(outcome) for outcome in each.outcomes],
            shadow=each.shadow,
            by_default=each.by_default,
            would=_sendings(each.would),
            did=_sendings(each.did),
            more=_sendings(each.more),
            fewer=_sendings(each.fewer),
            gone=list(each.gone),
            differs=each.differs,
        )


@router.get("", summary="All rules")
def list_routes(context: Context) -> list[RouteView]:
    """In the order in which they are asked."""
    return [RouteView.of(each) for each in routes.list_routes(context.database)]


@router.put("/{name}", summary="Save a rule")
def put_route(name: RouteName, body: NewRoute, caller: CallerDep, context: Context) -> RouteView:
    """A new one goes behind the others; one of that name is replaced at its place."""
    route = administration.save_route(
        context.database,
        name,
        parse_rule(body.rule),
        enabled=body.enabled,
        by=caller.actor,
        now=context.now(),
    )
    return RouteView.of(route)


@router.delete("/{name}", status_code=204, summary="Remove a rule")
def remove_route(name: RouteName, caller: CallerDep, context: Context) -> Response:
    """Those behind it move up."""
    administration.remove_route(context.database, name, by=caller.actor, now=context.now())
    return Response(status_code=204)


@router.post("/{name}/position", summary="Move a rule")
def move_route(
    name: RouteName, body: NewPosition, caller: CallerDep, context: Context
) -> list[RouteView]:
    """A place behind the last is the last. Returns all rules."""
    found = administration.move_route(
        context.database, name, body.position, by=caller.actor, now=context.now()
    )
    return [RouteView.of(each) for each in found]


@router.post("/rehearsal", summary="A dry run on past series")
def rehearse_routes(body: RehearsalRequest, context: Context) -> list[RehearsalView]:
    """What the rules would do, beside what was done. Nothing is changed or sent."""
    database = context.database
    rules = list(stored_rules(database))
    if body.rule is not None:
        rule = parse_rule(body.rule)
        require_destinations(rule, peers.list_peers(database))
        rules = _with(rules, NamedRule(body.name, rule), body.position)
    readings = (
        series.list_series(database, limit=body.last)
        if body.series_uid is None
        else (series.get_series(database, body.series_uid),)
    )
    return [RehearsalView.of(each) for each in rehearse(database, rules, readings)]


def _with(rules: Sequence[NamedRule], new: NamedRule, position: int | None) -> list[NamedRule]:
    places = {each.name: place for place, each in enumerate(rules)}
    others = [each for each in rules if each.name != new.name]
    place = places.get(new.name, len(others)) if position is None else position
    return [*others[:place], new, *others[place:]]


def _sendings(sendings: Sequence[Sending]) -> list[SendingView]:
    return [
        SendingView(
            peer=each.peer, pieces=[str(piece) for piece in each.pieces], rules=list(each.rules)
        )
        for each in sendings
    ]
