"""``cspine-node series verdict``: a reader's verdict from a file, as a verified report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dicom_node.commands.common import (
    ConfigOption,
    JsonOption,
    print_json,
    settings_for_command,
)
from dicom_node.errors import InputError
from dicom_node.stores import data_dir_of, database_of
from dicom_node.verdicts.document import parse_verdict
from storage import series
from storage.errors import NotFoundError


def verdict(
    uid: str,
    reader: Annotated[str, typer.Option(help="Who signs, as Family^Given.")],
    organization: Annotated[str, typer.Option(help="For which the reader signs.")],
    file: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="The verdict (JSON, docs/verdicts.md)")
    ],
    known: Annotated[
        int, typer.Option(min=0, help="How many verdicts on the reading the reader knew of.")
    ] = 0,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Record a reader's verdict: it goes where the result went, as a verified report."""
    from dicom_node.reports.origin import reporting_device  # noqa: PLC0415  (highdicom)
    from dicom_node.verdicts.submit import submit_verdict  # noqa: PLC0415

    try:
        document = parse_verdict(file.read_bytes())
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from error
    settings = settings_for_command(config)
    data_dir = data_dir_of(settings)
    database = database_of(settings, data_dir)
    try:
        try:
            of = series.get_series(database, uid)
        except NotFoundError as error:
            raise InputError(f"no series {uid} was received") from error
        row = submit_verdict(
            database,
            data_dir,
            of,
            document,
            reader=reader,
            organization=organization,
            device=reporting_device(settings.dicom.ae_title),
            known_verdicts=known,
        )
    finally:
        database.close()
    if as_json:
        print_json({"id": row.id, "at_utc": row.at_utc, "sop_instance_uid": row.sop_instance_uid})
        return
    typer.echo(f"recorded as verdict {known + 1} on {uid}: report {row.sop_instance_uid}")
