"""Which results go where: rules, and what they decide. Without I/O.

The rules are asked in their order. Each one whose conditions all hold adds its destinations; one
that stops is the last to be asked. Without any enabled rule every peer that gets results gets
everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from dicom_node.config import first_problem
from dicom_node.errors import InputError
from dicom_node.routing.outcomes import Outcome
from dicom_node.routing.wildcards import matches
from storage.records import Piece, Priority, SeriesRecord


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Patterns = Annotated[
    tuple[Annotated[str, Field(max_length=324)], ...],
    BeforeValidator(_as_list),
    Field(max_length=100),
]
"""Any of them; none at all: whatever it is. One text may stand for a list of one."""


class Rule(BaseModel):
    """One rule. A condition that is left out always holds."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Routing rule")

    source_aet: Patterns = ()
    """AE title of the sender."""
    called_aet: Patterns = ()
    """AE title by which it called this node."""
    station_name: Patterns = ()
    study_description: Patterns = ()
    series_description: Patterns = ()
    outcome: Annotated[tuple[Outcome, ...], BeforeValidator(_as_list)] = ()
    priority: Annotated[tuple[Priority, ...], BeforeValidator(_as_list)] = ()
    to: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_as_list)] = ()
    """Names of peers. None, and ``stop``: the results are held back."""
    pieces: Annotated[tuple[Piece, ...], BeforeValidator(_as_list)] = tuple(Piece)
    """What of the result set they get."""
    stop: bool = False
    """No rule behind this one is asked."""

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not self.to and not self.stop:
            raise ValueError(
                "a rule names at least one peer in 'to', or holds results back by 'stop'"
            )
        if not self.pieces:
            raise ValueError("'pieces' names at least one piece; leave it out for all")
        return self

    def document(self) -> dict[str, Any]:
        """As it is stored: only what was said."""
        return self.model_dump(mode="json", exclude_defaults=True)


@dataclass(frozen=True, slots=True)
class NamedRule:
    """A rule in the list."""

    name: str
    rule: Rule
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """What the conditions are compared with."""

    source_aet: str
    called_aet: str
    station_name: str
    study_description: str
    series_description: str
    priority: Priority
    outcome: frozenset[Outcome]


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one rule, in words: ``why`` it did not match, or was not asked."""

    rule: str
    matched: bool
    why: str


@dataclass(frozen=True, slots=True)
class Destination:
    """A peer, what it gets in the order of the pieces, and by which rules (none: by default)."""

    peer: str
    pieces: tuple[Piece, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """Where results go, and how each rule came to it.

    ``by_default``: no rule is enabled.
    """

    destinations: tuple[Destination, ...]
    steps: tuple[Step, ...]
    by_default: bool


PATTERN_CONDITIONS: Final = (
    "source_aet",
    "called_aet",
    "station_name",
    "study_description",
    "series_description",
)
DISABLED: Final = "disabled"
MATCHED: Final = "matched"


def parse_rule(document: Mapping[str, Any]) -> Rule:
    """The rule that ``document`` says.

    Raises:
        InputError: an unknown key, outcome, priority or piece, or a rule that does nothing; the
            message names the key.
    """
    try:
        return Rule.model_validate(dict(document))
    except ValidationError as error:
        raise InputError(first_problem(error, whole="rule")) from error


def facts_of(of: SeriesRecord, outcome: frozenset[Outcome]) -> Facts:
    """What rules see of a reading that ends with ``outcome``."""
    return Facts(
        source_aet=of.source_aet,
        called_aet=of.called_aet,
        station_name=of.station_name,
        study_description=of.study_description,
        series_description=of.series_description,
        priority=of.priority,
        outcome=outcome,
    )


def mismatch(rule: Rule, facts: Facts) -> str | None:
    """The first condition that does not hold, in words without the study's own; None: all hold."""
    for name, holds in _conditions(rule, facts):
        if not holds:
            wanted = ", ".join(repr(str(each)) for each in getattr(rule, name))
            return f"{name} is not {wanted}"
    return None


def decide(rules: Sequence[NamedRule], facts: Facts, *, get_results: Sequence[str]) -> Decision:
    """Where results go. ``get_results``: the peers that get everything if no rule is enabled."""
    if not any(each.enabled for each in rules):
        everything = tuple(Destination(peer, tuple(Piece), ()) for peer in get_results)
        steps = tuple(Step(each.name, matched=False, why=DISABLED) for each in rules)
        return Decision(everything, steps, by_default=True)
    taken: list[Step] = []
    matched: list[NamedRule] = []
    ended_by: str | None = None
    for each in rules:
        why: str | None
        if not each.enabled:
            why = DISABLED
        elif ended_by is not None:
            why = f"not asked: {ended_by} stops"
        else:
            why = mismatch(each.rule, facts)
        taken.append(Step(each.name, matched=why is None, why=why or MATCHED))
        if why is None:
            matched.append(each)
            ended_by = each.name if each.rule.stop else None
    return Decision(_destinations(matched), tuple(taken), by_default=False)


def _destinations(matched: Sequence[NamedRule]) -> tuple[Destination, ...]:
    """Each peer once, in the order in which it was first named, with all that any rule gives."""
    names = dict.fromkeys(peer for each in matched for peer in each.rule.to)
    found = []
    for peer in names:
        giving = [each for each in matched if peer in each.rule.to]
        pieces = {piece for each in giving for piece in each.rule.pieces}
        found.append(
            Destination(
                peer,
                tuple(piece for piece in Piece if piece in pieces),
                tuple(each.name for each in giving),
            )
        )
    return tuple(found)


def _conditions(rule: Rule, facts: Facts) -> Iterator[tuple[str, bool]]:
    """(the key, whether it holds), of those only that the rule has."""
    for name in PATTERN_CONDITIONS:
        patterns, text = getattr(rule, name), getattr(facts, name)
        if patterns:
            yield name, any(matches(each, text) for each in patterns)
    if rule.outcome:
        yield "outcome", not facts.outcome.isdisjoint(rule.outcome)
    if rule.priority:
        yield "priority", facts.priority in rule.priority
