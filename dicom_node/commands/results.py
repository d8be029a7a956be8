"""``cspine-node results``: what was found, as one table for research."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, TextIO

import typer

from dicom_node.commands.common import ConfigOption, local_actor, settings_for_command
from dicom_node.errors import EnvironmentFailedError, InputError
from dicom_node.research.keys import Pseudonyms
from dicom_node.research.rows import (
    READING,
    VERDICT,
    Row,
    reading_row,
    verdict_row,
    write_csv,
    write_json,
)
from dicom_node.stores import data_dir_of, database_of
from storage import audit, series, verdicts
from storage.database import Database

KEY_FILE: Final = "research.key"


class TableFormat(StrEnum):
    """How the table is written."""

    CSV = "csv"
    JSON = "json"


DayOption = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Day (UTC) on which the first image came."),
]


def build_app() -> typer.Typer:
    """The sub-commands of ``results``."""
    app = typer.Typer(no_args_is_help=True)
    app.callback()(_only_a_group)
    app.command("export")(export)
    return app


def _only_a_group() -> None:
    """What was found, as one table for research."""


def export(
    output: Annotated[Path, typer.Option(help="A file that is not there yet.")],
    table: Annotated[TableFormat, typer.Option("--format", help="csv or json.")] = TableFormat.CSV,
    since: DayOption = None,
    until: DayOption = None,
    with_verdicts: Annotated[
        bool, typer.Option("--with-verdicts", help="With the last verdict on each, and agreement.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Write one row for each reading, with pseudonyms in place of all that names a patient."""
    settings = settings_for_command(config)
    data_dir = data_dir_of(settings)
    if output.exists():
        raise InputError(f"{output} is already there")
    keys = Pseudonyms(data_dir.kept_secret(KEY_FILE))
    database = database_of(settings, data_dir)
    columns = (*READING, *VERDICT) if with_verdicts else READING
    write = write_csv if table is TableFormat.CSV else write_json
    try:
        audit.record(
            database,
            local_actor(),
            "results.exported",
            "results",
            after={"with_verdicts": with_verdicts},
            now=database.now(),
        )
        with _whole_file(output) as file:
            rows = _rows(database, keys, since, until, with_verdicts=with_verdicts)
            count = write(rows, columns, file)
    finally:
        database.close()
    typer.echo(f"{count} readings in {output}")


def _rows(
    database: Database,
    keys: Pseudonyms,
    since: datetime | None,
    until: datetime | None,
    *,
    with_verdicts: bool,
) -> Iterator[Row]:
    begin = None if since is None else since.replace(tzinfo=UTC)
    end = None if until is None else until.replace(tzinfo=UTC) + timedelta(days=1)
    for each in series.every_reading(database, since=begin, before=end):
        row = reading_row(each, keys)
        if with_verdicts:
            given = verdicts.verdicts_of(database, each.id) if each.read_utc else ()
            row |= verdict_row(each, given, keys)
        yield row


@contextmanager
def _whole_file(path: Path) -> Iterator[TextIO]:
    """A file (0600) that has its name only once it is whole."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                yield file
            Path(name).rename(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise EnvironmentFailedError(f"cannot write {path}: {error.strerror}") from error
