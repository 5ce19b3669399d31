"""A drill: what runs beside it, what that knows, and how it ends."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from components.backup import files as places
from components.backup.drill_server import SERVER_COMMAND
from components.mlflow_server.migration import known_revisions
from components.mlflow_server.migration.schema import Image
from mlflow_backup import settings
from tests.unit.backed_up import SERVER_IMAGE, container, deploy, pod

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.engine import Recording


@pytest.fixture(scope="module")
def made() -> Recording:
    return deploy()


def test_the_servers_image_is_asked_first_what_it_knows(made: Recording) -> None:
    for name in ("backup-restore", "backup-drill"):
        first = pod(made, name)["initContainers"][0]
        mounts = {mount["name"] for mount in first["volumeMounts"]}
        assert (first["image"], first.get("restartPolicy")) == (SERVER_IMAGE, None)
        assert first["command"] == ["python", "-m", "migration.known_revisions", places.KNOWN_REVISIONS]
        assert mounts == {"program", "tmp", "shared"}
        assert "shared" in {mount["name"] for mount in container(made, name)["volumeMounts"]}


def test_the_revisions_are_those_of_the_image_one_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = Image(version="3.17.2", head="b", known=frozenset("ab"))
    monkeypatch.setattr(Image, "installed", lambda: image)

    known_revisions.main(str(tmp_path / "known"))

    assert settings.known_revisions(tmp_path / "known") == image.known
    assert (tmp_path / "known").read_text() == "a\nb\n"


def test_mlflow_runs_beside_a_drill_without_the_key_to_the_backups(made: Recording) -> None:
    beside = pod(made, "backup-drill")["initContainers"][1]
    names = {mount["name"] for mount in beside["volumeMounts"]}

    assert (beside["image"], beside["restartPolicy"]) == (SERVER_IMAGE, "Always")
    assert names == {"tmp", "authorities", "database", "artifacts", "shared"}
    assert "initContainers" not in pod(made, "backup-create")


def test_the_server_beside_a_drill_finds_its_bucket_as_the_platforms_server_does(
    made: Recording, prod: Recording
) -> None:
    beside = pod(made, "backup-drill")["initContainers"][1]
    told = {variable["name"]: variable.get("value") for variable in beside["env"]}
    platforms = prod.called("mlflow-settings").inputs["data"]
    names = {"MLFLOW_S3_ENDPOINT_URL", "MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE", "AWS_DEFAULT_REGION"}

    assert {name: told[name] for name in names} == {name: platforms[name] for name in names}


def test_the_drill_tells_the_server_where_and_ends_it(made: Recording, tmp_path: Path) -> None:
    script = pod(made, "backup-drill")["initContainers"][1]["command"][2].replace(places.SHARED_DIR, str(tmp_path))
    mlflow = tmp_path / "mlflow"
    mlflow.write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/started.new && mv {tmp_path}/started.new {tmp_path}/started\n')
    mlflow.write_text(mlflow.read_text() + "exec sleep 60\n")
    mlflow.chmod(0o755)
    values = {"service": "s", "database": "d_1", "bucket": "b", "prefix": "drill/d_1", "port": 5001}
    words = [word.format(**values) for word in shlex.split(SERVER_COMMAND)]
    told = [word.replace(places.SHARED_DIR, str(tmp_path)) for word in words]
    surroundings = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}

    with (
        subprocess.Popen(["sh", "-c", script], env=surroundings) as server,
        subprocess.Popen(told) as command,
    ):
        deadline = time.monotonic() + 20
        while not (tmp_path / "started").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert command.poll() is None, "the drill would take an end for a failed start"
        command.terminate()
        server.terminate()
        assert server.wait(10) == 0
    assert (tmp_path / "started").read_text().split() == [
        "server",
        *("--host", "127.0.0.1", "--port", "5001", "--workers", "1"),
        *("--backend-store-uri", "postgresql+psycopg2:///d_1?service=mlflow"),
        *("--artifacts-destination", "s3://b/drill/d_1"),
    ]


def test_without_a_drill_there_is_nothing_of_one() -> None:
    assert [each.name for each in deploy(drill=False) if "drill" in each.name or "identity" in each.name] == []
