"""What of a deployed stack the judges are given, and what the API server's answers come to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.errors import SandboxError
from sandbox.judges import api_server
from sandbox.judges.report import Finding
from tests import live_objects
from tests.unit.engine import SECRET_SIGNATURE, SIGNATURE

if TYPE_CHECKING:
    from pathlib import Path

SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "mlflow", "namespace": "data-platform"}}


def exported(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"deployment": {"resources": list(resources)}}


def secret(value: object) -> dict[str, str]:
    return {SIGNATURE: SECRET_SIGNATURE, "plaintext": json.dumps(value)}


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands in for kubectl, to be written; keeps what it was given."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path / "kubectl"


def answer(place: Path, text: str, *, stream: int, code: int = 0) -> None:
    said = place.with_name("said")
    said.write_text(text)
    place.write_text(f"#!/bin/sh\ncat > {place.with_name('given')}\ncat {said} >&{stream}\nexit {code}\n")
    place.chmod(0o755)


def test_the_objects_of_a_state_are_read_with_what_is_secret_in_them() -> None:
    found = {"type": "kubernetes:core/v1:Secret", "inputs": {"kind": "Secret", "stringData": secret({"a": "b"})}}
    state = exported(
        {"type": "pulumi:providers:kubernetes", "inputs": {}},
        found,
        {"type": "postgresql:index/role:Role", "inputs": {}},
        {**found, "delete": True},
        {**found, "external": True},
    )

    assert list(live_objects.in_state(state)) == [{"kind": "Secret", "stringData": {"a": "b"}}]


def test_the_live_objects_are_those_of_the_state_and_no_others_are_asked_for(kubectl: Path) -> None:
    live = {**SERVICE, "status": {}, "metadata": SERVICE["metadata"] | {"uid": "1"}}  # type: ignore[operator]
    answer(kubectl, json.dumps({"kind": "List", "items": [live]}), stream=1)

    assert live_objects.in_the_cluster([{**SERVICE, "spec": {}}]) == [SERVICE]
    assert json.loads(kubectl.with_name("given").read_text())["items"] == [SERVICE]


def test_an_object_that_is_gone_is_an_error_unless_it_is_a_job(kubectl: Path) -> None:
    answer(kubectl, json.dumps({"kind": "List", "items": []}), stream=1)

    assert live_objects.in_the_cluster([{**SERVICE, "kind": "Job"}]) == []
    with pytest.raises(AssertionError):
        live_objects.in_the_cluster([SERVICE])


def test_a_warning_is_a_finding_of_the_object_that_it_is_for(kubectl: Path) -> None:
    answer(kubectl, "Warning: spec.externalName is ignored\n", stream=2)

    (finding,) = api_server.judge({"dev": [SERVICE]}).findings

    assert (finding.rule, finding.object, finding.text) == (
        "warning",
        "Service/mlflow",
        "spec.externalName is ignored",
    )
    assert json.loads(kubectl.with_name("given").read_text()) == SERVICE


@pytest.mark.parametrize(
    "said",
    [
        "Error from server: failed to create typed patch object: .spec.prots: field not declared in schema",
        'The Service "mlflow" is invalid: spec.type: Unsupported value: "Nothing"',
        'error: resource mapping not found for name: "mlflow": no matches for kind "Service" in version "v0"',
    ],
)
def test_a_refusal_is_a_finding(kubectl: Path, said: str) -> None:
    answer(kubectl, f"{said}\n", stream=2, code=1)

    assert api_server.judge({"dev": [SERVICE]}).findings == {Finding("api-server", "refused", "Service/mlflow", said)}


def test_an_api_server_that_is_away_has_found_nothing_out(kubectl: Path) -> None:
    answer(kubectl, "The connection to the server 127.0.0.1:6443 was refused\n", stream=2, code=1)

    with pytest.raises(SandboxError, match="the API server did not judge Service/mlflow"):
        api_server.judge({"dev": [SERVICE]})
