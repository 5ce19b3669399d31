"""What the pods may do at most."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.cluster import NAMESPACE, kubectl, objects, server_pods

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("platform")

LEVEL = "restricted"
WORKLOADS = ("deployments", "jobs")
ADDED_BY_THE_CLUSTER = ("controller-uid", "job-name")
SEEN_FROM_INSIDE = """
import json, os, stat
status = dict(line.split(":", 1) for line in open("/proc/1/status"))
refusals = {}
for path in ("/made", "/opt/mlflow/made", "/var/lib/mlflow/made", "/etc/mlflow/database/made"):
    try:
        open(path, "w").close()
        refusals[path] = "written"
    except OSError as refusal:
        refusals[path] = refusal.strerror
secrets = ("/etc/mlflow/database/pg_service.conf", "/etc/mlflow/bucket/credentials")
print(json.dumps({
    "user": os.getuid(),
    "capabilities": int(status["CapEff"], 16) | int(status["CapBnd"], 16),
    "no new privileges": status["NoNewPrivs"].strip(),
    "seccomp": status["Seccomp"].strip(),
    "token": os.path.exists("/var/run/secrets"),
    "writes": sorted(set(refusals.values())),
    "secrets for others": [path for path in secrets if os.stat(path).st_mode & stat.S_IRWXO],
    "service links": sorted(name for name in os.environ if name.endswith("_SERVICE_HOST")),
}))
"""


def templates() -> Iterator[tuple[str, dict[str, Any]]]:
    """The pod template of every workload in the namespace, by a name for messages."""
    for kind in WORKLOADS:
        for workload in objects(kind):
            yield f"{kind}/{workload['metadata']['name']}", workload["spec"]["template"]


def dry_run(manifest: dict[str, Any], *, check: bool = True) -> str:
    """Has the API server admit an object without keeping it; a warning is an error."""
    words = ["create", f"--namespace={NAMESPACE}", "--dry-run=server", "--warnings-as-errors", "--filename=-"]
    return kubectl(*words, stdin=json.dumps(manifest), check=check)


def pod_of(template: dict[str, Any]) -> dict[str, Any]:
    metadata = {"generateName": "test-", "labels": {"purpose": "test"}}
    spec = template["spec"] | {"restartPolicy": "Never"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def test_the_namespace_enforces_the_restricted_level() -> None:
    labels = json.loads(kubectl("get", "namespace", NAMESPACE, "--output=json"))["metadata"]["labels"]
    modes = {mode: labels.get(f"pod-security.kubernetes.io/{mode}") for mode in ("enforce", "warn", "audit")}
    assert modes == dict.fromkeys(modes, LEVEL)


def test_every_workload_is_admitted_at_the_restricted_level_without_a_warning() -> None:
    found = dict(templates())
    assert {name.split("/")[0] for name in found} == set(WORKLOADS)
    for template in found.values():
        dry_run(pod_of(template))
    for kind in WORKLOADS:
        for workload in objects(kind):
            spec = workload["spec"]
            if kind == "jobs":
                del spec["selector"]
            metadata = spec["template"]["metadata"]
            metadata["labels"] = {
                label: value for label, value in metadata["labels"].items() if not label.endswith(ADDED_BY_THE_CLUSTER)
            }
            dry_run(workload | {"metadata": {"generateName": "test-"}, "spec": spec})


def test_a_pod_that_asks_for_more_is_refused() -> None:
    for change in ({"runAsNonRoot": False}, {"seccompProfile": {"type": "Unconfined"}}):
        for name, template in templates():
            pod = pod_of(template)
            pod["spec"]["securityContext"] = {**pod["spec"]["securityContext"], **change}
            assert f'violates PodSecurity "{LEVEL}:latest"' in dry_run(pod, check=False), (name, change)


def test_no_pod_has_an_identity_service_links_or_a_secret_in_its_environment() -> None:
    for name, template in templates():
        spec = template["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["enableServiceLinks"] is False, name
        for container in spec["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True, name
            assert not [each for each in container.get("env", []) if "secretKeyRef" in each.get("valueFrom", {})], name
            assert not [each for each in container.get("envFrom", []) if "secretRef" in each], name


def test_a_running_server_can_do_nothing_that_it_need_not() -> None:
    for pod in server_pods():
        seen = json.loads(kubectl("exec", f"--namespace={NAMESPACE}", pod, "--", "python3", "-c", SEEN_FROM_INSIDE))
        assert seen.pop("user") >= 10000
        assert seen == {
            "capabilities": 0,
            "no new privileges": "1",
            "seccomp": "2",
            "token": False,
            "writes": ["Read-only file system"],
            "secrets for others": [],
            "service links": ["KUBERNETES_SERVICE_HOST"],
        }
