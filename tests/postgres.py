"""A PostgreSQL server for the tests: Debian's own programs, a temporary folder, a unix socket."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
import pytest
from psycopg import sql

from tests.support import unavailable

PROGRAMS: Final = Path("/usr/lib/postgresql")
START_DEADLINE_S: Final = 60
# Durability is the server's own affair, not what is tested here: without it tests are fast.
SETTINGS: Final = """
listen_addresses = ''
unix_socket_directories = '{folder}'
fsync = off
full_page_writes = off
max_connections = 100
"""


class PostgresServer:
    """A running server; every database on it is made for one test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self) -> None:
        """Make the cluster."""
        self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync")
        with (self._folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(SETTINGS.format(folder=self._folder))

    def start(self) -> None:
        """Start it; returns once it answers."""
        self._run("pg_ctl", "start", "-w", "-l", self._folder / "log")

    def stop(self) -> None:
        """Stop it; connections that are still open are cut."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate")

    @contextmanager
    def database(self) -> Iterator[str]:
        """URL of a new, empty database that is gone afterwards."""
        name = f"test_{uuid.uuid4().hex}"
        self._execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield f"postgresql://postgres@/{name}?host={self._folder}"
        finally:
            self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(
            host=str(self._folder), user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement)

    def _run(self, program: str, *arguments: str | Path) -> None:
        # PostgreSQL refuses to run as root.
        become = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*become, _program(program), "-D", self._folder / "data", *arguments]
        done = subprocess.run(
            command,
            cwd="/",
            capture_output=True,
            text=True,
            timeout=START_DEADLINE_S,
            check=False,
        )
        if done.returncode:
            log = self._folder / "log"
            said = log.read_text(encoding="utf-8") if log.exists() else ""
            pytest.fail(f"{program} failed: {done.stdout}{done.stderr}{said}")


def _program(name: str) -> Path:
    found = sorted(PROGRAMS.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    if not found:
        unavailable(f"PostgreSQL's {name} is not installed (see tests/install-peers.sh)")
    return found[-1]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for all tests of a run."""
    with running_server() as server:
        yield server


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """A server that is gone afterwards."""
    _program("initdb")
    # Not tmp_path: a socket's path has at most 107 bytes, and the server's user must get there.
    folder = Path(tempfile.mkdtemp(prefix="cspine-pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, user="postgres")
        server = PostgresServer(folder)
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)
