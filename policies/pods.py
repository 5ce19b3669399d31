"""What pods may do: the Pod Security Standard `restricted`, no identity towards the cluster, and known needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.resource import Resource, mapping, sequence, shown
from policies.restricted import container_problems, pod_problems
from policies.rule import Enforcement, Rule, Violation
from policies.workloads import containers, pods

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NEEDS = [(kind, resource) for kind in ("requests", "limits") for resource in ("cpu", "memory")]


def _restricted(resources: Sequence[Resource]) -> Iterator[Violation]:
    for pod in pods(resources):
        for what in pod_problems(pod):
            yield Violation(pod.resource, what)
        for container in pod.containers():
            for what in container_problems(container):
                yield Violation(pod.resource, f"{container.label}: {what}")


def _read_only(resources: Sequence[Resource]) -> Iterator[Violation]:
    for container in containers(resources):
        value = mapping(container.fields.get("securityContext")).get("readOnlyRootFilesystem")
        if value is not True:
            what = f"{container.label}: securityContext.readOnlyRootFilesystem is {shown(value)}"
            yield Violation(container.pod.resource, what)


def _without_token(resources: Sequence[Resource]) -> Iterator[Violation]:
    for pod in pods(resources):
        value = pod.spec.get("automountServiceAccountToken")
        if value is not False:
            yield Violation(pod.resource, f"the pod's automountServiceAccountToken is {shown(value)}")
        for volume in sequence(pod.spec.get("volumes")):
            sources = sequence(mapping(mapping(volume).get("projected")).get("sources"))
            if any("serviceAccountToken" in mapping(source) for source in sources):
                yield Violation(pod.resource, f"volume {mapping(volume).get('name')!r} projects a serviceAccountToken")


def _needs(resources: Sequence[Resource]) -> Iterator[Violation]:
    for container in containers(resources):
        stated = mapping(container.fields.get("resources"))
        missing = [f"{kind}.{name}" for kind, name in _NEEDS if mapping(stated.get(kind)).get(name) is None]
        if missing:
            yield Violation(container.pod.resource, f"{container.label}: resources lacks {', '.join(missing)}")


def _links(resources: Sequence[Resource]) -> Iterator[Violation]:
    for pod in pods(resources):
        value = pod.spec.get("enableServiceLinks")
        if value is not False:
            yield Violation(pod.resource, f"the pod's enableServiceLinks is {shown(value)}")


RULES = (
    Rule(
        name="pods-restricted",
        description="Every pod satisfies the Pod Security Standard `restricted`, init and ephemeral containers too.",
        remediation="describe the pod with components.pods.pod_spec, or set what the finding names as "
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted has it",
        check=_restricted,
    ),
    Rule(
        name="root-filesystem-read-only",
        description="No container writes to its own image's file system.",
        remediation="set readOnlyRootFilesystem: true, and mount an emptyDir where the program writes",
        check=_read_only,
    ),
    Rule(
        name="pods-without-token",
        description="No pod gets a token for the cluster's API.",
        remediation="set automountServiceAccountToken: false in the pod; a pod that has to call the API gets an "
        "exception with its reason, and a role with no more than it needs",
        check=_without_token,
    ),
    Rule(
        name="resources-set",
        description="Every container states what CPU and memory it needs, and the most it may take.",
        remediation="give the container requests and limits for cpu and memory",
        check=_needs,
    ),
    Rule(
        name="service-links-off",
        description="No pod's environment is filled with the addresses of the namespace's Services, which programs may "
        "take for their own settings (a Service named mlflow gives MLFLOW_PORT).",
        remediation="set enableServiceLinks: false in the pod",
        check=_links,
        enforcement=Enforcement.ADVISORY,
    ),
)
