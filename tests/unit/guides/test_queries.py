"""What guides ask of Prometheus is PromQL, about series that there are."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

from sandbox import paths
from tests.guides import DOCUMENTS
from tests.unit.alerts import contract
from tests.unit.alerts.environments import PROD

if TYPE_CHECKING:
    from pathlib import Path

_QUERY = re.compile(r"^ask '(.*)'$", re.MULTILINE)
QUERIES = sorted({query for document in DOCUMENTS for query in _QUERY.findall(document.read_text())})
_ALERTS = {"ALERTS"}
"""Kept by Prometheus itself."""


def test_they_are_promql(tmp_path: Path) -> None:
    rules = [{"record": f"asked_{number}", "expr": query} for number, query in enumerate(QUERIES)]
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"groups": [{"name": "asked", "rules": rules}]}))

    done = subprocess.run(["promtool", "check", "rules", file], capture_output=True, text=True, timeout=60, check=False)

    assert len(QUERIES) > 20
    assert done.returncode == 0, done.stdout + done.stderr


def test_they_are_about_series_that_there_are() -> None:
    told = set(re.findall(r'"(mlflow_\w+)"', _programs()))
    known = contract.PROVIDED | told | {each.record for each in PROD.recordings} | _ALERTS
    asked = {name for query in QUERIES for name in contract.referred(query)}

    assert asked - known == set()


def _programs() -> str:
    """Text of the programs that tell Prometheus something."""
    folders = ("components/inventory_exporter/program", "components/canary/program")
    return "\n".join(file.read_text() for folder in folders for file in (paths.CLONE / folder).rglob("*.py"))
