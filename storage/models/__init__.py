"""The tables. These classes stay inside this package; callers get the records they turn into."""

from __future__ import annotations

from storage.models.audit import AuditExportRow, AuditHead, AuditRow
from storage.models.deletion import DeletedResult, DeletedSeriesRow
from storage.models.instances import Conflict, Instance
from storage.models.peers import PeerRow, Refused, RouteRow
from storage.models.results import CommitmentItem, CommitmentRow, DeliveryRow, Report, VerdictRow
from storage.models.series import Series, Timeline
from storage.models.settings import SettingRow
from storage.models.shadow import ShadowRow
from storage.models.users import TokenRow, UserRow

__all__ = [
    "AuditExportRow",
    "AuditHead",
    "AuditRow",
    "CommitmentItem",
    "CommitmentRow",
    "Conflict",
    "DeletedResult",
    "DeletedSeriesRow",
    "DeliveryRow",
    "Instance",
    "PeerRow",
    "Refused",
    "Report",
    "RouteRow",
    "Series",
    "SettingRow",
    "ShadowRow",
    "Timeline",
    "TokenRow",
    "UserRow",
    "VerdictRow",
]
