"""``/api/v1/models/shadow``: a model that reads beside the active one, and how both compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pyqt_console.admin.requests.models import ACTIVATE_S, Model
from pyqt_console.client import NodeClient, parsed
from pyqt_console.records import LEVELS

PATH: Final = "/api/v1/models/shadow"
DISAGREEMENTS_MAX: Final = 100
PERIODS_DAYS: Final = (7, 30, 90, 365)


@dataclass(frozen=True, slots=True)
class Tally:
    """How often both models said what; what was not seen whole cannot be compared."""

    both_positive: int
    only_active: int
    only_shadow: int
    both_negative: int
    not_comparable: int

    @property
    def comparable(self) -> int:
        """So many were seen whole by both, or are positive for both."""
        return self.both_positive + self.only_active + self.only_shadow + self.both_negative

    @property
    def same(self) -> int:
        """So often both said the same."""
        return self.both_positive + self.both_negative


@dataclass(frozen=True, slots=True)
class WithReaders:
    """How often a model said what the last verdict says."""

    agree: int
    disagree: int
    not_comparable: int


@dataclass(frozen=True, slots=True)
class Compared:
    """All series, or one level of them; ``name`` is empty or C1 … C7."""

    name: str
    models: Tally
    active: WithReaders
    shadow: WithReaders

    @classmethod
    def from_json(cls, name: str, given: Mapping[str, Any]) -> Compared:
        """Of the API's document."""
        return cls(
            name,
            Tally(**{each: int(given["models"][each]) for each in Tally.__slots__}),
            *(
                WithReaders(**{each: int(given[side][each]) for each in WithReaders.__slots__})
                for side in ("active", "shadow")
            ),
        )


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A series on which the models differ; ``reader``: what the last verdict says of it."""

    series_uid: str
    at_utc: datetime
    kind: str
    levels: tuple[str, ...]
    reader: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One pair of models on the series that both have dealt with."""

    active: str
    shadow: str
    series: int
    failed: int
    verdicts: int
    mean_duration_s: float | None
    rows: tuple[Compared, ...]
    """All series first, then by level."""
    disagreements: tuple[Disagreement, ...]

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Comparison:
        """Of the API's document."""
        levels = given["levels"]
        return cls(
            active=f"{given['active']['name']} {given['active']['version']}",
            shadow=f"{given['shadow']['name']} {given['shadow']['version']}",
            series=int(given["series"]),
            failed=int(given["failed"]),
            verdicts=int(given["verdicts"]),
            mean_duration_s=given["mean_duration_s"],
            rows=(
                Compared.from_json("", given["overall"]),
                *(Compared.from_json(each, levels[each]) for each in LEVELS if each in levels),
            ),
            disagreements=tuple(
                Disagreement(
                    each["series_uid"],
                    datetime.fromisoformat(each["at_utc"]),
                    each["kind"],
                    tuple(each["levels"]),
                    each["reader"],
                )
                for each in given["disagreements"]
            ),
        )


@dataclass(frozen=True, slots=True)
class ShadowState:
    """The shadow at this moment, and each pair of models, the newest first."""

    model: Model | None
    loaded: bool
    problem: str | None
    waiting: int
    days: int
    comparisons: tuple[Comparison, ...]


def shadow_state(client: NodeClient, days: int) -> ShadowState:
    """Of the last ``days``. For administrators: an unvalidated model must not lead a reader."""
    parameters = {"days": days, "disagreements": DISAGREEMENTS_MAX}
    found = client.ask("GET", PATH, params=parameters)
    return parsed(
        lambda: ShadowState(
            model=None if found["model"] is None else Model.from_json(found["model"]),
            loaded=bool(found["loaded"]),
            problem=found["problem"],
            waiting=int(found["waiting"]),
            days=int(found["days"]),
            comparisons=tuple(Comparison.from_json(each) for each in found["comparisons"]),
        )
    )


def choose_shadow(client: NodeClient, sha256: str) -> tuple[Model, ...]:
    """It reads beside the active one; all models as they are then.

    Raises:
        ConflictError: it cannot be used, or is the active one.
    """
    found = client.ask("POST", f"/api/v1/models/{sha256}/shadow", timeout=ACTIVATE_S)
    return parsed(lambda: tuple(Model.from_json(each) for each in found))


def end_shadow(client: NodeClient) -> tuple[Model, ...]:
    """None any more; what it said stays."""
    found = client.ask("DELETE", PATH, timeout=ACTIVATE_S)
    return parsed(lambda: tuple(Model.from_json(each) for each in found))
