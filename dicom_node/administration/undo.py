"""A change of the configuration is undone by what its audit entry says was before.

Only where the thing still is as the change left it: what somebody did after that is not undone
unseen. The undoing is a change of its own, with its own entry, and can be undone too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from dicom_node.administration import peers as peer_changes
from dicom_node.administration import routes as route_changes
from dicom_node.administration import users as user_changes
from dicom_node.administration.settings import (
    change_settings,
    stored_document,
    usual_document,
)
from dicom_node.config import LIVE, MODELS, Settings
from dicom_node.errors import ContradictionError, InputError
from dicom_node.routing.peers import checked_peer
from dicom_node.routing.rules import parse_rule
from storage import audit, peers, routes, users
from storage.database import Database
from storage.errors import NotFoundError
from storage.records import Actor, AuditEntry, Peer, PeerProtocol, Role

Document: TypeAlias = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Undoing:
    """Who undoes which change, and when."""

    database: Database
    base: Settings
    name: str
    by: Actor
    now: datetime


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of thing is looked at and put back.

    Attributes:
        found: the thing as it is now; ``None``: it is not there.
        usual: a document of the audit trail in the form that ``found`` gives, so that one which an
            older version wrote can be compared.
        put: makes it ``before``, which it was when it was ``after``.
    """

    found: Callable[[Database, str], Document]
    usual: Callable[[Mapping[str, Any]], Document]
    put: Callable[[Undoing, Document, Document], None]


def undo(
    database: Database, base: Settings, seq: int, *, by: Actor, now: datetime
) -> tuple[AuditEntry, ...]:
    """Undo the change of entry ``seq``; the entries that this makes.

    ``base`` is what file and environment say, over which settings are changed.

    Raises:
        NotFoundError: there is no such entry.
        InputError: it is no change of the configuration.
        ContradictionError: the thing was changed again, or something else stands against it.
    """
    entry = audit.entry(database, seq)
    kind = KINDS.get(entry.action)
    if kind is None:
        raise InputError(f"entry {seq} is {entry.action}: that cannot be undone")
    of = Undoing(database, base, entry.object, by, now)
    with audit.audited(database, by, "change.undone", entry.object, now=now) as change:
        before, after = (None if d is None else kind.usual(d) for d in (entry.before, entry.after))
        if _plain(kind.found(database, entry.object)) != _plain(after):
            raise ContradictionError(f"{entry.object} was changed again after entry {seq}.")
        try:
            kind.put(of, before, after)
        except ContradictionError:
            raise
        except InputError as error:
            raise ContradictionError(f"Entry {seq} cannot be undone: {error}") from error
        change.before = {"seq": seq, "action": entry.action}
        made = audit.latest(database, limit=1)
    return (*made, *audit.entries(database, after_seq=made[-1].seq, limit=1))


def can_be_undone(action: str) -> bool:
    """Whether entries of that action are changes that :func:`undo` knows."""
    return action in KINDS


def _found_peer(database: Database, name: str) -> Document:
    try:
        return asdict(peers.get_peer(database, name))
    except NotFoundError:
        return None


def _peer_of(document: Mapping[str, Any]) -> Peer:
    protocol = PeerProtocol(document.get("protocol", PeerProtocol.DICOM))
    try:
        return checked_peer(Peer(**{**document, "protocol": protocol}))
    except TypeError as error:
        raise InputError("it was written by another version") from error


def _put_peer(of: Undoing, before: Document, after: Document) -> None:
    if before is None:
        peer_changes.remove_peer(of.database, of.name, by=of.by, now=of.now)
    elif after is None:
        peer_changes.add_peer(of.database, _peer_of(before), by=of.by, now=of.now)
    else:
        old, new = _peer_of(after), _peer_of(before)
        peer_changes.change_peer(of.database, old, new, by=of.by, now=of.now)


def _found_route(database: Database, name: str) -> Document:
    document = route_changes.route_document(database, name)
    return None if document is None else _usual_route(document)


def _usual_route(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without its position, which changes when others come and go."""
    return {"enabled": document["enabled"], "rule": document["rule"]}


def _put_route(of: Undoing, before: Document, after: Document) -> None:  # noqa: ARG001
    if before is None:
        route_changes.remove_route(of.database, of.name, by=of.by, now=of.now)
        return
    route_changes.save_route(
        of.database,
        of.name,
        parse_rule(before["rule"]),
        enabled=before["enabled"],
        by=of.by,
        now=of.now,
    )


def _put_removed_route(of: Undoing, before: Document, after: Document) -> None:
    _put_route(of, before, after)
    if before is not None:
        routes.move_route(of.database, of.name, before["position"], now=of.now)


def _found_order(database: Database, name: str) -> Document:  # noqa: ARG001
    return route_changes.order_document(database)


def _put_order(of: Undoing, before: Document, after: Document) -> None:  # noqa: ARG001
    assert before is not None, "a rule is moved among rules"
    place = before["order"].index(of.name)
    route_changes.move_route(of.database, of.name, place, by=of.by, now=of.now)


def _found_user(database: Database, name: str) -> Document:
    return _usual_user(user_changes.user_document(users.get_user(database, name)))


def _usual_user(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an administrator decides; whether the password must be changed is another matter."""
    return {key: document[key] for key in ("role", "display_name", "organization", "disabled")}


def _put_user(of: Undoing, before: Document, after: Document) -> None:  # noqa: ARG001
    assert before is not None, "a user is changed, not made"
    edit = user_changes.UserEdit(
        role=Role(before["role"]),
        display_name=before["display_name"],
        organization=before["organization"],
        disabled=before["disabled"],
    )
    user_changes.change_user(of.database, of.name, edit, by=of.by, now=of.now)


def _found_setting(database: Database, name: str) -> Document:
    return stored_document(database, name)


def _put_setting(of: Undoing, before: Document, after: Document) -> None:  # noqa: ARG001
    assert before is not None, "a setting always has a document"
    values = {of.name: before["value"]} if "value" in before else {}
    reset = () if values else (of.name,)
    allowed = LIVE | MODELS
    change_settings(of.database, of.base, values, reset, allowed=allowed, by=of.by, now=of.now)


def _same(document: Mapping[str, Any]) -> Document:
    return document


def _plain(document: Document) -> Document:
    return audit.plain(document)


_PEER: Final = Kind(_found_peer, lambda document: asdict(_peer_of(document)), _put_peer)
_ROUTE: Final = Kind(_found_route, _usual_route, _put_route)
_USER: Final = Kind(_found_user, _usual_user, _put_user)
KINDS: Final[Mapping[str, Kind]] = {
    "peer.added": _PEER,
    "peer.changed": _PEER,
    "peer.removed": _PEER,
    "route.saved": _ROUTE,
    "route.removed": Kind(_found_route, _same, _put_removed_route),
    "route.moved": Kind(_found_order, _same, _put_order),
    "user.changed": _USER,
    "user.disabled": _USER,
    "user.enabled": _USER,
    "setting.changed": Kind(_found_setting, usual_document, _put_setting),
}
"""Action → how it is undone. Passwords and new users are not undone: disable the user."""
