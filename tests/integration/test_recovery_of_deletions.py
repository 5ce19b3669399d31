"""A `pulumi destroy` that was killed when the server had deleted already: what is gone does not stop the recovery."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import paths
from tests.integration.plugin_harness import Engine, Project
from tests.integration.plugin_minio import PROGRAM, Store, store

__all__ = ["store"]  # a fixture: importing it makes it known here

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def project(engine: Engine, store: Store, tmp_path: Path) -> Iterator[Project]:
    made = Project(engine, tmp_path, store.header())
    made.program(PROGRAM)
    made.up()
    yield made
    store.clean()


def deleted_unheard(project: Project, store: Store, name: str) -> None:
    """The state says that it is being deleted, and it is gone."""
    resource: dict[str, Any] = dict(project.resource(name))
    # As the engine leaves it: `pulumi stack import` would take out what is pending.
    (file,) = (project.folder / "state").glob(".pulumi/stacks/*/test.json")
    document = json.loads(file.read_text())
    document["checkpoint"]["latest"]["pending_operations"] = [{"resource": resource, "type": "deleting"}]
    file.write_text(json.dumps(document))
    administration = store.client().admin
    match name:
        case "key":
            administration.delete_service_account(resource["id"])
        case "attachment":
            administration.detach_policy(["mlflow"], user="mlflow")
        case "bucket":
            store.client().s3.remove_bucket("artifacts")


def recover(project: Project) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.recovery", f"--cwd={project.folder}"],
        cwd=paths.CLONE,
        env=project.environment | {"PYTHONPATH": os.fspath(paths.CLONE)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "name", ["key", *(pytest.param(name, marks=pytest.mark.full) for name in ("attachment", "bucket"))]
)
@pytest.mark.parametrize("then", ["destroy", "up"])
def test_what_was_being_deleted_and_is_gone_does_not_stop_what_goes_on(
    project: Project, store: Store, name: str, then: str
) -> None:
    deleted_unheard(project, store, name)

    recover(project)
    assert "pending_operations" not in project.export()["deployment"]

    if then == "destroy":
        project.destroy()
        assert project.resources() == []
        assert store.client().s3.list_buckets() == []
        assert json.loads(store.client().admin.user_list()) == {}
    else:
        project.up()
        project.settled()
