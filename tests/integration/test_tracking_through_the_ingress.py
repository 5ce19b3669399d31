"""What users do, by the real client through the ingress, and what is then in the database and in the bucket."""

from __future__ import annotations

import filecmp
import os
import uuid
from typing import TYPE_CHECKING

import mlflow
import psycopg
import pytest
import requests

from sandbox import network, stack
from tests.integration.backends import BUCKET, administrator_key, database, object_store
from tests.integration.cluster import NAMESPACE, kubectl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mlflow.entities import Run

pytestmark = pytest.mark.usefixtures("platform")

PLAIN = f"http://{stack.HOST}"
SECURE = f"https://{stack.HOST}"
EXPERIMENT = "ingress-test"
SEARCH = "/api/2.0/mlflow/experiments/search"
LARGE_BYTES = 100 * 1024 * 1024
SECONDS = 30


@pytest.fixture(params=[PLAIN, SECURE])
def address(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    url: str = request.param
    monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    if url == SECURE:
        monkeypatch.setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", str(stack.CA_FILE))
    return url


@pytest.fixture
def client(address: str) -> Iterator[mlflow.MlflowClient]:
    made = mlflow.MlflowClient(address)
    yield made
    for experiment in made.search_experiments(filter_string=f"name LIKE '{EXPERIMENT}-%'"):
        made.delete_experiment(experiment.experiment_id)


def logged_run(client: mlflow.MlflowClient) -> Run:
    run = client.create_run(client.create_experiment(f"{EXPERIMENT}-{uuid.uuid4().hex}"))
    client.log_param(run.info.run_id, "depth", 3)
    for step, loss in enumerate((0.5, 0.25)):
        client.log_metric(run.info.run_id, "loss", loss, step=step)
    client.set_terminated(run.info.run_id)
    return client.get_run(run.info.run_id)


def search(address: str, **headers: str) -> requests.Response:
    """The POST that the user interface sends when it is opened."""
    return requests.post(address + SEARCH, json={"max_results": 1}, headers=headers, timeout=SECONDS)


def test_a_run_is_read_back_and_is_a_row_of_the_database(client: mlflow.MlflowClient) -> None:
    run = logged_run(client)
    assert run.data.params == {"depth": "3"}
    assert [metric.value for metric in client.get_metric_history(run.info.run_id, "loss")] == [0.5, 0.25]
    with database() as connection:
        stored = connection.execute("SELECT status FROM runs WHERE run_uuid = %s", [run.info.run_id]).fetchall()
        metrics = connection.execute(
            "SELECT key, value FROM metrics WHERE run_uuid = %s ORDER BY step", [run.info.run_id]
        ).fetchall()
        parameters = connection.execute(
            "SELECT key, value FROM params WHERE run_uuid = %s", [run.info.run_id]
        ).fetchall()
    assert stored == [("FINISHED",)]
    assert metrics == [("loss", 0.5), ("loss", 0.25)]
    assert parameters == [("depth", "3")]


def test_a_large_artifact_comes_back_byte_for_byte_and_is_an_object_of_the_bucket(
    client: mlflow.MlflowClient, tmp_path: Path
) -> None:
    run = logged_run(client)
    sent = tmp_path / "weights.bin"
    with sent.open("wb") as file:
        for _ in range(100):
            file.write(os.urandom(LARGE_BYTES // 100))
    client.log_artifact(run.info.run_id, str(sent), "model")
    (tmp_path / "down").mkdir()
    received = client.download_artifacts(run.info.run_id, "model/weights.bin", str(tmp_path / "down"))
    assert filecmp.cmp(sent, received, shallow=False)

    store = object_store(administrator_key())
    name = f"{run.info.experiment_id}/{run.info.run_id}/artifacts/model/weights.bin"
    stored = store.stat_object(BUCKET, name)
    assert stored.size == LARGE_BYTES
    store.remove_object(BUCKET, name, version_id=stored.version_id)


def test_a_model_is_registered_and_found_by_its_alias(client: mlflow.MlflowClient) -> None:
    run = logged_run(client)
    name = f"{EXPERIMENT}-{uuid.uuid4().hex[:8]}"
    client.create_registered_model(name)
    try:
        client.create_model_version(name, source=f"{run.info.artifact_uri}/model", run_id=run.info.run_id)
        client.set_registered_model_alias(name, "champion", "1")
        assert client.get_model_version_by_alias(name, "champion").run_id == run.info.run_id
        with database() as connection:
            rows = connection.execute("SELECT version, run_id FROM model_versions WHERE name = %s", [name]).fetchall()
        assert rows == [(1, run.info.run_id)]
    finally:
        client.delete_registered_model(name)


def test_the_database_is_not_reached_under_a_name_that_its_certificate_lacks() -> None:
    with database() as connection:
        arguments = connection.info.get_parameters()
        password = connection.info.password
    arguments |= {"host": "elsewhere.example", "hostaddr": network.NODE_ADDRESS, "password": password}
    with pytest.raises(psycopg.OperationalError, match="does not match host name"):
        psycopg.connect(**arguments)  # type: ignore[arg-type] # libpq's own texts


def test_the_user_interface_and_its_posts_pass_from_either_address() -> None:
    trusted = str(stack.CA_FILE)
    for address in (PLAIN, SECURE):
        page = requests.get(address, verify=trusted, timeout=SECONDS)
        assert (page.status_code, "<title>MLflow</title>" in page.text) == (200, True)
        as_a_browser = {"Origin": address, "Sec-Fetch-Site": "same-origin"}
        posted = requests.post(
            address + SEARCH, json={"max_results": 1}, headers=as_a_browser, verify=trusted, timeout=SECONDS
        )
        assert posted.status_code == 200, posted.text


def test_a_post_of_a_foreign_page_is_refused() -> None:
    assert search(PLAIN, Origin="https://evil.example").status_code == 403
    assert search(PLAIN, Origin=f"http://{stack.HOST}.evil.example").status_code == 403


def test_a_foreign_host_name_is_refused_by_the_ingress_and_by_the_server() -> None:
    assert search(PLAIN, Host="evil.example").status_code == 404
    inside = (
        "import sys, urllib.request\n"
        "wanted = urllib.request.Request('http://127.0.0.1:5000' + sys.argv[2], headers={'Host': sys.argv[1]})\n"
        "print(urllib.request.urlopen(wanted).status)"
    )
    command = ["exec", f"--namespace={NAMESPACE}", "deployment/mlflow", "--", "python3", "-c", inside]
    assert kubectl(*command, stack.HOST, f"{SEARCH}?max_results=1").strip() == "200"
    assert "HTTP Error 403" in kubectl(*command, "evil.example", f"{SEARCH}?max_results=1", check=False)


def test_a_client_that_does_not_know_the_authority_does_not_trust_the_server() -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(SECURE, timeout=SECONDS)
