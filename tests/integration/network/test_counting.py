"""What the door counts: what came, what was refused and why, and whether it is open."""

from __future__ import annotations

from pydicom.uid import generate_uid

from dicom_node.scp.answers import REFUSAL_REASONS
from dicom_node.scp.policy import Refusal
from tests.dcmtk import echoscu, storescu
from tests.integration.network.conftest import Door, MakeCt, OpenDoor
from tests.support import wait_until


def counted(door: Door, name: str, **labels: str) -> float | None:
    return door.instruments.registry.get_sample_value(name, labels)


def test_what_came_is_counted_by_outcome(door: Door, make_ct: MakeCt) -> None:
    uid = generate_uid(None)
    first, other = make_ct(SOPInstanceUID=uid), make_ct("other.dcm", SOPInstanceUID=uid, KVP=90)
    assert storescu(door.port, first).ok
    assert storescu(door.port, first, other).ok
    for outcome in ("new", "duplicate", "conflict"):
        assert counted(door, "cspine_instances_received_total", outcome=outcome) == 1
    size = counted(door, "cspine_received_bytes_total")
    assert size is not None
    assert size > 3 * 128 * 128 * 2
    assert counted(door, "cspine_associations_total") == 2


def test_what_was_refused_is_counted_by_reason(open_door: OpenDoor, make_ct: MakeCt) -> None:
    door = open_door(reserve_bytes=2**60)
    door.add_peer()
    assert not storescu(door.port, make_ct()).ok
    assert not storescu(door.port, make_ct(StudyInstanceUID="")).ok
    assert counted(door, "cspine_instances_refused_total", reason="disk_reserve") == 1
    assert counted(door, "cspine_instances_refused_total", reason="no_study_uid") == 1
    assert counted(door, "cspine_received_bytes_total") == 0


def test_who_was_turned_away_is_counted_by_reason(door: Door) -> None:
    assert not echoscu(door.port, calling_aet="STRANGER").ok
    assert not echoscu(door.port, called_aet="ANOTHER").ok
    assert counted(door, "cspine_associations_refused_total", reason="calling_ae") == 1
    assert counted(door, "cspine_associations_refused_total", reason="called_ae") == 1
    assert counted(door, "cspine_associations_total") == 0


def test_every_reason_is_there_before_it_happens(door: Door) -> None:
    for reason in REFUSAL_REASONS:
        assert counted(door, "cspine_instances_refused_total", reason=reason) == 0
    for refusal in Refusal:
        reason = refusal.name.lower()
        assert counted(door, "cspine_associations_refused_total", reason=reason) == 0
    assert "" not in REFUSAL_REASONS


def test_open_is_said_while_it_is_open(open_door: OpenDoor) -> None:
    door = open_door()
    assert door.instruments.listens()
    assert door.instruments.open_associations() == 0
    door.listener.stop(0)
    wait_until(lambda: not door.instruments.listens(), what="the door is closed")
