"""Routing rules are changed in one way, whoever asks: with before and after in the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dicom_node.routing.rules import Rule
from dicom_node.routing.table import save_rule, switch_rule
from storage import audit, routes
from storage.database import Database
from storage.errors import NotFoundError
from storage.records import Actor, Route


def save_route(
    database: Database,
    name: str,
    rule: Rule,
    *,
    enabled: bool = True,
    replace: bool = True,
    by: Actor,
    now: datetime,
) -> Route:
    """Add a rule behind the others, or with ``replace`` put it in the place of its namesake.

    Raises:
        InputError: it names a peer that is not there or gets no results, or the name is taken.
    """
    with audit.audited(database, by, "route.saved", name, now=now) as change:
        change.before = route_document(database, name)
        save_rule(database, name, rule, enabled=enabled, replace=replace)
        change.after = route_document(database, name)
        return named_route(database, name)


def switch_route(database: Database, name: str, *, enabled: bool, by: Actor, now: datetime) -> None:
    """Put a rule in force, or keep it without asking it.

    Raises:
        InputError: there is none of that name, or it names a peer that is not there any more.
    """
    with audit.audited(database, by, "route.saved", name, now=now) as change:
        change.before = route_document(database, name)
        switch_rule(database, name, enabled=enabled)
        change.after = route_document(database, name)


def remove_route(database: Database, name: str, *, by: Actor, now: datetime) -> None:
    """Remove a rule; NotFoundError if there is none of that name."""
    with audit.audited(database, by, "route.removed", name, now=now) as change:
        change.before = route_document(database, name)
        routes.remove_route(database, name)


def move_route(
    database: Database, name: str, position: int, *, by: Actor, now: datetime
) -> tuple[Route, ...]:
    """Put a rule at a place; all rules in their new order. NotFoundError if there is none."""
    with audit.audited(database, by, "route.moved", name, now=now) as change:
        change.before = order_document(database)
        routes.move_route(database, name, position, now=now)
        change.after = order_document(database)
        return routes.list_routes(database)


def named_route(database: Database, name: str) -> Route:
    """One rule; NotFoundError if there is none of that name."""
    for route in routes.list_routes(database):
        if route.name == name:
            return route
    raise NotFoundError(f"there is no route named {name}")


def route_document(database: Database, name: str) -> dict[str, Any] | None:
    """A rule for the audit trail."""
    for route in routes.list_routes(database):
        if route.name == name:
            return {
                "position": route.position,
                "enabled": route.enabled,
                "rule": dict(route.rule),
            }
    return None


def order_document(database: Database) -> dict[str, Any]:
    """The order of all rules for the audit trail."""
    return {"order": [each.name for each in routes.list_routes(database)]}
