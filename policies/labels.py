"""Labels: by which people, dashboards, bills and NetworkPolicies tell the parts of the platform from each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from policies.resource import Resource, mapping
from policies.rule import Rule, Violation
from policies.workloads import pods

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_RECOMMENDED = ("name", "instance", "component", "part-of", "managed-by")
_WANTED = ("app", *(f"app.kubernetes.io/{each}" for each in _RECOMMENDED))


def _missing(labels: Mapping[str, Any]) -> str:
    return ", ".join(label for label in _WANTED if not labels.get(label))


def _complete(resources: Sequence[Resource]) -> Iterator[Violation]:
    for resource in resources:
        missing = _missing(mapping(resource.metadata.get("labels"))) if resource.kind else ""
        if missing:
            yield Violation(resource, f"its labels lack {missing}")
    for pod in pods(resources):
        missing = _missing(pod.labels) if pod.resource.kind != "Pod" else ""
        if missing:
            yield Violation(pod.resource, f"its pods' labels lack {missing}")


RULES = (
    Rule(
        name="labels-complete",
        description="Every Kubernetes object, and every pod that one makes, carries the recommended labels and `app`.",
        remediation="take them from components.labels.Labels "
        "(https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/)",
        check=_complete,
    ),
)
