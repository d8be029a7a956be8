"""Run by test_reports_kill: writes results and their rows, a file at each line that it reads."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from storage import queue
from storage.database import open_database
from storage.files import DataDir
from storage.records import NewObject, Piece
from tests.integration.storage import given

PIECES = (Piece.REPORT, Piece.SUMMARY, Piece.HEAT_MAP)
SOP_CLASS_UID = "1.2.840.10008.5.1.4.1.1.88.34"


def main() -> None:
    data_dir = DataDir(Path(sys.argv[1]))
    data_dir.prepare()
    db = open_database(data_dir.default_database_url)
    for number in itertools.count():
        series_uid = f"1.{sys.argv[2]}.{number}"
        given.queued(db, series_uid)
        claim = given.claimed(db)
        objects = []
        for ordinal, piece in enumerate(PIECES):
            sys.stdin.readline()
            uid = f"{series_uid}.{ordinal}"
            path = data_dir.store_report(uid, b"result")
            objects.append(NewObject(piece, 0, uid, SOP_CLASS_UID, path))
            print(uid, flush=True)
        queue.finish_analysed(db, claim, result={}, objects=objects, deliveries=[], now=given.NOW)


if __name__ == "__main__":
    main()
