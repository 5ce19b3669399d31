"""kube-score on what the program makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.judges import kube_score
from sandbox.judges.report import Finding

if TYPE_CHECKING:
    from sandbox.judges.manifests import Stacks
    from tests.conftest import Accept


def test_it_finds_nothing_that_no_exception_is_for(rendered: Stacks, accept: Accept) -> None:
    accept(kube_score.judge(rendered), whole=True)


def test_it_notices_a_container_without_limits(deployment: dict[str, Any]) -> None:
    del deployment["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"]

    report = kube_score.judge({"spoiled": [deployment]})

    name, text = "Deployment/mlflow", "mlflow: Memory limit is not set"
    assert Finding("kube-score", "container-resources", name, text) in report.findings


def test_no_annotation_of_an_object_silences_it(deployment: dict[str, Any]) -> None:
    deployment["metadata"]["annotations"] = {"kube-score/ignore": "container-resources"}

    test_it_notices_a_container_without_limits(deployment)
