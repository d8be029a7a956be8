"""Who is admitted: every combination of what a caller can say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from dicom_node.errors import PeerUnreachableError
from dicom_node.scp.policy import Admission, Caller, Refusal, admission
from storage.records import Peer

HERE = "192.0.2.10"
ADDRESSES = {HERE: [HERE], "pacs": ["2001:db8::1", HERE], "other": ["192.0.2.99"]}


def addresses_of(host: str) -> Sequence[str]:
    if host not in ADDRESSES:
        raise PeerUnreachableError(host)
    return ADDRESSES[host]


def peer(host: str, *, tls: bool = False) -> Peer:
    return Peer(name=host, aet="PACS", host=host, port=104, may_send=True, tls=tls)


def judged(caller: Caller, *peers: Peer) -> Refusal | None:
    outcome = admitted_as(caller, *peers)
    return outcome if isinstance(outcome, Refusal) else None


def admitted_as(caller: Caller, *peers: Peer) -> Refusal | Admission:
    return admission(
        caller,
        ae_title="CSPINE",
        callers=lambda aet: [each for each in peers if each.aet == aet],
        addresses_of=addresses_of,
    )


def caller(
    calling_aet: str = "PACS",
    called_aet: str = "CSPINE",
    host: str = HERE,
    *,
    secured: bool = False,
) -> Caller:
    return Caller(calling_aet, called_aet, host, secured=secured)


@pytest.mark.parametrize(
    ("who", "peers", "expected"),
    [
        (caller(), [], Refusal.CALLING_AE),
        (caller(), [peer(HERE)], None),
        (caller(), [peer("pacs")], None),
        (caller(host="2001:db8::1"), [peer("pacs")], None),
        (caller(), [peer("other")], Refusal.HOST),
        (caller(), [peer("gone")], Refusal.HOST_UNRESOLVED),
        (caller(), [peer("other"), peer("gone")], Refusal.HOST_UNRESOLVED),
        (caller(), [peer("gone"), peer("other"), peer("pacs")], None),
        (caller("STRANGER"), [peer(HERE)], Refusal.CALLING_AE),
        (caller(called_aet="OTHER"), [peer(HERE)], Refusal.CALLED_AE),
        (caller("STRANGER", "OTHER"), [peer(HERE)], Refusal.CALLED_AE),
        (caller("", ""), [peer(HERE)], Refusal.CALLED_AE),
        (caller(" PACS  ", "  CSPINE "), [peer(HERE)], None),
        (caller("pacs"), [peer(HERE)], Refusal.CALLING_AE),  # AE titles: case counts
        (caller(called_aet="cspine"), [peer(HERE)], Refusal.CALLED_AE),
        (caller(), [peer(HERE, tls=True)], Refusal.UNSECURED),
        (caller(secured=True), [peer(HERE, tls=True)], None),
        (caller(secured=True), [peer(HERE)], None),
        (caller(), [peer("other", tls=True)], Refusal.HOST),
        (Caller("PACS", "CSPINE", HERE, "1.2.3"), [peer(HERE)], Refusal.APPLICATION_CONTEXT),
        (Caller("PACS", "CSPINE", HERE, ""), [peer(HERE)], Refusal.APPLICATION_CONTEXT),
    ],
)
def test_admission(who: Caller, peers: list[Peer], expected: Refusal | None) -> None:
    assert judged(who, *peers) is expected


def test_a_caller_is_every_peer_of_its_title_and_host_that_it_is_secured_for() -> None:
    plain, secured, elsewhere = peer(HERE), peer("pacs", tls=True), peer("other")

    assert admitted_as(caller(), plain, secured, elsewhere) == Admission((plain,))
    assert admitted_as(caller(secured=True), plain, secured) == Admission((plain, secured))


@pytest.mark.parametrize("may_send", [True, False])
def test_who_commits_only_may_not_send(may_send: bool) -> None:
    commits = replace(peer(HERE), may_send=False, commitment=True)
    other = replace(peer("pacs"), may_send=may_send)

    outcome = admitted_as(caller(), commits, other)

    assert isinstance(outcome, Admission)
    assert outcome.may_send is may_send


# PS3.8 Table 9-21: result → source → reasons.
ALLOWED = {1: {1: {1, 2, 3, 7}, 2: {1, 2}, 3: {1, 2}}, 2: {1: {1}, 2: {1}, 3: {1, 2}}}


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_has_codes_of_the_standard(refusal: Refusal) -> None:
    rejection = refusal.value

    assert rejection.reason in ALLOWED[rejection.result][rejection.source]
    assert rejection.text


def test_each_refusal_is_told_apart_in_the_log() -> None:
    assert len({each.value.text for each in Refusal}) == len(Refusal)
    assert len(Refusal) == 11
