"""A second model reads behind the first on a running node, over a kill; nothing of it leaves."""

from __future__ import annotations

import os
import re
import signal
from dataclasses import replace
from pathlib import Path

from inference.model.record import save_model
from storage import deliveries, shadow_readings
from storage.records import Peer, SeriesState, ShadowReading
from tests.ct_series import write_ct_series
from tests.dcmtk import storescp
from tests.e2e.test_main_job import send, series_uid_of
from tests.node_process import NodeProcess
from tests.support import wait_until
from tests.unit.inference.tiny import tiny_model, tiny_record

WARM = re.compile(r"shadow inference process (\d+) is warm: candidate")


def reading_of(node: NodeProcess, uid: str) -> ShadowReading:
    of = node.series(uid)
    assert of is not None
    with node.database() as database:
        found = shadow_readings.reading_of(database, of.id)
    assert found is not None
    return found


def test_it_reads_what_was_reported_over_a_kill_and_nothing_of_it_is_sent(tmp_path: Path) -> None:
    weights = tmp_path / "tiny.safetensors"
    save_model(weights, tiny_model().network, tiny_record())
    node = NodeProcess(tmp_path / "node", quiet_s=0.5, weights=weights)
    node.data_dir.prepare()
    candidate = node.data_dir.root / "models" / "candidate.safetensors"
    save_model(candidate, tiny_model(seed=1).network, replace(tiny_record(), name="candidate"))
    node.add_peer(Peer("ct", "STORESCU", "127.0.0.1", 1, may_send=True))
    first, second = (write_ct_series(tmp_path / name, slices=60) for name in ("one", "two"))
    uids = [series_uid_of(first), series_uid_of(second)]

    def ended(uid: str) -> bool:
        return reading_of(node, uid).outcome is not None

    with storescp(tmp_path / "received", aet="PACS") as pacs:
        node.add_peer(Peer("pacs", "PACS", "127.0.0.1", pacs.port, gets_results=True))
        node.start()
        try:
            assert node.command("model", "shadow", candidate.name).returncode == 0
            wait_until(lambda: "shadow_weights" in node.log.read_text(), what="it follows")
            send(node, first)
            node.wait_for(uids[0], SeriesState.REPORTED)
            wait_until(lambda: ended(uids[0]), deadline_s=120, what="the shadow has read it")
            pid = int(WARM.findall(node.log.read_text())[-1])
            os.kill(pid, signal.SIGSTOP)  # so that the next is under way when the node dies
            send(node, second)
            node.wait_for(uids[1], SeriesState.REPORTED)
            wait_until(lambda: reading_of(node, uids[1]).attempts == 1, what="it is under way")
            node.kill()
            os.kill(pid, signal.SIGKILL)
            node.start()
            wait_until(lambda: ended(uids[1]), deadline_s=120, what="it is read after the kill")
            assert [reading_of(node, uid).attempts for uid in uids] == [1, 2]
            pid = int(WARM.findall(node.log.read_text())[-1])
            assert node.command("model", "shadow", "--none").returncode == 0
            wait_until(lambda: not Path(f"/proc/{pid}").exists(), what="its process ends")
        finally:
            node.end()
        with node.database() as database:
            made = [
                each.sop_instance_uid
                for uid in uids
                for of in [node.series(uid)]
                if of is not None
                for each in deliveries.deliveries_of(database, of.id)
            ]
        assert len(pacs.received()) == len(made) > 0
        assert not any(b"candidate" in path.read_bytes() for path in pacs.received())
        record = node.series(uids[0])
        assert record is not None
        assert record.result is not None
        assert record.result["model"]["name"] == "tiny"
