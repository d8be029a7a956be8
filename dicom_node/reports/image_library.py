"""Image library of a report (PS3.16 TID 1600): which images were read.

highdicom's own repeats sixteen descriptors for every image and fails on headers that lack one.
All images of our source share them, so they stand once in the group, as TID 1600 allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from highdicom.sr import (
    CodeContentItem,
    ContainerContentItem,
    ContentItem,
    ContentSequence,
    ImageContentItem,
    NumContentItem,
    RelationshipTypeValues,
    UIDRefContentItem,
)
from pydicom.dataset import Dataset

from dicom_node.reports import codes
from dicom_node.reports.codes import Term
from dicom_node.reports.frames import pixel_measures_of, pixel_spacing_mm


def image_library(sources: Sequence[Dataset]) -> ContainerContentItem:
    """The images of one CT series, with the descriptors of TID 1602 and 1604 they share."""
    group = _container(codes.IMAGE_LIBRARY_GROUP, [*_descriptors(sources[0]), *_images(sources)])
    return _container(codes.IMAGE_LIBRARY, [group])


def _container(name: Term, content: Sequence[ContentItem]) -> ContainerContentItem:
    item = ContainerContentItem(name.code, relationship_type=RelationshipTypeValues.CONTAINS)
    item.ContentSequence = ContentSequence(content)
    return item


def _images(sources: Sequence[Dataset]) -> Iterator[ContentItem]:
    for source in sources:
        yield ImageContentItem(
            name=codes.SOURCE.code,
            referenced_sop_class_uid=source.SOPClassUID,
            referenced_sop_instance_uid=source.SOPInstanceUID,
            relationship_type=RelationshipTypeValues.CONTAINS,
        )


def _descriptors(source: Dataset) -> Iterator[ContentItem]:
    context = RelationshipTypeValues.HAS_ACQ_CONTEXT
    for name, value in (
        (codes.MODALITY, codes.CT),
        (codes.TARGET_REGION, codes.CERVICAL_SPINE),
    ):
        yield CodeContentItem(name.code, value.code, relationship_type=context)
    for name, uid in (
        (codes.SERIES_INSTANCE_UID, source.SeriesInstanceUID),
        (codes.FRAME_OF_REFERENCE_UID, source.get("FrameOfReferenceUID")),
    ):
        if uid:
            yield UIDRefContentItem(name.code, uid, relationship_type=context)
    for name, number, unit in _numbers(source):
        yield NumContentItem(name.code, number, unit.code, relationship_type=context)


def _numbers(source: Dataset) -> Iterator[tuple[Term, float, Term]]:
    rows_mm, columns_mm = pixel_spacing_mm(source) or (None, None)
    thickness_mm = pixel_measures_of(source).get("SliceThickness")
    for name, value, unit in (
        (codes.PIXEL_DATA_ROWS, source.get("Rows"), codes.PIXELS),
        (codes.PIXEL_DATA_COLUMNS, source.get("Columns"), codes.PIXELS),
        (codes.HORIZONTAL_PIXEL_SPACING, columns_mm, codes.MILLIMETRE),
        (codes.VERTICAL_PIXEL_SPACING, rows_mm, codes.MILLIMETRE),
        (codes.SLICE_THICKNESS, thickness_mm, codes.MILLIMETRE),
    ):
        if value is not None:
            yield name, float(value), unit
