"""The objects of a result set on the disk, all of them or none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from dicom_node.reports.part10 import as_part10
from dicom_node.reports.result_set import SetObject
from storage.errors import StorageError
from storage.files import DataDir
from storage.part10 import whole_digest
from storage.records import NewObject


def keep(data_dir: DataDir, objects: Iterable[SetObject]) -> tuple[NewObject, ...]:
    """Write every object down durably, to be recorded next.

    Raises:
        StorageError: the disk failed; nothing of the set is left.
    """
    kept: list[NewObject] = []
    try:
        for each in objects:
            uid = str(each.dataset.SOPInstanceUID)
            content = as_part10(each.dataset)
            path = data_dir.store_report(uid, content)
            sop_class_uid = str(each.dataset.SOPClassUID)
            digest = whole_digest(content)
            kept.append(NewObject(each.piece, each.ordinal, uid, sop_class_uid, path, digest))
    except StorageError:
        keep_nothing(kept)
        raise
    return tuple(kept)


def keep_nothing(objects: Sequence[NewObject]) -> None:
    """Remove what was written down and will not be recorded."""
    for each in objects:
        with suppress(OSError):
            each.path.unlink()
