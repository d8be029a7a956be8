"""A real node in a process of its own, as a hospital runs it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from storage import deliveries, peers, series
from storage.database import Database, open_database
from storage.errors import NotFoundError
from storage.files import DataDir
from storage.records import Peer, SeriesRecord, SeriesState
from tests.support import wait_until

LISTENING = re.compile(r"listens on \S+ port (\d+)")


class NodeProcess:
    """``cspine-node serve`` on a free port; what it logs is kept in ``log``."""

    def __init__(
        self,
        directory: Path,
        *,
        quiet_s: float = 1.0,
        database_url: str | None = None,
        weights: Path | None = None,
    ) -> None:
        self.data_dir = DataDir(directory / "data")
        self.log = directory / "node.log"
        self._database_url = database_url or self.data_dir.default_database_url
        self._config = directory / "cspine-node.toml"
        directory.mkdir(parents=True, exist_ok=True)
        self._config.write_text(
            f"""
            [dicom]
            port = 0
            [api]
            port = 0
            [storage]
            data_dir = "{self.data_dir.root}"
            database_url = "{self._database_url}"
            reserve_mib = 1
            [series]
            quiet_s = {quiet_s}
            [inference]
            device = "cpu"
            {f'weights = "{weights}"' if weights else ""}
            [delivery]
            first_retry_s = 0.5
            longest_retry_s = 2.0
            """,
            encoding="utf-8",
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def worker_pid(self) -> int | None:
        """The inference process: the spawned child that is no resource tracker."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        threads = children.parent.parent.glob("*/children")
        for child in (int(pid) for listing in threads for pid in listing.read_text().split()):
            if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text():
                return child
        return None

    def start(self) -> None:
        already_logged = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "dicom_node", "serve", "--config", str(self._config)],
                stdout=log,
                stderr=log,
                env=os.environ | {"OMP_NUM_THREADS": "2"},
            )

        def listening() -> bool:
            assert self._process is not None
            assert self._process.poll() is None, self.log.read_text()
            found = LISTENING.search(self.log.read_text()[already_logged:])
            if found:
                self.port = int(found[1])
            return found is not None

        wait_until(listening, deadline_s=60, what="the node listens")

    def kill(self) -> None:
        """``kill -9``: nothing of the node gets to run any more."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(30)

    def terminate(self) -> int:
        """A clean stop; returns the exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(60)

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.terminate()

    @contextmanager
    def database(self) -> Iterator[Database]:
        self.data_dir.prepare()
        database = open_database(self._database_url)
        try:
            yield database
        finally:
            database.close()

    def add_peer(self, peer: Peer) -> None:
        with self.database() as database:
            peers.add_peer(database, peer, now=database.now())

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``cspine-node`` with this node's configuration to its end."""
        return subprocess.run(
            [sys.executable, "-m", "dicom_node", *arguments, "--config", str(self._config)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def failed_deliveries(self, series_uid: str) -> int:
        """How often a report on the series was sent in vain."""
        with self.database() as database:
            of = series.get_series(database, series_uid)
            return sum(each.attempts for each in deliveries.deliveries_of(database, of.id))

    def series(self, series_uid: str) -> SeriesRecord | None:
        with self.database() as database:
            try:
                return series.get_series(database, series_uid)
            except NotFoundError:
                return None

    def wait_for(
        self, series_uid: str, *states: SeriesState, deadline_s: float = 240
    ) -> SeriesRecord:
        """The series, once it is in one of ``states``."""
        what = " or ".join(states)
        return self._wait(series_uid, lambda record: record.state in states, what, deadline_s)

    def wait_for_reason(
        self, series_uid: str, code: str, *, deadline_s: float = 240
    ) -> SeriesRecord:
        """The series, once it has this reason."""
        return self._wait(series_uid, lambda record: record.reason_code == code, code, deadline_s)

    def _wait(
        self,
        series_uid: str,
        condition: Callable[[SeriesRecord], bool],
        what: str,
        deadline_s: float,
    ) -> SeriesRecord:
        found: list[SeriesRecord] = []

        def there() -> bool:
            record = self.series(series_uid)
            if record is not None and condition(record):
                found.append(record)
            return bool(found)

        try:
            wait_until(there, deadline_s=deadline_s, what=f"{series_uid} is {what}")
        except pytest.fail.Exception:
            print(self.series(series_uid), self.log.read_text()[-5000:], sep="\n")
            raise
        return found[0]
