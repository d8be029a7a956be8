"""``/api/v1/audit``: who did what (``docs/audit.md``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pyqt_console.client import NodeClient, parsed
from pyqt_console.errors import UnreadableError
from pyqt_console.i18n import tr

PATH: Final = "/api/v1/audit"
PAGE_ENTRIES: Final = 100
CATCH_UP_MAX: Final = 1000
"""New entries that one refresh brings; after more the list begins anew."""
VERIFY_S: Final = 600.0
EXPORT_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the trail."""

    seq: int
    at_utc: datetime
    actor: str
    address: str
    action: str
    object: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    hash: str
    can_be_undone: bool

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Entry:
        """Of the API's document."""
        return cls(
            seq=int(given["seq"]),
            at_utc=datetime.fromisoformat(given["at_utc"]),
            actor=given["actor"],
            address=given["address"],
            action=given["action"],
            object=given["object"],
            before=given["before"],
            after=given["after"],
            hash=given["hash"],
            can_be_undone=bool(given["can_be_undone"]),
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries; what is given must hold."""

    kind: str = ""
    """The part of the action before the dot."""
    actor: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where the trail is sent on to; ``oldest_waiting_utc``: of what is not there yet."""

    destination: str
    waiting: int
    oldest_waiting_utc: datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the trail holds, in the node's words."""

    holds: bool
    text: str


def list_entries(
    client: NodeClient, wanted: Wanted, *, before_seq: int | None = None, limit: int | None = None
) -> tuple[Entry, ...]:
    """The newest first, those before ``before_seq``; a page of them, if no limit is given."""
    parameters: dict[str, str | int] = {"limit": limit or PAGE_ENTRIES}
    if before_seq is not None:
        parameters["before_seq"] = before_seq
    words = {
        "kind": wanted.kind,
        "actor": wanted.actor.strip()[:64],
        "about": wanted.about.strip()[:255],
    }
    parameters |= {name: word for name, word in words.items() if word}
    found = client.ask("GET", PATH, params=parameters)
    return parsed(lambda: tuple(Entry.from_json(each) for each in found))


def newer_entries(
    client: NodeClient, wanted: Wanted, known: tuple[Entry, ...]
) -> tuple[Entry, ...]:
    """``known`` with what came since; the trail only grows, so nothing else can have changed."""
    if not known:
        return list_entries(client, wanted)
    latest = known[0].seq
    found = list_entries(client, wanted)
    if found and found[-1].seq > latest and len(found) == PAGE_ENTRIES:
        found = list_entries(client, wanted, limit=CATCH_UP_MAX)
        if found[-1].seq > latest and len(found) == CATCH_UP_MAX:
            return found
    return (*(each for each in found if each.seq > latest), *known)


def receiver(client: NodeClient) -> Receiver | None:
    """The one that is configured; None: the trail is nowhere but in the node's database."""
    found = client.ask("GET", f"{PATH}/destinations")
    return parsed(
        lambda: next(
            (
                Receiver(
                    each["destination"],
                    int(each["waiting"]),
                    None
                    if each["oldest_waiting_utc"] is None
                    else datetime.fromisoformat(each["oldest_waiting_utc"]),
                    each["last_error"],
                )
                for each in found
                if each["configured"]
            ),
            None,
        )
    )


def undo(client: NodeClient, seq: int) -> tuple[Entry, ...]:
    """What was before holds again; the entries that this made.

    Raises:
        ConflictError: something newer stands against it.
    """
    found = client.ask("POST", f"{PATH}/{seq}/undo")
    return parsed(lambda: tuple(Entry.from_json(each) for each in found))


def verify(client: NodeClient) -> Verdict:
    """Every entry's hash, and its chain to the one before."""
    found = client.ask("GET", f"{PATH}/verification", timeout=VERIFY_S)
    return parsed(lambda: Verdict(bool(found["holds"]), str(found["text"])))


def export(client: NodeClient, path: Path) -> int:
    """All entries into a file, one JSON object a line; how many. Nothing stays of half an export.

    Raises:
        UnreadableError: the file cannot be written.
    """
    part = path.with_name(path.name + ".part")
    count = 0
    try:
        with client.stream(f"{PATH}/export", EXPORT_S) as answer, part.open("wb") as file:
            for chunk in answer.iter_bytes():
                count += chunk.count(b"\n")
                file.write(chunk)
        part.replace(path)
    except OSError as error:
        message = tr("{file} cannot be written: {reason}")
        raise UnreadableError(
            message.format(file=path.name, reason=error.strerror or error)
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return count
