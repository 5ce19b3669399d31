"""The pods that a stack makes, whichever object makes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from policies.resource import Resource, mapping, sequence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_TEMPLATE = ("spec", "template")
_TEMPLATES: dict[str, tuple[str, ...]] = {
    "Pod": (),
    "PodTemplate": ("template",),
    "Deployment": _TEMPLATE,
    "ReplicaSet": _TEMPLATE,
    "ReplicationController": _TEMPLATE,
    "StatefulSet": _TEMPLATE,
    "DaemonSet": _TEMPLATE,
    "Job": _TEMPLATE,
    "CronJob": ("spec", "jobTemplate", *_TEMPLATE),
}
"""Where the pod is in an object of each kind."""
_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


@dataclass(frozen=True, kw_only=True)
class Container:
    """A container of a pod, of whichever sort."""

    pod: Pod
    name: str
    fields: Mapping[str, Any]

    @property
    def label(self) -> str:
        """How messages name it."""
        return f"container {self.name!r}"


@dataclass(frozen=True, kw_only=True)
class Pod:
    """A pod, and the resource that makes it."""

    resource: Resource
    labels: Mapping[str, Any]
    spec: Mapping[str, Any]
    """Empty where it is not known yet, in which case it satisfies nothing."""

    @property
    def namespace(self) -> object:
        """Namespace of the object that makes it."""
        return self.resource.metadata.get("namespace")

    def containers(self) -> Iterator[Container]:
        """Every container: of the pod, before it and beside it."""
        for key in _CONTAINERS:
            for fields in sequence(self.spec.get(key)):
                yield Container(pod=self, name=str(mapping(fields).get("name", "")), fields=mapping(fields))


def pods(resources: Sequence[Resource]) -> Iterator[Pod]:
    """Every pod that Deployments, Jobs, CronJobs and the like make, and those that nobody makes."""
    for resource in resources:
        if resource.kind in _TEMPLATES:
            pod: Mapping[str, Any] = resource.inputs
            for key in _TEMPLATES[resource.kind]:
                pod = mapping(pod.get(key))
            yield Pod(
                resource=resource,
                labels=mapping(mapping(pod.get("metadata")).get("labels")),
                spec=mapping(pod.get("spec")),
            )


def containers(resources: Sequence[Resource]) -> Iterator[Container]:
    """Every container of every pod."""
    for pod in pods(resources):
        yield from pod.containers()


def selects(selector: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    """Tell whether a label selector matches these labels; an empty one does."""
    expressions = [mapping(each) for each in sequence(selector.get("matchExpressions"))]
    return mapping(selector.get("matchLabels")).items() <= labels.items() and all(
        _holds(each, labels.get(each.get("key", ""))) for each in expressions
    )


def _holds(expression: Mapping[str, Any], value: object) -> bool:
    operator, values = expression.get("operator"), sequence(expression.get("values"))
    match operator:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
    return False  # any other is refused by Kubernetes, and then selects nothing
