"""Drift of every kind of resource that the program makes is found by a refresh, and mended by the next update."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import runbook
from tests.drift import kinds
from tests.drift.mending import found_and_mended
from tests.integration.backends import administrator_key, object_store_administration
from tests.integration.small_stack import left_behind, small_stack
from tests.integration.stacks import Stack
from tests.integration.test_rotation import NEW_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator

A_FEW_CHANGED = (
    "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    "kubernetes:core/v1:Namespace",
    "postgresql:index/role:Role",
    "minio:index/s3BucketVersioning:S3BucketVersioning",
)
A_FEW_DELETED = ("kubernetes:policy/v1:PodDisruptionBudget", "kubernetes:batch/v1:CronJob")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with small_stack(tmp_path_factory.mktemp("drift")) as made:
        made.up()
        yield made


@pytest.mark.usefixtures("platform")
def test_drift_of_a_few_kinds_is_found_and_mended_while_the_platform_serves() -> None:
    dev = Stack()
    data = dev.identities()
    resources = kinds.drifting(dev)
    try:
        drift = kinds.change(resources[each] for each in A_FEW_CHANGED)
        drift |= kinds.delete(resources[each] for each in A_FEW_DELETED)
        found_and_mended(dev, drift)
    finally:
        dev.up("--refresh")
    assert dev.identities() == data


@pytest.mark.full
def test_a_change_by_hand_of_every_kind_is_found_and_mended_in_place(small: Stack) -> None:
    data = small.identities()
    found_and_mended(small, kinds.change(kinds.drifting(small).values()))
    assert small.identities() == data


@pytest.mark.full
def test_a_deletion_by_hand_of_every_kind_is_found_and_made_good(small: Stack) -> None:
    present = left_behind()
    found_and_mended(small, kinds.delete(kinds.drifting(small).values()))
    assert left_behind() == present


@pytest.mark.full
def test_a_key_that_somebody_deleted_is_named_and_the_runbooks_rotation_makes_another(small: Stack) -> None:
    key = kinds.drifting(small)["minio:index/iamServiceAccount:IamServiceAccount"]
    object_store_administration(administrator_key()).delete_service_account(key["id"])

    said = small.fail("refresh", "--preview-only", "--expect-no-changes")
    assert kinds.name_of(key) in said
    assert "deleted outside Pulumi" in said

    runbook.run(NEW_KEYS, environment={**small.environment, "PULUMI_STACK": small.name})
    small.succeed("preview", "--refresh", "--expect-no-changes")
