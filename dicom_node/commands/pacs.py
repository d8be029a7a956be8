"""``cspine-node pacs``: what a PACS has, and having it sent here to be analysed."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape

from dicom_node.commands.common import (
    ConfigOption,
    JsonOption,
    local_actor,
    opened_database,
    print_json,
    print_table,
    settings_for_command,
)
from dicom_node.element_text import date_of
from dicom_node.errors import PeerUnreachableError
from dicom_node.identity import identity_of
from dicom_node.query_retrieve.retrieval import Retrieval, RetrievalState, ask, end, perform
from dicom_node.query_retrieve.search import search
from dicom_node.scu.association import ScuIdentity
from dicom_node.scu.cancellation import Cancellation
from dicom_node.scu.find import ANSWERS_MAX, FindResult
from dicom_node.scu.move import MoveRequest, Progress
from dicom_node.scu.query import FoundSeries, FoundStudy, Query, QueryLevel
from storage import peers
from storage.records import Peer

PeerArgument = Annotated[str, typer.Argument(metavar="PEER", help="Its name, as in peer list.")]
DATE_HINT: Final = "YYYYMMDD, or a range: YYYYMMDD-YYYYMMDD, YYYYMMDD-, -YYYYMMDD"


def build_app() -> typer.Typer:
    """The sub-commands of ``pacs``."""
    app = typer.Typer(no_args_is_help=True)
    app.command("find")(find)
    app.command("retrieve")(retrieve)
    return app


def find(  # noqa: PLR0913 - one parameter an option
    peer: PeerArgument,
    *,
    patient_id: Annotated[str, typer.Option(help="* and ? are wild cards.")] = "",
    patient_name: Annotated[str, typer.Option(help="As Family^Given; * and ?.")] = "",
    accession: Annotated[str, typer.Option(help="Accession number.")] = "",
    day: Annotated[str, typer.Option("--date", help=f"Of the study: {DATE_HINT}.")] = "",
    modality: Annotated[str, typer.Option(help="CT, for example.")] = "",
    study: Annotated[str, typer.Option(help="Show the series of this Study Instance UID.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=ANSWERS_MAX, help="At most this many.")] = 100,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Search a PACS for studies (C-FIND); with --study, for the series of one."""
    first, last = _days(day)
    query = Query(
        level=QueryLevel.SERIES if study else QueryLevel.STUDY,
        patient_id=patient_id,
        patient_name=patient_name,
        accession_number=accession,
        study_date_from=first,
        study_date_until=last,
        modality=modality,
        study_uid=study,
    )
    identity = identity_of(settings_for_command(config))
    with opened_database(config) as database:
        result = search(
            database,
            peers.get_peer(database, peer),
            query,
            identity,
            by=local_actor(),
            limit=limit,
            now=database.now(),
        )
    if as_json:
        print_json(asdict(result))
        return
    _show(result)


def retrieve(
    peer: PeerArgument,
    study: Annotated[str, typer.Argument(metavar="STUDY_UID", help="As shown by find.")],
    series: Annotated[
        list[str] | None, typer.Option(help="Only this Series Instance UID; repeatable.")
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Have a PACS send a study to the running node (C-MOVE). Ctrl-C tells it to stop."""
    identity = identity_of(settings_for_command(config))
    request = MoveRequest(study, tuple(dict.fromkeys(series or ())))
    with opened_database(config) as database:
        known = peers.get_peer(database, peer)
        asked = ask(database, known, request, by=local_actor(), now=database.now())
        done = end(database, _performed(asked, known, identity), now=database.now())
    if as_json:
        print_json(_document(done))
    if done.state is not RetrievalState.DONE:
        raise PeerUnreachableError(f"{done.state}: {done.text}")
    if not as_json:
        typer.echo(done.text)


def _days(text: str) -> tuple[date | None, date | None]:
    if not text:
        return None, None
    first, dash, last = text.partition("-")
    begin, finish = date_of(first), date_of(last if dash else first)
    said = (first, last) if dash else (first,)
    if any(each and date_of(each) is None for each in said) or (begin, finish) == (None, None):
        raise typer.BadParameter(DATE_HINT, param_hint="--date")
    return begin, finish


def _performed(asked: Retrieval, peer: Peer, identity: ScuIdentity) -> Retrieval:
    cancellation = Cancellation()
    before = signal.signal(signal.SIGINT, lambda *_: cancellation.request())
    try:
        # On a terminal only: a line on stderr is a failure.
        with Console().status(f"{peer.name} is asked") as status:
            return perform(
                asked,
                peer,
                identity,
                on_progress=lambda progress: status.update(_in_words(progress)),
                cancellation=cancellation,
            )
    finally:
        signal.signal(signal.SIGINT, before)


def _in_words(progress: Progress) -> str:
    parts = {
        "came": progress.completed,
        "with a warning": progress.warning,
        "failed": progress.failed,
        "left": progress.remaining,
    }
    return ", ".join(f"{n} {what}" for what, n in parts.items() if n is not None)


def _document(done: Retrieval) -> dict[str, object]:
    return {
        "peer": done.peer_name,
        "study_uid": done.request.study_uid,
        "series_uids": list(done.request.series_uids),
        "state": str(done.state),
        "text": done.text,
        **asdict(done.progress),
    }


def _show(result: FindResult) -> None:
    if result.series:
        _show_series(result.series)
    else:
        _show_studies(result.studies)
    console = Console(stderr=True, soft_wrap=True)
    for remark in result.remarks:
        console.print(remark, markup=False, highlight=False)
    if not result.is_whole:
        console.print("There may be more: narrow the search, or give a higher --limit.")


def _show_studies(found: Sequence[FoundStudy]) -> None:
    rows = [
        (
            "–" if each.study_date is None else each.study_date.isoformat(),
            each.patient_name,
            each.patient_id,
            each.accession_number,
            "/".join(each.modalities),
            each.study_description,
            _number(each.instance_count),
            each.study_uid,
        )
        for each in found
    ]
    _print(("date", "patient", "ID", "accession", "modality", "study", "images", "UID"), rows)


def _show_series(found: Sequence[FoundSeries]) -> None:
    rows = [
        (
            _number(each.series_number),
            each.modality,
            each.series_description,
            each.body_part,
            _number(each.instance_count),
            each.series_uid,
        )
        for each in found
    ]
    _print(("number", "modality", "series", "body part", "images", "UID"), rows)


def _print(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    # What a peer says is no markup.
    print_table(headings, [[escape(cell) for cell in row] for row in rows], empty="Nothing found.")


def _number(value: int | None) -> str:
    return "–" if value is None else str(value)
