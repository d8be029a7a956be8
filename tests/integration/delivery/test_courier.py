"""Many objects to one destination: few associations, order, back-off of the peer as a whole."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from pynetdicom import evt

from dicom_node.monitoring.instruments import Instruments
from dicom_node.scu.association import ScuIdentity, ScuTimeouts
from storage import deliveries, destinations, peers
from storage.database import Database
from storage.records import DeliveryState, Peer
from tests.dcmtk import LOOPBACK, free_port, storescp
from tests.integration.delivery.outbox import (
    CALLING_AET,
    Outbox,
    ScriptedPacs,
    drive,
    is_idle,
    tick_to_the_end,
    uid_of,
)
from tests.support import wait_until

WEEK = timedelta(days=7)


class Clock:
    """A time that tests move; it begins after what they make is due."""

    def __init__(self, database: Database) -> None:
        self.now = database.now() + timedelta(hours=1)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


def count(outbox: Outbox, state: DeliveryState, peer_name: str = "pacs") -> int:
    return sum(each.state is state for each in outbox.states(peer_name).values())


def abort(event: evt.Event) -> None:
    event.assoc.abort()


def test_one_association_carries_all_that_is_due(outbox: Outbox) -> None:
    with ScriptedPacs() as pacs:
        outbox.add_peer("pacs", pacs.port)
        readings = [outbox.add_reading("pacs") for _ in range(4)]
        tick_to_the_end(outbox.runner())
        assert pacs.associations == 1
        assert sorted(pacs.received) == sorted(uid for uids in readings for uid in uids)
        for uids in readings:
            assert [uid for uid in pacs.received if uid in uids] == uids
    assert count(outbox, DeliveryState.DELIVERED) == 12


def test_dcmtk_takes_them_on_one_association(outbox: Outbox) -> None:
    with storescp(outbox.data_dir.root / "received") as pacs:
        outbox.add_peer("pacs", pacs.port, "STORESCP")
        for _ in range(3):
            outbox.add_reading("pacs")
        tick_to_the_end(outbox.runner(batch=2))
        assert len(pacs.received()) == 9
    assert count(outbox, DeliveryState.DELIVERED) == 9


def test_what_came_of_each_object_is_counted(outbox: Outbox) -> None:
    instruments = Instruments()

    def counted(name: str, **labels: str) -> float | None:
        labels = {"peer": "pacs", **labels}
        return instruments.registry.get_sample_value(f"cspine_delivery_{name}", labels)

    with ScriptedPacs(0x0000, 0xC000, 0xA700) as pacs:
        outbox.add_peer("pacs", pacs.port)
        uids = outbox.add_many("pacs", 3)
        runner = outbox.runner(instruments=instruments)
        drive(runner, lambda: count(outbox, DeliveryState.DELIVERED) == 2, what="two are taken")
        wait_until(lambda: is_idle(runner), what="nothing is under way")
        resent = outbox.states()[uids[0]]
        deliveries.resend(outbox.database, resent.id, now=outbox.database.now())
        drive(
            runner, lambda: counted("attempts_total", outcome="taken") == 3, what="it is sent again"
        )
    assert counted("attempts_total", outcome="parked") == 1
    assert counted("attempts_total", outcome="postponed") == 1
    assert counted("duration_seconds_count") == 2, "not of what was sent again"


def test_a_refused_object_does_not_end_the_others(outbox: Outbox) -> None:
    with ScriptedPacs(0x0000, 0xC000) as pacs:
        outbox.add_peer("pacs", pacs.port)
        uids = outbox.add_many("pacs", 5)
        tick_to_the_end(outbox.runner())
        assert pacs.associations == 1
        assert pacs.received == uids
    states = outbox.states()
    assert states[uids[1]].state is DeliveryState.PARKED
    assert "cannot understand (0xC000)" in (states[uids[1]].last_error or "")
    assert count(outbox, DeliveryState.DELIVERED) == 4


def test_what_follows_a_parked_object_of_its_series_goes_on(outbox: Outbox) -> None:
    with ScriptedPacs(0xA900) as pacs:
        outbox.add_peer("pacs", pacs.port)
        uids = outbox.add_reading("pacs")
        tick_to_the_end(outbox.runner())
        assert pacs.received == uids
    assert count(outbox, DeliveryState.DELIVERED) == 2


def test_a_broken_association_charges_only_the_object_on_which_it_broke(outbox: Outbox) -> None:
    broken: list[str] = []

    def break_once(event: evt.Event) -> None:
        uid = uid_of(event)
        if uid == uids[1] and not broken:
            broken.append(uid)
            abort(event)

    with ScriptedPacs(on_store=break_once) as pacs:
        outbox.add_peer("pacs", pacs.port)
        uids = outbox.add_many("pacs", 5)
        tick_to_the_end(outbox.runner(first_retry_s=1000, longest_retry_s=1000))
        assert pacs.associations == 2
    states = outbox.states()
    assert (states[uids[1]].state, states[uids[1]].attempts) == (DeliveryState.PENDING, 1)
    assert {states[uid].attempts for uid in uids} == {1}
    assert count(outbox, DeliveryState.DELIVERED) == 4


def test_an_object_that_always_breaks_the_association_stops_no_other(outbox: Outbox) -> None:
    """It comes first, and would for ever."""
    clock = Clock(outbox.database)

    def break_on_poison(event: evt.Event) -> None:
        if uid_of(event) == uids[0]:
            abort(event)

    with ScriptedPacs(on_store=break_on_poison) as pacs:
        outbox.add_peer("pacs", pacs.port)
        uids = outbox.add_many("pacs", 4)
        runner = outbox.runner(first_retry_s=30, longest_retry_s=600, clock=clock)
        tick_to_the_end(runner)
        assert {each.attempts for each in outbox.states().values()} == {0, 1}
        tick_to_the_end(runner)
        assert len(pacs.received) == 1, "the peer is left alone for a while"
        clock.advance(seconds=60)
        tick_to_the_end(runner)
    assert count(outbox, DeliveryState.DELIVERED) == 3
    assert outbox.states()[uids[0]].state is DeliveryState.PENDING


def test_a_peer_that_is_gone_for_a_week(outbox: Outbox) -> None:
    clock = Clock(outbox.database)
    port = free_port()
    outbox.add_peer("pacs", port)
    readings = [outbox.add_reading("pacs") for _ in range(5)]
    runner = outbox.runner(first_retry_s=30, longest_retry_s=600, clock=clock)
    end = clock.now + WEEK
    pauses = []
    while clock.now < end:
        tick_to_the_end(runner)
        (first,) = {each.next_attempt_utc for each in outbox.states().values()}
        pauses.append((first - clock.now).total_seconds())
        clock.now = max(first, clock.now + timedelta(hours=6) if len(pauses) > 8 else first)
    for attempt, pause in enumerate(pauses):
        usual = min(30 * 2**attempt, 600)
        assert 0.8 * usual <= pause <= 1.2 * usual
    attempts = [each.attempts for each in outbox.states().values()]
    assert sorted(attempts) == [0] * 14 + [len(pauses)], "one object tries for all"
    assert count(outbox, DeliveryState.PENDING) == 15

    with ScriptedPacs(port=port) as pacs:
        tick_to_the_end(runner)
        assert pacs.associations == 1
        assert set(Counter(pacs.received).values()) == {1}
        for uids in readings:
            assert [uid for uid in pacs.received if uid in uids] == uids
    assert count(outbox, DeliveryState.DELIVERED) == 15


def test_a_peer_that_flaps_gets_everything_once(outbox: Outbox) -> None:
    answers = 0

    def flap(event: evt.Event) -> int | None:
        nonlocal answers
        answers += 1
        if answers % 5 == 0:
            abort(event)
        return {0: 0xA700, 1: 0xA700, 3: 0x0110}.get(answers % 7)

    with ScriptedPacs(on_store=flap) as pacs:
        outbox.add_peer("pacs", pacs.port)
        uids = outbox.add_many("pacs", 20)
        runner = outbox.runner()
        drive(runner, lambda: count(outbox, DeliveryState.DELIVERED) == 20, "all delivered")
        assert set(pacs.stored) == set(uids)
        # Only where the association broke between its success and our knowing may it come again.
        assert len(pacs.stored) <= 20 + answers // 5


def test_a_peer_without_room_is_left_alone(outbox: Outbox) -> None:
    with ScriptedPacs(0xA700, 0xA701) as pacs:
        outbox.add_peer("pacs", pacs.port)
        outbox.add_many("pacs", 6)
        before = outbox.database.now()
        tick_to_the_end(outbox.runner(batch=2, first_retry_s=1000, longest_retry_s=1000))
        assert len(pacs.received) == 2
    waiting = outbox.states().values()
    assert sorted(each.attempts for each in waiting) == [0] * 4 + [1] * 2
    assert all(each.next_attempt_utc - before > timedelta(seconds=790) for each in waiting)


def test_a_peer_that_never_answers_is_left_alone(outbox: Outbox) -> None:
    clock = Clock(outbox.database)
    impatient = ScuIdentity(CALLING_AET, ScuTimeouts(acse_s=5, dimse_s=0.3, stall_s=5))
    with ScriptedPacs(holds=True) as pacs:
        outbox.add_peer("pacs", pacs.port)
        outbox.add_many("pacs", 3)
        runner = outbox.runner(
            identity=impatient, first_retry_s=30, longest_retry_s=600, clock=clock
        )
        tick_to_the_end(runner)
        tick_to_the_end(runner)
        assert len(pacs.received) == 1
        pacs.let_go.set()
        clock.advance(seconds=60)
        tick_to_the_end(runner)
    assert count(outbox, DeliveryState.DELIVERED) == 3


def test_a_peer_that_refuses_the_association_for_good(outbox: Outbox) -> None:
    with storescp(outbox.data_dir.root / "received", "--refuse") as pacs:
        outbox.add_peer("pacs", pacs.port, "STORESCP")
        outbox.add_many("pacs", 3)
        tick_to_the_end(outbox.runner())
    parked = outbox.states().values()
    assert {each.state for each in parked} == {DeliveryState.PARKED}
    assert all("rejected the association" in (each.last_error or "") for each in parked)


def test_a_peer_that_commits_is_not_yet_done(outbox: Outbox) -> None:
    with ScriptedPacs() as pacs:
        peer = Peer("pacs", "PACS", LOOPBACK, pacs.port, gets_results=True)
        peers.add_peer(outbox.database, replace(peer, commitment=True), now=outbox.database.now())
        outbox.add_reading("pacs")
        tick_to_the_end(outbox.runner())
    assert count(outbox, DeliveryState.SENT) == 3


def test_many_objects_never_fill_more_than_a_batch(outbox: Outbox) -> None:
    claimed: list[int] = []

    def look(_: evt.Event) -> None:
        if len(pacs.received) % 50 == 0:
            with outbox.database.reading() as session:
                rows = session.connection().exec_driver_sql(
                    "SELECT count(*) FROM deliveries WHERE claim_owner IS NOT NULL"
                )
                claimed.append(rows.scalar_one())

    with ScriptedPacs(on_store=look) as pacs:
        outbox.add_peer("pacs", pacs.port)
        uids = outbox.add_many("pacs", 500)
        runner = outbox.runner(batch=20)
        runner.tick()
        wait_until(lambda: is_idle(runner), deadline_s=120, what="drained")
        assert pacs.associations == 1
        assert sorted(pacs.received) == sorted(uids)
    assert len(claimed) == 10
    assert max(claimed) <= 20
    (health,) = destinations.destination_health(outbox.database)
    assert (health.pending, health.delivered) == (0, 500)


def test_what_an_earlier_life_claimed_is_sent_after_the_start(outbox: Outbox) -> None:
    with ScriptedPacs() as pacs:
        outbox.add_peer("pacs", pacs.port)
        outbox.add_many("pacs", 2)
        now = outbox.database.now()
        deliveries.claim_due(outbox.database, "pacs", owner="node", lease_s=600, now=now)
        runner = outbox.runner()
        tick_to_the_end(runner)
        assert pacs.received == []
        runner.start()
        tick_to_the_end(runner)
        assert len(pacs.received) == 2


def test_health_says_what_waits_and_why(outbox: Outbox) -> None:
    outbox.add_peer("pacs", free_port())
    outbox.add_reading("pacs")
    tick_to_the_end(outbox.runner(first_retry_s=1000, longest_retry_s=1000))
    (health,) = destinations.destination_health(outbox.database)
    assert (health.peer_name, health.pending, health.delivered) == ("pacs", 3, 0)
    assert "no TCP connection" in (health.last_error or "")
    assert health.waiting_since_utc is not None
    assert health.next_attempt_utc is not None
    assert health.next_attempt_utc > outbox.database.now()
    assert health.last_sent_utc is None


@pytest.mark.parametrize("batch", [1, 7])
def test_two_nodes_send_nothing_twice_and_keep_the_order(shared_outbox: Outbox, batch: int) -> None:
    outbox = shared_outbox
    with ScriptedPacs() as pacs:
        outbox.add_peer("pacs", pacs.port)
        readings = [outbox.add_reading("pacs") for _ in range(8)]
        nodes = [outbox.runner(owner=f"node-{number}", batch=batch) for number in range(2)]

        def done() -> bool:
            for node in nodes:
                node.tick()
            return count(outbox, DeliveryState.DELIVERED) == 24

        wait_until(done, what="all delivered")
        assert set(Counter(pacs.received).values()) == {1}
        assert len(pacs.received) == 24
        for uids in readings:
            assert [uid for uid in pacs.received if uid in uids] == uids
        assert pacs.associations >= 2


def test_a_slow_transfer_keeps_its_claim_while_its_node_lives(shared_outbox: Outbox) -> None:
    outbox = shared_outbox
    clock = Clock(outbox.database)
    with ScriptedPacs(holds=True) as pacs:
        outbox.add_peer("pacs", pacs.port)
        outbox.add_many("pacs", 1)
        slow, other = (outbox.runner(owner=name, lease_s=120, clock=clock) for name in "ab")
        slow.tick()
        wait_until(lambda: len(pacs.received) == 1, what="under way")
        for _ in range(4):
            clock.advance(seconds=100)
            slow.tick()
            tick_to_the_end(other)
        assert len(pacs.received) == 1
        clock.advance(seconds=121)
        other.tick()
        wait_until(lambda: len(pacs.received) == 2, what="taken over from a node that is silent")
        pacs.let_go.set()
        wait_until(lambda: is_idle(slow) and is_idle(other), what="both have ended")
    assert count(outbox, DeliveryState.DELIVERED) == 1
