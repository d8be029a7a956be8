"""``route`` and ``peer`` as a user types them, against a database that a node may use meanwhile."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from dicom_node import cli
from dicom_node.commands import common
from storage import peers, queue, routes
from storage.database import Database
from storage.records import Peer, PeerProtocol, SeriesState
from tests.integration.storage.given import NOW, claimed, for_peers, queued, report_for, series_in


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the user sees."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Run: TypeAlias = Callable[..., Outcome]


@pytest.fixture
def run(
    db: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """The command's own entry point, on the database of ``db``."""
    config = tmp_path / "cspine-node.toml"
    url = f"sqlite:///{tmp_path / 'cspine.sqlite3'}"
    config.write_text(f'[storage]\ndata_dir = "{tmp_path / "data"}"\ndatabase_url = "{url}"\n')
    monkeypatch.setattr(common, "configure_logging", lambda *_: None)  # the tests' own stays
    monkeypatch.setenv("COLUMNS", "300")

    def run(*arguments: str | Path) -> Outcome:
        argv = ["cspine-node", *map(str, arguments), "--config", str(config)]
        monkeypatch.setattr(sys, "argv", argv)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        shown = capsys.readouterr()
        code = ended.value.code
        assert code is None or isinstance(code, int)
        return Outcome(code or 0, shown.out, shown.err)

    return run


def test_a_rule_is_added_listed_switched_moved_and_removed(run: Run, db: Database) -> None:
    assert run("route", "list", "--json").document == []
    assert "everything" in run("route", "list").out
    added = run(
        *("route", "add", "stat", "--to", "pacs", "--to", "archive", "--source-aet", "CT*"),
        *("--called-aet", "CSPINE", "--station", "CT1", "--station", "CT2"),
        *("--study-description", "*trauma*", "--series-description", "*spine*"),
        *("--outcome", "finding", "--priority", "stat", "--pieces", "report", "--stop"),
    )
    assert added.status == 0, added.err
    assert run("route", "add", "rest", "--to", "archive", "--disabled").status == 0

    first, second = run("route", "list", "--json").document
    assert first["rule"] == {
        "source_aet": ["CT*"],
        "called_aet": ["CSPINE"],
        "station_name": ["CT1", "CT2"],
        "study_description": ["*trauma*"],
        "series_description": ["*spine*"],
        "outcome": ["finding"],
        "priority": ["stat"],
        "to": ["pacs", "archive"],
        "pieces": ["report"],
        "stop": True,
    }
    assert (first["name"], first["position"], first["enabled"]) == ("stat", 0, True)
    assert (second["name"], second["position"], second["enabled"]) == ("rest", 1, False)
    assert "report to pacs, archive, then stop" in run("route", "list").out

    assert run("route", "enable", "rest").status == 0
    assert run("route", "disable", "stat").status == 0
    assert run("route", "move", "rest", "0").out == "the order is now: rest, stat\n"
    assert [(each.name, each.enabled) for each in routes.list_routes(db)] == [
        ("rest", True),
        ("stat", False),
    ]
    last = run("route", "remove", "rest")
    assert "every peer that gets results gets everything" in last.out, "the other is disabled"
    for command in (("remove",), ("enable",), ("disable",)):
        missing = run("route", *command, "rest")
        assert (missing.status, missing.err.count("\n")) == (1, 1)
        assert "rest" in missing.err


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("--to", "nobody"), 1, "to.0: there is no peer named nobody"),
        (("--to", "pacs", "--to", "scanner"), 1, "to.1: the peer scanner does not get results"),
        ((), 2, "names at least one peer"),
        (("--to", "pacs", "--outcome", "found"), 2, "found"),
        (("--to", "pacs", "--pieces", "pdf"), 2, "pdf"),
        (("--to", "pacs", "--priority", "urgent"), 2, "urgent"),
    ],
)
def test_a_rule_that_cannot_be_is_not_saved(
    run: Run, db: Database, arguments: tuple[str, ...], status: int, words: str
) -> None:
    refused = run("route", "add", "r", *arguments)
    assert refused.status == status
    assert words in refused.err
    assert routes.list_routes(db) == ()


