"""A cluster that `make restore` is tried on."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.jobs import Cluster
from sandbox.schedules import SCHEDULES

if TYPE_CHECKING:
    from pathlib import Path

REPORT = {
    "ok": True,
    "exit_code": 0,
    "phases": {},
    "message": "",
    "id": "20261126T000000Z-000001",
    "created": "2026-11-26T00:00:00+00:00",
    "objects": 3,
    "duration_seconds": 12.0,
    "details": {"rows": 40, "tables": 30},
}


@dataclass(frozen=True)
class Told(Cluster):
    """A cluster that keeps what it is told, and answers from what it has."""

    namespace: str = "data-platform"
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    failing: str = ""
    """The template whose Jobs fail."""
    failures: int = 1000
    """So many of them."""
    exit_code: int = 0
    said: str = json.dumps(REPORT)

    def run(self, *words: str, stdin: str | None = None, check: bool = True) -> str:  # noqa: ARG002 - as the real one
        self.told.append(" ".join(words) + (f" < {json.loads(stdin)['kind']}" if stdin else ""))
        if words[:2] == ("create", "job"):
            source = f"--from=cronjob/{self.failing}"
            failed = words[3] == source and len(self.all(source)) <= self.failures
            condition = {"type": "Failed" if failed else "Complete", "status": "True"}
            self.objects[f"job/{words[2]}"] = {"status": {"conditions": [condition]}}
        if words[0] == "logs":
            return self.said
        if words[:2] == ("get", "pods"):
            state = {"terminated": {"exitCode": self.exit_code, "finishedAt": "2026-11-26T00:00:10Z"}}
            return json.dumps({"items": [{"status": {"containerStatuses": [{"state": state}]}}]})
        return ""

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        return self.objects.get(f"{kind}/{name}")

    def all(self, what: str) -> list[str]:
        """What it was told that ends so."""
        return [line for line in self.told if line.endswith(what)]


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    file = tmp_path / "identity"
    file.write_text("AGE-SECRET-KEY-1EXAMPLE\n")
    return file


def patch(name: str, *, suspend: bool) -> str:
    return f'patch cronjob {name} --patch={{"spec": {{"suspend": {str(suspend).lower()}}}}}'


def platform(**changed: Any) -> Told:
    server = {"spec": {"replicas": 2, "selector": {"matchLabels": {"app": "mlflow"}}}}
    objects: dict[str, Any] = {
        "cronjob/mlflow-restore": {},
        "cronjob/mlflow-migrate": {},
        "cronjob/mlflow-restore-moment": {},
        "deployment/mlflow": server,
        **{f"cronjob/{name}": {"spec": {"suspend": False}} for name in SCHEDULES},
    }
    return Told(objects=objects, **changed)
