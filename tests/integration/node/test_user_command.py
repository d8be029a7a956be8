"""``cspine-node user`` as it is typed; the password comes on stdin, never as an argument."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from dicom_node.api.passwords import Passwords
from storage import audit, peers, users
from storage.database import Database, open_database
from storage.files import DataDir

PASSWORD = "correct horse battery"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    config = tmp_path / "node.toml"
    config.write_text(f'[storage]\ndata_dir = "{tmp_path / "data"}"\n')

    def run(*arguments: str, password: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "dicom_node", *arguments, "--config", str(config)]
        return subprocess.run(
            command, input=password, capture_output=True, text=True, timeout=120, check=False
        )

    return run


@pytest.fixture
def database(tmp_path: Path) -> Database:
    data_dir = DataDir(tmp_path / "data")
    data_dir.prepare()
    return open_database(data_dir.default_database_url)


def test_a_user_s_life(run: Run, database: Database) -> None:
    added = run(
        "user",
        "add",
        "ann",
        "--role",
        "radiologist",
        "--organization",
        "Trust",
        password=PASSWORD + "\n",
    )
    assert (added.returncode, added.stdout) == (0, "added ann (radiologist)\n")
    (listed,) = json.loads(run("user", "list", "--json").stdout)
    assert (listed["name"], listed["role"], listed["disabled"]) == ("ann", "radiologist", False)
    assert "password_hash" not in listed
    passwords = Passwords()
    assert passwords.verify(users.password_hash_of(database, "ann"), PASSWORD)

    assert run("user", "passwd", "ann", password="another long password").returncode == 0
    assert not passwords.verify(users.password_hash_of(database, "ann"), PASSWORD)
    assert run("user", "disable", "ann").returncode == 0
    assert users.get_user(database, "ann").disabled

    found = [each.action for each in audit.entries(database)]
    assert found == ["user.added", "user.password", "user.disabled"]
    assert run("audit", "verify").stdout == "all 3 entries hold\n"
    exported = [json.loads(line) for line in run("audit", "export").stdout.splitlines()]
    assert [each["seq"] for each in exported] == [1, 2, 3, 4]
    assert exported[-1]["action"] == "audit.exported"
    assert PASSWORD not in json.dumps(exported)
    (newest,) = json.loads(run("audit", "list", "--last", "1", "--json").stdout)
    assert newest["action"] == "audit.exported"

    with database.transaction() as session:
        session.execute(text("DROP TRIGGER audit_no_delete"))
        session.execute(text("DELETE FROM audit WHERE seq = 2"))
    broken = run("audit", "verify")
    assert broken.returncode == 1
    assert "2: this entry is missing" in broken.stderr
    database.close()


@pytest.mark.parametrize(
    ("arguments", "password", "status"),
    [
        (("add", "ann", "--role", "admin"), "short", 1),
        (("add", "ann", "--role", "admin"), "", 1),
        (("add", "Ann Smith", "--role", "admin"), PASSWORD, 2),
        (("add", "ann", "--role", "king"), PASSWORD, 2),
        (("add", "ann", "--role", "admin", "--password", PASSWORD), "", 2),
        (("passwd", "nobody"), PASSWORD, 1),
    ],
)
def test_what_is_refused(
    run: Run, database: Database, arguments: tuple[str, ...], password: str, status: int
) -> None:
    outcome = run("user", *arguments, password=password)
    assert outcome.returncode == status, outcome.stderr
    assert PASSWORD not in outcome.stdout + outcome.stderr
    assert users.list_users(database) == ()
    database.close()


def test_a_command_s_change_has_its_entry_and_is_undone(run: Run, database: Database) -> None:
    add = ("peer", "add", "pacs", "--aet", "PACS", "--host", "192.0.2.1", "--port", "104")
    assert run(*add, "--gets-results").returncode == 0
    (entry,) = audit.latest(database)
    assert (entry.action, entry.address) == ("peer.added", "command line")
    undone = run("audit", "undo", str(entry.seq))
    assert (undone.returncode, undone.stdout) == (0, "undone by entry 2: peer.removed pacs\n")
    assert peers.list_peers(database) == ()
    again = run("audit", "undo", str(entry.seq))
    assert again.returncode == 1
    assert "pacs was changed again after entry 1" in again.stderr