def test_a_name_is_taken_unless_it_is_to_be_replaced(run: Run, db: Database) -> None:
    assert run("route", "add", "a", "--to", "pacs").status == 0
    again = run("route", "add", "a", "--to", "archive")
    assert (again.status, again.err) == (1, "cspine-node: a rule named a is already there\n")
    assert run("route", "add", "a", "--to", "archive", "--replace").status == 0
    assert [each.rule for each in routes.list_routes(db)] == [{"to": ["archive"]}]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rule.toml", 'to = ["pacs"]\noutcome = "finding"\n'),
        ("rule.json", '{"to": "pacs", "outcome": ["finding"]}'),
    ],
)
def test_a_rule_from_a_file(run: Run, db: Database, tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    assert run("route", "add", "a", "--file", file).status == 0
    assert [each.rule for each in routes.list_routes(db)] == [
        {"to": ["pacs"], "outcome": ["finding"]}
    ]
    assert run("route", "add", "b", "--file", file, "--stop").status == 2
    file.write_text(text.replace("outcome", "colour"))
    wrong = run("route", "add", "b", "--file", file)
    assert wrong.status == 2
    assert "colour: unknown key" in wrong.err
    assert run("route", "add", "b", "--file", tmp_path / "none.json").status == 2


def test_a_stored_rule_that_is_not_valid_is_listed_and_can_be_removed(
    run: Run, db: Database
) -> None:
    routes.put_route(db, "old", {"colour": "red"}, now=NOW)
    assert "NOT VALID, nothing is sent: colour: unknown key" in run("route", "list").out
    assert run("route", "remove", "old").status == 0


def test_the_dry_run_shows_what_differs_and_by_which_rule(
    run: Run, db: Database, tmp_path: Path
) -> None:
    """Two readings that went to pacs: one by the rules as they are, one against them."""
    went_to_pacs(db, "1.2.10", "C5")
    went_to_pacs(db, "1.2.11")
    queued(db, "1.2.12")  # not ended: left out
    routes.put_route(db, "findings", {"to": ["pacs"], "outcome": ["finding"]}, now=NOW)

    found = {each["series_uid"]: each for each in run("route", "test", "--json").document}

    assert found.keys() == {"1.2.10", "1.2.11"}
    same, other = found["1.2.10"], found["1.2.11"]
    sent = {"peer": "pacs", "pieces": ["report"], "rules": []}
    assert (same["outcomes"], same["differs"]) == (["finding"], False)
    assert same["would"] == [sent | {"rules": ["findings"]}]
    assert same["did"] == [sent]
    assert (other["outcomes"], other["differs"]) == (["no_finding"], True)
    assert (other["would"], other["more"], other["fewer"]) == ([], [], [sent])
    assert other["steps"] == [
        {"rule": "findings", "matched": False, "why": "outcome is not 'finding'"}
    ]
    shown = run("route", "test").out
    assert "not any more: to pacs: report" in shown
    assert "2 series have ended; 1 would go otherwise than they did" in shown

    file = tmp_path / "negatives.toml"
    file.write_text('to = ["archive"]\noutcome = "no_finding"\n')
    (tried,) = run("route", "test", "--series", "1.2.11", "--file", file, "--json").document
    assert tried["more"] == [{"peer": "archive", "pieces": ["report"], "rules": ["negatives"]}]
    assert [each["rule"] for each in tried["steps"]] == ["findings", "negatives"]
    hold = tmp_path / "hold.json"
    hold.write_text('{"stop": true}')
    for placed, would in (((), 1), (("--position", "0"), 0)):
        (held,) = run(
            "route", "test", "--series", "1.2.10", "--file", hold, *placed, "--json"
        ).document
        assert len(held["would"]) == would
    (replaced,) = run(
        "route", "test", "--series", "1.2.10", "--file", hold, "--name", "findings", "--json"
    ).document
    assert [each["rule"] for each in replaced["steps"]] == ["findings"]
    assert replaced["would"] == []
    assert [each.name for each in routes.list_routes(db)] == ["findings"], "nothing was saved"


def went_to_pacs(db: Database, uid: str, *findings: str) -> None:
    """A reading with these findings whose report went to pacs."""
    queued(db, uid)
    claim = claimed(db)
    report = report_for(claim.series)
    assert queue.finish_analysed(
        db,
        claim,
        result={
            "status": "analysed",
            "findings": list(findings),
            "level_coverage": {"C1": "whole"},
            "partial": None,
        },
        objects=[report],
        deliveries=for_peers(report, "pacs"),
        now=NOW,
    )


def test_the_dry_run_of_failures_shadows_defaults_and_peers_that_are_gone(
    run: Run, db: Database
) -> None:
    series_in(db, SeriesState.FAILED)
    (failed,) = run("route", "test", "--json").document
    assert (failed["outcomes"], failed["by_default"], failed["would"]) == (["failed"], True, [])
    went_to_pacs(db, "1.2.10", "C5")
    peers.add_peer(db, Peer("twin", "SCANNER", "192.0.2.70", 104, shadow=True), now=NOW)
    assert "shadow: nothing would be sent" in run("route", "test").out
    (shadow,) = run("route", "test", "--series", "1.2.10", "--json").document
    assert (shadow["shadow"], shadow["would"]) == (True, [])
    assert shadow["fewer"] == shadow["did"] != []
    peers.remove_peer(db, "twin")
    routes.put_route(db, "a", {"to": ["lost"]}, now=NOW)
    (lost,) = run("route", "test", "--series", "1.2.10", "--json").document
    assert lost["gone"] == ["lost"]
    assert run("route", "test", "--series", "9.9").status == 1
    assert run("route", "test", "--position", "0").status == 2


def test_a_peer_that_a_rule_names_stays(run: Run, db: Database) -> None:
    assert run("route", "add", "a", "--to", "pacs", "--disabled").status == 0
    for refused in (
        run("peer", "remove", "pacs"),
        run("peer", "edit", "pacs", "--no-gets-results"),
    ):
        assert refused.status == 1
        assert refused.err == (
            "cspine-node: pacs is named by the routing rules a: change them first\n"
        )
    assert peers.get_peer(db, "pacs").gets_results
    assert run("route", "remove", "a").status == 0
    assert run("peer", "remove", "pacs").status == 0


def test_all_flags_of_a_peer(run: Run, db: Database) -> None:
    added = run(
        *("peer", "add", "x", "--aet", "X", "--host", "192.0.2.1", "--port", "104"),
        *("--may-send", "--gets-results", "--tls", "--commitment", "--shadow"),
    )
    assert added.status == 0
    assert "may send, gets results, TLS, commitment, shadow" in added.out
    assert peers.get_peer(db, "x") == Peer(
        "x",
        "X",
        "192.0.2.1",
        104,
        may_send=True,
        gets_results=True,
        tls=True,
        commitment=True,
        shadow=True,
    )
    url = "https://web.example.org:8443/dicom-web"
    assert run("peer", "add", "web", "--stow", url, "--gets-results").status == 0
    web = Peer(
        "web",
        "",
        "web.example.org",
        8443,
        gets_results=True,
        protocol=PeerProtocol.STOW,
        url=url,
    )
    assert peers.get_peer(db, "web") == web
    shown = run("peer", "list").out
    assert url in shown
    assert "commitment" in shown
    assert {each["name"]: each for each in run("peer", "list", "--json").document}["web"][
        "protocol"
    ] == "stow"


def test_a_peer_is_edited(run: Run, db: Database) -> None:
    before = peers.get_peer(db, "pacs")
    assert run("peer", "edit", "pacs", "--port", "11113", "--tls").status == 0
    changed = peers.get_peer(db, "pacs")
    assert (changed.port, changed.tls, changed.host) == (11113, True, before.host)
    assert run("peer", "edit", "pacs", "--no-tls", "--stow", "http://192.0.2.8/x").status == 0
    web = peers.get_peer(db, "pacs")
    assert (web.protocol, web.port, web.aet) == (PeerProtocol.STOW, 80, "PACS")
    assert run("peer", "edit", "pacs", "--port", "104").status == 1, "it is in the URL"
    assert run("peer", "edit", "pacs", "--dicom", "--port", "104").status == 0
    assert peers.get_peer(db, "pacs") == before
    assert run("peer", "edit", "nobody", "--tls").status == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("--aet", "X", "--host", "h"),
        ("--aet", "X", "--port", "104"),
        ("--stow", "https://h/x", "--host", "h"),
        ("--stow", "https://h/x", "--may-send"),
        ("--stow", "https://h/x", "--tls"),
        ("--stow", "h"),
    ],
)
def test_peers_that_cannot_be_are_wrong_usage(run: Run, arguments: tuple[str, ...]) -> None:
    assert run("peer", "add", "x", *arguments).status == 2


def test_the_node_is_no_peer_of_its_own(run: Run, db: Database) -> None:
    us = ("--aet", "CSPINE", "--host", "localhost", "--port", "11112")
    for refused in (
        run("peer", "add", "us", *us, "--gets-results"),
        run("peer", "edit", "pacs", *us),
    ):
        assert refused.status == 1
        assert "this node itself" in refused.err
    assert "us" not in {peer.name for peer in peers.list_peers(db)}
    assert peers.get_peer(db, "pacs").aet == "PACS"
