"""``cspine-node route``: the rules that say which results go where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from dicom_node.administration.routes import (
    move_route,
    remove_route,
    save_route,
    switch_route,
)
from dicom_node.commands.common import (
    ConfigOption,
    JsonOption,
    local_actor,
    opened_database,
    print_json,
    print_table,
)
from dicom_node.commands.route_rehearsal import rehearse_routes
from dicom_node.errors import InputError
from dicom_node.routing.outcomes import Outcome
from dicom_node.routing.rule_file import read_rule
from dicom_node.routing.rules import Rule, parse_rule
from dicom_node.routing.table import stored_rules
from storage import routes
from storage.database import Database
from storage.records import Piece, Priority

BY_DEFAULT: Final = "No rule is enabled: every peer that gets results gets everything."


def build_app() -> typer.Typer:
    """The sub-commands of ``route``."""
    app = typer.Typer(no_args_is_help=True)
    for command in (add, list_routes, remove, move, enable, disable):
        app.command(command.__name__.partition("_")[0])(command)
    app.command("test")(rehearse_routes)
    return app


def add(  # noqa: PLR0913 - one parameter an option
    name: Annotated[str, typer.Argument(help="Your own short name for the rule.")],
    *,
    to: Annotated[list[str] | None, typer.Option(help="Name of a peer that gets results.")] = None,
    source_aet: Annotated[list[str] | None, typer.Option(help="AE title of the sender.")] = None,
    called_aet: Annotated[
        list[str] | None, typer.Option(help="AE title by which it called this node.")
    ] = None,
    station: Annotated[list[str] | None, typer.Option(help="Station name of the scanner.")] = None,
    study_description: Annotated[list[str] | None, typer.Option()] = None,
    series_description: Annotated[list[str] | None, typer.Option()] = None,
    outcome: Annotated[list[Outcome] | None, typer.Option()] = None,
    priority: Annotated[list[Priority] | None, typer.Option()] = None,
    pieces: Annotated[
        list[Piece] | None, typer.Option(help="What of the result set; all if left out.")
    ] = None,
    stop: Annotated[
        bool, typer.Option("--stop", help="No later rule is asked; without --to: hold back.")
    ] = False,
    disabled: Annotated[bool, typer.Option("--disabled", help="Not in force yet.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the place of the rule of this name.")
    ] = False,
    file: Annotated[
        Path | None, typer.Option(help="The rule as JSON or TOML, instead of options.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Add a rule behind the others; * and ? in a condition stand for any text, any character.

    Every condition must hold; of one that is given several times any value may hold.
    """
    said = {
        "to": to,
        "source_aet": source_aet,
        "called_aet": called_aet,
        "station_name": station,
        "study_description": study_description,
        "series_description": series_description,
        "outcome": outcome,
        "priority": priority,
        "pieces": pieces,
        "stop": stop,
    }
    rule = _rule_of({key: value for key, value in said.items() if value}, file)
    with opened_database(config) as database:
        save_route(
            database,
            name,
            rule,
            enabled=not disabled,
            replace=replace,
            by=local_actor(),
            now=database.now(),
        )
        typer.echo(f"saved {name}: {in_words(rule)}{' (disabled)' if disabled else ''}")
        _warn_of_default(database)


def list_routes(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show the rules, in the order in which they are asked."""
    with opened_database(config) as database:
        known = routes.list_routes(database)
    if as_json:
        print_json(
            [
                {
                    "name": each.name,
                    "position": each.position,
                    "enabled": each.enabled,
                    "rule": each.rule,
                    "changed_utc": each.changed_utc,
                }
                for each in known
            ]
        )
        return
    rows = [
        (
            str(each.position),
            each.name,
            "yes" if each.enabled else "–",
            _in_words_if_valid(each.rule),
        )
        for each in known
    ]
    print_table(("position", "name", "enabled", "rule"), rows, empty=BY_DEFAULT)


def remove(name: str, config: ConfigOption = None) -> None:
    """Remove a rule; those behind it move up."""
    with opened_database(config) as database:
        remove_route(database, name, by=local_actor(), now=database.now())
        typer.echo(f"removed {name}")
        _warn_of_default(database)


def move(
    name: str,
    position: Annotated[int, typer.Argument(min=0, help="0 is the first.")],
    config: ConfigOption = None,
) -> None:
    """Put a rule at another place; a place behind the last is the last."""
    with opened_database(config) as database:
        found = move_route(database, name, position, by=local_actor(), now=database.now())
    order = ", ".join(each.name for each in found)
    typer.echo(f"the order is now: {order}")


def enable(name: str, config: ConfigOption = None) -> None:
    """Put a rule in force."""
    with opened_database(config) as database:
        switch_route(database, name, enabled=True, by=local_actor(), now=database.now())
    typer.echo(f"enabled {name}")


def disable(name: str, config: ConfigOption = None) -> None:
    """Keep a rule, but do not ask it."""
    with opened_database(config) as database:
        switch_route(database, name, enabled=False, by=local_actor(), now=database.now())
        typer.echo(f"disabled {name}")
        _warn_of_default(database)


def in_words(rule: Rule) -> str:
    """A rule in one line."""
    document = rule.document()
    conditions = [
        f"{key} {' or '.join(values)}"
        for key, values in document.items()
        if key not in {"to", "pieces", "stop"}
    ]
    pieces: Sequence[str] = document.get("pieces", ["everything"])
    gets = f"{', '.join(pieces)} to {', '.join(rule.to)}" if rule.to else "hold back"
    last = ", then stop" if rule.to and rule.stop else ""
    return f"{' and '.join(conditions) or 'always'}: {gets}{last}"


def _in_words_if_valid(document: Mapping[str, Any]) -> str:
    """A rule that another version wrote is listed too, so that it can be removed."""
    try:
        return in_words(parse_rule(document))
    except InputError as error:
        return f"NOT VALID, nothing is sent: {error}"


def _rule_of(said: Mapping[str, Any], file: Path | None) -> Rule:
    if file is not None and said:
        raise typer.BadParameter("a rule comes from --file or from options, not from both")
    try:
        return parse_rule(said) if file is None else read_rule(file)
    except InputError as error:
        raise typer.BadParameter(str(error)) from error


def _warn_of_default(database: Database) -> None:
    if not any(each.enabled for each in stored_rules(database)):
        typer.echo(BY_DEFAULT)
