"""What rules decide: every condition, every order, and the words for it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from dicom_node.errors import InputError
from dicom_node.routing.outcomes import Outcome
from dicom_node.routing.rules import (
    PATTERN_CONDITIONS,
    Destination,
    Facts,
    NamedRule,
    Rule,
    decide,
    mismatch,
    parse_rule,
)
from storage.records import Piece, Priority

FACTS = Facts(
    source_aet="CT1",
    called_aet="CSPINE",
    station_name="Scanner A",
    study_description="Trauma scan",
    series_description="C-Spine 1.0 Br60",
    priority=Priority.HIGH,
    outcome=frozenset({Outcome.FINDING, Outcome.PARTIAL}),
)
EVERYTHING = tuple(Piece)


def named(name: str, **document: Any) -> NamedRule:
    enabled = document.pop("enabled", True)
    return NamedRule(name, parse_rule({"to": ["pacs"]} | document), enabled)


def decided(*rules: NamedRule, facts: Facts = FACTS) -> list[tuple[str, tuple[Piece, ...]]]:
    found = decide(rules, facts, get_results=["archive", "pacs"])
    return [(each.peer, each.pieces) for each in found.destinations]


@pytest.mark.parametrize("name", PATTERN_CONDITIONS)
def test_each_text_is_compared_with_its_own_condition(name: str) -> None:
    text = getattr(FACTS, name)
    for document, holds in (
        ({name: text}, True),
        ({name: [text.lower()]}, True),
        ({name: ["nothing", text[:2] + "*"]}, True),
        ({name: text[:2]}, False),
        ({name: ""}, False),
        ({name: []}, True),
    ):
        assert (mismatch(named("r", **document).rule, FACTS) is None) is holds, document
    empty: Any = {name: ""}
    assert mismatch(named("r", **empty).rule, replace(FACTS, **empty)) is None


@pytest.mark.parametrize("asked", Outcome)
@pytest.mark.parametrize("outcome", Outcome)
def test_outcomes(asked: Outcome, outcome: Outcome) -> None:
    rule = named("r", outcome=[asked]).rule
    facts = replace(FACTS, outcome=frozenset({outcome}))
    assert (mismatch(rule, facts) is None) is (asked is outcome)
    several = named("r", outcome=[*Outcome]).rule
    assert mismatch(several, facts) is None
    both = replace(FACTS, outcome=frozenset({outcome, asked}))
    assert mismatch(rule, both) is None


@pytest.mark.parametrize("asked", Priority)
@pytest.mark.parametrize("priority", Priority)
def test_priorities(asked: Priority, priority: Priority) -> None:
    rule = named("r", priority=asked.value).rule
    assert (mismatch(rule, replace(FACTS, priority=priority)) is None) is (asked is priority)


CONDITIONS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(PATTERN_CONDITIONS, ("*", "no such text")),
    "outcome": ("finding", "failed"),
    "priority": ("high", "stat"),
}
"""Key → (a value that holds, one that does not)."""


def test_all_conditions_must_hold_and_the_first_that_does_not_is_named() -> None:
    for kinds in itertools.product((None, 0, 1), repeat=len(CONDITIONS)):
        document = {
            name: values[kind]
            for (name, values), kind in zip(CONDITIONS.items(), kinds, strict=True)
            if kind is not None
        }
        wrong = [name for name, kind in zip(CONDITIONS, kinds, strict=True) if kind == 1]
        why = mismatch(named("r", **document).rule, FACTS)
        if not wrong:
            assert why is None
        else:
            assert why == f"{wrong[0]} is not {CONDITIONS[wrong[0]][1]!r}"


def test_without_rules_everybody_gets_everything() -> None:
    found = decide([], FACTS, get_results=["archive", "pacs"])
    assert found.by_default
    assert found.destinations == (
        Destination("archive", EVERYTHING, ()),
        Destination("pacs", EVERYTHING, ()),
    )


def test_disabled_rules_are_as_if_they_were_not_there_but_are_told_of() -> None:
    off = named("off", to=[], stop=True, enabled=False)
    found = decide([off], FACTS, get_results=["pacs"])
    assert found.by_default
    assert [(each.rule, each.matched, each.why) for each in found.steps] == [
        ("off", False, "disabled")
    ]
    assert decided(off, named("on", pieces="report")) == [("pacs", (Piece.REPORT,))]


def test_with_rules_only_what_they_say() -> None:
    assert decided(named("r", source_aet="MR*")) == []


def test_a_peer_of_several_rules_gets_all_that_any_gives_once_in_the_order_of_pieces() -> None:
    first = named("a", to=["pacs", "archive"], pieces=["summary", "report"])
    second = named("b", to=["pacs"], pieces=["key-image", "report"])
    found = decide([first, second], FACTS, get_results=[])
    assert found.destinations == (
        Destination("pacs", (Piece.REPORT, Piece.KEY_IMAGE, Piece.SUMMARY), ("a", "b")),
        Destination("archive", (Piece.REPORT, Piece.SUMMARY), ("a",)),
    )


def test_a_rule_that_stops_is_the_last_only_if_it_matches() -> None:
    last = named("last", to=["archive"])
    assert decided(named("stop", stop=True), last) == [("pacs", EVERYTHING)]
    elsewhere = named("stop", stop=True, source_aet="MR1")
    assert decided(elsewhere, last) == [("archive", EVERYTHING)]


def test_holding_back_leaves_what_earlier_rules_gave() -> None:
    hold = named("hold", to=[], stop=True)
    assert decided(hold, named("r")) == []
    assert decided(named("r"), hold, named("s", to="archive")) == [("pacs", EVERYTHING)]


def test_every_rule_is_accounted_for() -> None:
    rules = [
        named("off", enabled=False),
        named("other", source_aet=["MR1", "MR2"]),
        named("this", stop=True),
        named("late"),
    ]
    found = decide(rules, FACTS, get_results=[])
    assert [(each.rule, each.matched, each.why) for each in found.steps] == [
        ("off", False, "disabled"),
        ("other", False, "source_aet is not 'MR1', 'MR2'"),
        ("this", True, "matched"),
        ("late", False, "not asked: this stops"),
    ]


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ({"to": "pacs", "aet": "X"}, "aet: unknown key"),
        ({"to": "pacs", "outcome": "found"}, "outcome.0"),
        ({"to": "pacs", "outcome": ["finding", 7]}, "outcome.1"),
        ({"to": "pacs", "priority": "urgent"}, "priority.0"),
        ({"to": "pacs", "pieces": ["report", "pdf"]}, "pieces.1"),
        ({"to": "pacs", "pieces": []}, "rule: 'pieces'"),
        ({"to": [""]}, "to.0"),
        ({"to": 7}, "to"),
        ({}, "rule: a rule names at least one peer"),
        ({"to": "pacs", "stop": "perhaps"}, "stop"),
        ({"to": "pacs", "station_name": ["x" * 1000]}, "station_name.0"),
        ({"to": "pacs", "station_name": [None]}, "station_name.0"),
    ],
)
def test_a_wrong_rule_names_its_key(document: dict[str, Any], key: str) -> None:
    with pytest.raises(InputError, match=key) as caught:
        parse_rule(document)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "document",
    [
        {"to": ["pacs"]},
        {"to": [], "stop": True},
        {
            "source_aet": ["CT*"],
            "outcome": ["finding", "partial"],
            "priority": ["stat"],
            "to": ["pacs", "archive"],
            "pieces": ["report", "heat-map"],
            "stop": True,
        },
    ],
)
def test_a_rule_is_stored_as_it_was_said(document: dict[str, Any]) -> None:
    rule = parse_rule(document)
    assert {"to": []} | rule.document() == document
    assert parse_rule(rule.document()) == rule


def test_a_rule_does_not_change() -> None:
    rule = Rule(to=("pacs",))
    with pytest.raises(ValueError, match="frozen"):
        rule.stop = True


def test_all_short_lists_of_rules_decide_as_told() -> None:
    """Against the sentence of the documentation, spelled out piece by piece."""
    choices = [
        named(f"{index}", **document)
        for index, document in enumerate(
            {"to": to, "stop": stop, "source_aet": source, "pieces": pieces, "enabled": enabled}
            for to in (["pacs"], ["archive", "pacs"], [])
            for stop in (False, True)
            for source in ("CT1", "MR1")
            for pieces in (["report"], ["summary", "report"])
            for enabled in (True, False)
            if to or stop
        )
    ]
    for rules in itertools.chain(
        itertools.permutations(choices, 1), itertools.permutations(choices, 2)
    ):
        found = decide(rules, FACTS, get_results=["archive"])
        in_force = [each for each in rules if each.enabled]
        assert found.by_default is (not in_force)
        expected: set[tuple[str, Piece]] = set()
        if not in_force:
            expected = {("archive", piece) for piece in Piece}
        for each in in_force:
            if each.rule.source_aet == ("CT1",):
                expected |= {(peer, piece) for peer in each.rule.to for piece in each.rule.pieces}
                if each.rule.stop:
                    break
        given = [(each.peer, piece) for each in found.destinations for piece in each.pieces]
        assert set(given) == expected
        assert len(given) == len(expected), "nothing twice"
        assert [each.rule for each in found.steps] == [each.name for each in rules]
        matched = {each.rule for each in found.steps if each.matched}
        assert {name for each in found.destinations for name in each.rules} <= matched
