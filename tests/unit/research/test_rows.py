"""Pseudonyms are stable and apart; no cell begins a formula; a table is written as it comes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

import pytest

from dicom_node.research.keys import Pseudonyms
from dicom_node.research.rows import Row, as_cell, write_csv, write_json

KEYS = Pseudonyms(b"k" * 32)


def test_pseudonyms_are_stable_and_depend_on_secret_and_kind() -> None:
    assert KEYS.patient("P1", "1.2") == KEYS.patient("P1 ", "1.3")
    others = {
        KEYS.patient("P1", "1.2"),
        KEYS.patient("P2", "1.2"),
        KEYS.study("P1"),
        KEYS.series("P1"),
        KEYS.reader("P1"),
        Pseudonyms(b"l" * 32).patient("P1", "1.2"),
    }
    assert len(others) == 6
    assert "k" * 8 not in repr(KEYS)


def test_patients_without_an_id_are_not_merged() -> None:
    assert KEYS.patient("", "1.2") != KEYS.patient("", "1.3")
    assert KEYS.patient(" ", "1.2") == KEYS.patient("", "1.2") != KEYS.study("1.2")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_begins_a_formula(text: str) -> None:
    assert as_cell(text) == f"'{text}"
    file = io.StringIO()
    write_csv([{"a": text}], ["a"], file)
    assert list(csv.reader(io.StringIO(file.getvalue(), newline="")))[1] == [f"'{text}"]


def test_numbers_keep_all_their_digits_and_only_none_is_blank() -> None:
    assert [as_cell(cell) for cell in (0.9712345678901234, 3, 0.0, None, "a")] == [
        "0.9712345678901234",
        "3",
        "0.0",
        "",
        "a",
    ]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_both_tables_are_written_row_by_row(count: int) -> None:
    written: list[int] = []
    as_csv, as_json = io.StringIO(), io.StringIO()

    def rows(file: io.StringIO) -> Iterator[Row]:
        for number in range(count):
            written.append(len(file.getvalue()))
            yield {"a": number, "b": None}

    assert write_csv(rows(as_csv), ["a", "b"], as_csv) == count
    assert write_json(rows(as_json), ["a", "b"], as_json) == count
    assert as_csv.getvalue() == "a,b\r\n" + "".join(f"{number},\r\n" for number in range(count))
    assert json.loads(as_json.getvalue()) == [{"a": n, "b": None} for n in range(count)]
    assert written == sorted(written[:count]) + sorted(written[count:])
    assert len(set(written[:count])) == count  # each row was there before the next was asked for
