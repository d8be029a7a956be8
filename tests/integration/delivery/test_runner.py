"""The outbox runner and peers on real associations."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from pydicom import dcmread

from storage import deliveries, peers
from storage.records import DeliveryState, NewObject, SeriesState
from tests.dcmtk import free_port
from tests.integration.delivery.outbox import Outbox, ScriptedPacs, drive
from tests.support import wait_until


def delivered_to(outbox: Outbox, report: NewObject, *names: str) -> Callable[[], bool]:
    def check() -> bool:
        now = outbox.deliveries(report)
        return all(now[name].state is DeliveryState.DELIVERED for name in names)

    return check


def test_a_report_is_delivered_and_its_series_reported(outbox: Outbox) -> None:
    with ScriptedPacs() as pacs:
        outbox.add_peer("pacs", pacs.port)
        report = outbox.add_report("pacs")
        drive(outbox.runner(), delivered_to(outbox, report, "pacs"), "delivered")
        assert pacs.received == [report.sop_instance_uid]
    assert outbox.series(report).state is SeriesState.REPORTED


def test_nothing_due_starts_nothing(outbox: Outbox) -> None:
    before = threading.active_count()
    outbox.runner().tick()
    assert threading.active_count() == before


@pytest.mark.parametrize("status", [0xA700, 0x0110])
def test_out_of_resources_is_retried_with_the_same_object(outbox: Outbox, status: int) -> None:
    with ScriptedPacs(status, status) as pacs:
        outbox.add_peer("pacs", pacs.port)
        report = outbox.add_report("pacs")
        drive(outbox.runner(), delivered_to(outbox, report, "pacs"), "delivered")
        assert pacs.received == [report.sop_instance_uid] * 3
    done = outbox.deliveries(report)["pacs"]
    assert (done.attempts, done.last_error) == (3, None)
    assert any(f"0x{status:04X}" in note for note in outbox.notes(report))


def test_a_postponed_delivery_waits_for_its_time(outbox: Outbox) -> None:
    with ScriptedPacs(0xA700) as pacs:
        outbox.add_peer("pacs", pacs.port)
        report = outbox.add_report("pacs")
        runner = outbox.runner(first_retry_s=1000, longest_retry_s=1000)
        before = outbox.database.now()
        drive(runner, lambda: outbox.deliveries(report)["pacs"].attempts == 1, "tried")
        runner.tick()
        runner.stop()
        assert len(pacs.received) == 1
    waiting = outbox.deliveries(report)["pacs"]
    assert waiting.state is DeliveryState.PENDING
    assert "0xA700" in (waiting.last_error or "")
    wait = waiting.next_attempt_utc - before
    assert timedelta(seconds=800) <= wait <= timedelta(seconds=1300)
    assert outbox.series(report).state is SeriesState.ANALYSED


@pytest.mark.parametrize("status", [0xC000, 0xA900, 0x0122])
def test_a_refusal_is_parked_with_its_words_until_a_person_decides(
    outbox: Outbox, status: int
) -> None:
    with ScriptedPacs(status) as pacs:
        outbox.add_peer("pacs", pacs.port)
        report = outbox.add_report("pacs")
        runner = outbox.runner()

        def is_parked() -> bool:
            return outbox.deliveries(report)["pacs"].state is DeliveryState.PARKED

        drive(runner, is_parked, "parked")
        parked = outbox.deliveries(report)["pacs"]
        assert f"0x{status:04X}" in (parked.last_error or "")
        assert (parked.last_error or "").startswith("pacs answered: ")
        runner.tick()
        assert pacs.received == [report.sop_instance_uid]

        deliveries.resume(outbox.database, parked.id, outbox.database.now())
        drive(runner, delivered_to(outbox, report, "pacs"), "delivered after all")
        assert pacs.received == [report.sop_instance_uid] * 2


def test_a_warning_is_a_success_that_is_remembered(outbox: Outbox) -> None:
    with ScriptedPacs(0xB000) as pacs:
        outbox.add_peer("pacs", pacs.port)
        report = outbox.add_report("pacs")
        drive(outbox.runner(), delivered_to(outbox, report, "pacs"), "delivered")
        assert len(pacs.received) == 1
    assert any("0xB000" in note for note in outbox.notes(report))


def test_a_peer_that_does_not_listen_is_tried_again(outbox: Outbox) -> None:
    outbox.add_peer("pacs", free_port())
    report = outbox.add_report("pacs")
    drive(outbox.runner(), lambda: outbox.deliveries(report)["pacs"].attempts >= 2, "tried twice")
    waiting = outbox.deliveries(report)["pacs"]
    assert waiting.state is DeliveryState.PENDING
    assert "no TCP connection" in (waiting.last_error or "")


def test_a_peer_that_is_gone_is_parked(outbox: Outbox) -> None:
    outbox.add_peer("pacs", 1)
    report = outbox.add_report("pacs")
    peers.remove_peer(outbox.database, "pacs")
    drive(
        outbox.runner(),
        lambda: outbox.deliveries(report)["pacs"].state is DeliveryState.PARKED,
        "parked",
    )
    assert outbox.deliveries(report)["pacs"].last_error == "the peer pacs is gone"


def cut_off(path: Path, _: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def cut_short(path: Path, _: Path) -> None:
    path.write_bytes(path.read_bytes()[:2000])


def one_bit_flipped(path: Path, _: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)


def exchanged(path: Path, other: Path) -> None:
    path.write_bytes(other.read_bytes())


def renamed(path: Path, _: Path) -> None:
    ds = dcmread(path)
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.33"
    ds.save_as(path)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda path, _: path.unlink(), "cannot be read from disk: No such file"),
        (lambda path, _: path.write_bytes(b"junk" * 100), "no DICOM file"),
        (lambda path, _: path.write_bytes(b""), "cannot be read from disk"),
        (exchanged, "another object"),
        (renamed, "another object"),
        (cut_off, "damaged"),
        (cut_short, "damaged"),
        (one_bit_flipped, "no longer as it was written"),
    ],
    ids=["missing", "junk", "empty", "exchanged", "renamed", "cut off", "cut short", "flipped"],
)
def test_a_file_that_changed_is_never_sent(
    outbox: Outbox, spoil: Callable[[Path, Path], object], reason: str
) -> None:
    with ScriptedPacs() as pacs:
        outbox.add_peer("pacs", pacs.port)
        other = outbox.add_report()
        report = outbox.add_report("pacs")
        spoil(report.path, other.path)
        drive(
            outbox.runner(),
            lambda: outbox.deliveries(report)["pacs"].state is DeliveryState.PARKED,
            "parked",
        )
        assert pacs.received == []
    assert reason in (outbox.deliveries(report)["pacs"].last_error or "")


def test_a_peer_that_hangs_delays_no_other_and_gets_one_at_a_time(outbox: Outbox) -> None:
    with ScriptedPacs(holds=True) as stuck, ScriptedPacs() as pacs:
        outbox.add_peer("stuck", stuck.port)
        outbox.add_peer("pacs", pacs.port)
        runner = outbox.runner()
        first = outbox.add_report("stuck", "pacs")
        drive(runner, lambda: len(stuck.received) == 1, "the one hangs")
        drive(runner, delivered_to(outbox, first, "pacs"), "the other has it")
        second = outbox.add_report("stuck", "pacs")
        drive(runner, delivered_to(outbox, second, "pacs"), "and the next one")
        assert outbox.deliveries(second)["stuck"].attempts == 0
        assert outbox.series(first).state is SeriesState.ANALYSED

        stuck.let_go.set()
        drive(runner, delivered_to(outbox, second, "stuck"), "it recovers")
        assert stuck.most_at_once == 1
        assert stuck.received == [first.sop_instance_uid, second.sop_instance_uid]
    assert outbox.series(first).state is SeriesState.REPORTED


def test_a_long_backlog_to_one_peer_does_not_hide_the_others(outbox: Outbox) -> None:
    with ScriptedPacs(holds=True) as stuck, ScriptedPacs() as pacs:
        outbox.add_peer("stuck", stuck.port)
        outbox.add_peer("pacs", pacs.port)
        for _ in range(101):  # one more than storage gives out at once
            outbox.add_report("stuck")
        report = outbox.add_report("pacs")
        runner = outbox.runner(stop_grace_s=0.1)
        runner.tick()
        wait_until(delivered_to(outbox, report, "pacs"), what="delivered")
        wait_until(lambda: len(stuck.received) == 1, what="the other hangs with its first")
        runner.stop()


def test_after_stop_nothing_is_begun(outbox: Outbox) -> None:
    with ScriptedPacs() as pacs:
        outbox.add_peer("pacs", pacs.port)
        report = outbox.add_report("pacs")
        runner = outbox.runner()
        runner.stop()
        runner.tick()
        runner.stop()
        assert pacs.received == []
    assert outbox.deliveries(report)["pacs"].attempts == 0


def test_stop_waits_for_the_send_under_way_and_leaves_the_rest(outbox: Outbox) -> None:
    with ScriptedPacs(holds=True) as pacs:
        outbox.add_peer("pacs", pacs.port)
        first, second = outbox.add_report("pacs"), outbox.add_report("pacs")
        runner = outbox.runner()
        drive(runner, lambda: len(pacs.received) == 1, "under way")
        stopping = threading.Thread(target=runner.stop)
        stopping.start()
        pacs.let_go.set()
        stopping.join(60)
        assert not stopping.is_alive()
    assert outbox.deliveries(first)["pacs"].state is DeliveryState.DELIVERED
    assert outbox.deliveries(second)["pacs"].attempts == 0


def test_a_hanging_send_does_not_hold_the_stop_and_is_repeated(outbox: Outbox) -> None:
    with ScriptedPacs(holds=True) as pacs:
        outbox.add_peer("pacs", pacs.port)
        report = outbox.add_report("pacs")
        runner = outbox.runner(stop_grace_s=0.1)
        drive(runner, lambda: len(pacs.received) == 1, "under way")
        runner.stop()
        assert outbox.deliveries(report)["pacs"].state is DeliveryState.PENDING
        pacs.let_go.set()
        wait_until(delivered_to(outbox, report, "pacs"), what="it ended after all")
