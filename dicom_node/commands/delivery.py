"""``cspine-node delivery``: the outbox, by destination and by object."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Final

import typer

from dicom_node.commands.common import (
    ConfigOption,
    JsonOption,
    local_actor,
    opened_database,
    print_json,
    print_table,
)
from dicom_node.errors import InputError
from storage import audit, deliveries, destinations
from storage.database import Database
from storage.errors import NotFoundError
from storage.records import Delivery, DeliveryState

PeerOption = Annotated[str | None, typer.Option("--peer", help="Only to this peer.")]
IdArgument = Annotated[int, typer.Argument(metavar="ID", help="As shown by list.")]
OptionalIdArgument = Annotated[int | None, typer.Argument(metavar="[ID]", help="As shown by list.")]

EVERYTHING: Final = 1_000_000
"""More than one command changes."""


def build_app() -> typer.Typer:
    """The sub-commands of ``delivery``."""
    app = typer.Typer(no_args_is_help=True)
    for command in (status, list_deliveries, resend, resume, park):
        app.command(command.__name__.partition("_")[0])(command)
    return app


def status(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show each destination: what waits, since when, why."""
    with opened_database(config) as database:
        found = destinations.destination_health(database)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    rows = [
        (
            each.peer_name,
            *(str(count) for count in (each.pending, each.sent, each.delivered, each.parked)),
            _time(each.waiting_since_utc),
            _time(each.next_attempt_utc),
            _time(each.last_sent_utc),
            each.last_error or "",
        )
        for each in found
    ]
    headings = (
        "peer", "pending", "sent", "delivered", "parked", "waiting since", "next attempt",
        "last sent", "last error",
    )  # fmt: skip
    print_table(headings, rows, empty="Nothing was ever to be delivered.")


def list_deliveries(
    peer: PeerOption = None,
    state: Annotated[DeliveryState | None, typer.Option(help="Only in this state.")] = None,
    series: Annotated[str | None, typer.Option(help="Series Instance UID.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 100,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show deliveries, the newest first."""
    with opened_database(config) as database:
        found = destinations.list_deliveries(
            database, peer_name=peer, state=state, series_uid=series, limit=limit
        )
    if as_json:
        print_json([asdict(each) for each in found])
        return
    rows = [
        (
            str(each.id),
            each.peer_name,
            each.state.value,
            str(each.attempts),
            _time(each.next_attempt_utc if each.state is DeliveryState.PENDING else None),
            _time(each.sent_utc),
            each.sop_instance_uid,
            each.last_error or "",
        )
        for each in found
    ]
    headings = ("id", "peer", "state", "attempts", "next attempt", "last sent", "object", "error")
    print_table(headings, rows, empty="No such deliveries.")


def resend(
    delivery: OptionalIdArgument = None,
    series: Annotated[
        str | None, typer.Option(help="Series Instance UID: all objects of all its readings.")
    ] = None,
    peer: PeerOption = None,
    config: ConfigOption = None,
) -> None:
    """Send again, also what the peer has; due at once."""
    if (delivery is None) == (series is None):
        raise typer.BadParameter("name either an ID or --series", param_hint="ID")
    with opened_database(config) as database:
        ids = [delivery] if delivery is not None else _ids(database, series=series, peer=peer)
        for each in ids:
            _known(database, each)
            with _audited(database, "delivery.resent", each) as now:
                deliveries.resend(database, each, now=now)
    typer.echo(f"{len(ids)} to be sent again")


def resume(
    delivery: OptionalIdArgument = None, peer: PeerOption = None, config: ConfigOption = None
) -> None:
    """Parked → pending, due at once."""
    if (delivery is None) == (peer is None):
        raise typer.BadParameter("name either an ID or --peer", param_hint="ID")
    with opened_database(config) as database:
        parked = DeliveryState.PARKED
        ids = [delivery] if delivery is not None else _ids(database, peer=peer, state=parked)
        if delivery is not None and (found := _known(database, delivery).state) is not parked:
            raise InputError(f"delivery {delivery} is {found.value}: only parked ones are resumed")
        for each in ids:
            with _audited(database, "delivery.resumed", each) as now:
                deliveries.resume(database, each, now)
    typer.echo(f"{len(ids)} resumed")


def park(delivery: IdArgument, config: ConfigOption = None) -> None:
    """Send it no more until it is resumed."""
    with opened_database(config) as database:
        found = _known(database, delivery).state
        if found is not DeliveryState.PENDING:
            raise InputError(f"delivery {delivery} is {found.value}: only pending ones are parked")
        with _audited(database, "delivery.parked", delivery) as now:
            deliveries.park(database, delivery, error="parked by a person", now=now)
    typer.echo(f"parked {delivery}")


@contextmanager
def _audited(database: Database, action: str, delivery_id: int) -> Iterator[datetime]:
    now = database.now()
    with audit.audited(database, local_actor(), action, str(delivery_id), now=now):
        yield now


def _known(database: Database, delivery_id: int) -> Delivery:
    try:
        return deliveries.get_delivery(database, delivery_id)
    except NotFoundError as error:
        raise InputError(f"there is no delivery {delivery_id}") from error


def _ids(
    database: Database,
    *,
    series: str | None = None,
    peer: str | None = None,
    state: DeliveryState | None = None,
) -> list[int]:
    """Of all such deliveries, the oldest first; InputError if there is none."""
    found = destinations.list_deliveries(
        database, peer_name=peer, state=state, series_uid=series, limit=EVERYTHING
    )
    if not found:
        raise InputError("there are no such deliveries")
    return [each.id for each in reversed(found)]


def _time(at: datetime | None) -> str:
    return "–" if at is None else at.isoformat(timespec="seconds")
