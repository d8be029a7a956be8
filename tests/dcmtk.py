"""Peers that others wrote: DCMTK's programs as senders, receivers and compressors."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pynetdicom.dsutils import split_dataset

from tests.support import require_tool, wait_until

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class ToolResult:
    """How a program ended, and everything it said."""

    returncode: int
    output: str

    @property
    def ok(self) -> bool:
        return self.returncode == 0


def run_tool(name: str, *arguments: str | Path, timeout_s: float = 120) -> ToolResult:
    """Run one of DCMTK's programs to its end."""
    done = subprocess.run(
        [require_tool(name), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
        timeout=timeout_s,
        check=False,
        env=_environment(),
    )
    return ToolResult(done.returncode, done.stdout)


def storescu(
    port: int,
    *arguments: str | Path,
    calling_aet: str = "STORESCU",
    called_aet: str = "CSPINE",
    host: str = LOOPBACK,
) -> ToolResult:
    """Send files (and pass options) with DCMTK's storescu."""
    return run_tool(
        "storescu", "-v", "-aet", calling_aet, "-aec", called_aet, host, str(port), *arguments
    )


def echoscu(
    port: int, *, calling_aet: str = "STORESCU", called_aet: str = "CSPINE", host: str = LOOPBACK
) -> ToolResult:
    """Send a C-ECHO with DCMTK's echoscu."""
    return run_tool("echoscu", "-v", "-aet", calling_aet, "-aec", called_aet, host, str(port))


def converted(source: Path, target: Path, tool: str, *options: str) -> Path:
    """``source`` in another transfer syntax, by dcmconv, dcmcjpeg, dcmcjpls or dcmcrle."""
    result = run_tool(tool, *options, source, target)
    assert result.ok, result.output
    return target


@dataclass(frozen=True, slots=True)
class RunningStoreScp:
    """DCMTK's storescp, listening; received files lie in ``folder``."""

    port: int
    folder: Path

    def received(self) -> list[Path]:
        return sorted(path for path in self.folder.iterdir() if path.is_file())


@contextmanager
def storescp(folder: Path, *options: str, aet: str = "STORESCP") -> Iterator[RunningStoreScp]:
    """Run DCMTK's storescp on a free port, writing exactly what it receives into ``folder``."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    process = subprocess.Popen(
        [require_tool("storescp"), "-aet", aet, "+B", "-od", folder, *options, str(port)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=_environment(),
    )
    try:
        wait_until(lambda: is_listening(port), what="storescp does not listen")
        yield RunningStoreScp(port, folder)
    finally:
        process.terminate()
        process.wait(timeout=30)


def free_port() -> int:
    """A port that was free a moment ago, for programs that cannot choose one themselves."""
    with socket.create_server((LOOPBACK, 0)) as probe:
        return int(probe.getsockname()[1])


def is_listening(port: int, host: str = LOOPBACK) -> bool:
    """Whether something accepts connections."""
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        return False
    return True


def data_set_bytes(path: Path) -> bytes:
    """What follows the file meta information."""
    _, offset = split_dataset(path)
    return path.read_bytes()[offset:]


def _environment() -> dict[str, str]:
    # Without it DCMTK waits about 45 ms an instance for Nagle's algorithm.
    return {**os.environ, "TCP_NODELAY": "1"}
