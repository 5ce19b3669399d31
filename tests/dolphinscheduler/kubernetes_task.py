"""A Kubernetes task as DolphinScheduler makes it: a Job with every parameter as a variable of its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.dolphinscheduler.source_install import package_files
from tests.dolphinscheduler.worker import pod_variables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.dolphinscheduler.generations import TaskInstance

PLACE = "/opt/packages"
CLIENT = {"mlflow-platform.io/client": "true"}


def package(name: str) -> dict[str, Any]:
    """A ConfigMap with the package, for pods whose image does not have it."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "labels": {"purpose": "test"}},
        "data": {_key(path): text for path, text in package_files().items()},
    }


def job(
    task: TaskInstance, script: str, *, image: str, packages: str, environment: Mapping[str, str]
) -> dict[str, Any]:
    """The task's Job: one attempt, since DolphinScheduler itself retries.

    Args:
        task: whose parameters become variables.
        script: the Python that it runs.
        image: has Python and MLflow.
        packages: the name of the ConfigMap of `package`.
        environment: what the task sets beside.
    """
    variables = {**pod_variables(task), **environment, "PYTHONPATH": PLACE, "HOME": "/tmp"}  # noqa: S108 - in the pod
    container = {
        "name": "task",
        "image": image,
        "command": ["python3", "-c", script],
        "env": [{"name": name, "value": value} for name, value in variables.items()],
        "volumeMounts": [{"name": "packages", "mountPath": PLACE, "readOnly": True}],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "resources": {"requests": {"cpu": "10m", "memory": "128Mi"}},
    }
    items = [{"key": _key(path), "path": path} for path in package_files()]
    pod = {
        "automountServiceAccountToken": False,
        "restartPolicy": "Never",
        "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [{"name": "packages", "configMap": {"name": packages, "items": items}}],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": f"task-{task.task_instance_id}", "labels": {"purpose": "test"}},
        "spec": {
            "backoffLimit": 0,
            "template": {"metadata": {"labels": {"purpose": "test", **CLIENT}}, "spec": pod},
        },
    }


def _key(path: str) -> str:
    return path.replace("/", ".")
