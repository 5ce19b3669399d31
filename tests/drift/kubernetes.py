"""Drift of Kubernetes objects: each kind can be changed and deleted, those that nobody has thought of, too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.drift.kind import Kind, Resource
from tests.integration.cluster import kubectl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Patch = dict[str, Any]
"""A JSON merge patch."""

BY_HAND = "by-hand"
_NAMESPACE = "its deletion is that of everything in it, and each of these kinds is deleted by itself"


def kind(name: str) -> Kind:
    """What is done to objects of a kind."""
    if name == "Namespace":
        return Kind(change=_change, why=_NAMESPACE)
    return Kind(change=_change, delete=_delete)


def _change(resource: Resource) -> None:
    inputs = resource["inputs"]
    _patch(resource, _SPOILED.get(inputs["kind"], _relabelled)(inputs))


def _relabelled(_: Resource) -> Patch:
    return {"metadata": {"labels": {"app.kubernetes.io/part-of": BY_HAND}}}


def _in_spec(**values: Any) -> Callable[[Resource], Patch]:
    return lambda _: {"spec": values}


def _other_data(inputs: Resource) -> Patch:
    if inputs.get("immutable"):
        return _relabelled(inputs)  # nobody can change more of it
    return {"data": dict.fromkeys(inputs["data"], BY_HAND)}


def _token_mounted(inputs: Resource) -> Patch:
    return {"automountServiceAccountToken": not inputs.get("automountServiceAccountToken")}


def _another_pod(inputs: Resource) -> Patch:
    return {"spec": {"replicas": inputs["spec"].get("replicas", 1) + 1}}


def _open(inputs: Resource) -> Patch:
    """Everybody gets in or out; one that lets nobody do either has neither list, and its label is changed."""
    edges = [edge for edge in ("ingress", "egress") if inputs["spec"].get(edge)]
    return {"spec": {edge: [{}] for edge in edges}} if edges else _relabelled(inputs)


_SPOILED: Mapping[str, Callable[[Resource], Patch]] = {
    "Namespace": lambda _: {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "baseline"}}},
    "ConfigMap": _other_data,
    "Service": _in_spec(selector={"app": BY_HAND}),
    "ServiceAccount": _token_mounted,
    "Deployment": _another_pod,
    "StatefulSet": _another_pod,
    "CronJob": _in_spec(schedule="7 7 7 7 *"),
    "Ingress": _in_spec(ingressClassName=BY_HAND),
    "PodDisruptionBudget": _in_spec(maxUnavailable=0),
    "NetworkPolicy": _open,
}
"""What is changed of a kind: always something that the program has set, since fields of others are not compared."""


def _patch(resource: Resource, patch: Patch) -> None:
    kubectl("patch", "--filename=-", "--type=merge", f"--patch={json.dumps(patch)}", stdin=_identity(resource))


def _delete(resource: Resource) -> None:
    kubectl("delete", "--filename=-", stdin=_identity(resource))


def _identity(resource: Resource) -> str:
    metadata = resource["outputs"]["metadata"]
    place = {"namespace": metadata["namespace"]} if "namespace" in metadata else {}
    inputs = resource["inputs"]
    return json.dumps(
        {"apiVersion": inputs["apiVersion"], "kind": inputs["kind"], "metadata": {"name": metadata["name"], **place}}
    )
