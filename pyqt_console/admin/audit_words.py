"""The actions of the audit trail in words; the node's own word stands beside them in the detail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from pyqt_console.admin.requests.audit import Entry, Receiver
from pyqt_console.admin.setting_words import SOURCES
from pyqt_console.admin.words import Difference, age, differences
from pyqt_console.i18n import mark, tr, tr_n
from pyqt_console.wording import NOT_KNOWN

KINDS: Final[Mapping[str, str]] = {
    "": mark("everything"),
    "session": mark("signing in"),
    "user": mark("users"),
    "peer": mark("peers"),
    "route": mark("routes"),
    "setting": mark("settings"),
    "model": mark("models"),
    "change": mark("what was undone"),
    "series": mark("series"),
    "images": mark("images"),
    "verdict": mark("verdicts"),
    "delivery": mark("deliveries"),
    "pacs": mark("searches at a PACS"),
    "retrieval": mark("retrievals"),
    "results": mark("exported tables"),
    "audit": mark("the trail itself"),
    "node": mark("starts and stops"),
}
"""The part of an action before the dot → words."""
ACTIONS: Final[Mapping[str, str]] = {
    "node.started": mark("the node started"),
    "node.stopped": mark("the node stopped"),
    "session.opened": mark("signed in"),
    "session.refused": mark("was not let in"),
    "session.closed": mark("signed out"),
    "session.revoked": mark("ended a session"),
    "audit.exported": mark("exported the trail"),
    "series.viewed": mark("looked at a series"),
    "series.taken": mark("took a series"),
    "series.released": mark("gave a series back"),
    "series.retried": mark("tried a series again"),
    "series.parked": mark("took a series out of the queue"),
    "series.deleted": mark("deleted a series"),
    "series.stored": mark("stored a series"),
    "series.exported": mark("exported a series"),
    "series.uploaded": mark("uploaded a series"),
    "verdict.given": mark("signed a verdict"),
    "images.retrieved": mark("fetched images"),
    "pacs.searched": mark("searched at a PACS"),
    "retrieval.asked": mark("asked for a retrieval"),
    "retrieval.cancelled": mark("cancelled a retrieval"),
    "retrieval.ended": mark("a retrieval ended"),
    "results.exported": mark("exported results"),
    "delivery.resent": mark("had an object sent again"),
    "delivery.resumed": mark("resumed a delivery"),
    "delivery.parked": mark("parked a delivery"),
    "user.first": mark("made the first administrator"),
    "user.added": mark("added a user"),
    "user.changed": mark("changed a user"),
    "user.disabled": mark("disabled a user"),
    "user.enabled": mark("enabled a user"),
    "user.password": mark("changed a password"),
    "peer.added": mark("added a peer"),
    "peer.changed": mark("changed a peer"),
    "peer.removed": mark("removed a peer"),
    "route.saved": mark("saved a route"),
    "route.removed": mark("removed a route"),
    "route.moved": mark("moved a route"),
    "setting.changed": mark("changed a setting"),
    "model.activated": mark("activated a model"),
    "model.shadowed": mark("chose a shadow model"),
    "change.undone": mark("undid a change"),
}


def action_in_words(entry: Entry) -> str:
    """What was done; the node's word where we have none."""
    return tr(ACTIONS.get(entry.action, entry.action))


def difference_of(entry: Entry) -> tuple[Difference, ...]:
    """What the entry says was before and after, field by field."""
    found = differences(entry.before, entry.after)
    if entry.action != "setting.changed":
        return found
    return tuple(
        Difference(each.field, _source(each.before), _source(each.after))
        if each.field == "source"
        else each
        for each in found
    )


def change_in_words(entry: Entry) -> str:
    """The fields that changed, in one line for a list."""
    found = difference_of(entry)
    if entry.before is None or entry.after is None:
        return ""
    return " · ".join(
        f"{each.field}: {_or_none(each.before)} → {_or_none(each.after)}" for each in found
    )


def undoing_in_words(entry: Entry) -> str:
    """What holds again when it is undone."""
    if entry.before is None:
        return tr("{thing} is not there then, as before.").format(thing=entry.object)
    lines = [
        tr("{field} is {before} again, not {after}.").format(
            field=each.field, before=_or_none(each.before), after=_or_none(each.after)
        )
        for each in difference_of(entry)
    ]
    if entry.after is None:
        return tr("{thing} is there again, as it was.").format(thing=entry.object)
    return "\n".join(lines)


def sent_on_in_words(found: Receiver | None, now: datetime) -> tuple[str, str]:
    """Whether the trail is also where the node's owner cannot rewrite it, and a role."""
    if found is None:
        return tr(
            "The trail is nowhere but in this node's database: who can rewrite that can rewrite "
            "it. Export it now and then, or have it sent on (audit.syslog_host)."
        ), "quiet"
    if not found.waiting:
        return tr("✓ All of it was sent on to {receiver}.").format(
            receiver=found.destination
        ), "quiet"
    waits = tr_n(
        "%n entry waits to be sent on to {receiver}, for {age}.",
        "%n entries wait to be sent on to {receiver}, the oldest for {age}.",
        found.waiting,
    ).format(receiver=found.destination, age=age(found.oldest_waiting_utc, now))
    if found.last_error is None:
        return f"… {waits}", "quiet"
    return f"✕ {waits} {found.last_error}", "caution"


def _or_none(text: str | None) -> str:
    return NOT_KNOWN if text is None else text


def _source(word: str | None) -> str | None:
    return None if word is None else tr(SOURCES.get(word, word))
