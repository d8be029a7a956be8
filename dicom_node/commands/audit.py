"""``cspine-node audit``: who did what, and whether the trail holds."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from dicom_node.administration.undo import undo as undo_change
from dicom_node.commands.common import (
    ConfigOption,
    JsonOption,
    local_actor,
    opened_database,
    print_json,
    print_table,
)
from dicom_node.config import load_settings
from dicom_node.errors import EnvironmentFailedError, InputError
from storage import audit, audit_exports
from storage.errors import NotFoundError
from storage.records import AuditFault


def build_app() -> typer.Typer:
    """The sub-commands of ``audit``."""
    app = typer.Typer(no_args_is_help=True)
    for command in (verify, list_entries, export, destinations, undo):
        app.command(command.__name__.partition("_")[0])(command)
    return app


def verify(config: ConfigOption = None) -> None:
    """Check every entry and its chain; exit status 1 names the first that does not hold."""
    with opened_database(config) as database:
        found = audit.verify(database)
    if isinstance(found, AuditFault):
        raise EnvironmentFailedError(f"the audit trail does not hold: {found.seq}: {found.text}")
    typer.echo(f"all {found} entries hold")


def list_entries(
    last: Annotated[int, typer.Option(min=1, help="So many of the newest.")] = 50,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show the newest entries first."""
    with opened_database(config) as database:
        found = audit.latest(database, limit=last)
    if as_json:
        print_json([asdict(entry) for entry in found])
        return
    rows = [
        (
            str(entry.seq),
            entry.at_utc.isoformat(timespec="seconds"),
            entry.actor,
            entry.address,
            entry.action,
            entry.object,
        )
        for entry in found
    ]
    headings = ("number", "time", "who", "from", "did", "with")
    print_table(headings, rows, empty="No entries yet.")


def export(config: ConfigOption = None) -> None:
    """Print all entries, the oldest first, one JSON object a line."""
    with opened_database(config) as database:
        audit.record(database, local_actor(), "audit.exported", "audit", now=database.now())
        for entry in audit.every_entry(database):
            typer.echo(audit.as_line(entry))


def destinations(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show how far the trail has come at each syslog receiver."""
    with opened_database(config) as database:
        found = audit_exports.exports(database)
        newest = audit_exports.last_seq(database)
    if as_json:
        print_json([asdict(each) | {"waiting": newest - each.seq} for each in found])
        return
    rows = [
        (
            each.destination,
            str(each.seq),
            str(newest - each.seq),
            each.sent_utc.isoformat(timespec="seconds") if each.sent_utc else "never",
            each.last_error or "",
        )
        for each in found
    ]
    headings = ("destination", "sent up to", "waiting", "last sent", "error")
    print_table(headings, rows, empty="Nothing was sent yet: see audit.syslog_host.")


def undo(
    number: Annotated[int, typer.Argument(min=1, help="Of the entry, as ``list`` shows it.")],
    config: ConfigOption = None,
) -> None:
    """Undo a change of peers, rules, users or settings, if nothing newer stands against it."""
    with opened_database(config) as database:
        try:
            base, now = load_settings(config), database.now()
            made = undo_change(database, base, number, by=local_actor(), now=now)
        except NotFoundError as error:
            raise InputError(str(error)) from error
    typer.echo(f"undone by entry {made[0].seq}: {made[0].action} {made[0].object}")
