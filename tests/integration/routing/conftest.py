from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import peers
from storage.database import Database, open_database
from storage.records import Peer
from tests.integration.storage.given import NOW


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """A database with two destinations and a scanner."""
    database = open_database(f"sqlite:///{tmp_path / 'cspine.sqlite3'}")
    for peer in (
        Peer("scanner", "SCANNER", "192.0.2.7", 104, may_send=True),
        Peer("pacs", "PACS", "192.0.2.8", 104, gets_results=True),
        Peer("archive", "ARCHIVE", "192.0.2.9", 104, gets_results=True),
    ):
        peers.add_peer(database, peer, now=NOW)
    yield database
    database.close()
