"""The command as a user types it: exit status, one line on stderr, JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

import pytest

from storage import peers
from storage.database import open_database
from tests.certificates import DAY, Authority
from tests.ct_series import write_ct_series
from tests.dcmtk import free_port, storescp

Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    config = tmp_path / "cspine-node.toml"
    config.write_text(f'[storage]\ndata_dir = "{tmp_path / "data"}"\nreserve_mib = 1\n')

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            "-m",
            "dicom_node",
            *map(str, arguments),
            "--config",
            str(config),
        ]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    return run


def test_peers_are_added_listed_and_removed(run: Run) -> None:
    assert json.loads(run("peer", "list", "--json").stdout) == []
    add = ("peer", "add", "pacs", "--aet", "PACS", "--host", "127.0.0.1", "--port", "104")
    assert run(*add, "--may-send").returncode == 0
    assert json.loads(run("peer", "list", "--json").stdout) == [
        {
            "name": "pacs",
            "aet": "PACS",
            "host": "127.0.0.1",
            "port": 104,
            "may_send": True,
            "gets_results": False,
            "tls": False,
            "commitment": False,
            "protocol": "dicom",
            "url": None,
            "shadow": False,
        }
    ]
    again = run(*add)
    assert again.returncode == 1
    assert again.stderr.count("\n") == 1
    assert "pacs" in again.stderr
    assert run("peer", "remove", "pacs").returncode == 0
    assert run("peer", "remove", "pacs").returncode == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("peer", "add", "x", "--aet", "SEVENTEEN_LETTERS", "--host", "h", "--port", "104"),
        ("peer", "add", "x", "--aet", "X", "--host", "h", "--port", "0"),
        ("peer", "add", "x"),
        ("phantom", "folder", "--fracture", "C9"),
        ("phantom", "folder", "--transfer-syntax", "jpeg"),
        ("phantom", "folder", "--fracture", "C5:dens-ii"),
        ("phantom", "folder", "--fracture", "none", "--fracture", "C5"),
        ("phantom", "folder", "--fracture", "C5", "--fracture", "C5"),
        ("no-such-command",),
        ("analyze", "/no/such/path", "--output", "x"),
    ],
)
def test_wrong_usage_is_2(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).returncode == 2


def test_wrong_configuration_is_2_and_names_the_key(tmp_path: Path) -> None:
    config = tmp_path / "bad.toml"
    config.write_text("[dicom]\nport = 70000\n")
    command = [sys.executable, "-m", "dicom_node", "peer", "list", "--config", str(config)]
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert outcome.returncode == 2
    assert "dicom.port" in outcome.stderr
    assert outcome.stderr.count("\n") == 1


def test_echo_names_the_step_that_fails(run: Run, tmp_path: Path) -> None:
    with storescp(tmp_path / "received", aet="PACS") as peer:
        run("peer", "add", "pacs", "--aet", "PACS", "--host", "127.0.0.1", "--port", str(peer.port))
        answered = run("peer", "echo", "pacs")
        assert answered.returncode == 0
        assert "failed" not in answered.stdout
    port = str(free_port())
    run("peer", "add", "gone", "--aet", "PACS", "--host", "127.0.0.1", "--port", port)
    silent = run("peer", "echo", "gone")
    assert silent.returncode == 1
    assert "failed" in silent.stdout
    assert silent.stderr.count("\n") == 1
    assert run("peer", "echo", "nobody").returncode == 1


def test_unknown_series_is_1(run: Run) -> None:
    outcome = run("series", "show", "1.2.3")
    assert outcome.returncode == 1
    assert "1.2.3" in outcome.stderr


def test_a_phantom_is_written_and_analysed(run: Run, tmp_path: Path) -> None:
    folder, output = tmp_path / "phantom", tmp_path / "result"
    made = run("phantom", folder, "--seed", "100000", "--fracture", "C5", "--slices", "72")
    assert made.returncode == 0, made.stderr
    assert len(list(folder.glob("*.dcm"))) == 72
    assert run("phantom", folder).returncode == 1, "a folder in use is not written to"

    analysed = run("analyze", folder, "--output", output)

    assert analysed.returncode == 0, analysed.stderr
    result = json.loads((output / "result.json").read_text())
    assert result["status"] == "analysed"
    assert result["reason"] is None
    assert "C5" in [finding["level"] for finding in result["findings"]]
    assert result["research_use_only"] is True
    assert (output / "report.dcm").read_bytes()[128:132] == b"DICM"
    assert (output / "key-image.png").read_bytes().startswith(b"\x89PNG")
    assert "C5" in analysed.stdout


def test_what_cannot_be_analysed_is_a_result_too(run: Run, tmp_path: Path) -> None:
    write_ct_series(tmp_path / "series", slices=60, omit=("PixelSpacing",))
    output = tmp_path / "result"
    outcome = run("analyze", tmp_path / "series", "--output", output)
    assert outcome.returncode == 0
    result = json.loads((output / "result.json").read_text())
    assert result["status"] == "not_analysed"
    assert result["reason"]["code"] == "missing_geometry"
    assert result["patient_overall"] is None
    assert sorted(path.name for path in output.iterdir()) == ["result.json"]


def test_two_series_are_refused_by_name(run: Run, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_ct_series(tmp_path / "both" / name, slices=3)
    outcome = run("analyze", tmp_path / "both", "--output", tmp_path / "result")
    assert outcome.returncode == 1
    assert "2 series" in outcome.stderr
    assert not (tmp_path / "result").exists()


def test_no_dicom_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "note.txt").write_text("no DICOM")
    outcome = run("analyze", tmp_path / "empty", "--output", tmp_path / "result")
    assert outcome.returncode == 1
    assert outcome.stderr.count("\n") == 1


def test_doctor_finds_this_installation_sound(run: Run) -> None:
    outcome = run("doctor")
    steps = outcome.stdout.splitlines()
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert len(steps) == 11
    assert all(step.startswith("ok") for step in steps)


def test_doctor_names_what_is_wrong_and_goes_on(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "cspine-node.toml"
    config.write_text(config.read_text() + f'[inference]\nweights = "{tmp_path / "none"}"\n')
    for name in ("gone", "web"):
        run("peer", "add", name, "--stow", "https://192.0.2.1/x", "--gets-results")
    run("route", "add", "a", "--to", "gone")
    database = open_database(f"sqlite:///{tmp_path / 'data' / 'cspine.sqlite3'}")
    peers.remove_peer(database, "gone")
    database.close()
    outcome = run("doctor", "--verify")
    assert outcome.returncode == 1
    assert "ok     result files: 0 of readings, as they were written" in outcome.stdout
    assert "failed model" in outcome.stdout
    assert "failed routing: the rule a: to.0: there is no peer named gone" in outcome.stdout
    assert "ok     peers: 0 answer, 1 by STOW-RS not asked" in outcome.stdout
    assert "model" in outcome.stderr


@pytest.mark.parametrize(
    ("valid_for", "line"),
    [
        (-DAY, "failed DICOM TLS: the certificate CN=node has expired on "),
        (10 * DAY, "ok     DICOM TLS: "),
    ],
)
def test_doctor_looks_at_the_certificates(
    run: Run, tmp_path: Path, valid_for: timedelta, line: str
) -> None:
    authority = Authority(tmp_path)
    ours = authority.issue("node", valid_for=valid_for)
    ours.key.chmod(0o644)
    config = tmp_path / "cspine-node.toml"
    keys = {"cert": ours.certificate, "key": ours.key, "ca": authority.pem.certificate}
    lines = "\n".join(f'tls_{key} = "{path}"' for key, path in keys.items())
    weights = f'[inference]\nweights = "{tmp_path / "none"}"\n'  # spares the self-test
    port = f"port = {free_port()}"
    config.write_text(f"{config.read_text()}{weights}[dicom]\n{port}\ntls_port = 0\n{lines}\n")

    (said,) = [each for each in run("doctor").stdout.splitlines() if "DICOM TLS" in each]

    assert said.startswith(line)
    if said.startswith("ok"):
        assert "renew it soon" in said
        assert f"others may read {ours.key}" in said
