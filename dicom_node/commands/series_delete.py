"""``cspine-node series delete``: a series with all that belongs to it."""

from __future__ import annotations

from typing import Annotated

import typer

from dicom_node.commands.common import ConfigOption, local_actor, settings_for_command
from dicom_node.errors import InputError
from dicom_node.retention.deletion import delete_series, told
from dicom_node.stores import data_dir_of, database_of
from storage.errors import IllegalTransitionError, NotFoundError


def delete(
    uid: str,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: ConfigOption = None,
) -> None:
    """Delete images, results and verdicts of a series. What peers got stays there."""
    settings = settings_for_command(config)
    data_dir = data_dir_of(settings)
    database = database_of(settings, data_dir)
    try:
        if not yes:
            typer.confirm(f"Delete {uid} for good?", abort=True)
        gone = delete_series(
            database, data_dir, uid, by=local_actor(), cause="a person asked", now=database.now()
        )
    except (NotFoundError, IllegalTransitionError) as error:
        raise InputError(str(error)) from error
    finally:
        database.close()
    typer.echo(told(gone))
