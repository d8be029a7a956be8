"""``cspine-node settings``: what is in force, and what changes while the node runs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer

from dicom_node.administration.settings import change_settings, described
from dicom_node.commands.common import (
    ConfigOption,
    JsonOption,
    local_actor,
    opened_database,
    print_json,
    print_table,
)
from dicom_node.config import LIVE, load_settings

KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help=", ".join(sorted(LIVE)))]


def build_app() -> typer.Typer:
    """The sub-commands of ``settings``."""
    app = typer.Typer(no_args_is_help=True)
    app.command("list")(list_settings)
    app.command("set")(set_value)
    app.command("reset")(reset)
    return app


def list_settings(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show all settings, and where each value comes from."""
    with opened_database(config) as database:
        found = described(database, load_settings(config))
    if as_json:
        print_json([asdict(each) for each in found])
        return
    rows = [
        (each.key, _shown(each.value), each.source, "live" if each.live else "at the next start")
        for each in found
    ]
    print_table(("key", "value", "from", "a change counts"), rows, empty="")


def set_value(
    key: KeyArgument,
    value: Annotated[str, typer.Argument(help="As in the file; none for no value.")],
    config: ConfigOption = None,
) -> None:
    """Change a setting; a running node follows within two seconds."""
    with opened_database(config) as database:
        base, now = load_settings(config), database.now()
        change_settings(database, base, {key: _read(value)}, by=local_actor(), now=now)
    typer.echo(f"{key} is {value}")


def reset(key: KeyArgument, config: ConfigOption = None) -> None:
    """Let file and environment decide again."""
    with opened_database(config) as database:
        base, now = load_settings(config), database.now()
        change_settings(database, base, {}, [key], by=local_actor(), now=now)
    typer.echo(f"{key} is what the file says")


def _read(text: str) -> Any:
    try:
        return None if text == "none" else json.loads(text)
    except json.JSONDecodeError:
        return text


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)
