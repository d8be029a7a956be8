"""Run by test_storage_disk_full in a private mount namespace: DIR is a tiny tmpfs.

Stores until there is no room, says what happened as JSON on stdout.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from storage.errors import DiskFullError
from storage.files import DataDir, stored_file
from tests.unit.storage.part10 import EXPLICIT_LE, file_meta

INSTANCE_BYTES = 20_000
TRIES = 200


def main() -> None:
    data_dir = DataDir(Path(sys.argv[1]))
    data_dir.prepare()
    stored = refused = 0
    for number in range(TRIES):
        try:
            file, _ = data_dir.store_instance(
                study_uid="1.1",
                series_uid="1.2",
                sop_instance_uid=f"1.3.{number}",
                transfer_syntax_uid=EXPLICIT_LE,
                file_meta=file_meta(),
                data_set=bytes([number]) * INSTANCE_BYTES,
            )
        except DiskFullError:
            refused += 1
        else:
            assert stored_file(file.path) == file
            stored += 1
    try:
        data_dir.store_report("1.9", bytes(10 * INSTANCE_BYTES))
    except DiskFullError:
        report = "refused"
    else:
        report = "stored"
    whole = [stored_file(path).size_bytes for path in data_dir.instance_paths()]
    answer = {
        "stored": stored,
        "refused": refused,
        "report": report,
        "final": len(whole),
        "sizes": len(set(whole)),
        "left": len(list((data_dir.root / "incoming").iterdir())),
        "reports": len(list((data_dir.root / "reports").iterdir())),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
