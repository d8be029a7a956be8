"""The file of a delivery: still the object that was promised, or never sent."""

from __future__ import annotations

from io import BytesIO
from typing import cast

from pydicom import dcmread
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_file_meta_info

from dicom_node.errors import InputError
from dicom_node.scu.store import ObjectKind
from storage.part10 import whole_digest
from storage.records import Delivery


def kind_of(delivery: Delivery) -> ObjectKind:
    """What an association must carry for it; only the file meta information is read.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        meta = read_file_meta_info(delivery.path)
        return ObjectKind(delivery.sop_class_uid, str(meta.TransferSyntaxUID))
    except (OSError, InvalidDicomError, AttributeError, ValueError) as error:
        raise _unreadable(error) from error


def read_promised(delivery: Delivery) -> FileDataset:
    """The object, whole.

    Raises:
        InputError: the file cannot be read, or it is another object, damaged or changed.
    """
    try:
        content = delivery.path.read_bytes()
        ds = dcmread(BytesIO(content))
        named = str(ds.SOPInstanceUID), str(ds.SOPClassUID)
        ds.file_meta.TransferSyntaxUID  # noqa: B018 - AttributeError where it is missing
    except (OSError, InvalidDicomError, AttributeError, ValueError) as error:
        raise _unreadable(error) from error
    if named != (delivery.sop_instance_uid, delivery.sop_class_uid):
        raise InputError("the file on disk is another object than the one to be sent")
    if _is_cut_off(ds):
        raise InputError("the file on disk is damaged: it ends too early")
    if delivery.sha256 is not None and whole_digest(content) != delivery.sha256:
        raise InputError("the file on disk is no longer as it was written")
    return ds


def _unreadable(error: Exception) -> InputError:
    reason = getattr(error, "strerror", None) or "it is no DICOM file"
    return InputError(f"the report cannot be read from disk: {reason}")


def _is_cut_off(ds: Dataset) -> bool:
    """Whether a file ends inside its last element, which pydicom reads without a word."""
    last = cast("DataElement | RawDataElement", ds.get_item(max(ds.keys())))
    return isinstance(last, RawDataElement) and last.length != len(last.value or b"")
