"""A series of 300 slices over loopback HTTP: WADO-RS beside plain files, in MiB a second.

Servers and client run in processes of their own. The plain server is Python's ``http.server``.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import httpx
from pydicom import dcmread

from dicom_node.api.passwords import Passwords
from storage import users
from storage.records import Role
from tests.bench.measure import Figure, side_by_side
from tests.bench.worklist import PASSWORD
from tests.ct_series import write_ct_series
from tests.node_process import NodeProcess
from tests.support import wait_until

SLICES: Final = 300
AS_STORED: Final = 'multipart/related; type="application/dicom"; transfer-syntax=*'
CLIENT: Final = """
import http.client, sys, time
port, token, accept, *paths = sys.argv[1:]
headers = {"Authorization": "Bearer " + token, "Accept": accept}
connection = http.client.HTTPConnection("127.0.0.1", int(port))
connection.connect()
buffer, size, begin = bytearray(1 << 20), 0, time.perf_counter()
for path in paths:
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    assert answer.status == 200, answer.status
    while count := answer.readinto(buffer):
        size += count
print(size / 2**20 / (time.perf_counter() - begin))
"""


def streaming(scratch: Path) -> list[Figure]:
    paths = write_ct_series(scratch / "ct", slices=SLICES, rows=512, columns=512)
    (scratch / "ct" / "whole").write_bytes(b"".join(path.read_bytes() for path in paths))
    first = dcmread(paths[0], stop_before_pixels=True)
    series = f"/dicomweb/studies/{first.StudyInstanceUID}/series/{first.SeriesInstanceUID}"
    with ExitStack() as stack:
        plain = stack.enter_context(_plain_server(scratch / "ct"))
        port, token = stack.enter_context(_node(scratch / "node", paths))
        uids = [dcmread(path, stop_before_pixels=True).SOPInstanceUID for path in paths]
        instances = [f"{series}/instances/{uid}" for uid in uids]
        contenders: dict[str, Callable[[], float]] = {
            "plain files, one GET for all": partial(_rate, plain, "-", "*/*", ["/whole"]),
            "plain files, a GET each": partial(
                _rate, plain, "-", "*/*", [f"/{path.name}" for path in paths]
            ),
            "WADO-RS, the series": partial(_rate, port, token, AS_STORED, [series]),
            "WADO-RS, a GET each": partial(_rate, port, token, AS_STORED, instances),
            "WADO-RS, frames, a GET each": partial(
                _rate, port, token, "*/*", [f"{each}/frames/1" for each in instances]
            ),
        }
        return side_by_side("series", "MiB/s", contenders)


def _rate(port: int, token: str, accept: str, paths: list[str]) -> float:
    command = [sys.executable, "-c", CLIENT, str(port), token, accept, *paths]
    return float(subprocess.run(command, capture_output=True, check=True).stdout)


@contextmanager
def _plain_server(folder: Path) -> Iterator[int]:
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]
    command += ["--protocol", "HTTP/1.1", "--directory", str(folder)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        found = re.search(r"port (\d+)", process.stdout.readline())
        assert found
        try:
            yield int(found[1])
        finally:
            process.terminate()


@contextmanager
def _node(directory: Path, paths: list[Path]) -> Iterator[tuple[int, str]]:
    """A node that has the series: the port of its API, and a token."""
    node = NodeProcess(directory, quiet_s=3600)
    with node.database() as database:
        users.add_user(
            database,
            "bench",
            role=Role.SERVICE,
            password_hash=Passwords().hash(PASSWORD),
            now=database.now(),
        )
    node.start()
    try:
        wait_until(lambda: "API listens on" in node.log.read_text())
        (url,) = re.findall(r"API listens on (\S+)", node.log.read_text())
        credentials = {"name": "bench", "password": PASSWORD}
        token = httpx.post(f"{url}/api/v1/session", json=credentials).json()["token"]
        _store(url, token, paths)
        yield int(url.rpartition(":")[2]), token
    finally:
        node.end()


def _store(url: str, token: str, paths: list[Path]) -> None:
    def body() -> Iterator[bytes]:
        for path in paths:
            yield b"\r\n--b\r\nContent-Type: application/dicom\r\n\r\n" + path.read_bytes()
        yield b"\r\n--b--\r\n"

    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": 'multipart/related; type="application/dicom"; boundary=b',
    }
    answer = httpx.post(f"{url}/dicomweb/studies", content=body(), headers=headers, timeout=120)
    assert answer.status_code == 200, answer.text
