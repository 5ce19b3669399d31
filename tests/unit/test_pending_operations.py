"""A state with pending creations becomes one that a refresh can judge."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.recovery import adopted, identifier, take_in


def pending(resource_type: str, name: str, inputs: dict[str, Any], operation: str = "creating") -> dict[str, Any]:
    return {"type": operation, "resource": {"urn": f"urn::{name}", "type": resource_type, "inputs": inputs}}


ROLE = pending("postgresql:index/role:Role", "role", {"name": "mlflow"})
KEY = pending("minio:index/iamServiceAccount:IamServiceAccount", "key", {"targetUser": "mlflow"})


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (ROLE, "mlflow"),
        (pending("postgresql:index/database:Database", "database", {"name": "tracking"}), "tracking"),
        (pending("minio:index/s3Bucket:S3Bucket", "bucket", {"bucket": "artifacts"}), "artifacts"),
        (pending("kubernetes:core/v1:Namespace", "namespace", {"metadata": {"name": "data"}}), "data"),
        (pending("kubernetes:core/v1:Secret", "s", {"metadata": {"namespace": "data", "name": "a-1"}}), "data/a-1"),
        (pending("kubernetes:core/v1:Secret", "s", {"metadata": {"namespace": "data"}}), None),
        (KEY, None),
    ],
)
def test_an_id_follows_from_the_inputs_where_it_can(operation: dict[str, Any], expected: str | None) -> None:
    assert identifier(operation["resource"]) == expected


def test_a_key_that_was_being_made_is_no_reason_to_leave_anything_out_of_the_refresh() -> None:
    deployment = {"resources": [{**KEY["resource"], "id": "former"}], "pending_operations": [KEY]}

    assert take_in(lambda *_: json.dumps({"version": 3, "deployment": deployment})) == []
    assert adopted(deployment)["resources"] == deployment["resources"]


def test_what_was_being_made_is_adopted_and_what_has_no_known_id_is_forgotten() -> None:
    state = adopted({"resources": [{"urn": "urn::stack"}], "pending_operations": [ROLE, KEY]})

    assert state["resources"] == [{"urn": "urn::stack"}, {**ROLE["resource"], "id": "mlflow"}]
    assert state["pending_operations"] == []


def test_a_replacement_that_was_being_made_is_deleted_and_the_original_stays() -> None:
    original = {**ROLE["resource"], "id": "former"}
    replacement = {**ROLE["resource"], "id": "mlflow", "delete": True}

    assert adopted({"resources": [original], "pending_operations": [ROLE]})["resources"] == [original, replacement]


def test_a_replacement_by_the_same_name_is_the_original() -> None:
    original = {**ROLE["resource"], "id": "mlflow"}

    assert adopted({"resources": [original], "pending_operations": [ROLE]})["resources"] == [original]


def test_a_replacement_with_no_known_id_is_forgotten() -> None:
    original = {**KEY["resource"], "id": "former"}

    assert adopted({"resources": [original], "pending_operations": [KEY]})["resources"] == [original]


def test_other_operations_are_left_to_the_refresh() -> None:
    deletion = pending("postgresql:index/role:Role", "role", {"name": "mlflow"}, "deleting")

    assert adopted({"resources": [], "pending_operations": [deletion]})["pending_operations"] == [deletion]


@pytest.mark.parametrize("deployment", [None, {}, {"resources": []}, {"pending_operations": []}])
def test_a_state_with_nothing_pending_is_not_written(deployment: dict[str, Any] | None) -> None:
    commands = []

    def pulumi(words: list[str], _: str | None) -> str:
        commands.append(words)
        return json.dumps({"version": 3, "deployment": deployment})

    assert take_in(pulumi) is None
    assert commands == [["stack", "export"]]


def test_a_key_that_was_being_deleted_is_deleted_once_more_since_no_refresh_can_look_for_it() -> None:
    key = {**KEY["resource"], "id": "former", "type": "minio:index/iamServiceAccount:IamServiceAccount"}
    other = {**key, "id": "present"}
    deletion = {"type": "deleting", "resource": key}
    deployment = {"resources": [other, key], "pending_operations": [deletion]}
    imported = []

    def pulumi(_: list[str], stdin: str | None) -> str:
        if stdin:
            imported.append(json.loads(stdin)["deployment"]["resources"])
        return json.dumps({"version": 3, "deployment": deployment})

    assert take_in(pulumi) == ["--exclude=urn::key"]
    assert imported == [[other, {**key, "delete": True}]]
