"""How Python values become columns: text from the wire, UTC times, states, row numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import BigInteger, DateTime, Enum, Integer, Text, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase

from storage.records import (
    CommitmentOutcome,
    CommitmentState,
    DeliveryState,
    Outcome,
    PeerProtocol,
    Piece,
    Priority,
    Role,
    SeriesState,
)

# SQLite numbers rows by itself only where the type is INTEGER.
ROW_ID: Final = BigInteger().with_variant(Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in UTC; SQLite itself would forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 (SQLAlchemy's signature)
    ) -> datetime | None:
        """Aware again."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class AnyText(TypeDecorator[str]):
    """Text from the wire: without what no database takes (NUL, lone surrogates)."""

    impl = Text
    cache_ok = True

    def process_bind_param(
        self,
        value: str | None,
        dialect: Dialect,  # noqa: ARG002 (SQLAlchemy's signature)
    ) -> str | None:
        """Leave out NUL, write ``?`` for what is no Unicode."""
        if value is None:
            return None
        return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


class JsonText(TypeDecorator[Mapping[str, Any]]):
    """A JSON object as text. NaN and infinity are refused: JSON knows neither (RFC 8259, 6)."""

    impl = Text
    cache_ok = True

    def process_bind_param(
        self,
        value: Mapping[str, Any] | None,
        dialect: Dialect,  # noqa: ARG002 (SQLAlchemy's signature)
    ) -> str | None:
        """Write it, in ASCII."""
        return None if value is None else json.dumps(value, allow_nan=False)

    def process_result_value(
        self,
        value: str | None,
        dialect: Dialect,  # noqa: ARG002 (SQLAlchemy's signature)
    ) -> Mapping[str, Any] | None:
        """Read it."""
        return None if value is None else json.loads(value)


def _values(kind: type[StrEnum]) -> list[str]:
    return [each.value for each in kind]


def _state_type(kind: type[StrEnum]) -> Enum:
    return Enum(kind, native_enum=False, length=16, values_callable=_values)


class Base(DeclarativeBase):
    """Root of the mapped classes."""

    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy's own form)
        datetime: UtcDateTime,
        str: AnyText,
        CommitmentOutcome: _state_type(CommitmentOutcome),
        CommitmentState: _state_type(CommitmentState),
        DeliveryState: _state_type(DeliveryState),
        Outcome: _state_type(Outcome),
        PeerProtocol: _state_type(PeerProtocol),
        Piece: _state_type(Piece),
        Priority: _state_type(Priority),
        Role: _state_type(Role),
        SeriesState: _state_type(SeriesState),
        Mapping[str, Any]: JsonText,
    }
