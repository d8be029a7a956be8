"""Rules for the objects beside the report: modules, references, the words they must say.

Each rule yields what is wrong with one object, in words without patient data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    Comprehensive3DSRStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    KeyObjectSelectionDocumentStorage,
    ParametricMapStorage,
    SecondaryCaptureImageStorage,
)

from dicom_node.reports.content_tree import items_of
from dicom_node.reports.evidence import PATIENT, STUDY, TYPE_2, UTF_8
from dicom_node.reports.presentation_state import DESCRIPTION
from dicom_node.reports.words import RESEARCH_ONLY
from storage.records import Piece


@dataclass(frozen=True, slots=True)
class _Kind:
    """What an object of a piece must be, by its IOD in PS3.3."""

    sop_class_uid: UID
    modality: str
    type_1: tuple[str, ...]
    type_2: tuple[str, ...] = ()


_EVERY_OBJECT: Final = (
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SeriesNumber",
    "SeriesDescription",
    "InstanceNumber",
    "Modality",
    "Manufacturer",
    "ManufacturerModelName",
    "SoftwareVersions",
    "InstanceCreationDate",
    "InstanceCreationTime",
    "TimezoneOffsetFromUTC",
)
_PIXELS: Final = (
    "ImageType",
    "Rows",
    "Columns",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "BitsAllocated",
    "ContentDate",
    "ContentTime",
    "BurnedInAnnotation",
    "LossyImageCompression",
)
_CAPTURE: Final = _Kind(  # A.8.1
    SecondaryCaptureImageStorage,
    "OT",
    (
        *_PIXELS,
        "ConversionType",
        "BitsStored",
        "HighBit",
        "PlanarConfiguration",
        "PixelData",
        "DerivationDescription",
    ),
    ("PatientOrientation",),
)
KINDS: Final[Mapping[Piece, _Kind]] = {
    Piece.REPORT: _Kind(Comprehensive3DSRStorage, "SR", ()),  # conformance.RULES say the rest
    Piece.KEY_IMAGE: _CAPTURE,
    Piece.SUMMARY: _CAPTURE,
    Piece.KEY_OBJECTS: _Kind(  # A.35.4
        KeyObjectSelectionDocumentStorage,
        "KO",
        (
            "ContentDate",
            "ContentTime",
            "CurrentRequestedProcedureEvidenceSequence",
            "ValueType",
            "ConceptNameCodeSequence",
            "ContinuityOfContent",
            "ContentTemplateSequence",
            "ContentSequence",
        ),
        ("ReferencedPerformedProcedureStepSequence",),
    ),
    Piece.PRESENTATION: _Kind(  # A.33.1
        GrayscaleSoftcopyPresentationStateStorage,
        "PR",
        (
            "PresentationCreationDate",
            "PresentationCreationTime",
            "ContentLabel",
            "ReferencedSeriesSequence",
            "DisplayedAreaSelectionSequence",
            "GraphicAnnotationSequence",
            "GraphicLayerSequence",
            "SoftcopyVOILUTSequence",
            "RescaleIntercept",
            "RescaleSlope",
            "RescaleType",
            "PresentationLUTShape",
        ),
        ("ContentDescription", "ContentCreatorName"),
    ),
    Piece.HEAT_MAP: _Kind(  # A.75
        ParametricMapStorage,
        "OT",
        (
            *_PIXELS,
            "FrameOfReferenceUID",
            "DeviceSerialNumber",
            "ContentLabel",
            "ContentQualification",
            "NumberOfFrames",
            "SharedFunctionalGroupsSequence",
            "PerFrameFunctionalGroupsSequence",
            "DimensionOrganizationSequence",
            "DimensionIndexSequence",
            "FloatPixelData",
            "PresentationLUTShape",
            "SourceImageSequence",
        ),
        ("ContentDescription", "PositionReferenceIndicator"),
    ),
}
"""What each piece of a result set must be."""


def kind(piece: Piece, ds: Dataset) -> Iterator[str]:
    """The SOP class and modality of its piece, in UTF-8."""
    expected = KINDS[piece]
    if ds.get("SOPClassUID") != expected.sop_class_uid:
        yield f"it is no {expected.sop_class_uid.name}"
    if ds.get("Modality") != expected.modality:
        yield f"Modality is not {expected.modality}"
    if ds.get("SpecificCharacterSet") != UTF_8:
        yield f"SpecificCharacterSet is not {UTF_8}"


def mandatory(piece: Piece, ds: Dataset) -> Iterator[str]:
    """Type 1 has a value, Type 2 is there; what every object of ours says counts as Type 1."""
    expected = KINDS[piece]
    for keyword in (*_EVERY_OBJECT, *expected.type_1):
        if keyword not in ds or ds[keyword].is_empty:
            yield f"{keyword} is missing or empty"
    for keyword in (*TYPE_2, *expected.type_2):
        if keyword not in ds:
            yield f"{keyword} is missing"


def identity(ds: Dataset, sources: Sequence[Dataset]) -> Iterator[str]:
    """All that names patient and study is as in the source."""
    for keyword in (*PATIENT, *STUDY):
        ours, theirs = (each.get(keyword) for each in (ds, sources[0]))
        if (str(ours) if ours else "") != (str(theirs) if theirs else ""):
            yield f"{keyword} differs from the source's"


def research_only(piece: Piece, ds: Dataset) -> Iterator[str]:
    """It says so in words that a viewer shows, and in the description of its series."""
    if "RESEARCH" not in str(ds.get("SeriesDescription") or ""):
        yield "SeriesDescription does not say RESEARCH"
    if not any(words in _words_of(piece, ds) for words in (RESEARCH_ONLY, DESCRIPTION)):
        yield "the research-only words are missing"
    if piece is Piece.HEAT_MAP and ds.get("ContentQualification") != "RESEARCH":
        yield "ContentQualification is not RESEARCH"


def _words_of(piece: Piece, ds: Dataset) -> str:
    if piece is Piece.PRESENTATION:
        return str(ds.get("ContentDescription") or "")
    if piece in {Piece.REPORT, Piece.KEY_OBJECTS}:
        return " ".join(str(i.get("TextValue") or "") for i in items_of(ds, "ContentSequence"))
    return str(ds.get("ImageComments") or "")


def references(ds: Dataset, sources: Sequence[Dataset]) -> Iterator[str]:
    """Every instance that it points to is a source, of that class, and such a frame exists."""
    known = {str(s.SOPInstanceUID): s for s in sources}
    for item in _datasets_in(ds):
        if "ReferencedSOPInstanceUID" not in item and "ReferencedSOPClassUID" not in item:
            continue
        source = known.get(str(item.get("ReferencedSOPInstanceUID")))
        if source is None or item.get("ReferencedSOPClassUID") != source.SOPClassUID:
            yield "a reference leads to no source"
        elif not all(1 <= f <= int(source.get("NumberOfFrames") or 1) for f in frames_of(item)):
            yield "a frame that is pointed to does not exist"
    studies = {str(s.StudyInstanceUID) for s in sources}
    series = {str(s.SeriesInstanceUID) for s in sources}
    for item in _datasets_in(ds):
        if str(item.get("SeriesInstanceUID") or "") not in series | {""}:
            yield "a series that is pointed to is not the source's"
        if str(item.get("StudyInstanceUID") or "") not in studies | {""}:
            yield "a study that is pointed to is not the source's"


def frames_of(item: Dataset) -> tuple[int, ...]:
    """The frames that a reference names; none where it means the whole instance."""
    found = item.get("ReferencedFrameNumber")
    if found in (None, ""):
        return ()
    return (int(found),) if isinstance(found, int | str) else tuple(int(each) for each in found)


def _datasets_in(ds: Dataset) -> Iterator[Dataset]:
    for element in ds:
        if element.VR == "SQ":
            for item in element.value:
                yield item
                yield from _datasets_in(item)


def picture(ds: Dataset) -> Iterator[str]:
    """Red, green and blue bytes, as many as the header says, that show something."""
    shape = (ds.get("SamplesPerPixel"), ds.get("PhotometricInterpretation"), ds.get("BitsStored"))
    if shape != (3, "RGB", 8) or ds.get("PlanarConfiguration") != 0:
        yield "the pixels are not RGB bytes"
    pixels = ds.get("PixelData") or b""
    size = (ds.get("Rows") or 0) * (ds.get("Columns") or 0) * 3
    if not size or len(pixels) != size + size % 2:
        yield "the pixel data has another size than the header says"
    elif len(set(pixels)) < 2:
        yield "the picture is empty"


def burned_in(ds: Dataset) -> Iterator[str]:
    """Our pictures bear words, and say so: nobody takes them for images without any."""
    if ds.get("BurnedInAnnotation") != "YES":
        yield "BurnedInAnnotation is not YES"


def frame_of_reference(ds: Dataset, sources: Sequence[Dataset]) -> Iterator[str]:
    """That of the sources."""
    ours = str(ds.get("FrameOfReferenceUID") or "")
    if any(str(source.get("FrameOfReferenceUID") or "") != ours for source in sources):
        yield "FrameOfReferenceUID differs from the source's"
