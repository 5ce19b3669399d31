"""What an example of a rule is, and small resources to make examples of, with inputs as the engine writes them."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from policies.resource import Resource

_LABELS = {
    "app": "mlflow",
    "app.kubernetes.io/name": "mlflow",
    "app.kubernetes.io/instance": "mlflow",
    "app.kubernetes.io/component": "tracking-server",
    "app.kubernetes.io/part-of": "mlflow-platform",
    "app.kubernetes.io/managed-by": "pulumi",
}
_CONTAINER: dict[str, Any] = {
    "name": "mlflow",
    "image": "ghcr.io/mlflow/mlflow:v3.17.2-full",
    "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "2Gi"}},
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    },
}
_POD: dict[str, Any] = {
    "automountServiceAccountToken": False,
    "enableServiceLinks": False,
    "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
    "volumes": [{"name": "tmp", "emptyDir": {}}],
}
NAMESPACE = "data-platform"


@dataclass(frozen=True, kw_only=True)
class Example:
    """Resources that violate a rule, or that keep it although they come close to a violation."""

    rule: str
    sentence: str
    """Which case it is, as the id of its test."""
    resources: tuple[Resource, ...]
    found: tuple[str, ...] = ()
    """All that the rule says about them; nothing means that they keep it."""


def resource(
    type_: str, inputs: dict[str, Any], *, name: str = "example", parent: str = "", protect: bool = False
) -> Resource:
    urn = f"urn:pulumi:prod::mlflow-platform::{type_}::{name}"
    return Resource(urn=urn, type=type_, parent=parent, protect=protect, inputs=inputs)


def kubernetes(kind: str, *, name: str = "example", **fields: Any) -> Resource:
    """An object of a kind such as `apps/v1:Deployment`, in the platform's namespace, with all labels."""
    group, _, only = kind.partition(":")
    metadata = {"name": name, "namespace": NAMESPACE, "labels": labels()}
    return resource(
        f"kubernetes:{kind}", {"apiVersion": group, "kind": only, "metadata": metadata, **fields}, name=name
    )


def labels(**changed: str | None) -> dict[str, str]:
    """All labels of the server; `changed` has others by their last part, None for one that is missing."""
    merged = {**_LABELS, **{f"app.kubernetes.io/{key.replace('_', '-')}": value for key, value in changed.items()}}
    return {key: value for key, value in merged.items() if value is not None}


def container(**changed: Any) -> dict[str, Any]:
    """A container that keeps every rule; `changed` replaces fields, and within its security context."""
    made = copy.deepcopy(_CONTAINER)
    made["securityContext"] |= changed.pop("securityContext", {})
    return without_none(made | changed)


def pod(*containers: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """A pod's template that keeps every rule; `changed` replaces fields of its spec."""
    spec = copy.deepcopy(_POD) | {"containers": list(containers) or [container()]} | changed
    return {"metadata": {"labels": labels()}, "spec": without_none(spec)}


def deployment(*containers: dict[str, Any], **changed: Any) -> Resource:
    return kubernetes("apps/v1:Deployment", spec={"replicas": 2, "template": pod(*containers, **changed)})


def cron_job(*containers: dict[str, Any], **changed: Any) -> Resource:
    job = {"spec": {"template": pod(*containers, **changed)}}
    return kubernetes("batch/v1:CronJob", spec={"schedule": "0 * * * *", "jobTemplate": job})


def without_none(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None}
