from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.engine import Recording


def test_a_namespace_of_ours_admits_restricted_pods_only(dev: Recording) -> None:
    labels = dev.called("platform-namespace").metadata["labels"]

    assert {labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "warn", "audit")} == {"restricted"}


def test_a_namespace_of_ours_is_closed_by_default(dev: Recording) -> None:
    policy = dev.called("platform-default-deny").spec

    assert policy == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_the_namespace_of_someone_else_is_not_touched(prod: Recording) -> None:
    assert prod.of_type("core/v1:Namespace") == []
    assert {r.metadata["namespace"] for r in prod.custom() if r.type.startswith("kubernetes:")} == {"data-platform"}


def test_everything_waits_for_the_namespace(dev: Recording) -> None:
    namespace = dev.called("platform-namespace")
    objects = [r for r in dev.custom() if r.type.startswith("kubernetes:") and r is not namespace]
    # What tells others of the server waits for its Service, which has waited for the namespace.
    enough = {namespace.urn, dev.called("mlflow-service").urn}

    assert [r.name for r in objects if not enough & r.dependencies] == []
