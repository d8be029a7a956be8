"""A dry run: what rules would do with past series, beside what was done. Nothing is changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dicom_node.routing.outcomes import Outcome, outcomes_of_series
from dicom_node.routing.plan import decision_for, is_shadow, planned
from dicom_node.routing.rules import NamedRule, Step
from storage import deliveries, peers
from storage.database import Database
from storage.records import Peer, Piece, ReportRecord, SeriesRecord

PIECES: Final = tuple(Piece)


@dataclass(frozen=True, slots=True)
class Sending:
    """Which pieces one peer gets, in their order, and by which rules (none: by default)."""

    peer: str
    pieces: tuple[Piece, ...]
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One reading.

    Attributes:
        steps: what each rule said to the reading; ``verdict_steps``, to a verdict on it, if it
            has one.
        would: what the rules would send of the objects that there are.
        did: what deliveries there are, whatever became of them.
        more, fewer: what the rules would send beyond that, and what they would not send.
        gone: peers that the rules name and that are not there.
    """

    of: SeriesRecord
    outcomes: tuple[Outcome, ...]
    shadow: bool
    by_default: bool
    steps: tuple[Step, ...]
    verdict_steps: tuple[Step, ...]
    would: tuple[Sending, ...]
    did: tuple[Sending, ...]
    more: tuple[Sending, ...]
    fewer: tuple[Sending, ...]
    gone: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether the rules would do otherwise than was done."""
        return bool(self.more or self.fewer)


def rehearse(
    database: Database, rules: Sequence[NamedRule], readings: Iterable[SeriesRecord]
) -> tuple[Rehearsal, ...]:
    """What ``rules`` would do with each reading that has ended; the others are left out.

    Raises:
        StorageError: the database cannot be read.
    """
    known = peers.list_peers(database)
    return tuple(
        _rehearsal(database, rules, known, of, outcomes)
        for of in readings
        if (outcomes := outcomes_of_series(of))
    )


def _rehearsal(
    database: Database,
    rules: Sequence[NamedRule],
    known: Sequence[Peer],
    of: SeriesRecord,
    outcomes: frozenset[Outcome],
) -> Rehearsal:
    objects = {each.sop_instance_uid: each for each in deliveries.objects_of(database, of.id)}
    shadow = is_shadow(known, of.source_aet)
    plan = () if shadow else planned(rules, known, of, objects.values(), outcomes)
    would = {(each.peer_name, each.sop_instance_uid) for each in plan}
    done = deliveries.deliveries_of(database, of.id)
    did = {(each.peer_name, each.sop_instance_uid) for each in done}
    decision = decision_for(rules, known, of, outcomes)
    of_verdict = decision_for(rules, known, of, outcomes, verdict=True)
    has_verdict = any(each.piece is Piece.VERDICT for each in objects.values())
    givers: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for each in (decision, of_verdict) if has_verdict else (decision,):
        for destination in each.destinations:
            givers[destination.peer] |= dict.fromkeys(destination.rules)
    names = {peer.name for peer in known}
    return Rehearsal(
        of=of,
        outcomes=tuple(outcome for outcome in Outcome if outcome in outcomes),
        shadow=shadow,
        by_default=decision.by_default,
        steps=decision.steps,
        verdict_steps=of_verdict.steps if has_verdict else (),
        would=_sendings(would, objects, givers),
        did=_sendings(did, objects),
        more=_sendings(would - did, objects, givers),
        fewer=_sendings(did - would, objects),
        gone=tuple(sorted({peer for peer, _ in would} - names)),
    )


def _sendings(
    pairs: Iterable[tuple[str, str]],
    objects: Mapping[str, ReportRecord],
    givers: Mapping[str, Mapping[str, None]] | None = None,
) -> tuple[Sending, ...]:
    """(peer, SOP Instance UID) as pieces of peers, by name."""
    pieces: defaultdict[str, set[Piece]] = defaultdict(set)
    for peer, uid in pairs:
        pieces[peer].add(objects[uid].piece)
    return tuple(
        Sending(
            peer,
            tuple(piece for piece in PIECES if piece in pieces[peer]),
            tuple((givers or {}).get(peer, ())),
        )
        for peer in sorted(pieces)
    )
