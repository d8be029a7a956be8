"""``cspine-node route test``: what the rules would have done with past series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from dicom_node.commands.common import ConfigOption, JsonOption, opened_database, print_json
from dicom_node.errors import InputError
from dicom_node.routing.rehearsal import Rehearsal, Sending, rehearse
from dicom_node.routing.rule_file import read_rule
from dicom_node.routing.rules import NamedRule
from dicom_node.routing.table import require_destinations, stored_rules
from storage import peers, series
from storage.database import Database
from storage.errors import NotFoundError
from storage.records import SeriesRecord


def rehearse_routes(
    *,
    last: Annotated[int, typer.Option(min=1, help="So many of the newest series.")] = 50,
    uid: Annotated[str | None, typer.Option("--series", help="This series only.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="A rule that is not saved, as JSON or TOML.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Of the rule in --file; an existing one is replaced.")
    ] = None,
    position: Annotated[
        int | None, typer.Option(min=0, help="Of the rule in --file; else behind the others.")
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show which past series would have gone where, by which rule, and what differs."""
    with opened_database(config) as database:
        rules = list(stored_rules(database))
        if file is not None:
            rules = _with(database, rules, file, name, position)
        elif name is not None or position is not None:
            raise typer.BadParameter("--name and --position are of the rule in --file")
        found = rehearse(database, rules, _readings(database, uid, last))
    if as_json:
        print_json([_document(each) for each in found])
        return
    console = Console(soft_wrap=True, highlight=False)
    for each in found:
        console.print("\n".join(map(escape, _lines(each))))
    differing = sum(each.differs for each in found)
    console.print(f"{len(found)} series have ended; {differing} would go otherwise than they did")


def _with(
    database: Database,
    rules: Sequence[NamedRule],
    file: Path,
    name: str | None,
    position: int | None,
) -> list[NamedRule]:
    """The rules with the one of ``file`` among them."""
    rule = read_rule(file)
    require_destinations(rule, peers.list_peers(database))
    new = NamedRule(name or file.stem, rule)
    places = {each.name: place for place, each in enumerate(rules)}
    others = [each for each in rules if each.name != new.name]
    place = places.get(new.name, len(others)) if position is None else position
    return [*others[:place], new, *others[place:]]


def _readings(database: Database, uid: str | None, last: int) -> Sequence[SeriesRecord]:
    if uid is None:
        return series.list_series(database, limit=last)
    try:
        return [series.get_series(database, uid)]
    except NotFoundError as error:
        raise InputError(f"no series {uid} was received") from error


def _document(of: Rehearsal) -> dict[str, Any]:
    return {
        "series_uid": of.of.series_uid,
        "generation": of.of.generation,
        "source_aet": of.of.source_aet,
        "state": of.of.state,
        "priority": of.of.priority,
        "differs": of.differs,
        **{key: value for key, value in asdict(of).items() if key != "of"},
    }


def _lines(of: Rehearsal) -> list[str]:
    told = ", ".join(of.outcomes)
    lines = [f"{of.of.series_uid}  from {of.of.source_aet}, {of.of.priority}, {told}"]
    if of.shadow:
        lines.append("  shadow: nothing would be sent")
    elif of.by_default:
        lines.append("  no rule is enabled: everything to every peer that gets results")
    lines += [f"  rule {step.rule}: {step.why}" for step in of.steps]
    lines += [f"  rule {step.rule}, for the verdict: {step.why}" for step in of.verdict_steps]
    lines += [f"  {_words(each)}" for each in of.would] or ["  nothing would be sent"]
    lines += [f"  more than was done: {_words(each)}" for each in of.more]
    lines += [f"  not any more: {_words(each)}" for each in of.fewer]
    lines += [
        f"  there is no peer named {peer}: its deliveries would be parked" for peer in of.gone
    ]
    return lines


def _words(of: Sending) -> str:
    by = f" (by {', '.join(of.rules)})" if of.rules else ""
    return f"to {of.peer}: {', '.join(of.pieces)}{by}"
