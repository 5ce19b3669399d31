"""An update from the state of the last release replaces and deletes nothing that holds data."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit import stack_files
from tests.unit.golden.lists import LISTS
from tests.unit.released import record
from tests.unit.released.losses import losses

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording

ADVICE = """
A stack of the last release loses that with its next update. What is called otherwise needs an alias: CONTRIBUTING.md,
"Names". A property stays as it was; or the new one is made beside the old one, and the data moved before that goes."""


@pytest.mark.parametrize("name", LISTS)
def test_an_update_from_the_last_release_keeps_everything_that_holds_data(deployed: Deploy, name: str) -> None:
    stack, overrides = LISTS[name]

    lost = losses(record.read(name), deployed(stack, **overrides), stack)

    if lost:
        pytest.fail("\n".join([f"release {record.read(name)['release']}, stack {name}:", *lost, ADVICE]), pytrace=False)


@pytest.mark.parametrize("name", LISTS)
def test_the_last_release_is_recorded(name: str) -> None:
    assert record.read(name)["release"] == record.version(), f"the version was raised: {record.COMMAND}"


@pytest.mark.parametrize("name", LISTS)
def test_a_record_holds_all_that_holds_data_and_no_secret(deployed: Deploy, name: str) -> None:
    stack, overrides = LISTS[name]
    held = {each["type"] for each in record.read(name)["resources"]}
    given = [
        value
        for secrets in (stack_files.SECRETS, stack_files.ACCESS_SECRETS, stack_files.EXPORTER_SECRETS)
        for value in secrets.values()
    ]

    assert {each.type for each in deployed(stack, **overrides) if each.type in record.HOLD_DATA} <= held
    assert [secret for secret in given if secret in record.file(name).read_text()] == []


def recorded(name: str, change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    document = copy.deepcopy(record.read("dev"))
    (found,) = [each for each in document["resources"] if each["urn"].endswith(f"::{name}")]
    change(found)
    return document


def renamed(name: str, before: str) -> dict[str, Any]:
    def change(found: dict[str, Any]) -> None:
        found["urn"] = found["urn"].removesuffix(name) + before

    return recorded(name, change)


def test_what_has_another_name_is_lost(dev: Recording) -> None:
    (told,) = losses(renamed("backend-database", "backend-store"), dev, "dev")

    assert told.endswith("$postgresql:index/database:Database::backend-store: nothing has its name or an alias of it")


def test_what_is_in_another_component_is_lost(dev: Recording) -> None:
    def change(found: dict[str, Any]) -> None:
        found["urn"] = found["urn"].replace("mlflow:storage:ArtifactBucket", "mlflow:storage:Bucket")

    assert len(losses(recorded("artifacts-bucket", change), dev, "dev")) == 1


def test_what_another_provider_makes_is_lost(dev: Recording) -> None:
    def change(found: dict[str, Any]) -> None:
        found["provider"] = found["provider"].replace("::minio::", "::object-store::")

    (told,) = losses(recorded("artifacts-bucket", change), dev, "dev")

    assert "object-store, the provider that made it, is not the one that it has now" in told


@pytest.mark.parametrize(
    ("name", "path", "before"),
    [
        ("artifacts-bucket", ("bucket",), "artifacts-of-mlflow"),
        ("platform-namespace", ("metadata", "name"), "mlflow"),
    ],
)
def test_what_cannot_be_changed_in_place_is_lost(
    deployed: Deploy, name: str, path: tuple[str, ...], before: str
) -> None:
    def change(found: dict[str, Any]) -> None:
        holder = found["inputs"]
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = before

    (told,) = losses(recorded(name, change), deployed("dev"), "dev")

    assert f"::{name}: {'.'.join(path)} is " in told
    assert f"and was {before!r}, which cannot be changed in place" in told


def test_a_claim_that_changes_is_lost(deployed: Deploy) -> None:
    name = "prod-with-every-option"
    stack, overrides = LISTS[name]

    (told,) = losses(record.read(name), deployed(stack, **overrides, pointInTimeStorage="77Gi"), stack)

    assert "point-in-time-stateful-set: spec.volumeClaimTemplates is " in told


def test_what_is_changed_in_place_is_kept(deployed: Deploy) -> None:
    changed = deployed("dev", databaseConnectionLimit="77", databaseName="another", artifactKeyVersion="2")

    assert losses(record.read("dev"), changed, "dev") == []


def test_a_program_without_a_store_loses_all_of_it(deployed: Deploy) -> None:
    without = deployed("dev", databaseProvision=False)

    assert [line.rpartition("::")[2].partition(":")[0] for line in losses(record.read("dev"), without, "dev")] == [
        "backend-role",
        "backend-database",
    ]
