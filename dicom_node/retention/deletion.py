"""One series is deleted: rows, files and audit entry together, or nothing.

The files are moved out of sight inside the transaction and removed after it. A crash before the
commit brings them back at the next start, one after it removes them then.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import asdict
from datetime import datetime
from typing import Any

from storage import audit, deletion, removal
from storage.database import Database
from storage.errors import IllegalTransitionError, StorageError
from storage.files import DataDir
from storage.records import Actor, DeletedSeries, Forgotten

logger = logging.getLogger(__name__)


def delete_series(
    database: Database,
    data_dir: DataDir,
    series_uid: str,
    *,
    by: Actor,
    cause: str,
    ended_before: datetime | None = None,
    now: datetime,
) -> DeletedSeries:
    """Delete all generations of a series: images, results, verdicts, deliveries.

    Args:
        database: of the node.
        data_dir: of the node.
        series_uid: which.
        by: who, for the audit trail.
        cause: why; it stands in the tombstone.
        ended_before: only if it has ended and was delivered before that time.
        now: when.

    Returns:
        What stays: counts, and which peers keep results that were delivered to them.

    Raises:
        NotFoundError: there is no such series (any more), or ``ended_before`` does not hold.
        IllegalTransitionError: it is being analysed or sent, or another node keeps its files.
        StorageError: disk or database failed; nothing was deleted.
    """
    token = secrets.token_hex(16)
    try:
        with audit.audited(database, by, "series.deleted", series_uid, now=now) as change:
            gone = deletion.forget_series(
                database,
                series_uid,
                token=token,
                actor=by.name,
                cause=cause,
                ended_before=ended_before,
                now=now,
            )
            _require_kept_here(data_dir, gone)
            change.before, change.after = _before(gone.tombstone), _after(gone.tombstone)
            removal.set_aside(data_dir, token, gone.paths)
    except BaseException:
        removal.bring_back(data_dir, token)
        raise
    _discard(data_dir, token)
    return gone.tombstone


def settle_deletions(database: Database, data_dir: DataDir) -> None:
    """At the start, before the index is rebuilt: end what a crash interrupted.

    Raises:
        StorageError: disk or database failed.
    """
    for token in removal.tokens(data_dir):
        if deletion.is_deleted(database, token):
            removal.discard(data_dir, token)
            logger.warning("a deletion that was interrupted is finished")
        else:
            count = removal.bring_back(data_dir, token)
            logger.warning("a deletion was interrupted before it counted: %d files back", count)


def told(gone: DeletedSeries) -> str:
    """What was deleted and what was not, as a sentence or two."""
    text = (
        f"Deleted: {gone.instance_count} images, {gone.result_count} result objects, "
        f"{gone.verdict_count} verdicts."
    )
    if gone.kept_by:
        named = ", ".join(f"{peer} ({count})" for peer, count in gone.kept_by.items())
        text += f" What was delivered stays there: {named}."
    else:
        text += " Nothing of it had been delivered."
    if gone.not_sent:
        text += f" {gone.not_sent} objects that waited to be sent are not sent any more."
    return text


def _require_kept_here(data_dir: DataDir, gone: Forgotten) -> None:
    if not all(removal.is_kept_here(data_dir, path) for path in gone.paths):
        uid = gone.tombstone.series_uid
        raise IllegalTransitionError(f"series {uid} has files elsewhere: delete it on that node")


def _discard(data_dir: DataDir, token: str) -> None:
    try:
        removal.discard(data_dir, token)
    except StorageError as error:  # out of sight already; the next start tries again
        logger.error("files of a deleted series are still there: %s", error)


def _before(gone: DeletedSeries) -> dict[str, Any]:
    return {
        "study_uid": gone.study_uid,
        "instances": gone.instance_count,
        "results": gone.result_count,
        "verdicts": gone.verdict_count,
    }


def _after(gone: DeletedSeries) -> dict[str, Any]:
    kept = asdict(gone)
    return {key: kept[key] for key in ("cause", "kept_by", "not_sent")}
