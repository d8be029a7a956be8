"""``cspine-node delivery`` as a user types it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.dcmtk import free_port
from tests.integration.delivery.outbox import Outbox, ScriptedPacs, tick_to_the_end

Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(outbox: Outbox, tmp_path: Path) -> Run:
    config = tmp_path / "cspine-node.toml"
    config.write_text(f'[storage]\ndata_dir = "{outbox.data_dir.root}"\n')

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "dicom_node", "delivery", *arguments]
        return subprocess.run(
            [*command, "--config", str(config)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def test_a_refused_object_is_found_and_sent_after_all(outbox: Outbox, run: Run) -> None:
    with ScriptedPacs(0xC000) as pacs:
        outbox.add_peer("pacs", pacs.port)
        first, *_ = outbox.add_reading("pacs")
        runner = outbox.runner()
        tick_to_the_end(runner)
        (status,) = json.loads(run("status", "--json").stdout)
        assert (status["delivered"], status["parked"]) == (2, 1)
        assert "0xC000" in status["last_error"]
        (parked,) = json.loads(run("list", "--state", "parked", "--json").stdout)
        assert parked["sop_instance_uid"] == first
        assert run("resume", str(parked["id"])).returncode == 0
        tick_to_the_end(runner)
        assert pacs.received.count(first) == 2
        again = run("resume", str(parked["id"]))
        assert (again.returncode, again.stderr.count("\n")) == (1, 1)
        assert "delivered" in again.stderr
        assert run("resend", "--series", "1.2.1", "--peer", "pacs").returncode == 0
        tick_to_the_end(runner)
        assert len(pacs.received) == 7
    assert "pacs" in run("list").stdout
    assert "pacs" in run("status").stdout


def test_what_waits_for_a_dead_peer_is_parked_and_resumed(outbox: Outbox, run: Run) -> None:
    outbox.add_peer("pacs", free_port())
    outbox.add_reading("pacs", objects=1)
    tick_to_the_end(outbox.runner(first_retry_s=1000, longest_retry_s=1000))
    (waiting,) = json.loads(run("list", "--peer", "pacs", "--json").stdout)
    assert run("park", str(waiting["id"])).returncode == 0
    assert run("park", str(waiting["id"])).returncode == 1
    assert run("resume", "--peer", "pacs").returncode == 0
    (due,) = json.loads(run("list", "--json").stdout)
    assert due["state"] == "pending"
    assert due["next_attempt_utc"] < waiting["next_attempt_utc"]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("resend",), 2),
        (("resend", "1", "--series", "1.2"), 2),
        (("resume",), 2),
        (("list", "--state", "lost"), 2),
        (("resend", "77"), 1),
        (("resend", "--series", "1.2.77"), 1),
        (("resume", "77"), 1),
        (("park", "77"), 1),
    ],
)
def test_mistakes_have_a_status_and_a_line(
    run: Run, arguments: tuple[str, ...], status: int
) -> None:
    done = run(*arguments)
    assert done.returncode == status
    assert done.stderr
    assert "Traceback" not in done.stderr
