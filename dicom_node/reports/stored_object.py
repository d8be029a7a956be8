"""Reading a result object back from its file, whole or not at all."""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path
from typing import Final

from pydicom import dcmread, dcmwrite
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset

from dicom_node.errors import EnvironmentFailedError
from inference.attributes import PARSE_ERRORS

UNDEFINED_LENGTH: Final = 0xFFFFFFFF
"""PS3.5 7.1.3: of a sequence or encapsulated pixels, which end with a delimiter."""


def read_stored(path: Path, sop_instance_uid: str) -> tuple[Dataset, bytes]:
    """The object and the bytes of its file.

    A file that was cut short is found by the length of its values, or by writing it again: what
    was lost is missing there.

    Raises:
        EnvironmentFailedError: the file is missing, damaged, or another object.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EnvironmentFailedError(f"{path.name}: {error.strerror}") from error
    again = BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they quote values, which may be a patient's
            ds = dcmread(BytesIO(content))
            whole = all(map(_is_whole, map(ds.get_item, ds.keys())))
            dcmwrite(again, ds, enforce_file_format=True)
    except PARSE_ERRORS as error:  # their texts may quote the file
        raise _damaged(path, type(error).__name__) from None
    if not whole or again.tell() < len(content):
        raise _damaged(path, "it was cut short")
    if ds.get("SOPInstanceUID") != sop_instance_uid:
        raise _damaged(path, "it is another object")
    return ds, content


def _is_whole(element: DataElement | RawDataElement) -> bool:
    """Whether a value that was not decoded yet has the length that its element tells."""
    if not isinstance(element, RawDataElement) or element.length == UNDEFINED_LENGTH:
        return True
    return len(element.value or b"") == element.length


def _damaged(path: Path, why: str) -> EnvironmentFailedError:
    return EnvironmentFailedError(f"{path.name} is damaged: {why}")
