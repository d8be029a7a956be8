"""From the objects of a reading to the deliveries that its rules ask for."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from dicom_node.routing.outcomes import Outcome, required_outcomes
from dicom_node.routing.rules import Decision, NamedRule, decide, facts_of
from dicom_node.routing.table import stored_rules
from storage import peers
from storage.database import Database
from storage.records import NewDelivery, NewObject, Peer, Piece, SeriesRecord

logger = logging.getLogger(__name__)

PIECES: Final = tuple(Piece)


class Sendable(Protocol):
    """What a plan needs to know of an object, new or recorded."""

    @property
    def piece(self) -> Piece:
        """What it is."""

    @property
    def ordinal(self) -> int:
        """Which one of that piece."""

    @property
    def sop_instance_uid(self) -> str:
        """Its own."""


def plan_deliveries(
    database: Database,
    of: SeriesRecord,
    objects: Sequence[NewObject],
    *,
    outcomes: frozenset[Outcome] | None = None,
) -> tuple[NewDelivery, ...]:
    """Which of ``objects`` go to which peers, in the order in which a peer is to get them.

    ``outcomes`` of a reading that has not ended in the database yet must be said (see
    ``outcomes_of``); without them they are those of ``of``. A verdict counts as ``verdict`` and as
    what the reading is that it is about.

    Raises:
        EnvironmentFailedError: a stored rule is not valid.
        InternalError: ``of`` has no outcome yet, and none was given.
        StorageError: peers or rules cannot be read.
    """
    known = peers.list_peers(database)
    if is_shadow(known, of.source_aet):
        return ()
    told = required_outcomes(of) if outcomes is None else outcomes
    return planned(stored_rules(database), known, of, objects, told)


def planned(
    rules: Sequence[NamedRule],
    known: Sequence[Peer],
    of: SeriesRecord,
    objects: Iterable[Sendable],
    outcomes: frozenset[Outcome],
) -> tuple[NewDelivery, ...]:
    """What ``rules`` say, without I/O.

    A peer that is gone keeps its deliveries, which the runner parks in sight; one that is there
    and does not get results gets none.
    """
    silent = {peer.name for peer in known if not peer.gets_results}
    ordered = sorted(objects, key=lambda each: (PIECES.index(each.piece), each.ordinal))
    deliveries = []
    for verdict in (False, True):  # a verdict has an outcome more, and comes last
        chosen = [each for each in ordered if (each.piece is Piece.VERDICT) is verdict]
        if not chosen:
            continue
        decision = decision_for(rules, known, of, outcomes, verdict=verdict)
        for destination in decision.destinations:
            if destination.peer in silent:
                logger.warning("%s does not get results: a rule sends there", destination.peer)
                continue
            deliveries += [
                NewDelivery(each.sop_instance_uid, destination.peer)
                for each in chosen
                if each.piece in destination.pieces
            ]
    return tuple(deliveries)


def decision_for(
    rules: Sequence[NamedRule],
    known: Iterable[Peer],
    of: SeriesRecord,
    outcomes: frozenset[Outcome],
    *,
    verdict: bool = False,
) -> Decision:
    """What ``rules`` decide on a reading, or on a verdict on it."""
    told = outcomes | {Outcome.VERDICT} if verdict else outcomes
    get_results = [peer.name for peer in known if peer.gets_results]
    return decide(rules, facts_of(of, told), get_results=get_results)


def is_shadow(known: Iterable[Peer], source_aet: str) -> bool:
    """Whether nothing of what ``source_aet`` sends goes out: some peer of that name is a shadow."""
    return any(peer.shadow and peer.aet == source_aet for peer in known)
