"""How a reading ended, in the words of routing rules.

A reading has several of them where several are true: a finding in a study that was not assessed to
its end is ``finding`` and ``partial``. Only a reading that saw every level whole and found nothing
is ``no_finding``: no rule for negative results ever takes one that may have missed something.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from dicom_node.errors import InternalError
from dicom_node.reports.words import ANALYSED, WHOLE
from storage.queue import ANALYSIS_FAILED
from storage.records import SeriesRecord, SeriesState


class Outcome(StrEnum):
    """What a rule may ask for."""

    FINDING = "finding"
    NO_FINDING = "no_finding"
    PARTIAL = "partial"  # some level was not assessed, or cut off by the images
    NOT_ANALYSED = "not_analysed"
    FAILED = "failed"
    VERDICT = "verdict"  # what is to be sent is a reader's verdict on a reading


def outcomes_of(result: Mapping[str, Any]) -> frozenset[Outcome]:
    """The outcomes that a result document (``reports.result``) tells."""
    if result["status"] != ANALYSED:
        partial = {Outcome.PARTIAL} if result["partial"] else set()
        return frozenset({Outcome.NOT_ANALYSED} | partial)
    whole = all(coverage == WHOLE for coverage in result["level_coverage"].values())
    found = bool(result["findings"])
    told = {
        Outcome.FINDING: found,
        Outcome.NO_FINDING: whole and not found,
        Outcome.PARTIAL: not whole,
    }
    return frozenset(outcome for outcome, true in told.items() if true)


def outcomes_of_series(of: SeriesRecord) -> frozenset[Outcome]:
    """The outcomes of a reading that has ended; none of one that has not."""
    if of.result is not None:
        return outcomes_of(of.result)
    if of.state is SeriesState.FAILED or of.reason_code == ANALYSIS_FAILED:
        return frozenset({Outcome.FAILED})
    return frozenset({Outcome.NOT_ANALYSED} if of.reason_code else ())


def required_outcomes(of: SeriesRecord) -> frozenset[Outcome]:
    """As :func:`outcomes_of_series`.

    Raises:
        InternalError: the reading has not ended, so its row cannot tell.
    """
    outcomes = outcomes_of_series(of)
    if not outcomes:
        raise InternalError(f"series {of.series_uid} has no outcome yet: the caller must say it")
    return outcomes
