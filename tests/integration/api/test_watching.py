"""deploy/monitoring: its rules and its dashboard ask only for what a scrape has."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from dicom_node.api.metrics import exposition
from storage import commitments, deliveries
from tests.certificates import Authority
from tests.integration.api.conftest import running
from tests.integration.storage import given
from tests.scraping import Scrape
from tests.support import require_tool

FOLDER = Path(__file__).parents[3] / "deploy/monitoring"
RULES = FOLDER / "cspine-node.rules.yml"
ADDED_BY_PROMETHEUS = {"instance", "job"}
UP = "up"
"""Prometheus' own: whether the scrape worked."""


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def panels() -> list[dict[str, Any]]:
    document = json.loads((FOLDER / "grafana-dashboard.json").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = document["panels"]
    return found


QUERIES = {each["alert"]: each["expr"] for each in rules()} | {
    f"{panel['title']} {target['refId']}": target["expr"]
    for panel in panels()
    for target in panel.get("targets", [])
}


@pytest.fixture(scope="module")
def labels_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, set[str]]]:
    """Each sample of a node that has done a little of everything, with its labels."""
    folder = tmp_path_factory.mktemp("node")
    files = Authority(folder).issue("node", valid_for=timedelta(days=1))
    with running(folder, tls_cert=files.certificate, tls_key=files.key) as api:
        db = api.database
        given.queued(db)
        given.finish(db, given.claimed(db), given.PEER)
        (delivery,) = deliveries.due_deliveries(db, given.NOW)
        deliveries.sent(db, delivery.id, note="", now=given.NOW)
        commitments.commitment_requested(
            db, "1.9", given.PEER, [delivery.id], deadline_utc=given.LATER, now=given.NOW
        )
        instruments = api.context.instruments
        instruments.instance_received("new", 1)
        instruments.instance_refused("disk_reserve")
        instruments.association_refused("host")
        instruments.stage_passed("queued", 1)
        instruments.delivery_tried(given.PEER, "taken", duration_s=1)
        found: dict[str, set[str]] = {UP: set()}
        for sample in Scrape(exposition(api.context).decode()).samples():
            found.setdefault(sample.name, set()).update(sample.labels)
        yield found


def selectors(query: str) -> list[tuple[str, set[str]]]:
    """(metric, the labels that it is selected by), as they stand in a query."""
    found = []
    for name, inner in re.findall(r"\b((?:cspine|process)_\w+|up)\b(?:\{(.*?)\})?", query):
        found.append((name, set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", inner))))
    return found


def groupings(query: str) -> set[str]:
    """The labels that a query groups by."""
    lists = re.findall(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)", query)
    return {label.strip() for each in lists for label in each.split(",")}


@pytest.mark.parametrize("what", QUERIES)
def test_a_query_asks_for_what_there_is(labels_of: dict[str, set[str]], what: str) -> None:
    query = QUERIES[what]
    asked = selectors(query)
    assert asked, f"{query} asks for nothing"
    there: set[str] = set(ADDED_BY_PROMETHEUS)
    for name, labels in asked:
        assert name in labels_of, f"no scrape has {name}"
        assert labels <= labels_of[name] | ADDED_BY_PROMETHEUS, f"{name} has other labels"
        there |= labels_of[name]
    assert groupings(query) <= there


def test_what_is_said_names_only_labels_that_are_left(labels_of: dict[str, set[str]]) -> None:
    for rule in rules():
        left = groupings(rule["expr"]) or {
            label for name, _ in selectors(rule["expr"]) for label in labels_of[name]
        }
        said = " ".join(rule["annotations"].values())
        assert set(re.findall(r"\$labels\.(\w+)", said)) <= left | ADDED_BY_PROMETHEUS
    for panel in panels():
        for target in panel.get("targets", []):
            named = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            assert named <= groupings(target["expr"]) | ADDED_BY_PROMETHEUS | {"certificate"}


def promtool(*arguments: str | Path) -> str:
    done = subprocess.run(
        [require_tool("promtool"), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_takes_every_query(tmp_path: Path) -> None:
    recorded = [
        {"record": f"q{number}", "expr": query.replace("$__rate_interval", "2m")}
        for number, query in enumerate(QUERIES.values())
    ]
    path = tmp_path / "queries.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "q", "rules": recorded}]}))
    assert f"{len(recorded)} rules found" in promtool("check", "rules", path)


def test_prometheus_takes_the_files() -> None:
    promtool("check", "rules", RULES)
    promtool("check", "config", "--syntax-only", FOLDER / "prometheus.yml")


def test_the_alerts_come_when_they_should() -> None:
    promtool("test", "rules", Path(__file__).with_name("alert_rules_test.yml"))


def test_the_dashboard_is_whole() -> None:
    shown = panels()
    assert len({panel["id"] for panel in shown}) == len(shown)
    places = [panel["gridPos"] for panel in shown]
    for number, one in enumerate(places):
        assert one["x"] + one["w"] <= 24
        for other in places[number + 1 :]:
            apart_x = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
            apart_y = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
            assert apart_x or apart_y, f"{one} and {other} overlap"
