"""What several commands share: options, settings, the database, tables.

Light, since the command line imports it before it knows which command was typed.
"""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import typer
from rich.console import Console
from rich.table import Table

from dicom_node.config import CONFIG_VARIABLE, Settings, load_settings
from dicom_node.logs import configure_logging
from storage.records import Actor

if TYPE_CHECKING:
    from storage.database import Database

LOCAL_ADDRESS: Final = "command line"

ConfigOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--config", envvar=CONFIG_VARIABLE, help="Configuration file (TOML)."),
]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def settings_for_command(config: Path | None) -> Settings:
    """Settings, with only warnings logged: the command itself speaks to its user."""
    settings = load_settings(config)
    configure_logging(settings.log.format, "warning")
    return settings


def local_actor() -> Actor:
    """Whoever may run commands as this account of the machine, for the audit trail."""
    return Actor(getpass.getuser(), LOCAL_ADDRESS)


@contextmanager
def opened_database(config: Path | None) -> Iterator[Database]:
    """The node's database; the node itself may run meanwhile."""
    from dicom_node.stores import data_dir_of, database_of  # noqa: PLC0415  (SQLAlchemy)

    settings = settings_for_command(config)
    database = database_of(settings, data_dir_of(settings))
    try:
        yield database
    finally:
        database.close()


def print_json(document: Any) -> None:
    """One JSON document on stdout."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False, default=str))


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, empty: str) -> None:
    """A table on stdout, or ``empty``, which says what to do first."""
    console = Console(soft_wrap=True)
    if not rows:
        console.print(empty)
        return
    table = Table(*headings, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*row)
    console.print(table)
