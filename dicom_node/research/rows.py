"""One reading as a row without anything that names a patient, and how a table is written.

No name, id, accession number, UID, description, station or comment is in it; of all dates only
the year of the study. What was not analysed says so in words in every column that has words.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TextIO, TypeAlias

from dicom_node.reports.words import ANALYSED, NOT_ANALYSED
from dicom_node.research import agreement
from dicom_node.research.keys import Pseudonyms
from inference.types import LEVELS
from storage.records import Outcome, SeriesRecord, VerdictRecord

Cell: TypeAlias = str | int | float | None
Row: TypeAlias = dict[str, Cell]

READING: Final = (
    "patient_key",
    "study_key",
    "series_key",
    "generation",
    "study_year",
    "instances",
    "state",
    "outcome",
    "reason_code",
    "overall_probability",
    *(f"{level}_probability" for level in LEVELS),
    *(f"{level}_coverage" for level in LEVELS),
    *(f"{level}_machine" for level in LEVELS),
    "findings",
    "not_assessed",
    "model_name",
    "model_version",
    "model_sha256",
    "operating_point",
)
VERDICT: Final = (
    "verdicts",
    "reader_key",
    *(f"{level}_verdict" for level in LEVELS),
    *(f"{level}_reader" for level in LEVELS),
    *(f"{level}_agreement" for level in LEVELS),
    "agreement",
)
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula."""
WITHOUT_RESULT: Final = frozenset({Outcome.NOT_ANALYSED, Outcome.FAILED, Outcome.PENDING})
NO_VERDICT: Final = "no_verdict"


def reading_row(of: SeriesRecord, keys: Pseudonyms) -> Row:
    """The columns of ``READING``."""
    result = _result(of)
    model: Mapping[str, Any] = result["model"] if result else {}
    machine = agreement.machine_says(result)
    row: Row = {
        "patient_key": keys.patient(of.patient_id, of.study_uid),
        "study_key": keys.study(of.study_uid),
        "series_key": keys.series(of.series_uid),
        "generation": of.generation,
        "study_year": of.study_date.year if of.study_date else None,
        "instances": of.instance_count,
        "state": of.state.value,
        "outcome": of.outcome.value,
        "reason_code": of.reason_code,
        "overall_probability": result["patient_overall"] if result else None,
        "findings": " ".join(each["level"] for each in result["findings"]) if result else None,
        "not_assessed": " ".join(result["not_assessed"] if result else LEVELS),
        "model_name": model.get("name"),
        "model_version": model.get("version"),
        "model_sha256": model.get("sha256"),
        "operating_point": result["operating_point"] if result else None,
    }
    for level in LEVELS:
        row[f"{level}_probability"] = result["levels"][level] if result else None
        row[f"{level}_coverage"] = result["level_coverage"][level] if result else NOT_ANALYSED
        row[f"{level}_machine"] = machine[level]
    return {name: row[name] for name in READING}


def verdict_row(of: SeriesRecord, given: Sequence[VerdictRecord], keys: Pseudonyms) -> Row:
    """The columns of ``VERDICT``, of the last verdict, which is the one that holds."""
    if not given:
        return dict.fromkeys(VERDICT, NO_VERDICT) | {"verdicts": 0, "reader_key": None}
    result, last = _result(of), given[-1]
    machine = agreement.machine_says(result)
    words = agreement.verdict_says(last.document)
    reader = agreement.reader_says(last.document, result)
    agreed = {each: agreement.agreement(machine[each], reader[each]) for each in LEVELS}
    row: Row = {"verdicts": len(given), "reader_key": keys.reader(last.reader)}
    for level in LEVELS:
        row[f"{level}_verdict"] = words[level]
        row[f"{level}_reader"] = reader[level]
        row[f"{level}_agreement"] = agreed[level]
    row["agreement"] = agreement.overall_agreement(list(agreed.values()))
    return {name: row[name] for name in VERDICT}


def write_csv(rows: Iterable[Row], columns: Sequence[str], file: TextIO) -> int:
    """A table with a heading, one row at a time; how many rows."""
    writer = csv.writer(file)  # as RFC 4180 has it; so carriage returns are quoted
    writer.writerow(columns)
    count = 0
    for row in rows:
        writer.writerow([as_cell(row[name]) for name in columns])
        count += 1
    return count


def write_json(rows: Iterable[Row], columns: Sequence[str], file: TextIO) -> int:
    """A JSON array of objects, one a line, one at a time; how many."""
    count = 0
    file.write("[")
    for row in rows:
        file.write(",\n" if count else "\n")
        file.write(json.dumps({name: row[name] for name in columns}, ensure_ascii=False))
        count += 1
    file.write("\n]\n")
    return count


def as_cell(value: Cell) -> str:
    """As CSV has it: no text begins a formula in a spreadsheet."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA) else value
    return repr(value)


def _result(of: SeriesRecord) -> Mapping[str, Any] | None:
    """The result of an analysis that holds: of a failed retry there is none."""
    if of.outcome in WITHOUT_RESULT or of.result is None:
        return None
    return of.result if of.result.get("status") == ANALYSED else None
