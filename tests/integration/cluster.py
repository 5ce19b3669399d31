"""What integration tests ask the sandbox: kubectl, the engine, throw-away pods, and what to print when a test fails."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

NAMESPACE = "data-platform"
SERVER = "app=mlflow,app.kubernetes.io/component=tracking-server"


def kubectl(*words: str, stdin: str | None = None, check: bool = True, timeout: float = 120.0) -> str:
    """What kubectl prints; a failure carries what it said."""
    done = subprocess.run(
        ["kubectl", *words], input=stdin, capture_output=True, text=True, timeout=timeout, check=False
    )
    if check and done.returncode != 0:
        raise AssertionError(f"kubectl {' '.join(words)}: {done.stderr}")
    return done.stdout + ("" if check else done.stderr)


def objects(kind: str, *, namespace: str = NAMESPACE, selector: str = "") -> list[dict[str, Any]]:
    """Every object of a kind, by a label selector."""
    words = ["get", kind, f"--namespace={namespace}", "--output=json"]
    items: list[dict[str, Any]] = json.loads(kubectl(*words, *([f"--selector={selector}"] if selector else [])))[
        "items"
    ]
    return items


def server_pods() -> list[str]:
    """The names of the server's pods that are not on their way out."""
    return [
        pod["metadata"]["name"]
        for pod in objects("pods", selector=SERVER)
        if "deletionTimestamp" not in pod["metadata"]
    ]


def wait_for(
    check: Callable[[], bool], what: str, timeout: float = 120.0, *, found: Callable[[], object] = lambda: ""
) -> None:
    """Waits until `check` holds; the bound keeps a hung platform from hanging the tests, and measures nothing.

    `found` is asked when it was in vain: what there is instead.
    """
    deadline = time.monotonic() + timeout
    while not check():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:.0f} s in vain for {what}\n{found()}\n{situation()}")
        time.sleep(0.5)


def wait_until_rolled_out() -> None:
    """Waits until every replica is of the newest generation and ready."""
    kubectl("rollout", "status", "deployment/mlflow", f"--namespace={NAMESPACE}", "--timeout=180s", timeout=200)


def situation() -> str:
    """What a person needs to understand a failure: pods, events, the server's last lines."""
    sections = [
        ("pods", ["get", "pods", "--all-namespaces", "--output=wide"]),
        ("events", ["get", "events", f"--namespace={NAMESPACE}", "--sort-by=.lastTimestamp"]),
        ("server", ["logs", f"--namespace={NAMESPACE}", f"--selector={SERVER}", "--tail=30", "--prefix"]),
    ]
    return "\n".join(f"--- {title}\n{kubectl(*words, check=False)[-6000:]}" for title, words in sections)


def sleeping(image: str, *, config_map: str | None = None) -> dict[str, Any]:
    """What a pod is that satisfies the restricted level and sleeps; its environment may come from a ConfigMap."""
    return {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 0,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "main",
                "image": image,
                "command": ["python3", "-c", "import time; time.sleep(3600)"],
                "envFrom": [{"configMapRef": {"name": config_map}}] if config_map else [],
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
            }
        ],
    }


@contextmanager
def throw_away_pod(
    image: str,
    *,
    namespace: str = NAMESPACE,
    labels: Mapping[str, str] | None = None,
    config_map: str | None = None,
) -> Iterator[Callable[[Sequence[str]], subprocess.CompletedProcess[str]]]:
    """A sleeping pod, and a way to run commands in it; removed afterwards."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    manifest = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"purpose": "test", **(labels or {})}},
        "spec": sleeping(image, config_map=config_map),
    }
    kubectl("apply", f"--namespace={namespace}", "--filename=-", stdin=json.dumps(manifest))
    try:
        kubectl("wait", f"--namespace={namespace}", f"pod/{name}", "--for=condition=Ready", "--timeout=90s")

        def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                ["kubectl", "exec", f"--namespace={namespace}", name, "--", *command],
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )

        yield run
    finally:
        kubectl("delete", "pod", name, f"--namespace={namespace}", "--wait=false", check=False)
