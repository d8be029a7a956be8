"""What is bad enough, and what is good again: each row of the table."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dicom_node.alerting.conditions import CONDITIONS, DAY_S, MIB, Bounds, Facts
from dicom_node.alerting.episodes import Alert, Episodes, proceed, raised
from dicom_node.alerting.section import AlertsSection

ALERTS = AlertsSection(
    disk_margin_mib=1000,
    queue_stuck_s=1800,
    destination_down_s=900,
    worker_failures=3,
    certificate_days=30,
    database_silent_s=120,
)
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
WELL = Facts(
    above_reserve_bytes=10**12,
    queue_age_s=0,
    failing_destinations={},
    audit_age_s=0,
    certificates_left_s={"api": 300 * DAY_S},
)


class Watch:
    """Facts that follow one another, and what was told of them."""

    def __init__(self) -> None:
        self.episodes: Episodes = {}
        self.now = START
        self.told: list[Alert] = []

    def see(self, after_s: float = 0, **facts: object) -> list[str]:
        """What is told of these facts, so long after the last ones."""
        self.now += timedelta(seconds=after_s)
        seen = replace(WELL, **facts)  # type: ignore[arg-type]
        self.episodes, told = proceed(self.episodes, seen, ALERTS, self.now)
        self.told += told
        return [f"{each.state} {each.condition} {each.subject}".strip() for each in told]


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.mark.parametrize(
    ("bounds", "value", "was_bad", "bad"),
    [
        (Bounds(raised=10, cleared=5), 9.9, False, False),
        (Bounds(raised=10, cleared=5), 10, False, True),
        (Bounds(raised=10, cleared=5), 5.1, True, True),
        (Bounds(raised=10, cleared=5), 5, True, False),
        (Bounds(raised=5, cleared=10), 5.1, False, False),
        (Bounds(raised=5, cleared=10), 5, False, True),
        (Bounds(raised=5, cleared=10), 9.9, True, True),
        (Bounds(raised=5, cleared=10), 10, True, False),
    ],
)
def test_bounds(bounds: Bounds, value: float, was_bad: bool, bad: bool) -> None:
    assert bounds.is_bad(value, was_bad=was_bad) is bad


def test_all_is_well(watch: Watch) -> None:
    assert watch.see() == []
    assert watch.episodes == {}


def test_a_disk_that_sways_around_its_bound_is_one_episode(watch: Watch) -> None:
    assert watch.see(above_reserve_bytes=1001 * MIB) == []
    assert watch.see(10, above_reserve_bytes=1000 * MIB) == ["raised disk_low"]
    assert watch.see(10, above_reserve_bytes=1100 * MIB) == []
    assert watch.see(10, above_reserve_bytes=900 * MIB) == []
    assert watch.see(10, above_reserve_bytes=1251 * MIB) == ["resolved disk_low"]
    assert watch.see(10, above_reserve_bytes=1100 * MIB) == []


def test_a_full_disk_is_called_full(watch: Watch) -> None:
    watch.see(above_reserve_bytes=-5)
    assert watch.told[0].text == "The disk is full: instances are refused."


def test_a_queue_that_does_not_move(watch: Watch) -> None:
    assert watch.see(queue_age_s=1799) == []
    assert watch.see(queue_age_s=1800) == ["raised queue_stuck"]
    assert watch.told[0].text == "A series waits 30 minutes for its analysis."
    assert watch.see(queue_age_s=901) == []
    assert watch.see(queue_age_s=900) == ["resolved queue_stuck"]


def test_an_audit_trail_that_is_not_sent_on(watch: Watch) -> None:
    assert watch.see(audit_age_s=3599) == []
    assert watch.see(audit_age_s=3600) == ["raised audit_stuck"]
    assert watch.told[0].text == "Entries of the audit trail wait 60 minutes to be sent on."
    assert watch.see(audit_age_s=None) == []
    assert watch.see(audit_age_s=0) == ["resolved audit_stuck"]


def test_a_destination_must_be_down_for_a_while(watch: Watch) -> None:
    down = {"pacs": math.inf}
    assert watch.see(failing_destinations=down) == []
    assert watch.see(899, failing_destinations=down) == []
    assert watch.see(1, failing_destinations=down) == ["raised destination_down pacs"]
    assert watch.told[0].since_utc == START
    assert watch.see(3600, failing_destinations=down) == []
    assert watch.see(1, failing_destinations={}) == ["resolved destination_down pacs"]


def test_a_destination_that_takes_something_is_not_down(watch: Watch) -> None:
    for _ in range(20):
        assert watch.see(300, failing_destinations={"pacs": 300}) == []
        assert watch.see(1, failing_destinations={"pacs": 1}) == []


def test_each_destination_has_an_episode_of_its_own(watch: Watch) -> None:
    watch.see(failing_destinations={"a": math.inf})
    watch.see(600, failing_destinations={"a": math.inf, "b": math.inf})
    both = {"a": math.inf, "b": math.inf}
    assert watch.see(300, failing_destinations=both) == ["raised destination_down a"]
    assert watch.see(600, failing_destinations=both) == ["raised destination_down b"]
    assert watch.see(1, failing_destinations={"b": 9999}) == ["resolved destination_down a"]


def test_a_process_that_fails_again_and_again(watch: Watch) -> None:
    assert watch.see(worker_failures=2) == []
    assert watch.see(worker_failures=3) == ["raised worker_crash_loop"]
    assert watch.see(worker_failures=1) == []
    assert watch.see(worker_failures=0) == ["resolved worker_crash_loop"]


def test_a_certificate_that_ends(watch: Watch) -> None:
    assert watch.see(certificates_left_s={"api": 30 * DAY_S}) == ["raised certificate_expires api"]
    assert watch.see(certificates_left_s={"api": -1}) == []
    renewed = {"api": 365 * DAY_S}
    assert watch.see(certificates_left_s=renewed) == ["resolved certificate_expires api"]


def test_a_certificate_that_has_ended_is_called_so(watch: Watch) -> None:
    watch.see(certificates_left_s={"api": -1})
    assert watch.told[0].text == "The certificate api has ended."


def test_a_database_that_hiccups_calls_nobody(watch: Watch) -> None:
    assert watch.see(database_answers=False) == []
    assert watch.see(60) == []
    assert watch.see(1, database_answers=False) == []
    assert watch.see(120, database_answers=False) == ["raised database_silent"]
    assert watch.see(10) == ["resolved database_silent"]


def test_what_cannot_be_found_out_changes_nothing(watch: Watch) -> None:
    watch.see(queue_age_s=5000)
    assert watch.see(10, queue_age_s=None) == []
    assert raised(watch.episodes.values())["queue_stuck"] == 1
    assert watch.see(10, queue_age_s=0) == ["resolved queue_stuck"]


def test_raised_and_resolved_are_different_alerts_of_one_episode(watch: Watch) -> None:
    for _ in range(2):
        watch.see(10, queue_age_s=5000)
        watch.see(10)
    assert len({each.id for each in watch.told}) == len(watch.told) == 4


def test_the_counts_have_every_condition() -> None:
    assert raised([]) == {condition.name: 0 for condition in CONDITIONS}


def test_every_condition_is_documented_and_no_other() -> None:
    text = (Path(__file__).parents[3] / "docs/monitoring.md").read_text(encoding="utf-8")
    table = text.partition("| alert |")[2].partition("\n\n")[0]
    documented = re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE)
    assert documented == [condition.name for condition in CONDITIONS]
