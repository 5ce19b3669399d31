"""What the platform depends on dies while clients work: it recovers by itself, and keeps what it acknowledged."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from sandbox.parts.containerd import Containerd
from sandbox.parts.minio import Minio
from sandbox.parts.postgresql import PostgreSQL
from tests.integration.backends import stopped
from tests.integration.cluster import (
    NAMESPACE,
    SERVER,
    kubectl,
    objects,
    server_pods,
    wait_for,
    wait_until_rolled_out,
)
from tests.integration.load import PLATFORM, Load

pytestmark = pytest.mark.usefixtures("platform")

REPLICAS = 2
SEVERAL = 20
HEALTH = (
    "python3",
    "-c",
    "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:5000/health', timeout=20).status)",
)


def staying_pods() -> list[dict[str, Any]]:
    """The server's pods, without those that a rollout before the test has told to end."""
    return [pod for pod in objects("pods", selector=SERVER) if "deletionTimestamp" not in pod["metadata"]]


def ready_pods() -> int:
    """How many of the server's pods take requests."""
    return sum(
        condition["status"] == "True"
        for pod in staying_pods()
        for condition in pod["status"]["conditions"]
        if condition["type"] == "Ready"
    )


def restarts() -> dict[str, int]:
    """How often each pod's container was started again."""
    return {pod["metadata"]["name"]: pod["status"]["containerStatuses"][0]["restartCount"] for pod in staying_pods()}


def only_passing(failures: list[str]) -> bool:
    """Whether every failure tells the client to try again: no answer, or one of the 5xx."""
    return not [failure for failure in failures if ": HTTP 4" in failure]


def test_a_killed_pod_is_replaced_and_a_client_that_retries_sees_no_error() -> None:
    with Load(retries=8) as load:
        killed = server_pods()[0]
        kubectl("delete", "pod", killed, f"--namespace={NAMESPACE}", "--grace-period=0", "--force")
        load.wait_for_progress()
        wait_until_rolled_out()
        load.wait_for_progress()
        assert load.lost() == []
    assert load.failures == []
    assert killed not in server_pods()


def test_a_database_that_was_down_is_noticed_and_used_again_without_a_restart_of_any_pod() -> None:
    before = restarts()
    with Load() as load:
        with stopped(PostgreSQL(), signal.SIGQUIT):  # as a crash: without a checkpoint
            wait_for(lambda: ready_pods() == 0, "every pod to notice that the database is gone")
            assert kubectl("exec", f"--namespace={NAMESPACE}", "deployment/mlflow", "--", *HEALTH).strip() == "200"
        wait_for(lambda: ready_pods() == REPLICAS, "every pod to find the database again")
        load.wait_for_progress()
        assert load.lost() == []
    assert load.failures
    assert only_passing(load.failures), load.failures
    assert restarts() == before


def test_a_bucket_that_was_down_fails_artifacts_only_and_is_used_again() -> None:
    before = restarts()
    with Load() as load:
        with stopped(Minio(), signal.SIGKILL):
            known = len(load.failures)
            wait_for(lambda: len(load.failures) > known, "an upload to fail")
            # What needs no bucket goes on.
            logged = len(load.runs)
            wait_for(lambda: len(load.runs) > logged, "runs to be logged while the bucket is down")
            wait_for(lambda: len(load.failures) > known + SEVERAL, "uploads to fail over connections used before")
            assert ready_pods() == REPLICAS
        load.wait_for_progress()
        assert load.lost() == []
    assert [failure for failure in load.failures if not failure.startswith(f"PUT {PLATFORM.artifacts}")] == []
    assert only_passing(load.failures), load.failures
    assert restarts() == before


def test_a_container_runtime_that_dies_takes_no_request_with_it_and_starts_pods_again() -> None:
    before = restarts()
    with Load() as load:
        with stopped(Containerd(), signal.SIGKILL):
            load.wait_for_progress()
        assert restarts() == before
        replaced = server_pods()[0]
        kubectl("delete", "pod", replaced, f"--namespace={NAMESPACE}", "--wait=false")
        wait_for(lambda: replaced not in server_pods() and ready_pods() == REPLICAS, "a pod in the place of another")
        load.wait_for_progress()
        assert load.lost() == []
    assert load.failures == []
