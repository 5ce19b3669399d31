"""The CNI plugin that tells the pods of the platform from all others."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import tenants

if TYPE_CHECKING:
    from pathlib import Path

EARLIER = {"cniVersion": "1.0.0", "ips": [{"address": "198.18.0.7/32"}, {"address": "fd00::7/128"}]}
ARGUMENTS = "IgnoreUnknown=1;K8S_POD_NAMESPACE=data-platform;K8S_POD_NAME=mlflow-1"


class Machine:
    """Stands for nft and kubectl: remembers what they were asked, and says whose the namespace is."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.commands: list[list[str]] = []

    def run(self, command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        self.commands.append(command)
        if "nft" not in command[0] and not self.owner:
            raise subprocess.CalledProcessError(1, command, stderr="the server could not find the namespace")
        return subprocess.CompletedProcess(command, 0, stdout=self.owner, stderr="")

    @property
    def changes(self) -> list[str]:
        return [command[1] for command in self.commands if command[0] == "nft"]


@pytest.fixture
def configuration(tmp_path: Path) -> dict[str, Any]:
    return {"cniVersion": "1.0.0", "prevResult": EARLIER, **tenants.plugin(tmp_path / "kubectl", tmp_path / "config")}


def machine(monkeypatch: pytest.MonkeyPatch, owner: str) -> Machine:
    double = Machine(owner)
    monkeypatch.setattr(tenants.subprocess, "run", double.run)  # type: ignore[attr-defined]
    return double


def test_a_pod_of_the_platform_is_let_in(monkeypatch: pytest.MonkeyPatch, configuration: dict[str, Any]) -> None:
    double = machine(monkeypatch, "mlflow-platform\n")
    assert tenants.call("ADD", ARGUMENTS, configuration) == EARLIER
    assert double.changes == ["delete", "add"]
    assert double.commands[1][2:4] == ["get", "namespace"]
    assert double.commands[-1][-1] == "{ 198.18.0.7 }"


def test_a_pod_of_anybody_else_is_not(monkeypatch: pytest.MonkeyPatch, configuration: dict[str, Any]) -> None:
    double = machine(monkeypatch, "somebody")
    assert tenants.call("ADD", ARGUMENTS, configuration) == EARLIER
    assert double.changes == ["delete"]


def test_a_pod_that_goes_takes_its_right_along(monkeypatch: pytest.MonkeyPatch, configuration: dict[str, Any]) -> None:
    double = machine(monkeypatch, "mlflow-platform")
    assert tenants.call("DEL", ARGUMENTS, configuration) is None
    assert double.changes == ["delete"]


def test_a_namespace_that_cannot_be_looked_up_gets_no_pod(
    monkeypatch: pytest.MonkeyPatch, configuration: dict[str, Any]
) -> None:
    double = machine(monkeypatch, "")
    with pytest.raises(subprocess.CalledProcessError):
        tenants.call("ADD", ARGUMENTS, configuration)
    assert double.changes == ["delete"]


def test_it_tells_the_versions_that_it_speaks() -> None:
    answer = tenants.call("VERSION", "", {})
    assert answer is not None
    assert "1.0.0" in answer["supportedVersions"]


def test_the_rules_refuse_pods_only_and_only_at_the_shared_servers() -> None:
    rule = next(line for line in tenants.rules([5432, 9000]).splitlines() if "add rule" in line)
    assert "ip saddr 198.18.0.0/24 ip saddr != @pods tcp dport { 5432, 9000 } reject" in rule
