"""Cases, and their translation for `promtool test rules`."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from components.monitoring.rules import Alert
from tests.unit.alerts import contract
from tests.unit.alerts.environments import PROD, Environment, rule_file
from tests.unit.alerts.world import HEALTHY, NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from components.monitoring.rules import AlertName, Group
    from tests.unit.alerts.world import World


@dataclass(frozen=True, kw_only=True)
class Firing:
    """An alert that Prometheus hands to Alertmanager."""

    severity: str
    description: str
    labels: Mapping[str, str] = field(default_factory=dict)
    """Beside the severity and the namespace."""

    def matches(self, rule: Alert) -> bool:
        own = {"severity": self.severity, "namespace": NAMESPACE, **self.labels}
        return rule.labels.items() <= own.items()


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is there, and what comes of it."""

    sentence: str
    alert: AlertName
    but: Mapping[str, str | None] = field(default_factory=dict)
    """What is otherwise than in the healthy world; None takes a series away."""
    world: World = field(default_factory=lambda: HEALTHY)
    minutes: float
    """After the start, when is looked."""
    fires: tuple[Firing, ...] = ()
    environment: Environment = PROD
    seconds: int = 60
    """From sample to sample, and from evaluation to evaluation."""

    @property
    def groups(self) -> list[Group]:
        """Those with the alert; what it reads is recorded in the same one."""
        return [
            group
            for group in self.environment.groups
            if any(isinstance(rule, Alert) and rule.name == self.alert.value for rule in group.rules)
        ]

    def test_file(self, rule_file: str) -> dict[str, Any]:
        """Write promtool's input."""
        there = {name: values for name, values in {**self.world, **self.but}.items() if values is not None}
        expected = {"alertname": self.alert.value, "exp_alerts": [self._expected(firing) for firing in self.fires]}
        return _test_file(
            rule_file,
            _read_by(there, self.groups),
            seconds=self.seconds,
            at=round(self.minutes * 60),
            alert_rule_test=expected,
        )

    def _expected(self, firing: Firing) -> dict[str, Any]:
        named = [rule for rule in self.environment.alerts if rule.name == self.alert.value]
        (rule,) = [rule for rule in named if firing.matches(rule)]
        return {
            "exp_labels": {"severity": firing.severity, "namespace": NAMESPACE, **firing.labels},
            "exp_annotations": {
                "summary": rule.summary,
                "description": firing.description,
                "runbook_url": rule.runbook_url,
            },
        }


def check(environment: Environment, directory: Path) -> str:
    """Lint the rules of an environment; an empty answer means that nothing was found."""
    rules = _write(directory / "rules.yaml", environment.file())
    return _run("check", "rules", "--lint=all", "--lint-fatal", str(rules))


def run(case: Case, directory: Path) -> str:
    """Run a case; an empty answer means that it came as expected."""
    rules = _write(directory / "rules.yaml", rule_file(case.groups))
    return _run("test", "rules", str(_write(directory / "case.yaml", case.test_file(rules.name))))


def active(world: World, minutes: int, expected: Mapping[AlertName, int], directory: Path) -> str:
    """See how many alerts of each name there are in production, those included that have still to hold."""
    rules = _write(directory / "rules.yaml", PROD.file())
    samples = [{"labels": f'{{alertname="{name.value}"}}', "value": number} for name, number in expected.items()]
    counted = {"expr": "count by (alertname) (ALERTS)", "exp_samples": samples}
    file = _test_file(rules.name, world, seconds=60, at=minutes * 60, promql_expr_test=counted)
    return _run("test", "rules", str(_write(directory / "case.yaml", file)))


def _test_file(rule_file: str, world: World, *, seconds: int, at: int, **looks: dict[str, Any]) -> dict[str, Any]:
    samples = str(at // seconds + 1)
    series = [{"series": name, "values": values.replace("N", samples)} for name, values in world.items()]
    return {
        "rule_files": [rule_file],
        "evaluation_interval": f"{seconds}s",
        "tests": [
            {
                "interval": f"{seconds}s",
                "input_series": series,
                **{kind: [{"eval_time": f"{at}s", **look}] for kind, look in looks.items()},
            }
        ],
    }


def _read_by(world: World, groups: Sequence[Group]) -> World:
    read = {name for group in groups for rule in group.rules for name in contract.referred(rule.expr)}
    return {name: values for name, values in world.items() if name.partition("{")[0] in read}


def _write(path: Path, content: dict[str, Any]) -> Path:
    # JSON is YAML.
    path.write_text(json.dumps(content))
    return path


def _run(*arguments: str) -> str:
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""
