"""New pods take over from old ones while clients work: no request is lost, without any retry by the clients."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING

import pytest
import requests

from tests.integration.cluster import NAMESPACE, kubectl, objects, server_pods, wait_until_rolled_out
from tests.integration.images import another_name
from tests.integration.load import PLATFORM, Load
from tests.integration.stacks import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.usefixtures("platform"), pytest.mark.full]

RESTARTED = "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt"
SLOW_SECONDS = 30
"""Longer than a pod waits before it is told to stop, so that the request is still under way then."""


def slow_body() -> Iterator[bytes]:
    """An upload over a line of one kilobyte a second."""
    for _ in range(SLOW_SECONDS):
        yield b"x" * 1024
        time.sleep(1)


def roll(*words: str) -> None:
    before = set(server_pods())
    kubectl(*words, f"--namespace={NAMESPACE}")
    wait_until_rolled_out()
    assert not before & set(server_pods())


def test_a_rolling_restart_loses_no_request_and_no_upload_that_has_begun() -> None:
    answers: list[int] = []
    path = f"{PLATFORM.artifacts}/rolling-restart/slow.bin"

    def upload() -> None:
        answers.append(requests.put(path, data=slow_body(), timeout=2 * SLOW_SECONDS).status_code)

    with Load() as load:
        uploads = [threading.Thread(target=upload) for _ in range(4)]
        for thread in uploads:
            thread.start()
        roll("rollout", "restart", "deployment/mlflow")
        for thread in uploads:
            thread.join()
        load.wait_for_progress()
        # Takes back the mark that `rollout restart` leaves in the template, which rolls the pods once more.
        undo = json.dumps([{"op": "remove", "path": RESTARTED}])
        roll("patch", "deployment", "mlflow", "--type=json", f"--patch={undo}")
        load.wait_for_progress()
        assert load.lost() == []
    assert load.failures == []
    assert answers == [200] * len(uploads)
    assert requests.get(path, timeout=60).content == b"x" * 1024 * SLOW_SECONDS
    requests.delete(path, timeout=60).raise_for_status()


@pytest.fixture
def other_version(server_image: str) -> Iterator[str]:
    with another_name(server_image) as name:
        yield name


def test_a_change_of_the_version_migrates_and_rolls_without_losing_a_request(
    server_image: str, other_version: str
) -> None:
    dev, jobs = Stack(), {job["metadata"]["name"] for job in objects("jobs")}
    data = dev.identities()
    try:
        with Load() as load:
            dev.succeed("config", "set", "image", other_version)
            dev.up()
            (deployed,) = objects("deployments")
            assert deployed["spec"]["template"]["spec"]["containers"][0]["image"] == other_version
            (migration,) = objects("jobs")
            assert migration["metadata"]["name"] not in jobs
            assert migration["status"]["succeeded"] == 1
            load.wait_for_progress()
            assert load.lost() == []
    finally:
        dev.succeed("config", "set", "image", server_image)
        dev.up()
    assert load.failures == []
    assert dev.identities() == data
