"""Orthanc, from Debian's package, as the PACS that others wrote."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from io import BytesIO
from pathlib import Path
from typing import Any, Self
from urllib.error import URLError

from pydicom import dcmread
from pydicom.dataset import Dataset

from tests.dcmtk import LOOPBACK, free_port
from tests.support import require_tool, wait_until


class Orthanc:
    """A server on free ports of loopback; it can be stopped and started on the same storage.

    Missing: the test fails in CI and skips elsewhere.
    """

    def __init__(self, folder: Path, *, aet: str = "ORTHANC", **configuration: Any) -> None:
        self._program = require_tool("Orthanc")
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.aet = aet
        self.dicom_port = free_port()
        self.http_port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        storage = str(folder / "storage")
        (folder / "orthanc.json").write_text(
            json.dumps(
                {
                    "Name": "tests",
                    "StorageDirectory": storage,
                    "IndexDirectory": storage,
                    "HttpPort": self.http_port,
                    "DicomPort": self.dicom_port,
                    "DicomAet": aet,
                    "DicomCheckCalledAet": True,
                    "DicomAlwaysAllowStore": True,
                    "RemoteAccessAllowed": False,
                    "AuthenticationEnabled": False,
                    "SslEnabled": False,
                    "Plugins": [],
                    **configuration,
                }
            )
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()  # a clean end takes seconds, and nobody looks any more
            self._process.wait()

    def start(self) -> None:
        """Return once the REST interface answers; by then the DICOM port is open too."""
        with (self._folder / "orthanc.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._program, self._folder / "orthanc.json"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_until(self._is_ready, what=f"Orthanc answers (see {self._folder / 'orthanc.log'})")

    def stop(self) -> None:
        """End it and wait for its end; nothing happens if it does not run."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)
            self._process = None

    def upload(self, path: Path) -> None:
        """Give it a DICOM file."""
        url = f"http://{LOOPBACK}:{self.http_port}/instances"
        request = urllib.request.Request(url, path.read_bytes(), method="POST")
        urllib.request.urlopen(request, timeout=30).close()

    def know(self, name: str, aet: str, port: int) -> None:
        """Where it sends what is asked for this AE title."""
        url = f"http://{LOOPBACK}:{self.http_port}/modalities/{name}"
        body = json.dumps([aet, LOOPBACK, port]).encode()
        request = urllib.request.Request(url, body, method="PUT")
        urllib.request.urlopen(request, timeout=30).close()

    def instances(self) -> list[str]:
        """Orthanc's identifiers of everything it has."""
        found: list[str] = json.loads(self._get("/instances"))
        return found

    def dicom_tags(self, identifier: str) -> dict[str, Any]:
        """Keyword → value, as Orthanc shows them."""
        tags: dict[str, Any] = json.loads(self._get(f"/instances/{identifier}/simplified-tags"))
        return tags

    def file(self, identifier: str) -> bytes:
        """The DICOM file, as Orthanc gives it out."""
        return self._get(f"/instances/{identifier}/file")

    def dataset(self, identifier: str) -> Dataset:
        """The same, read."""
        return dcmread(BytesIO(self.file(identifier)))

    def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "orthanc.log").read_text()
        try:
            self._get("/system")
        except (URLError, ConnectionError):
            return False
        return True

    def _get(self, path: str) -> bytes:
        url = f"http://{LOOPBACK}:{self.http_port}{path}"
        with urllib.request.urlopen(url, timeout=30) as response:
            body: bytes = response.read()
        return body
