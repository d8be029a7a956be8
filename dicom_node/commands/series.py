"""``cspine-node series``: what was received, and how far each series came.

What reads or makes DICOM objects is imported where it is needed: the list is shown without.
"""
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from dicom_node.commands.common import (
    ConfigOption,
    JsonOption,
    local_actor,
    opened_database,
    print_json,
    print_table,
)
from dicom_node.commands.series_delete import delete
from dicom_node.commands.series_verdict import verdict
from dicom_node.errors import InputError
from dicom_node.reports.render_text import render_result
from dicom_node.reports.words import IN_PART
from storage import audit, deliveries, instances, series, shadow_readings
from storage.database import Database
from storage.errors import IllegalTransitionError, NotFoundError
from storage.records import SeriesRecord


def build_app() -> typer.Typer:
    """The sub-commands of ``series``."""
    app = typer.Typer(no_args_is_help=True)
    for command in (list_series, show, retry, export, verdict, delete):
        app.command(command.__name__.partition("_")[0])(command)
    return app


def list_series(
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 100,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show the series, newest first."""
    with opened_database(config) as database:
        found = series.list_series(database, limit=limit)
    if as_json:
        print_json([_document(each) for each in found])
        return
    rows = [
        (
            each.last_received_utc.isoformat(timespec="seconds"),
            each.state.value,
            str(each.instance_count),
            each.source_aet,
            each.accession_number,
            _in_short(each),
            each.series_uid,
        )
        for each in found
    ]
    headings = ("received", "state", "instances", "from", "accession", "result", "series")
    print_table(headings, rows, empty="No series yet: send one to this node by C-STORE.")


def show(
    uid: str,
    report: Annotated[
        bool, typer.Option("--report", help="Show what its stored reports say instead.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show one series: its way, its result, its deliveries."""
    with opened_database(config) as database:
        if report:
            from dicom_node.commands.series_report import show_reports

            show_reports(database, _get(database, uid), as_json=as_json)
            return
        document = _full_document(database, _get(database, uid))
    if as_json:
        print_json(document)
        return
    console = Console(soft_wrap=True, highlight=False)
    console.print(f"[bold]{uid}[/]  {document['state']}")
    if document["reason_text"]:
        console.print(f"{document['reason_code']}: {document['reason_text']}")
    for step in document["timeline"]:
        at = step["at_utc"].isoformat(timespec="milliseconds")
        console.print(f"  {at}  {step['state']:<13} {step['note']}")
    if document["result"]:
        console.print()
        console.print(render_result(document["result"]))
    if document["shadow"]:
        console.print(_shadow_in_short(document["shadow"]))
    for delivery in document["deliveries"]:
        error = f": {delivery['last_error']}" if delivery["last_error"] else ""
        console.print(f"to {delivery['peer_name']}: {delivery['state']}{error}")
    for conflict in document["conflicts"]:
        console.print(f"kept aside, same SOP Instance UID but other content: {conflict['path']}")


def retry(uid: str, config: ConfigOption = None) -> None:
    """Judge and analyse a failed or not analysed series anew."""
    with opened_database(config) as database:
        state = _get(database, uid).state
        now = database.now()
        try:
            with audit.audited(database, local_actor(), "series.retried", uid, now=now) as change:
                change.before = {"state": state.value}
                change.after = {"state": series.retry(database, uid, now=now).state.value}
        except IllegalTransitionError as error:
            raise InputError(
                f"{uid} is {state.value}: only failed and not_analysed are retried"
            ) from error
    typer.echo(f"{uid} will be judged anew")


def export(
    uid: str,
    directory: Annotated[Path, typer.Argument(help="An empty or new folder.")],
    config: ConfigOption = None,
) -> None:
    """Write the whole result set of one series as files. They name the patient."""
    from dicom_node.commands.series_export import export_reading, require_result

    with opened_database(config) as database:
        record = _get(database, uid)
        require_result(record)
        # First: an export that is not in the trail is worse than one there that then failed.
        audit.record(database, local_actor(), "series.exported", uid, now=database.now())
        count = export_reading(database, record, directory)
    typer.echo(f"{count} files in {directory}")


def _get(database: Database, uid: str) -> SeriesRecord:
    try:
        return series.get_series(database, uid)
    except NotFoundError as error:
        raise InputError(f"no series {uid} was received") from error


def _document(of: SeriesRecord) -> dict[str, Any]:
    return {
        name: value
        for name, value in asdict(of).items()
        if name not in {"id", "predecessor_id", "fingerprint"}
    }


def _full_document(database: Database, of: SeriesRecord) -> dict[str, Any]:
    shadow = shadow_readings.reading_of(database, of.id)
    return {
        **_document(of),
        "shadow": None if shadow is None else asdict(shadow),
        "timeline": [asdict(step) for step in series.timeline(database, of.id)],
        "deliveries": [asdict(each) for each in deliveries.deliveries_of(database, of.id)],
        "conflicts": [asdict(each) for each in instances.conflicts_of(database, of.series_uid)],
    }


def _shadow_in_short(said: Mapping[str, Any]) -> str:
    """What a shadow model said, for the administrator; it is nobody's result."""
    if said["outcome"] is None:
        return "the shadow model has not read it yet"
    model, result = said["model"], said["result"]
    text = f"the shadow model {model['name']} {model['version']}: {said['outcome']}"
    if result is None:
        return f"{text}: {said['reason_text']}"
    named = ", ".join(f"{each['level']} {each['probability']:.2f}" for each in result["findings"])
    return f"{text}, {result['patient_overall']:.2f} {named}".rstrip()


def _in_short(of: SeriesRecord) -> str:
    if of.result is None:
        return of.reason_code or ""
    named = ", ".join(finding["level"] for finding in of.result["findings"])
    in_part = [k for k, coverage in of.result["level_coverage"].items() if coverage == IN_PART]
    gaps = (("not assessed", of.result["not_assessed"]), ("only in part", in_part))
    words = "; ".join(f"{what}: {', '.join(levels)}" for what, levels in gaps if levels)
    overall = f"{of.result['patient_overall']:.2f} {named}".strip()
    return f"{overall} ({words})" if words else overall
