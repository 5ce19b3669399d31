"""Programs outside: by their service token through the edge, or not at all."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING

import pytest

from sandbox import processes, stack
from sandbox.errors import SandboxError
from tests.client_package import TIMEOUT, build_wheel, client, install
from tests.integration.cluster import kubectl
from tests.rehearsal.conftest import HOST

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

SEARCH = "/api/2.0/mlflow/experiments/search?max_results=1"
SCRIPT = """
import os, pathlib, tempfile
import mlflow
mlflow.set_experiment("through-the-edge")
payload = os.urandom(300_000)
sent = pathlib.Path(tempfile.mkdtemp()) / "payload.bin"
sent.write_bytes(payload)
with mlflow.start_run() as run:
    mlflow.log_metric("loss", 0.25)
    mlflow.log_artifact(str(sent))
where = {"run_id": run.info.run_id, "artifact_path": "payload.bin", "dst_path": tempfile.mkdtemp()}
back = mlflow.artifacts.download_artifacts(**where)
assert pathlib.Path(back).read_bytes() == payload
print("logged", mlflow.get_run(run.info.run_id).data.metrics)
"""


def run_script(folder: Path, site: Path | None, token: dict[str, str]) -> str:
    """Runs a user's script outside the cluster and returns what it printed."""
    (folder / "script.py").write_text(textwrap.dedent(SCRIPT))
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "MLFLOW_TRACKING_URI": f"https://{HOST}",
        "MLFLOW_TRACKING_SERVER_CERT_PATH": str(stack.CA_FILE),
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    if site:
        for name, value in token.items():
            (folder / name).write_text(value)
        environment |= {
            "PYTHONPATH": str(site),
            "MLFLOW_CLOUDFLARE_ACCESS_HOST": HOST,
            "MLFLOW_CLOUDFLARE_ACCESS_CLIENT_ID_FILE": str(folder / "client_id"),
            "MLFLOW_CLOUDFLARE_ACCESS_CLIENT_SECRET_FILE": str(folder / "client_secret"),
        }
    words: list[str | Path] = [client("newest"), folder / "script.py"]
    processes.run_logged(words, folder / "log", what="a user's script", env=environment, timeout=TIMEOUT)
    return (folder / "log").read_text()


def test_a_script_with_a_service_token_logs_a_run_and_an_artifact(
    tmp_path: Path, tokens: dict[str, dict[str, str]]
) -> None:
    site = install(client("newest"), build_wheel(tmp_path), tmp_path)
    assert "logged {'loss': 0.25}" in run_script(tmp_path, site, tokens["ci"])
    audit = kubectl("logs", "--namespace=data-platform", "--selector=app.kubernetes.io/component=access-gateway")
    assert f'"who":"{tokens["ci"]["client_id"]}"' in audit
    assert tokens["ci"]["client_secret"] not in audit


def test_a_script_without_a_token_gets_an_error_that_says_401(tmp_path: Path) -> None:
    with pytest.raises(SandboxError) as failed:
        run_script(tmp_path, None, {})
    assert "401" in failed.value.detail


@pytest.mark.parametrize("name", ["ci", "datahub", "dolphinscheduler"])
def test_each_machine_client_has_a_token_that_works(
    name: str, tokens: dict[str, dict[str, str]], outside: httpx.Client
) -> None:
    token = tokens[name]
    headers = {"CF-Access-Client-Id": token["client_id"], "CF-Access-Client-Secret": token["client_secret"]}
    assert outside.get(SEARCH, headers=headers).status_code == 200
    assert outside.get("/metrics", headers=headers).status_code == 404
    headers["CF-Access-Client-Secret"] = "guessed"
    assert outside.get(SEARCH, headers=headers).status_code in {401, 403}
