"""Digests as the engine writes them: `display.PreviewDigest` with states as `apitype.ResourceV3` (pulumi 3.259).

They are put together by hand after the engine's source. Indentation is that of its `json.MarshalIndent`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = "mlflow-platform"
DATABASE = "postgresql:index/database:Database"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
CREDENTIALS = "kubernetes:core/v1:Secret"
SECRET_VALUE = {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    "ciphertext": "v1:c2VjcmV0:b3BlbiBzZXNhbWU=",
}
COMPUTED = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
PARENTS = {DATABASE: "mlflow:storage:BackendDatabase", DEPLOYMENT: "mlflow:server:MlflowServer"}


def urn(resource_type: str, name: str, stack: str = "prod") -> str:
    parents = f"{PARENTS[resource_type]}$" if resource_type in PARENTS else ""
    return f"urn:pulumi:{stack}::{PROJECT}::{parents}{resource_type}::{name}"


def state(resource_type: str, name: str, inputs: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A resource as the state has it."""
    return {
        "urn": urn(resource_type, name),
        "custom": True,
        "id": f"{name}-id",
        "type": resource_type,
        "inputs": dict(inputs),
        "outputs": dict(inputs),
        "parent": f"urn:pulumi:prod::{PROJECT}::pulumi:pulumi:Stack::{PROJECT}-prod",
        "provider": f"urn:pulumi:prod::{PROJECT}::pulumi:providers:kubernetes::cluster::{COMPUTED}",
        "propertyDependencies": {},
        "created": "2026-08-01T10:00:00Z",
        "modified": "2026-08-02T10:00:00Z",
        **more,
    }


def step(operation: str, old: dict[str, Any] | None, new: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    """What the engine does to one resource; `detailedDiff` is always there, `null` where there is none."""
    some = new or old
    assert some is not None
    made = {"op": operation, "urn": some["urn"], "provider": some["provider"]}
    if old:
        made["oldState"] = old
    if new:
        made["newState"] = new
    return {**made, "detailedDiff": None, **more}


def root() -> dict[str, Any]:
    """The stack itself, which is in every digest."""
    address = f"urn:pulumi:prod::{PROJECT}::pulumi:pulumi:Stack::{PROJECT}-prod"
    made = {"urn": address, "custom": False, "type": "pulumi:pulumi:Stack", "outputs": {"url": "https://mlflow"}}
    return {"op": "same", "urn": address, "oldState": made, "newState": made, "detailedDiff": None}


def digest(*steps: dict[str, Any], summary: dict[str, int] | None = None, **more: Any) -> str:
    """What `pulumi preview --json` prints; without a summary it ended early."""
    made: dict[str, Any] = {"config": {f"{PROJECT}:host": "mlflow.example.com"}, "steps": [root(), *steps], **more}
    if summary is not None:
        made |= {"duration": 4_200_000_000, "changeSummary": summary}
    return json.dumps(made, indent=4) + "\n"


def replicas(before: int = 2, after: int = 3, name: str = "mlflow-deployment") -> dict[str, Any]:
    """A Deployment that is scaled."""
    return step(
        "update",
        state(DEPLOYMENT, name, {"spec": {"replicas": before}}),
        state(DEPLOYMENT, name, {"spec": {"replicas": after}}),
        diffReasons=["spec"],
        detailedDiff={"spec.replicas": {"kind": "update", "inputDiff": False}},
    )


def renamed_database(*, protect: bool) -> dict[str, Any]:
    """A database that a new name replaces."""
    protection = {"protect": True} if protect else {}  # the engine leaves out what is false
    return step(
        "replace",
        state(DATABASE, "backend-database", {"name": "mlflow"}, **protection),
        state(DATABASE, "backend-database", {"name": "tracking"}, **protection),
        diffReasons=["name"],
        replaceReasons=["name"],
        detailedDiff={"name": {"kind": "update-replace", "inputDiff": True}},
    )
