"""Programs outside: by their service token through the edge, or not at all."""

from __future__ import annotations

import datetime as dt
import os
import textwrap
from typing import TYPE_CHECKING

import pytest
from mlflow_service_catalog import parse_entry

from sandbox import processes, rehearsal, stack
from sandbox.errors import SandboxError
from tests.client_package import TIMEOUT, build_wheel, client, install
from tests.rehearsal.audit import audit_log
from tests.rehearsal.conftest import HOST, SEARCH, machine_headers, service_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

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
    log = audit_log()
    assert tokens["ci"]["client_id"] in {line.get("who") for line in log}
    assert tokens["ci"]["client_secret"] not in str(log)


def test_a_script_without_a_token_gets_an_error_that_says_401(tmp_path: Path) -> None:
    with pytest.raises(SandboxError) as failed:
        run_script(tmp_path, None, {})
    assert "401" in failed.value.detail


@pytest.mark.parametrize("name", ["ci", "datahub", "dolphinscheduler"])
def test_each_machine_client_has_a_token_that_works(
    name: str, tokens: dict[str, dict[str, str]], outside: httpx.Client
) -> None:
    headers = machine_headers(tokens[name])
    assert outside.get(SEARCH, headers=headers).status_code == 200
    assert outside.get("/metrics", headers=headers).status_code == 404
    headers["CF-Access-Client-Secret"] = "guessed"
    assert outside.get(SEARCH, headers=headers).status_code in {401, 403}


def test_a_portal_with_a_token_gets_the_health_of_its_entry(
    tokens: dict[str, dict[str, str]], outside: httpx.Client
) -> None:
    entry = parse_entry(rehearsal.pulumi("stack", "output", "catalogEntry", "--json"))

    health = outside.get(entry["healthUrl"], headers=machine_headers(tokens["ci"]))

    assert entry["url"] == f"https://{HOST}"
    assert (health.status_code, health.text) == (200, "OK")


@pytest.fixture
def entry() -> Iterator[str]:
    """Where the configuration has room for one more machine client, which is gone again afterwards."""
    place = f"accessClients[{len(service_tokens())}]"
    yield place
    if "temporary" in service_tokens():
        deploy("config", "rm", "--path", place)


def deploy(*change: str) -> dict[str, dict[str, str]]:
    """Changes the configuration and deploys it, as docs/sso.md tells; the tokens that there are then."""
    rehearsal.pulumi(*change)
    rehearsal.pulumi("up", "--yes", "--skip-preview")
    return service_tokens()


def status(token: dict[str, str], outside: httpx.Client) -> int:
    """What a program gets that shows only its token, and no cookie of an earlier answer."""
    outside.cookies.clear()
    return outside.get(SEARCH, headers=machine_headers(token)).status_code


def test_a_token_is_added_rotated_while_the_old_one_works_and_revoked(entry: str, outside: httpx.Client) -> None:
    first = deploy("config", "set", "--path", f"{entry}.name", "temporary")["temporary"]
    assert status(first, outside) == 200

    tomorrow = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    # The key has "Secret" in its name, so Pulumi may take the time for one.
    rehearsal.pulumi("config", "set", "--plaintext", "--path", f"{entry}.previousSecretExpiresAt", tomorrow)
    second = deploy("config", "set", "--path", f"{entry}.secretVersion", "2")["temporary"]
    assert second["client_id"] == first["client_id"]
    assert second["client_secret"] != first["client_secret"]
    assert status(second, outside) == 200
    assert status(first, outside) == 200

    left = deploy("config", "rm", "--path", entry)
    assert "temporary" not in left
    assert {status(first, outside), status(second, outside)} <= {401, 403}
