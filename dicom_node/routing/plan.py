"""From the objects of a reading to the deliveries that its rules ask for."""

from __future__ import annotations

from collections.abc import Sequence

from storage import peers
from storage.database import Database
from storage.records import NewDelivery, NewObject, SeriesRecord


def plan_deliveries(
    database: Database, of: SeriesRecord, objects: Sequence[NewObject]
) -> tuple[NewDelivery, ...]:
    """Which of ``objects`` go to which peers, in the order in which a peer is to get them.

    Raises:
        StorageError: the peers cannot be read.
    """
    if any(peer.shadow for peer in peers.senders(database, of.source_aet)):
        return ()
    return tuple(
        NewDelivery(each.sop_instance_uid, peer.name)
        for peer in peers.result_destinations(database)
        for each in objects
    )
