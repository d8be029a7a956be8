"""``/api/v1/routes``: which results go where, and what rules would do (``docs/routing.md``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from pyqt_console.client import NodeClient, parsed
from pyqt_console.errors import ConflictError
from pyqt_console.i18n import tr

PATTERNS: Final = (
    *("source_aet", "called_aet", "station_name", "study_description", "series_description"),
)
CHOICES: Final = ("outcome", "priority", "to", "pieces")
REHEARSAL_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule says; an empty condition always holds, empty ``pieces`` are all.

    ``others``: what this console does not know of; it is kept as it is.
    """

    source_aet: tuple[str, ...] = ()
    called_aet: tuple[str, ...] = ()
    station_name: tuple[str, ...] = ()
    study_description: tuple[str, ...] = ()
    series_description: tuple[str, ...] = ()
    outcome: tuple[str, ...] = ()
    priority: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    pieces: tuple[str, ...] = ()
    stop: bool = False
    others: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Rule:
        """Of the API's document."""
        known = {name: _texts(given.get(name, ())) for name in (*PATTERNS, *CHOICES)}
        others = {
            name: value for name, value in given.items() if name not in known and name != "stop"
        }
        return cls(**known, stop=bool(given.get("stop", False)), others=others)

    def document(self) -> dict[str, Any]:
        """Only what is said."""
        said: dict[str, Any] = {
            name: list(getattr(self, name)) for name in (*PATTERNS, *CHOICES) if getattr(self, name)
        }
        return {**self.others, **said, **({"stop": True} if self.stop else {})}


@dataclass(frozen=True, slots=True)
class Route:
    """A rule in its place."""

    name: str
    position: int
    enabled: bool
    rule: Rule

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Route:
        """Of the API's document."""
        rule = Rule.from_json(given["rule"])
        return cls(given["name"], int(given["position"]), bool(given["enabled"]), rule)


@dataclass(frozen=True, slots=True)
class Sending:
    """Which pieces one peer gets, and by which rules (none: by default)."""

    peer: str
    pieces: tuple[str, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What rules would do with one reading, beside what was done."""

    series_uid: str
    generation: int
    outcomes: tuple[str, ...]
    shadow: bool
    would: tuple[Sending, ...]
    did: tuple[Sending, ...]
    gone: tuple[str, ...]
    differs: bool

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Rehearsal:
        """Of the API's document."""
        return cls(
            series_uid=given["series_uid"],
            generation=int(given["generation"]),
            outcomes=tuple(given["outcomes"]),
            shadow=bool(given["shadow"]),
            would=_sendings(given["would"]),
            did=_sendings(given["did"]),
            gone=tuple(given["gone"]),
            differs=bool(given["differs"]),
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule that is not saved: an existing one of its name is replaced, a new one is the last."""

    name: str
    rule: Rule


def list_routes(client: NodeClient) -> tuple[Route, ...]:
    """In the order in which they are asked."""
    found = client.ask("GET", "/api/v1/routes")
    return parsed(lambda: tuple(Route.from_json(each) for each in found))


def save_route(
    client: NodeClient, name: str, rule: Rule, *, enabled: bool, before: Route | None
) -> Route:
    """A new one goes behind the others; a changed one stays in its place.

    Raises:
        ConflictError: a new one's name is taken, or the rule is not as ``before`` any more.
        InvalidError: it names the key that is wrong.
    """
    now = {each.name: each for each in list_routes(client)}.get(name)
    if before is None and now is not None:
        raise ConflictError(tr("This name is taken."), code="taken")
    if before is not None and (now is None or (now.rule, now.enabled) != _content(before)):
        words = tr("{name} was changed by someone else meanwhile. Close this, and look again.")
        raise ConflictError(words.format(name=name))
    body = {"rule": rule.document(), "enabled": enabled}
    found = client.ask("PUT", _path(name), json=body)
    return parsed(lambda: Route.from_json(found))


def remove_route(client: NodeClient, name: str) -> None:
    """Those behind it move up."""
    client.ask("DELETE", _path(name))


def move_route(client: NodeClient, name: str, position: int) -> None:
    """Put it at a place; 0 is asked first."""
    client.ask("POST", f"{_path(name)}/position", json={"position": position})


def rehearse(client: NodeClient, last: int, draft: Draft | None = None) -> tuple[Rehearsal, ...]:
    """What the saved rules, with the draft if there is one, would do. Nothing is sent."""
    body: dict[str, Any] = {"last": last}
    if draft is not None:
        body |= {"rule": draft.rule.document(), "name": draft.name}
    found = client.ask("POST", "/api/v1/routes/rehearsal", json=body, timeout=REHEARSAL_S)
    return parsed(lambda: tuple(Rehearsal.from_json(each) for each in found))


def _content(route: Route) -> tuple[Rule, bool]:
    return route.rule, route.enabled


def _path(name: str) -> str:
    return f"/api/v1/routes/{quote(name, safe='')}"


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(str(each) for each in value)


def _sendings(given: list[Mapping[str, Any]]) -> tuple[Sending, ...]:
    return tuple(
        Sending(each["peer"], tuple(each["pieces"]), tuple(each["rules"])) for each in given
    )
