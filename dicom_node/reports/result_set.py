"""The result set of a reading: every object that tells of it, each with its UIDs, not yet written.

One series for each kind of object (PS3.3 C.7.3.1: a series has one modality). The key objects
select images only: an SR in the selection would lead nowhere at a destination that gets no SR.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pydicom.dataset import Dataset

from dicom_node.reports.heat_map import build_heat_map
from dicom_node.reports.key_objects import build_key_objects
from dicom_node.reports.origin import ReportingDevice
from dicom_node.reports.pictures import Picture, Pictures
from dicom_node.reports.presentation_state import build_presentation_state, rescale_of_slice
from dicom_node.reports.secondary_capture import build_secondary_capture
from dicom_node.reports.structured_report import build_report
from dicom_node.uids import new_uid
from inference.types import Finding, Prediction, SliceSource
from storage.records import Piece

NOT_ANALYSED: Final = "Not analysed."
"""How the description of a page begins that tells of no reading."""
SUMMARY_NUMBER: Final = 1
"""InstanceNumber of the summary in the series of pictures; the key images follow."""


@dataclass(frozen=True, slots=True, eq=False)
class SetObject:
    """One object of a set; ``ordinal`` counts within its piece."""

    piece: Piece
    ordinal: int
    dataset: Dataset


def build_result_set(
    prediction: Prediction,
    pictures: Pictures,
    sources: Sequence[Dataset],
    *,
    device: ReportingDevice,
    predecessor: Dataset | None = None,
) -> tuple[SetObject, ...]:
    """All objects of one reading, the report first.

    Args:
        prediction: at least one assessed level.
        pictures: of the same reading; a picture that is missing there is missing here.
        sources: headers of every instance of the series, from ``evidence.read_sources``.
        device: what made the objects.
        predecessor: an earlier report on the same series, which the new one supersedes.

    Raises:
        InternalError: the prediction contradicts itself or its sources.
    """
    report = build_report(
        prediction,
        sources,
        sop_instance_uid=new_uid(),
        series_instance_uid=new_uid(),
        content_datetime=pictures.at,
        device=device,
        predecessor=predecessor,
    )
    return (
        SetObject(Piece.REPORT, 0, report),
        *_pictures(prediction, pictures, sources, device),
        *_key_objects(prediction, pictures.at, sources, device),
        *_presentations(prediction, pictures.at, sources, device),
        *_heat_map(prediction, pictures.at, sources, device),
    )


def build_notice(
    page: Picture, why: str, sources: Sequence[Dataset], *, at: datetime, device: ReportingDevice
) -> tuple[SetObject, ...]:
    """The set of a series that has no reading: a page that says so, and nothing else.

    Args:
        page: the drawn page.
        why: the reason, in a sentence without patient data.
        sources: headers of the series; at least one.
        at: when, aware.
        device: what made the page.
    """
    captures = _Captures(sources, device, at)
    said = f"{NOT_ANALYSED} This is not a negative result. {why}"
    return (captures.capture(Piece.SUMMARY, 0, page, (), said),)


@dataclass(frozen=True, slots=True)
class _Captures:
    """Pictures as objects of one series."""

    sources: Sequence[Dataset]
    device: ReportingDevice
    at: datetime
    series_uid: str = field(default_factory=new_uid)

    def capture(
        self,
        piece: Piece,
        ordinal: int,
        picture: Picture,
        key_slices: Sequence[SliceSource],
        derivation: str,
    ) -> SetObject:
        number = SUMMARY_NUMBER if piece is Piece.SUMMARY else SUMMARY_NUMBER + 1 + ordinal
        dataset = build_secondary_capture(
            picture,
            self.sources,
            key_slices=key_slices,
            derivation=derivation,
            sop_instance_uid=new_uid(),
            series_instance_uid=self.series_uid,
            instance_number=number,
            content_datetime=self.at,
            device=self.device,
        )
        return SetObject(piece, ordinal, dataset)


def _pictures(
    prediction: Prediction, pictures: Pictures, sources: Sequence[Dataset], device: ReportingDevice
) -> Iterator[SetObject]:
    captures = _Captures(sources, device, pictures.at)
    model = f"{prediction.model.name} {prediction.model.version}"
    shown = [each for each in prediction.findings if each.level in pictures.key_images]
    for ordinal, finding in enumerate(shown):
        picture = pictures.key_images[finding.level]
        said = f"Key slice and sagittal reformat of {finding.level}, as read by {model}"
        yield captures.capture(Piece.KEY_IMAGE, ordinal, picture, (finding.key_slice,), said)
    if pictures.summary is not None:
        said = f"Summary of C1 to C7, as read by {model}"
        yield captures.capture(Piece.SUMMARY, 0, pictures.summary, (), said)


def _key_objects(
    prediction: Prediction, at: datetime, sources: Sequence[Dataset], device: ReportingDevice
) -> Iterator[SetObject]:
    if prediction.findings:
        selection = build_key_objects(
            prediction,
            sources,
            sop_instance_uid=new_uid(),
            series_instance_uid=new_uid(),
            content_datetime=at,
            device=device,
        )
        yield SetObject(Piece.KEY_OBJECTS, 0, selection)


def _presentations(
    prediction: Prediction, at: datetime, sources: Sequence[Dataset], device: ReportingDevice
) -> Iterator[SetObject]:
    """A state can say but one way of rescaling: one for each that occurs, nearly always one."""
    series_uid = new_uid()
    for ordinal, findings in enumerate(_alike(prediction.findings, sources)):
        state = build_presentation_state(
            findings,
            sources,
            instance_number=ordinal + 1,
            sop_instance_uid=new_uid(),
            series_instance_uid=series_uid,
            content_datetime=at,
            device=device,
        )
        yield SetObject(Piece.PRESENTATION, ordinal, state)


def _heat_map(
    prediction: Prediction, at: datetime, sources: Sequence[Dataset], device: ReportingDevice
) -> Iterator[SetObject]:
    if prediction.heat_map is None:
        return
    built = build_heat_map(
        prediction.heat_map,
        sources,
        sop_instance_uid=new_uid(),
        series_instance_uid=new_uid(),
        content_datetime=at,
        device=device,
        model=prediction.model,
    )
    if built is not None:
        yield SetObject(Piece.HEAT_MAP, 0, built)


def _alike(findings: Sequence[Finding], sources: Sequence[Dataset]) -> list[list[Finding]]:
    """The findings by how their key slices are rescaled, in the order of the first of each."""
    rescales = [rescale_of_slice(each.key_slice, sources) for each in findings]
    return [
        [each for each, own in zip(findings, rescales, strict=True) if own == rescale]
        for rescale in dict.fromkeys(rescales)
    ]
