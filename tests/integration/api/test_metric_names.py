"""The names of the metrics: by Prometheus' conventions, and each in docs/monitoring.md."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dicom_node.api.metrics import exposition
from tests.integration.api.conftest import Api
from tests.support import require_tool

ROOT = Path(__file__).parents[3]


@pytest.fixture
def text(api: Api) -> str:
    return exposition(api.context).decode()


def ours(text: str) -> set[str]:
    """The names as queries know them, without the suffixes of a histogram's parts."""
    families = text_string_to_metric_families(text)
    suffix = {"counter": "_total"}
    names = {family.name + suffix.get(family.type, "") for family in families}
    return {name for name in names if name.startswith("cspine_") and not name.endswith("_created")}


def test_promtool_has_nothing_to_say(text: str) -> None:
    done = subprocess.run(
        [require_tool("promtool"), "check", "metrics"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_metric_is_documented_and_no_other(text: str) -> None:
    document = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`cspine_.*?) \|", document, re.MULTILINE)
    documented = {name for row in rows for name in re.findall(r"`(cspine_\w+)`", row)}
    assert documented == ours(text)
