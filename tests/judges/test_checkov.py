"""checkov on what the program makes, on the workflows, and on the images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import paths
from sandbox.errors import SandboxError
from sandbox.judges import checkov, files
from sandbox.judges.report import Finding

if TYPE_CHECKING:
    from sandbox.judges.manifests import Stacks
    from tests.conftest import Accept


def test_it_finds_nothing_in_the_objects_that_no_exception_is_for(rendered: Stacks, accept: Accept) -> None:
    accept(checkov.judge_objects(rendered), whole=True)


def test_it_finds_nothing_in_workflows_and_images_that_no_exception_is_for(accept: Accept) -> None:
    accept(checkov.judge_files(files.workflows(), files.images()), whole=True)


def test_it_notices_a_container_that_may_do_everything(deployment: dict[str, Any]) -> None:
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container["securityContext"]["privileged"] = True

    report = checkov.judge_objects({"spoiled": [deployment]})

    text = "Container should not be privileged"
    assert Finding("checkov-objects", "CKV_K8S_16", "Deployment/mlflow", text) in report.findings


def test_no_annotation_of_an_object_silences_it(deployment: dict[str, Any]) -> None:
    deployment["metadata"]["annotations"] = {"checkov.io/skip1": "CKV_K8S_43=no reason"}

    with pytest.raises(SandboxError, match="tells checkov to skip something"):
        checkov.judge_objects({"silenced": [deployment]})


def test_it_notices_a_workflow_that_may_do_everything_and_an_image_that_runs_as_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "CLONE", tmp_path)
    workflow, image = Path(".github/workflows/test.yaml"), Path("images/some/Containerfile")
    for file, text in (
        (workflow, "on: push\npermissions: write-all\njobs: {a: {runs-on: x, steps: [{run: make}]}}\n"),
        (image, "FROM debian:12.11\nUSER root\n"),
    ):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_text(text)

    found = {(each.rule, each.object) for each in checkov.judge_files([workflow], [image]).findings}

    assert {("CKV2_GHA_1", str(workflow)), ("CKV_DOCKER_8", str(image))} <= found
