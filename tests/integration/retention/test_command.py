"""``cspine-node series delete`` as a user types it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from storage import audit
from storage.database import open_database
from storage.files import DataDir
from tests.integration.retention.test_deletion import files, reported


def test_it_asks_then_deletes_and_says_what_stays(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path / "data")
    data_dir.prepare()
    config = tmp_path / "cspine-node.toml"
    config.write_text(f'[storage]\ndata_dir = "{data_dir.root}"\n')
    database = open_database(data_dir.default_database_url)
    reported(database, data_dir, "1.2.7")

    def delete(*options: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "dicom_node", "series", "delete", "1.2.7", *options]
        return subprocess.run(
            [*command, "--config", str(config)],
            input=typed,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert delete(typed="n\n").returncode == 1
    assert len(files(data_dir)) == 2
    done = delete("--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert "What was delivered stays there: pacs (1)." in done.stdout
    assert files(data_dir) == set()
    (entry,) = audit.entries(database, object_="1.2.7")
    assert entry.address == "command line"
    database.close()
    again = delete("--yes")
    assert (again.returncode, again.stderr) == (1, "cspine-node: series 1.2.7 is not known\n")
