"""``cspine-node model``: the models that this node knows, and which of them reads."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from dicom_node.administration.models import activate_model, known_models
from dicom_node.commands.common import (
    ConfigOption,
    JsonOption,
    local_actor,
    opened_database,
    print_json,
    print_table,
)
from dicom_node.config import load_settings
from dicom_node.stores import data_dir_of


def build_model_app() -> typer.Typer:
    """The sub-commands of ``model``."""
    app = typer.Typer(no_args_is_help=True, help="The models that this node knows.")
    app.command("list")(list_models)
    app.command("activate")(activate)
    return app


def list_models(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show the shipped model and those in the folder models of the data directory."""
    settings = load_settings(config)
    with opened_database(config) as database:
        known = known_models(database, settings, data_dir_of(settings))
    if as_json:
        print_json([asdict(each) for each in known])
        return
    rows = [
        (
            "active" if each.active else "–",
            each.file.path.name,
            str(each.file.record.get("name", "?")),
            str(each.file.record.get("version", "?")),
            str(each.file.record.get("architecture", "?")),
            each.file.sha256[:12],
            each.file.problem or ("shipped" if each.shipped else ""),
        )
        for each in known
    ]
    headings = ("reads", "file", "name", "version", "architecture", "sha256", "note")
    print_table(headings, rows, empty="")


def activate(
    model: Annotated[str, typer.Argument(help="File name, or the beginning of its SHA-256.")],
    config: ConfigOption = None,
) -> None:
    """Let a model read; a running node follows when its job has ended."""
    settings = load_settings(config)
    with opened_database(config) as database:
        data_dir = data_dir_of(settings)
        found = activate_model(
            database, settings, data_dir, model, by=local_actor(), now=database.now()
        )
    typer.echo(f"{found.file.path.name} reads from now on ({found.file.sha256})")
