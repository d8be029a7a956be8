"""Run by test_storage_kill: stores and indexes instances until it is killed.

Prints one line for each that is acknowledged. Threads, as a node has several associations.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from storage.database import Database, open_database
from storage.files import DataDir
from storage.instances import record_instance
from storage.records import InstanceFacts
from tests.unit.storage.part10 import EXPLICIT_LE, file_meta

THREADS = 4
DATA_SET_BYTES = 300_000


def data_set_of(sop_instance_uid: str) -> bytes:
    """Content that tells a whole file from a part of it, or of another."""
    return (sop_instance_uid.encode() + b"|") * (DATA_SET_BYTES // len(sop_instance_uid))


def facts_of(sop_instance_uid: str) -> InstanceFacts:
    return InstanceFacts(
        sop_instance_uid=sop_instance_uid,
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
        transfer_syntax_uid=EXPLICIT_LE,
        study_uid="1.1",
        series_uid="1.2." + sop_instance_uid.split(".")[1],
        patient_id="",
        patient_name="",
        accession_number="",
        study_description="",
        series_description="",
        study_date=None,
        modality="CT",
        source_aet="",
        called_aet="",
        source_host="",
    )


def store_forever(data_dir: DataDir, db: Database, prefix: str) -> None:
    for number in itertools.count():
        facts = facts_of(f"{prefix}.{number}")
        file, _ = data_dir.store_instance(
            study_uid=facts.study_uid,
            series_uid=facts.series_uid,
            sop_instance_uid=facts.sop_instance_uid,
            transfer_syntax_uid=facts.transfer_syntax_uid,
            file_meta=file_meta(),
            data_set=data_set_of(facts.sop_instance_uid),
        )
        record_instance(db, facts, file, quiet_s=30, now=datetime.now(UTC))
        # One write: a line is never torn by the end of the process.
        os.write(sys.stdout.fileno(), f"{facts.sop_instance_uid}\n".encode())


def main() -> None:
    data_dir = DataDir(Path(sys.argv[1]))
    data_dir.prepare()
    with data_dir.lock():
        db = open_database(data_dir.default_database_url)
        run = sys.argv[2]
        for number in range(THREADS):
            arguments = (data_dir, db, f"{run}.{number}")
            threading.Thread(target=store_forever, args=arguments).start()
        threading.Event().wait()


if __name__ == "__main__":
    main()
