"""``/api/v1/settings``: what is in force, and what changes while the node runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pyqt_console.client import NodeClient, parsed

PATH: Final = "/api/v1/settings"
KEEP_DAYS: Final = "storage.keep_days"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting in force.

    Attributes:
        source: ``default``, ``file``, ``environment`` or ``database``.
        live: whether it changes while the node runs.
        at_start: what holds if it is reset.
    """

    key: str
    value: Any
    source: str
    live: bool
    at_start: Any

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Setting:
        """Of the API's document."""
        return cls(
            key=given["key"],
            value=given["value"],
            source=given["source"],
            live=bool(given["live"]),
            at_start=given["at_start"],
        )


@dataclass(frozen=True, slots=True)
class Expiry:
    """What deleting by age would take at this moment; ``more``: at least so many."""

    series: int
    more: bool


def list_settings(client: NodeClient) -> tuple[Setting, ...]:
    """All, by section."""
    return _settings(client.ask("GET", PATH))


def change_settings(
    client: NodeClient, values: Mapping[str, Any], reset: Sequence[str] = ()
) -> tuple[Setting, ...]:
    """All of it or nothing; in force within two seconds. InvalidError names the key."""
    return _settings(client.ask("PATCH", PATH, json={"set": dict(values), "reset": list(reset)}))


def expiry(client: NodeClient, keep_days: int) -> Expiry:
    """What would be deleted at once if so many days were kept. Changes nothing."""
    found = client.ask("GET", "/api/v1/retention/rehearsal", params={"keep_days": keep_days})
    return parsed(lambda: Expiry(int(found["series"]), bool(found["more"])))


def _settings(found: Any) -> tuple[Setting, ...]:
    return parsed(lambda: tuple(Setting.from_json(each) for each in found))
