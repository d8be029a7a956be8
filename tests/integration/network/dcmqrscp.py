"""DCMTK's dcmqrscp as the PACS that others wrote: it keeps studies, and sends them on."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.dcmtk import LOOPBACK, free_port, is_listening, run_tool
from tests.support import require_tool, wait_until

AET = "QRSCP"


@contextmanager
def dcmqrscp(folder: Path, destinations: Mapping[str, int], files: Sequence[Path]) -> Iterator[int]:
    """Run it with ``files``; it knows these destinations on this machine (AE title → port)."""
    store = folder / "store"
    store.mkdir(parents=True)
    port = free_port()
    hosts = "\n".join(
        f"h{number} = ({aet}, {LOOPBACK}, {to})"
        for number, (aet, to) in enumerate(destinations.items())
    )
    configuration = folder / "dcmqrscp.cfg"
    configuration.write_text(
        f"NetworkTCPPort = {port}\nMaxPDUSize = 16384\nMaxAssociations = 16\n"
        f"HostTable BEGIN\n{hosts}\nHostTable END\n"
        "VendorTable BEGIN\nVendorTable END\n"
        f"AETable BEGIN\n{AET} {store} RW (9, 1024mb) ANY\nAETable END\n"
    )
    process = subprocess.Popen(
        [require_tool("dcmqrscp"), "-c", configuration],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: is_listening(port), what="dcmqrscp does not listen")
        sent = run_tool("storescu", "-aec", AET, LOOPBACK, str(port), *files)
        assert sent.ok, sent.output
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)
