"""What the pages say of times, sizes, values and changes. Pure functions, free of widgets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pyqt_console.i18n import tr, tr_n
from pyqt_console.wording import NOT_KNOWN, duration

GIB: Final = 2**30
MIB: Final = 2**20
TEXT_MAX: Final = 2000
"""Of one value that is shown; longer ones are cut."""


def size(count: int) -> str:
    """Bytes as a person reads them."""
    if count >= GIB:
        return tr("{size} GiB").format(size=f"{count / GIB:.1f}")
    return tr("{size} MiB").format(size=f"{count / MIB:.1f}")


def moment(at_utc: datetime | None) -> str:
    """The local day and time, the same length for each, so that a column can be read down."""
    return NOT_KNOWN if at_utc is None else at_utc.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def age(since_utc: datetime | None, now: datetime) -> str:
    """For how long."""
    return NOT_KNOWN if since_utc is None else duration((now - since_utc).total_seconds())


def days_left(until_utc: datetime, now: datetime) -> int:
    """Whole days; negative: it is over."""
    return (until_utc - now).days


def until(until_utc: datetime, now: datetime) -> str:
    """A day, and how far it is."""
    day, left = until_utc.astimezone().strftime("%Y-%m-%d"), days_left(until_utc, now)
    if left < 0:
        return tr("ended on {day}").format(day=day)
    return tr("until {day}, {left}").format(day=day, left=tr_n("%n day", "%n days", left))


def value(given: Any) -> str:
    """A value of the node's documents."""
    if given is None:
        return tr("nothing")
    if isinstance(given, bool):
        return tr("yes") if given else tr("no")
    if isinstance(given, str):
        return given[:TEXT_MAX] or tr("empty")
    if isinstance(given, list) and all(isinstance(each, str) for each in given):
        return ", ".join(given)[:TEXT_MAX] or tr("empty")
    if isinstance(given, float):
        return f"{given:.6g}"
    return json.dumps(given, ensure_ascii=False, sort_keys=True)[:TEXT_MAX]


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a thing that was changed; None: it was not there."""

    field: str
    before: str | None
    after: str | None


def differences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> tuple[Difference, ...]:
    """The fields in which two documents differ, the value first, then by name."""
    old, new = dict(flat(before or {})), dict(flat(after or {}))
    return tuple(
        Difference(
            field,
            value(old[field]) if field in old else None,
            value(new[field]) if field in new else None,
        )
        for field in sorted({*old, *new}, key=lambda field: (field != "value", field))
        if field not in old or field not in new or old[field] != new[field]
    )


def flat(document: Mapping[str, Any], inside: str = "") -> Iterator[tuple[str, Any]]:
    """(name, value) of what is in a document and in those inside of it, with dots between."""
    for key, each in document.items():
        name = f"{inside}{key}"
        if isinstance(each, Mapping) and each:
            yield from flat(each, f"{name}.")
        else:
            yield name, each
