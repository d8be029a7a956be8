"""From facts to episodes: one call for help when it begins, one word when it is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from dicom_node.alerting.conditions import CONDITIONS, Condition, Facts
from dicom_node.alerting.section import AlertsSection

Key: TypeAlias = tuple[str, str]
"""(condition, subject)."""


@dataclass(frozen=True, slots=True)
class Episode:
    """Something has been bad ``since_utc``; ``raised_utc``: since when somebody knows."""

    condition: str
    subject: str
    since_utc: datetime
    raised_utc: datetime | None = None

    @property
    def key(self) -> Key:
        """Of which there is one episode at a time."""
        return self.condition, self.subject


@dataclass(frozen=True, slots=True)
class Alert:
    """What somebody is told; the same ``id`` is the same alert, should it come twice."""

    id: str
    condition: str
    subject: str
    state: Literal["raised", "resolved"]
    severity: str
    text: str
    since_utc: datetime
    at_utc: datetime


Episodes: TypeAlias = Mapping[Key, Episode]


def proceed(
    episodes: Episodes, facts: Facts, alerts: AlertsSection, now: datetime
) -> tuple[Episodes, tuple[Alert, ...]]:
    """The episodes after ``facts`` became known, and what is to be told.

    An episode whose condition cannot be judged goes on; one whose condition is no longer in the
    table ends without a word.
    """
    following: dict[Key, Episode] = {}
    told: list[Alert] = []
    for condition in CONDITIONS:
        before = {each.subject: each for each in episodes.values() if _is_of(each, condition)}
        values = condition.values(facts)
        if values is None:
            following |= {each.key: each for each in before.values()}
            continue
        for subject in sorted(before.keys() | values.keys()):
            episode, alert = _judged(
                condition, subject, values.get(subject), before.get(subject), alerts, now
            )
            if episode is not None:
                following[episode.key] = episode
            if alert is not None:
                told.append(alert)
    return following, tuple(told)


def raised(episodes: Iterable[Episode]) -> dict[str, int]:
    """How many episodes somebody knows of, by condition; also those that are 0."""
    counts = {condition.name: 0 for condition in CONDITIONS}
    for each in episodes:
        counts[each.condition] += each.raised_utc is not None
    return counts


def _is_of(episode: Episode, condition: Condition) -> bool:
    return episode.condition == condition.name


def _judged(
    condition: Condition,
    subject: str,
    value: float | None,
    episode: Episode | None,
    alerts: AlertsSection,
    now: datetime,
) -> tuple[Episode | None, Alert | None]:
    was_raised = episode is not None and episode.raised_utc is not None
    bounds = condition.bounds(alerts)
    if value is None or not bounds.is_bad(value, was_bad=was_raised):
        if episode is None or not was_raised:
            return None, None
        return None, _alert(condition, episode, "resolved", condition.resolved(subject), now)
    episode = episode or Episode(condition.name, subject, since_utc=now)
    held = now - episode.since_utc >= timedelta(seconds=condition.hold_s(alerts))
    if was_raised or not held:
        return episode, None
    episode = replace(episode, raised_utc=now)
    return episode, _alert(condition, episode, "raised", condition.text(subject, value), now)


def _alert(
    condition: Condition,
    episode: Episode,
    state: Literal["raised", "resolved"],
    text: str,
    now: datetime,
) -> Alert:
    parts = (condition.name, episode.subject, episode.since_utc.isoformat(), state)
    return Alert(
        id="/".join(part for part in parts if part),
        condition=condition.name,
        subject=episode.subject,
        state=state,
        severity=condition.severity,
        text=text,
        since_utc=episode.since_utc,
        at_utc=now,
    )
