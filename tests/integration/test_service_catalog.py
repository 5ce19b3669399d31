"""What portals and pods are told of the server holds; by the commands of docs/service-catalog.md."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from mlflow_service_catalog import parse_entry

from sandbox import stack
from tests import runbook
from tests.client_package import SERVICE_CATALOG, build_wheel, install
from tests.integration.cluster import NAMESPACE, kubectl, objects, sleeping, throw_away_pod
from tests.integration.stacks import Stack
from tests.integration.test_isolation import CLIENT
from tests.unit.service_catalog.samples import OF_A_PORTAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.usefixtures("platform")

(COLLECT,) = runbook.blocks("The portal's entry", runbook.SERVICE_CATALOG)
INSTALL, MERGE, REMOVE = runbook.blocks("A portal that keeps a file", runbook.SERVICE_CATALOG)
(TELL_WORKERS,) = runbook.blocks("Clients in the cluster", runbook.SERVICE_CATALOG)
WORKER = "dolphinscheduler-worker"
ASK = "import mlflow, os; print(os.environ['MLFLOW_PUBLIC_URL'], len(mlflow.search_experiments(max_results=1)))"


def shell(*commands: str, **more: str) -> str:
    """What commands print in a shell that has selected the platform's stack."""
    platform = Stack()
    return runbook.run(*commands, environment={**platform.environment, "PULUMI_STACK": platform.name, **more})


@pytest.fixture
def entry() -> dict[str, str]:
    """The stack's output, valid by the schema."""
    return parse_entry(shell("pulumi stack output catalogEntry --json"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a shell that has the command, installed as the guide says, from what is on this machine."""
    assert INSTALL.strip() == f"pip install ./{SERVICE_CATALOG.relative_to(SERVICE_CATALOG.parents[1])}"
    folder = tmp_path_factory.mktemp("service-catalog")
    site = install(Path(sys.executable), build_wheel(folder, SERVICE_CATALOG), folder)
    return {"PATH": f"{site / 'bin'}{os.pathsep}{Stack().environment['PATH']}", "PYTHONPATH": str(site)}


@contextmanager
def worker(image: str, declared: Mapping[str, str]) -> Iterator[None]:
    """Stands for a DolphinScheduler worker, which knows no address yet; its labels may declare it as a client."""
    labels = {"app.kubernetes.io/name": WORKER, **declared}
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": WORKER},
        "spec": {
            "serviceName": f"{WORKER}-headless",
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": sleeping(image)},
        },
    }
    kubectl("apply", f"--namespace={NAMESPACE}", "--filename=-", stdin=json.dumps(manifest))
    try:
        kubectl("rollout", "status", f"statefulset/{WORKER}", f"--namespace={NAMESPACE}", "--timeout=90s")
        yield
    finally:
        kubectl("delete", "statefulset", WORKER, f"--namespace={NAMESPACE}", "--wait=false", check=False)


def test_a_portal_collects_the_entry_of_the_stack_by_its_label(entry: dict[str, str]) -> None:
    (found,) = objects("configmaps", selector="mlflow-platform.io/catalog-entry=true")

    assert found["metadata"]["name"] == "mlflow-catalog-entry"
    assert list(found["data"]) == [f"mlflow.{NAMESPACE}.json"]
    assert parse_entry(shell(COLLECT)) == entry


def test_the_entry_leads_to_the_server_and_to_its_health(entry: dict[str, str]) -> None:
    page, health = (requests.get(entry[url], verify=str(stack.CA_FILE), timeout=30) for url in ("url", "healthUrl"))

    assert (page.status_code, "<title>MLflow</title>" in page.text) == (200, True)
    assert (health.status_code, health.text) == (200, "OK")


def test_the_entry_goes_into_the_file_of_a_portal_and_out_again(
    entry: dict[str, str], installed: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "services.json"
    file.write_bytes(OF_A_PORTAL.encode())

    said = shell(MERGE, PORTAL=str(tmp_path), **installed)
    merged = file.read_text(encoding="utf-8")
    removed = shell(REMOVE, PORTAL=str(tmp_path), **installed)

    assert said.splitlines() == [f"{file}: {entry['id']} added", f"{file}: {entry['id']} up to date"]
    assert merged.startswith(OF_A_PORTAL.removesuffix("\n]\n"))
    assert json.loads(merged)[-1] == entry
    assert removed == f"{file}: {entry['id']} removed\n"
    assert file.read_bytes() == OF_A_PORTAL.encode()


def test_a_pod_that_takes_its_environment_from_the_config_map_reaches_the_server(server_image: str) -> None:
    url = shell("pulumi stack output url").strip()
    name = shell("pulumi stack output clientConfigMap").strip()

    with throw_away_pod(server_image, labels=CLIENT, config_map=name) as run:
        answer = run(["python3", "-c", ASK])

    assert answer.stdout.split() == [url, "1"], answer.stderr


def test_workers_are_told_by_the_commands_of_the_guide(server_image: str) -> None:
    with worker(server_image, CLIENT):
        printed = shell(TELL_WORKERS)

    assert "[<Experiment: " in printed
