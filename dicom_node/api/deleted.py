"""What the API says of a series that was deleted."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from dicom_node.api.errors import ApiError
from dicom_node.retention.deletion import told
from storage.database import Database
from storage.deletion import tombstone_of
from storage.records import DeletedSeries


class DeletionView(BaseModel):
    """What was deleted, and what was not."""

    series_uid: str
    study_uid: str
    at_utc: datetime
    actor: str
    cause: str
    instance_count: int
    result_count: int
    verdict_count: int
    kept_by: dict[str, int]
    """Peer → how many result objects it has taken: they stay there."""
    not_sent: int
    """Objects that waited to be sent and are not sent any more."""
    text: str

    @classmethod
    def of(cls, gone: DeletedSeries) -> DeletionView:
        """As the API shows it."""
        fields = {name: getattr(gone, name) for name in cls.model_fields if name != "text"}
        return cls(**fields, text=told(gone))


def raise_if_deleted(database: Database, series_uid: str) -> None:
    """410 with what is left, if a series of that UID was deleted."""
    gone = tombstone_of(database, series_uid)
    if gone is not None:
        view = DeletionView.of(gone)
        raise ApiError(410, "deleted", view.text, detail=view.model_dump(mode="json"))
