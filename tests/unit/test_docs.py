"""The documents say what the code does: settings, reasons, licences, links."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from dicom_node.audit_messages.events import EVENTS
from dicom_node.config import Settings
from inference.types import ReasonCode

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def test_every_setting_is_documented_and_no_other() -> None:
    table = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", table, re.MULTILINE))
    settings = {
        f"{section}.{key}" for section, values in Settings().model_dump().items() for key in values
    }
    assert documented == settings


def test_documented_defaults_are_the_defaults() -> None:
    table = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_]+)\.([a-z_]+)` \| `(.+?)` \|", table, re.MULTILINE)
    assert len(rows) > 10
    for section, key, default in rows:
        value = getattr(getattr(Settings(), section), key)
        assert default in (f'"{value}"', f"{value}".removesuffix(".0"))


def test_every_reason_is_documented_and_no_other() -> None:
    text = (ROOT / "docs/not-analysed.md").read_text(encoding="utf-8")
    table = text.partition("| code |")[2].partition("\n\n")[0]
    documented = set(re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE))
    assert documented == {code.value for code in ReasonCode}


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["postgresql"]]
    section = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").partition("## Dependencies")[2]
    for requirement in wanted:
        name = re.split(r"[<>=\[]", requirement)[0]
        assert re.search(rf"\| .*\b{name}\b.* \|", section), f"{name} has no line"


def test_every_dependency_is_pinned() -> None:
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in project["dependencies"] + project["optional-dependencies"]["dev"]:
        name = re.split(r"[<>=\[]", requirement)[0]
        assert name == "cspine-node" or f"\n{name}==" in pins, f"{name} is not pinned"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_every_audited_action_has_its_message_and_is_documented() -> None:
    written = set(_actions_written())
    assert len(written) > 20
    assert written <= set(EVENTS), (
        f"{sorted(written - set(EVENTS))}: give each a row in dicom_node/audit_messages/events.py "
        "and in the table of docs/audit.md"
    )
    table = (ROOT / "docs/audit.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z]+\.[a-z_]+)` \| (\d+) ", table, re.MULTILINE)
    assert dict(rows) == {action: event.event.value for action, event in EVENTS.items()}


def _actions_written() -> Iterator[str]:
    """Literals like ``"peer.added"`` in the modules that write to the trail, but no key files."""
    for path in (ROOT / "dicom_node").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "audit.audited(" in text or "audit.record(" in text:
            for node in ast.walk(ast.parse(text)):
                value = node.value if isinstance(node, ast.Constant) else None
                if isinstance(value, str) and re.fullmatch(r"[a-z]+\.(?!key$)[a-z_]+", value):
                    yield value
