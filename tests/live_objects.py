"""The Kubernetes objects of a stack that is deployed: as the program handed them over, and as they are now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox import processes
from sandbox.judges import checkov, kube_score, kubernetes_schemas, manifests
from tests.integration.cluster import kubectl
from tests.integration.stacks import COMMAND_SECONDS
from tests.unit.engine import SECRET_SIGNATURE, SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.judges.manifests import Manifest
    from tests.integration.stacks import Stack

JUDGES = {
    kube_score.NAME: kube_score.judge,
    kubernetes_schemas.NAME: kubernetes_schemas.judge,
    checkov.NAME: checkov.judge_objects,
}
"""Those that have something to judge in every stack."""


def handed_over(stack: Stack) -> list[Manifest]:
    """What the program asked for, by the stack's state; the values of Secrets are in it."""
    exported = processes.output_of(
        stack.words("stack", "export", "--show-secrets"),
        what="pulumi stack export",
        env=stack.environment,
        timeout=COMMAND_SECONDS,
    )
    return list(in_state(json.loads(exported)))


def in_state(exported: dict[str, Any]) -> Iterator[Manifest]:
    """The inputs of the Kubernetes objects in an exported state, but for those that wait for their deletion."""
    for resource in exported["deployment"]["resources"]:
        if resource["type"].startswith("kubernetes:") and not resource.get("delete") and not resource.get("external"):
            yield _plain(resource["inputs"])


def _plain(value: Any) -> Any:
    """A secret is an object with a signature and, where secrets are shown, its JSON."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get(SIGNATURE) == SECRET_SIGNATURE:
        return _plain(json.loads(value["plaintext"]))
    return {key: _plain(item) for key, item in value.items()}


def in_the_cluster(asked: Sequence[Manifest]) -> list[Manifest]:
    """The same objects as they are now, without their status; a Job that is over may be gone."""
    names = [
        {
            "apiVersion": each["apiVersion"],
            "kind": each["kind"],
            "metadata": {key: each["metadata"][key] for key in ("name", "namespace") if key in each["metadata"]},
        }
        for each in asked
    ]
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": names})
    told = kubectl("get", "--filename=-", "--ignore-not-found", "--output=json", stdin=listed)
    found = [manifests.as_applied(each) for each in json.loads(told)["items"]]
    gone = {manifests.identity(each) for each in asked} - {manifests.identity(each) for each in found}
    assert [name for name in sorted(gone) if not name.startswith("Job/")] == []
    return found
