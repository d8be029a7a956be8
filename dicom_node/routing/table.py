"""The rules as the database keeps them: read for each plan, so that a change counts at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dicom_node.errors import EnvironmentFailedError, InputError
from dicom_node.routing.rules import NamedRule, Rule, parse_rule
from storage import peers, routes
from storage.database import Database
from storage.records import Peer


def stored_rules(database: Database) -> tuple[NamedRule, ...]:
    """All rules in their order.

    Raises:
        EnvironmentFailedError: one of them is not valid (any more): nothing is sent by guess.
        StorageError: the rules cannot be read.
    """
    found = []
    for route in routes.list_routes(database):
        try:
            rule = parse_rule(route.rule)
        except InputError as error:
            raise EnvironmentFailedError(
                f"the routing rule {route.name!r} is not valid: {error}"
            ) from error
        found.append(NamedRule(route.name, rule, route.enabled))
    return tuple(found)


def save_rule(
    database: Database, name: str, rule: Rule, *, enabled: bool = True, replace: bool = False
) -> None:
    """Add a rule behind the others, or with ``replace`` put it in the place of its namesake.

    Raises:
        InputError: it names a peer that is not there or gets no results, or the name is taken.
        StorageError: the database failed.
    """
    require_destinations(rule, peers.list_peers(database))
    taken = any(route.name == name for route in routes.list_routes(database))
    if taken and not replace:
        raise InputError(f"a rule named {name} is already there")
    routes.put_route(database, name, rule.document(), enabled=enabled, now=database.now())


def switch_rule(database: Database, name: str, *, enabled: bool) -> None:
    """Enable or disable a rule where it stands.

    Raises:
        InputError: there is none of that name, or it names a peer that is not there any more.
        StorageError: the database failed.
    """
    for each in stored_rules(database):
        if each.name == name:
            save_rule(database, name, each.rule, enabled=enabled, replace=True)
            return
    raise InputError(f"there is no rule named {name}")


def require_destinations(rule: Rule, known: Iterable[Peer]) -> None:
    """Every peer in ``to`` is known and gets results; InputError otherwise."""
    by_name = {peer.name: peer for peer in known}
    for number, name in enumerate(rule.to):
        peer = by_name.get(name)
        if peer is None:
            raise InputError(f"to.{number}: there is no peer named {name}")
        if not peer.gets_results:
            raise InputError(f"to.{number}: the peer {name} does not get results")


def rules_naming(rules: Sequence[NamedRule], peer_name: str) -> tuple[str, ...]:
    """The names of the rules, disabled ones too, that send to a peer."""
    return tuple(each.name for each in rules if peer_name in each.rule.to)


def require_unnamed(database: Database, peer_name: str) -> None:
    """No rule sends to this peer, so it may go; InputError names those that do."""
    naming = rules_naming(stored_rules(database), peer_name)
    if naming:
        raise InputError(
            f"{peer_name} is named by the routing rules {', '.join(naming)}: change them first"
        )
