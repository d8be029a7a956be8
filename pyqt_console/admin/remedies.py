"""What to do about a caller that was turned away. Pure: what is known → a sentence and a form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pyqt_console.admin.requests.peers import OwnEntity, Peer, RefusedCaller
from pyqt_console.i18n import tr


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do.

    Attributes:
        text: in a sentence.
        button: what the button says; empty where nothing here helps.
        peer: what the form is filled with; ``before``: the peer that it changes, if there is one.
    """

    text: str
    button: str = ""
    peer: Peer | None = None
    before: Peer | None = None


def remedy_of(caller: RefusedCaller, peers: Sequence[Peer], own: OwnEntity) -> Remedy:
    """For one caller."""
    known = [each for each in peers if each.aet == caller.calling_aet]
    here = next((each for each in known if each.host == caller.host), None)
    if caller.called_aet != own.ae_title:
        return _wrong_name(caller, known, peers, own)
    if here is not None and here.may_send:
        text = tr(
            "It may send now, as the peer {name}. If it was turned away since then, TLS may be on "
            "at one side only."
        )
        return Remedy(text.format(name=here.name), tr("Look at it …"), here, here)
    if here is not None:
        text = tr("It is the peer {name}, which may not send. Let it send?")
        peer = replace(here, may_send=True)
        return Remedy(text.format(name=here.name), tr("Let it send …"), peer, here)
    if known:
        other = known[0]
        text = tr(
            "The peer {name} has this AE title, at {host}; this call came from {caller}. Has it "
            "moved, or is it somebody else?"
        )
        words = text.format(name=other.name, host=other.host, caller=caller.host)
        moved = replace(other, host=caller.host, may_send=True)
        return Remedy(words, tr("It has moved …"), moved, other)
    text = tr("Nobody is known by this AE title. If you know who it is, make it a peer.")
    return Remedy(text, tr("Make it a peer …"), _suggestion(caller, peers))


def _wrong_name(
    caller: RefusedCaller, known: Sequence[Peer], peers: Sequence[Peer], own: OwnEntity
) -> Remedy:
    """It called this node by a name that is not its own: only its side can mend that."""
    text = tr("It called this node {called}, which is called {own}: correct that at its side.")
    words = text.format(called=caller.called_aet, own=own.ae_title)
    if known:
        return Remedy(words)
    more = tr("{first} It is also no peer yet.").format(first=words)
    return Remedy(more, tr("Make it a peer …"), _suggestion(caller, peers))


def _suggestion(caller: RefusedCaller, peers: Sequence[Peer]) -> Peer:
    """The node's, by a name that is free."""
    taken = {each.name for each in peers}
    name = wanted = caller.suggestion.name
    number = 2
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    return replace(caller.suggestion, name=name)
