"""Peers are changed in one way, whoever asks: with what was before and after in the audit trail."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from dicom_node.errors import ContradictionError
from dicom_node.routing.table import require_unnamed
from storage import audit, peers
from storage.database import Database
from storage.records import Actor, Peer


def add_peer(database: Database, peer: Peer, *, by: Actor, now: datetime) -> None:
    """Remember a (checked) peer.

    Raises:
        AlreadyExistsError: one of that name is there.
    """
    with audit.audited(database, by, "peer.added", peer.name, now=now) as change:
        peers.add_peer(database, peer, now=now)
        change.after = asdict(peer)


def change_peer(database: Database, before: Peer, new: Peer, *, by: Actor, now: datetime) -> None:
    """Replace a peer, of the same name, by a (checked) one.

    Raises:
        NotFoundError: it is gone.
        ContradictionError: it is not as ``before`` any more.
        InputError: it is to get no results, and a rule sends to it.
    """
    with audit.audited(database, by, "peer.changed", before.name, now=now) as change:
        if not new.gets_results:
            require_unnamed(database, before.name)

        def replace(old: Peer) -> Peer:
            if old != before:
                raise ContradictionError(f"{old.name} was changed at the same time by another.")
            return new

        peers.update_peer(database, before.name, replace)
        change.before, change.after = asdict(before), asdict(new)


def remove_peer(database: Database, name: str, *, by: Actor, now: datetime) -> None:
    """Forget a peer.

    Raises:
        NotFoundError: there is none of that name.
        InputError: a rule sends to it.
    """
    with audit.audited(database, by, "peer.removed", name, now=now) as change:
        change.before = asdict(peers.get_peer(database, name))
        require_unnamed(database, name)
        peers.remove_peer(database, name)
