"""An administrator changes a running node: settings count at once, a series goes for good."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from sqlalchemy import text

from inference.model.record import save_model
from storage import audit, deliveries
from storage.records import DeliveryState, Peer, SeriesState
from tests.ct_series import SAGITTAL, write_ct_series
from tests.dcmtk import storescp
from tests.e2e.test_main_job import send, series_uid_of
from tests.node_process import NodeProcess
from tests.support import wait_until
from tests.unit.inference.tiny import tiny_model, tiny_record


@pytest.fixture
def patient_node(tmp_path: Path) -> NodeProcess:
    """A node that waits ten minutes for further slices."""
    weights = tmp_path / "tiny.safetensors"
    save_model(weights, tiny_model().network, tiny_record())
    node = NodeProcess(tmp_path / "node", quiet_s=600, weights=weights)
    node.add_peer(Peer("ct", "STORESCU", "127.0.0.1", 1, may_send=True))
    return node


def localizer(folder: Path) -> list[Path]:
    image_type = ("ORIGINAL", "PRIMARY", "LOCALIZER")
    return write_ct_series(folder, slices=1, orientation=SAGITTAL, image_type=image_type)


def test_settings_change_and_a_series_is_deleted_while_the_node_runs(
    patient_node: NodeProcess, tmp_path: Path
) -> None:
    node = patient_node
    node.start()
    try:
        first, second = localizer(tmp_path / "first"), localizer(tmp_path / "second")
        send(node, first)
        node.wait_for(series_uid_of(first), SeriesState.RECEIVING)

        assert node.command("settings", "set", "series.quiet_s", "0.5").returncode == 0
        assert node.command("settings", "set", "log.level", "debug").returncode == 0
        wait_until(lambda: '"log.level": "debug"' in node.log.read_text(), what="it follows")
        assert " DEBUG " not in node.log.read_text()
        send(node, second)
        node.wait_for(series_uid_of(second), SeriesState.NOT_ANALYSED)
        assert " DEBUG " in node.log.read_text()
        record = node.series(series_uid_of(first))
        assert record is not None
        assert record.state is SeriesState.RECEIVING

        refused = node.command("settings", "set", "series.quiet_s", "soon")
        assert (refused.returncode, "series.quiet_s" in refused.stderr) == (1, True)

        deleted = node.command("series", "delete", series_uid_of(first), "--yes")
        assert deleted.returncode == 0, deleted.stderr
        assert node.series(series_uid_of(first)) is None
        send(node, first)
        node.wait_for(series_uid_of(first), SeriesState.NOT_ANALYSED)
    finally:
        node.end()
    node.start()
    try:
        again = write_ct_series(tmp_path / "third", slices=1, orientation=SAGITTAL)
        send(node, again)
        node.wait_for(series_uid_of(again), SeriesState.NOT_ANALYSED)
    finally:
        node.end()


def test_another_model_reads_from_the_next_series_on(
    patient_node: NodeProcess, tmp_path: Path
) -> None:
    node = patient_node
    node.data_dir.prepare()
    other = node.data_dir.root / "models" / "other.safetensors"
    save_model(other, tiny_model(seed=1).network, tiny_record())
    assert node.command("settings", "set", "series.quiet_s", "0.5").returncode == 0
    first, second = (write_ct_series(tmp_path / name, slices=60) for name in ("one", "two"))
    node.start()
    try:
        send(node, first)
        before = node.wait_for(series_uid_of(first), SeriesState.ANALYSED)
        assert node.command("model", "activate", "other.safetensors").returncode == 0
        wait_until(lambda: "another model takes over" in node.log.read_text(), deadline_s=120)
        send(node, second)
        after = node.wait_for(series_uid_of(second), SeriesState.ANALYSED)
    finally:
        node.end()
    assert before.result is not None
    assert after.result is not None
    digest = hashlib.sha256(other.read_bytes()).hexdigest()
    assert before.result["model"]["sha256"] != digest
    assert after.result["model"]["sha256"] == digest


def test_what_the_pacs_has_had_for_long_is_deleted_by_age(
    patient_node: NodeProcess, tmp_path: Path
) -> None:
    node = patient_node
    assert node.command("settings", "set", "series.quiet_s", "0.5").returncode == 0
    with storescp(tmp_path / "received", aet="PACS") as pacs:
        node.add_peer(Peer("pacs", "PACS", "127.0.0.1", pacs.port, gets_results=True))
        node.start()
        try:
            sent = localizer(tmp_path / "old")
            uid = series_uid_of(sent)
            send(node, sent)
            wait_until(lambda: DeliveryState.DELIVERED in delivery_states(node, uid))
            grow_old(node, uid, days=31)
            assert node.command("settings", "set", "storage.keep_days", "30").returncode == 0
            wait_until(lambda: node.series(uid) is None, what="it is deleted")
            kept = localizer(tmp_path / "new")
            send(node, kept)
            node.wait_for(series_uid_of(kept), SeriesState.NOT_ANALYSED)
        finally:
            node.end()
    assert "deleted, older than 30 days" in node.log.read_text()
    assert list(node.data_dir.instance_paths()) != []
    with node.database() as database:
        (entry,) = [e for e in audit.latest(database) if e.action == "series.deleted"]
    assert (entry.actor, entry.object) == ("retention", uid)
    assert (entry.after or {})["kept_by"] == {"pacs": 1}


def delivery_states(node: NodeProcess, uid: str) -> list[DeliveryState]:
    record = node.series(uid)
    if record is None:
        return []
    with node.database() as database:
        return [each.state for each in deliveries.deliveries_of(database, record.id)]


def grow_old(node: NodeProcess, uid: str, *, days: int) -> None:
    """As if all that happened to a series had happened earlier."""
    record = node.series(uid)
    assert record is not None
    values = {"past": f"-{days} days", "id": record.id}
    with node.database() as database, database.transaction() as session:
        for table, column, key in (
            ("timeline", "at_utc", "series_id"),
            ("series", "quiet_until_utc", "id"),
        ):
            earlier = f"datetime({column}, :past) || '.000000'"
            statement = f"UPDATE {table} SET {column} = {earlier} WHERE {key} = :id"
            session.execute(text(statement), values)
