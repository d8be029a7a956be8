"""``cspine-node model``: the models that this node knows, and which of them reads."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, TypeAlias

import typer

from dicom_node.administration.models import (
    KnownModel,
    activate_model,
    end_shadow,
    known_models,
    set_shadow,
)
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
from storage import shadow_readings

ModelArgument: TypeAlias = Annotated[
    str, typer.Argument(help="File name, or the beginning of its SHA-256.")
]


def build_app() -> typer.Typer:
    """The sub-commands of ``model``."""
    app = typer.Typer(no_args_is_help=True)
    app.command("list")(list_models)
    app.command("activate")(activate)
    app.command("shadow")(shadow)
    app.command("compare")(compare_models)
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
            _reads(each),
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
    model: ModelArgument,
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


def shadow(
    model: Annotated[
        str | None, typer.Argument(help="File name, or the beginning of its SHA-256.")
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="No shadow model any more.")] = False,
    config: ConfigOption = None,
) -> None:
    """Let a model read beside the active one, unseen: nothing of it is sent or shown to readers."""
    if none is (model is not None):
        raise typer.BadParameter("name a model, or say --none")
    settings = load_settings(config)
    with opened_database(config) as database:
        now, by = database.now(), local_actor()
        if model is None:
            end_shadow(database, settings, by=by, now=now)
            typer.echo("no shadow model")
            return
        data_dir = data_dir_of(settings)
        found = set_shadow(database, settings, data_dir, model, by=by, now=now)
    typer.echo(f"{found.file.path.name} reads as a shadow from now on ({found.file.sha256})")


def compare_models(
    days: Annotated[int, typer.Option(min=1, max=3650, help="Of the last so many days.")] = 30,
    disagreements: Annotated[int, typer.Option(min=0, help="Show so many of the newest.")] = 20,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Compare what the shadow model said with the active one, and both with readers' verdicts."""
    from dicom_node.commands.model_comparison import print_comparison  # noqa: PLC0415  (pydicom)
    from dicom_node.research.two_models import compare  # noqa: PLC0415

    with opened_database(config) as database:
        pairs = shadow_readings.read_twice(database, since=database.now() - timedelta(days=days))
        found = compare(pairs, disagreements=disagreements)
        waiting = shadow_readings.waiting(database)
    if as_json:
        print_json({"waiting": waiting, "comparisons": [asdict(each) for each in found]})
        return
    for each in found:
        print_comparison(each)
    if not found:
        typer.echo(f"no series was read by a shadow model in the last {days} days")
    if waiting:
        typer.echo(f"{waiting} series wait for the shadow model")


def _reads(model: KnownModel) -> str:
    if model.active:
        return "active"
    return "shadow" if model.shadow else "–"
