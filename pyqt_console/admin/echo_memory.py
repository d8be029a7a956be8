"""How the last test of the way to each peer ended; kept on this computer, for each node."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

from PyQt6.QtCore import QSettings

from pyqt_console.admin.echo import Echo
from pyqt_console.admin.requests.peers import EchoStep, Peer


class EchoMemory:
    """A peer as it was tested → how that ended; one that was changed since is not tested yet."""

    def __init__(self, node: str) -> None:
        self._key = f"admin/echo/{node.replace('/', '_')}"
        self._settings: QSettings | None = None
        self._echoes: dict[Peer, Echo] = {}

    def read(self, settings: QSettings) -> None:
        """What was kept there; from now on it is kept there. What cannot be read is forgotten."""
        self._settings = settings
        try:
            for kept in json.loads(str(settings.value(self._key, "[]"))):
                steps = tuple(EchoStep(**step) for step in kept["steps"])
                at_utc = datetime.fromisoformat(kept["at_utc"])
                self._echoes[Peer(**kept["peer"])] = Echo(at_utc, steps)
        except (ValueError, KeyError, TypeError):
            self._echoes.clear()

    def get(self, peer: Peer) -> Echo | None:
        """The last test of the peer as it is now."""
        return self._echoes.get(peer)

    def keep(self, peer: Peer, echo: Echo) -> None:
        """In place of an earlier one."""
        self._echoes = {each: old for each, old in self._echoes.items() if each.name != peer.name}
        self._echoes[peer] = echo
        if self._settings is not None:
            kept = [
                {
                    "peer": asdict(each),
                    "at_utc": old.at_utc.isoformat(),
                    "steps": [asdict(step) for step in old.steps],
                }
                for each, old in self._echoes.items()
            ]
            self._settings.setValue(self._key, json.dumps(kept))
