"""Read-only queries over all that the node holds: received instances and its own results.

The newest studies come first. Of a series only the living generation counts: the instances are
the same; results of superseded generations stay, since other objects refer to them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased, load_only

from storage.database import Database
from storage.models import Instance, Report, Series
from storage.records.catalogue import (
    CatalogueInstance,
    CatalogueSeries,
    CatalogueStudy,
    StudyKey,
    StudyMatch,
)
from storage.records.results import Piece
from storage.records.series import SeriesState

WILDCARDS: Final = "*?"
LIKE_ESCAPE: Final = "\\"
_COLUMNS: Final = (
    Series.study_uid,
    Series.series_uid,
    Series.modality,
    Series.series_description,
    Series.instance_count,
    Series.patient_id,
    Series.patient_name,
    Series.accession_number,
    Series.study_description,
    Series.study_date,
)
"""What a search tells of a series; its result, which may be large, is not among them."""


def find_studies(
    db: Database,
    match: StudyMatch,
    *,
    limit: int,
    offset: int = 0,
    before_key: int | None = None,
) -> tuple[StudyKey, ...]:
    """The studies that match, the newest first; it is their newest series that says of whom.

    Args:
        db: where.
        match: what is asked.
        limit: how many at most.
        offset: so many of the matching ones are left out.
        before_key: only those that come behind the study of this key.
    """
    newer = aliased(Series)
    is_newest = ~exists().where(
        newer.study_uid == Series.study_uid,
        newer.id > Series.id,
        newer.state != SeriesState.SUPERSEDED,
    )
    statement = (
        select(Series.study_uid, Series.id)
        .where(Series.state != SeriesState.SUPERSEDED, *_conditions(match), is_newest)
        .order_by(Series.id.desc())
        .limit(limit)
        .offset(offset)
    )
    if before_key is not None:
        statement = statement.where(Series.id < before_key)
    with db.reading() as session:
        return tuple(StudyKey(uid, key) for uid, key in session.execute(statement))


def studies(db: Database, study_uids: Sequence[str]) -> tuple[CatalogueStudy, ...]:
    """What the node holds of these studies, in the order of ``study_uids``; unknown ones not."""
    live = (
        select(Series)
        .where(Series.study_uid.in_(study_uids), Series.state != SeriesState.SUPERSEDED)
        .options(load_only(*_COLUMNS, raiseload=True))
        .order_by(Series.id)
    )
    with db.reading() as session:
        series = session.scalars(live).all()
        first = (
            select(func.min(Instance.sop_instance_uid))
            .where(Instance.series_uid.in_([each.series_uid for each in series]))
            .group_by(Instance.series_uid)
        )
        of_first = select(Instance.series_uid, Instance.path).where(
            Instance.sop_instance_uid.in_(session.scalars(first).all())
        )
        paths = {uid: Path(path) for uid, path in session.execute(of_first)}
    rows: dict[str, list[Series]] = defaultdict(list)
    for row in series:
        if row.series_uid in paths:
            rows[row.study_uid].append(row)
    made: dict[str, list[CatalogueInstance]] = defaultdict(list)
    for each in results_in(db, study_uids):
        made[each.study_uid].append(each)
    return tuple(_study(uid, rows[uid], paths, tuple(made[uid])) for uid in study_uids if rows[uid])


def held_of(db: Database, study_uids: Collection[str]) -> dict[tuple[str, str], int]:
    """(study, series) → how many instances of it were received; those without any are not there."""
    statement = select(Series.study_uid, Series.series_uid, Series.instance_count).where(
        Series.study_uid.in_(study_uids), Series.state != SeriesState.SUPERSEDED
    )
    with db.reading() as session:
        return {(study, series): count for study, series, count in session.execute(statement)}


def results_in(db: Database, study_uids: Collection[str]) -> tuple[CatalogueInstance, ...]:
    """The result objects of these studies, in the order in which they were made."""
    statement = (
        select(Report, Series.study_uid)
        .join(Series, Series.id == Report.series_id)
        .where(Series.study_uid.in_(study_uids))
    )
    order = list(Piece)
    with db.reading() as session:
        made = sorted(
            session.execute(statement).all(),
            key=lambda row: (row[0].created_utc, order.index(row[0].piece), row[0].ordinal),
        )
        return tuple(_result(report, study_uid) for report, study_uid in made)


def received_in(
    db: Database, study_uid: str, series_uid: str | None = None
) -> tuple[CatalogueInstance, ...]:
    """The received instances of a study, or of one series of it, by series and SOP UID."""
    statement = (
        select(Instance)
        .where(*_received_of([study_uid]))
        .order_by(Instance.series_uid, Instance.sop_instance_uid)
    )
    if series_uid is not None:
        statement = statement.where(Instance.series_uid == series_uid)
    with db.reading() as session:
        return tuple(_received(row) for row in session.scalars(statement))


def find_instance(db: Database, sop_instance_uid: str) -> CatalogueInstance | None:
    """The object of that SOP Instance UID: received, else made by the node."""
    statement = (
        select(Report, Series.study_uid)
        .join(Series, Series.id == Report.series_id)
        .where(Report.sop_instance_uid == sop_instance_uid)
    )
    with db.reading() as session:
        row = session.get(Instance, sop_instance_uid)
        if row is not None:
            return _received(row)
        made = session.execute(statement).one_or_none()
        return None if made is None else _result(*made)


def _received_of(study_uids: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    """By way of the series, which have an index of instances."""
    series_uids = select(Series.series_uid).where(Series.study_uid.in_(study_uids))
    return Instance.series_uid.in_(series_uids), Instance.study_uid.in_(study_uids)


def _conditions(match: StudyMatch) -> list[ColumnElement[bool]]:
    """What a living series of a study that matches fulfils."""
    conditions: list[ColumnElement[bool]] = []
    if match.study_uids is not None:
        conditions.append(Series.study_uid.in_(match.study_uids))
    if match.series_uids is not None:
        conditions.append(_beside(match.series_uids))
    for column, pattern in (
        (Series.patient_id, match.patient_id),
        (Series.patient_name, match.patient_name),
        (Series.accession_number, match.accession_number),
        (Series.study_description, match.study_description),
    ):
        if pattern is not None:
            conditions.append(_text(column, pattern))
    if match.study_date_from is not None:
        conditions.append(Series.study_date >= match.study_date_from)
    if match.study_date_until is not None:
        conditions.append(Series.study_date <= match.study_date_until)
    if match.has_results:
        reading = aliased(Series)
        conditions.append(
            exists().where(reading.study_uid == Series.study_uid, Report.series_id == reading.id)
        )
    if match.modalities is not None:
        conditions.append(_of_modality(match.modalities, match.result_class_uids))
    return conditions


def _beside(series_uids: Collection[str]) -> ColumnElement[bool]:
    """Of a study with one of these series: found by them, not asked of each study."""
    other = aliased(Series)
    return Series.study_uid.in_(select(other.study_uid).where(other.series_uid.in_(series_uids)))


def _of_modality(
    modalities: Collection[str], result_class_uids: Collection[str]
) -> ColumnElement[bool]:
    """Of a study with such a series or result.

    The series' own modality first: where it does, nothing else is looked at. What is beside it is
    found once for all studies, since a modality that is rare, or not there, was asked of each.
    """
    beside, reading = aliased(Series), aliased(Series)
    conditions: list[ColumnElement[bool]] = [Series.modality.in_(modalities)]
    if result_class_uids:
        conditions.append(
            exists().where(
                reading.study_uid == Series.study_uid,
                Report.series_id == reading.id,
                Report.sop_class_uid.in_(result_class_uids),
            )
        )
    with_one = select(beside.study_uid).where(beside.modality.in_(modalities))
    return or_(*conditions, Series.study_uid.in_(with_one))


def _text(column: InstrumentedAttribute[str], pattern: str) -> ColumnElement[bool]:
    if any(each in pattern for each in WILDCARDS):
        return func.lower(column).like(func.lower(_like(pattern)), escape=LIKE_ESCAPE)
    if column is Series.patient_name:
        return func.lower(column) == func.lower(pattern)
    return column == pattern


def _like(pattern: str) -> str:
    """``*`` and ``?`` (PS3.4 C.2.2.2.4) as SQL writes them, everything else as it is."""
    for meant in (LIKE_ESCAPE, "%", "_"):
        pattern = pattern.replace(meant, LIKE_ESCAPE + meant)
    return pattern.replace("*", "%").replace("?", "_")


def _study(
    study_uid: str,
    rows: list[Series],
    paths: dict[str, Path],
    made: tuple[CatalogueInstance, ...],
) -> CatalogueStudy:
    newest = rows[-1]
    return CatalogueStudy(
        study_uid=study_uid,
        patient_id=newest.patient_id,
        patient_name=newest.patient_name,
        accession_number=newest.accession_number,
        study_description=newest.study_description,
        study_date=newest.study_date,
        series=tuple(
            CatalogueSeries(
                series_uid=row.series_uid,
                modality=row.modality,
                series_description=row.series_description,
                instance_count=row.instance_count,
                first_path=paths[row.series_uid],
            )
            for row in rows
        ),
        results=made,
    )


def _received(row: Instance) -> CatalogueInstance:
    return CatalogueInstance(
        sop_instance_uid=row.sop_instance_uid,
        sop_class_uid=row.sop_class_uid,
        study_uid=row.study_uid,
        series_uid=row.series_uid,
        transfer_syntax_uid=row.transfer_syntax_uid,
        path=Path(row.path),
        digest=row.sha256,
    )


def _result(report: Report, study_uid: str) -> CatalogueInstance:
    return CatalogueInstance(
        sop_instance_uid=report.sop_instance_uid,
        sop_class_uid=report.sop_class_uid,
        study_uid=study_uid,
        series_uid=None,
        transfer_syntax_uid=None,
        path=Path(report.path),
        digest=None,
        is_result=True,
    )
