"""The rows of settings that were changed while the node ran."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Base


class SettingRow(Base):
    """One setting; it counts before the configuration file."""

    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Mapping[str, Any]]
    """``{"value": …}``."""
    changed_utc: Mapped[datetime]
