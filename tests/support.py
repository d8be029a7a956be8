"""What several tests need: waiting for conditions, peers that others wrote."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

SBIN = ("/usr/sbin", "/sbin", "/usr/local/sbin")


def wait_until(condition: Callable[[], bool], *, deadline_s: float = 30, what: str = "") -> None:
    """Poll ``condition`` until it holds; fail the test with ``what`` after ``deadline_s``."""
    end = time.monotonic() + deadline_s
    pause_s = 0.005
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"not within {deadline_s:g} s: {what or condition}")
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 0.2)


def require_tool(name: str) -> Path:
    """Path of a peer program. Missing: the test fails in CI and skips with the reason elsewhere."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *SBIN])
    found = shutil.which(name, path=path)
    if found is None:
        unavailable(f"{name} is not installed (see tests/install-peers.sh)")
    return Path(found)


def unavailable(reason: str) -> NoReturn:
    """A peer is missing: fail in CI, skip elsewhere."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
