"""How a destination is, in a phrase, and what somebody could do. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pyqt_console.admin.requests.deliveries import Destination
from pyqt_console.admin.words import age, moment
from pyqt_console.i18n import tr, tr_n


@dataclass(frozen=True, slots=True)
class Condition:
    """A phrase with its sign, and a field of ``Palette``."""

    text: str
    colour: str = "text"


def is_failing(of: Destination, now: datetime) -> bool:
    """Something is held back because it did not work; what is only parked holds nothing back."""
    held_back = of.next_attempt_utc is not None and of.next_attempt_utc > now
    return bool(of.pending) and of.last_error is not None and (held_back or not of.parked)


def condition(of: Destination, now: datetime) -> Condition:
    """The worst of what is so."""
    if is_failing(of, now):
        return Condition(tr("▲ does not take what is sent"), "alarm")
    if of.parked:
        text = tr_n("✕ %n object needs a person", "✕ %n objects need a person", of.parked)
        return Condition(text, "caution")
    if of.pending:
        text = tr_n("… %n object on its way", "… %n objects on their way", of.pending)
        return Condition(text, "waiting")
    if of.sent:
        text = tr_n("… %n not committed to yet", "… %n not committed to yet", of.sent)
        return Condition(text, "waiting")
    return Condition(tr("✓ has everything"))


def what_to_do(of: Destination, now: datetime) -> str:
    """A sentence or two under the table."""
    found = []
    if is_failing(of, now):
        found.append(
            tr(
                "{peer} does not take what is sent: {problem}. It is tried again by itself, next "
                "at {time}; the oldest object has waited for {age}. The page of peers can test "
                "which step fails."
            ).format(
                peer=of.peer_name,
                problem=(of.last_error or "").rstrip("."),
                time=moment(of.next_attempt_utc),
                age=age(of.waiting_since_utc, now),
            )
        )
    elif of.pending:
        found.append(tr("Sent by itself, next at {time}.").format(time=moment(of.next_attempt_utc)))
    if of.parked:
        found.append(
            tr(
                "Parked objects are not tried again by themselves: {peer} refused them, or was "
                "gone. Once that is mended, resume them."
            ).format(peer=of.peer_name)
        )
    if of.sent:
        found.append(tr("What was taken and not committed to yet is asked for again by itself."))
    return " ".join(found) or tr("{peer} has everything that was made for it.").format(
        peer=of.peer_name
    )


def worst_state(of: Destination) -> str:
    """Of its objects, the state that most needs looking at: what somebody comes to see."""
    counts = {"parked": of.parked, "pending": of.pending, "sent": of.sent}
    return next((state for state, count in counts.items() if count), "delivered")
