"""The schemas of three minor versions of Kubernetes on what the program makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.judges import kubernetes_schemas
from sandbox.judges.kubernetes_schemas import VERSIONS
from sandbox.toolchain.go_modules import KUBERNETES_VERSION

if TYPE_CHECKING:
    from sandbox.judges.manifests import Stacks
    from tests.conftest import Accept


def told(manifest: dict[str, Any]) -> set[tuple[str, str, str]]:
    report = kubernetes_schemas.judge({"spoiled": [manifest]})
    return {(each.rule, each.object, each.text.partition(": ")[0]) for each in report.findings}


def test_every_object_is_one_in_each_version(rendered: Stacks, accept: Accept) -> None:
    accept(kubernetes_schemas.judge(rendered), whole=True)


def test_a_misspelt_field_is_told_for_each_version(service: dict[str, Any]) -> None:
    service["spec"]["prots"] = service["spec"].pop("ports")
    assert told(service) == {(version, "Service/mlflow", "spec") for version in VERSIONS}


def test_a_value_of_another_type_is_told_for_each_version(service: dict[str, Any]) -> None:
    service["spec"]["ports"][0]["port"] = "five thousand"
    assert told(service) == {(version, "Service/mlflow", "spec.ports.0.port") for version in VERSIONS}


def test_a_kind_that_no_version_has_is_told(deployment: dict[str, Any]) -> None:
    report = kubernetes_schemas.judge({"spoiled": [deployment | {"apiVersion": "apps/v1beta1"}]})
    assert {(each.rule, each.object) for each in report.findings} == {(version, "Deployment") for version in VERSIONS}


def test_three_versions_are_judged_by_and_the_sandbox_s_is_one_of_them() -> None:
    assert len(VERSIONS) == 3
    assert KUBERNETES_VERSION.removeprefix("v").rpartition(".")[0] in VERSIONS
