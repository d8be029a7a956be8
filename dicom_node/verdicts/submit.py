"""From a reader's verdict to rows: the report is built, checked and durable before it is recorded.

The machine's own result and report stay as they were. A crash before the one transaction leaves
at most a file that no row names; after it, the same verdict given again is the same row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from dicom_node.errors import ConflictError, EnvironmentFailedError, InputError, InvalidVerdictError
from dicom_node.reports.evidence import read_sources
from dicom_node.reports.origin import ReportingDevice
from dicom_node.reports.part10 import as_part10
from dicom_node.reports.verified_conformance import Signed, require_verified
from dicom_node.reports.verified_groups import VerdictReading
from dicom_node.reports.verified_report import Reader, build_verified_report
from dicom_node.routing.plan import plan_deliveries
from dicom_node.uids import new_uid
from dicom_node.verdicts.document import Verdict
from dicom_node.verdicts.places import ends_of, key_slice_of
from dicom_node.verdicts.reading import read_levels
from dicom_node.verdicts.validation import require_fitting
from inference.attributes import UnreadableInstanceError
from inference.slices import read_headers
from inference.types import ModelIdentity, ReasonCode, SliceHeader, SliceSource
from storage import deliveries, instances, series, verdicts
from storage.database import Database
from storage.errors import AlreadyExistsError, IllegalTransitionError, NotFoundError
from storage.files import DataDir
from storage.part10 import whole_digest
from storage.records import (
    InstanceRecord,
    NewObject,
    Piece,
    SeriesRecord,
    SeriesState,
    VerdictRecord,
)

NAME_LENGTH_MAX: Final = 64
"""Of a component group of a person name (VR PN), and of an organization (VR LO)."""


def submit_verdict(
    database: Database,
    data_dir: DataDir,
    series_record: SeriesRecord,
    document: Verdict,
    *,
    reader: str,
    organization: str,
    device: ReportingDevice,
    known_verdicts: int,
) -> VerdictRecord:
    """Record a reader's verdict, with its verified report and the deliveries of it.

    Args:
        database: of the node.
        data_dir: of the node.
        series_record: the reading that the reader saw.
        document: what the reader says.
        reader: the reader's name, as ``Family^Given`` or in one piece.
        organization: for which the reader signs.
        device: this installation.
        known_verdicts: how many verdicts on the reading the reader knew of.

    Returns:
        The row; the one that is there if the same reader said the same at the same place before.

    Raises:
        InvalidVerdictError: the document does not fit the reading; names the field.
        ConflictError: another verdict came first; carries it.
        InputError: the reading cannot be judged, as one that was superseded meanwhile.
        NonConformantReportError: the report failed our own check; nothing was written.
        StorageError, EnvironmentFailedError: disk or database failed; nothing was recorded.
    """
    signer = signer_of(reader, organization)
    of = _judgeable(database, series_record)
    earlier = verdicts.verdicts_of(database, of.id)
    if len(earlier) != known_verdicts:
        return _same_or_conflict(earlier, known_verdicts, document, reader, organization)
    stored = instances.instances_of(database, of.series_uid)
    slices = _slices_named(document, stored)
    require_fitting(document, of.result, slices)
    now = database.now()
    report = _signed_report(
        _reading(document, of.result, slices),
        read_sources(each.path for each in stored),
        signer,
        device=device,
        now=now,
        predecessor=_predecessor(database, of, earlier),
    )
    written = _kept(data_dir, report, known_verdicts)
    try:
        return verdicts.add_verdict(
            database,
            of.id,
            reader=reader,
            organization=organization,
            document=document.model_dump(mode="json"),
            report=written,
            deliveries=plan_deliveries(database, of, [written]),
            now=now,
        )
    except AlreadyExistsError:
        written.path.unlink(missing_ok=True)
        there = verdicts.verdicts_of(database, of.id)
        return _same_or_conflict(there, known_verdicts, document, reader, organization)
    except IllegalTransitionError as error:
        written.path.unlink(missing_ok=True)
        raise _not_judgeable(series.get_series_by_id(database, of.id).state) from error


def _kept(data_dir: DataDir, report: Dataset, ordinal: int) -> NewObject:
    """The report, durable on disk and about to be recorded."""
    content = as_part10(report)
    return NewObject(
        piece=Piece.VERDICT,
        ordinal=ordinal,
        sop_instance_uid=report.SOPInstanceUID,
        sop_class_uid=report.SOPClassUID,
        path=data_dir.store_report(report.SOPInstanceUID, content),
        sha256=whole_digest(content),
    )


def _signed_report(
    reading: VerdictReading,
    sources: Sequence[Dataset],
    signer: Reader,
    *,
    device: ReportingDevice,
    now: datetime,
    predecessor: Dataset | None,
) -> Dataset:
    """A report that passed the gate."""
    report = build_verified_report(
        reading,
        sources,
        sop_instance_uid=new_uid(),
        series_instance_uid=new_uid(),
        content_datetime=now,
        device=device,
        reader=signer,
        predecessor=predecessor,
    )
    predecessor_uid = None if predecessor is None else str(predecessor.SOPInstanceUID)
    require_verified(report, sources, Signed(reading, signer, predecessor_uid))
    return report


def signer_of(reader: str, organization: str) -> Reader:
    """Who signs, as DICOM writes it: a name in one piece becomes a family name.

    Raises:
        InvalidVerdictError: empty, too long, or with characters that DICOM does not allow.
    """
    name, house = reader.strip(), organization.strip()
    for field, text in (("reader", name), ("organization", house)):
        if not text.strip("^="):
            raise InvalidVerdictError(field, "missing: a verdict is signed with both")
        if "\\" in text or not text.isprintable():
            raise InvalidVerdictError(field, "no backslash and no control characters")
    groups = name.split("=")
    if "^" not in groups[0]:
        groups[0] += "^"
    if len(groups) > 3 or any(
        len(each) > NAME_LENGTH_MAX or each.count("^") > 4 for each in groups
    ):
        raise InvalidVerdictError("reader", "no person name of at most 64 characters (VR PN)")
    if len(house) > NAME_LENGTH_MAX:
        raise InvalidVerdictError("organization", "longer than 64 characters")
    return Reader("=".join(groups), house)


def _judgeable(database: Database, record: SeriesRecord) -> SeriesRecord:
    try:
        of = series.get_series_by_id(database, record.id)
    except NotFoundError as error:
        raise InputError(f"no such reading of series {record.series_uid}") from error
    if of.state not in verdicts.JUDGED:
        raise _not_judgeable(of.state)
    if of.reason_code == ReasonCode.INCONSISTENT_IDENTITY:
        raise InputError(
            "the images of this series differ in patient or study: no report can be made of it"
        )
    return of


def _not_judgeable(state: SeriesState) -> InputError:
    if state is SeriesState.SUPERSEDED:
        return InputError("the reading was superseded meanwhile: judge the newer one")
    return InputError(f"the series is {state}: there is no reading to judge yet")


def _same_or_conflict(
    there: Sequence[VerdictRecord],
    known_verdicts: int,
    document: Verdict,
    reader: str,
    organization: str,
) -> VerdictRecord:
    """The verdict after those that the reader knew of, if it is this one given twice.

    Raises:
        ConflictError: it is another one, or there are fewer than the reader knew of.
    """
    if not 0 <= known_verdicts < len(there):
        raise ConflictError(
            f"there are {len(there)} verdicts on this reading, not {known_verdicts}", None
        )
    other = there[known_verdicts]
    same = (other.reader, other.organization) == (reader, organization)
    if same and Verdict.model_validate(other.document) == document:
        return other
    raise ConflictError(
        f"another verdict on this reading came first, at {other.at_utc:%Y-%m-%d %H:%M} UTC", other
    )


def _slices_named(
    document: Verdict, stored: Sequence[InstanceRecord]
) -> Mapping[SliceSource, SliceHeader]:
    """The slices of the images that the document names, as far as they are of the series."""
    named = {
        source.sop_instance_uid
        for each in document.added
        for source in (key_slice_of(each), *ends_of(each))
    }
    paths = [each.path for each in stored if each.sop_instance_uid in named]
    try:
        headers = read_headers(paths)
    except UnreadableInstanceError as error:
        raise EnvironmentFailedError(str(error)) from error
    return {SliceSource(each.sop_instance_uid, each.frame_number): each for each in headers}


def _reading(
    document: Verdict,
    result: Mapping[str, Any] | None,
    slices: Mapping[SliceSource, SliceHeader],
) -> VerdictReading:
    return VerdictReading(
        levels=read_levels(document, result, slices),
        no_finding=document.no_finding,
        comment=document.comment,
        model=None if result is None else ModelIdentity(**result["model"]),
        operating_point=None if result is None else result["operating_point"],
    )


def _predecessor(
    database: Database, of: SeriesRecord, earlier: Sequence[VerdictRecord]
) -> Dataset | None:
    """The report that the new one follows: the last verdict's, or else the machine's."""
    objects = deliveries.objects_of(database, of.id)
    wanted = earlier[-1].sop_instance_uid if earlier else None
    for each in objects:
        if each.sop_instance_uid == wanted or (wanted is None and each.piece is Piece.REPORT):
            try:
                return dcmread(each.path)
            except (OSError, InvalidDicomError) as error:
                raise EnvironmentFailedError(f"{each.path}: cannot be read") from error
    return None
