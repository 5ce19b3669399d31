"""What is read of a preview and of an export, and what is no use."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.errors import InputError
from policies.pulumi_json import resources_in
from policies.resource import SECRET, Resource
from tests.unit.policies.documents import export, preview, state, step
from tests.unit.policies.examples.example import deployment, resource

ROLE = resource("postgresql:index/role:Role", {"name": "mlflow", "password": SECRET}, name="role", protect=True)
SERVER = deployment()
CIPHERTEXT = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc:def"}


def read(document: dict[str, Any]) -> list[Resource]:
    return resources_in(json.dumps(document))


def test_a_preview_tells_what_will_be_there() -> None:
    steps = [step("create", ROLE), step("update", SERVER, oldState=state(SERVER, inputs={}))]

    assert read(preview(steps)) == [ROLE, SERVER]


def test_what_stays_as_it_is_is_there_too() -> None:
    assert read(preview([step("same", ROLE), step("replace", SERVER)])) == [ROLE, SERVER]


@pytest.mark.parametrize(
    "op", ["delete", "delete-replaced", "discard", "discard-replaced", "read-discard", "remove-pending-replace"]
)
def test_what_goes_is_not_judged(op: str) -> None:
    assert read(preview([step("create", ROLE), step(op, SERVER, newState=None)])) == [ROLE]


def test_what_a_refresh_found_is_not_taken_for_what_will_be() -> None:
    steps = [step("refresh", SERVER), step("update", ROLE), step("delete", SERVER, newState=None)]

    assert read(preview(steps)) == [ROLE]


@pytest.mark.parametrize("op", ["read", "read-replacement"])
def test_what_is_only_looked_up_is_not_judged(op: str) -> None:
    assert read(preview([step("create", ROLE), step(op, SERVER)])) == [ROLE]


def test_what_somebody_else_made_is_not_judged() -> None:
    foreign = state(SERVER, external=True)

    assert read(preview([step("create", ROLE), step("same", SERVER, newState=foreign)])) == [ROLE]
    assert read(export([state(ROLE), foreign])) == [ROLE]


def test_of_the_steps_of_a_replacement_the_last_counts() -> None:
    before = state(SERVER, inputs={})

    assert read(preview([step("create-replacement", SERVER, newState=before), step("replace", SERVER)])) == [SERVER]


def test_an_export_tells_what_is_there_without_what_waits_for_its_deletion() -> None:
    assert read(export([state(ROLE), state(SERVER, delete=True)])) == [ROLE]


@pytest.mark.parametrize("secret", [CIPHERTEXT, {**CIPHERTEXT, "plaintext": '"horse"'}], ids=["encrypted", "shown"])
def test_a_secret_of_an_export_is_known_as_one_and_its_value_is_left_behind(secret: dict[str, str]) -> None:
    (read_back,) = read(export([state(ROLE, inputs={"name": "mlflow", "password": secret, "roles": [secret]})]))

    assert read_back.inputs == {"name": "mlflow", "password": SECRET, "roles": [SECRET]}


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (
            preview([step("same", ROLE)], changeSummary={"same": 3}),
            "leaves out 2 resources that stay as they are\n  cure: add --show-sames",
        ),
        (
            preview([step("create", ROLE)], diagnostics=[{"message": "host is not set\n", "severity": "error"}]),
            "the preview failed: host is not set\n  cure: mend that",
        ),
        (preview([step("create", ROLE)], maybeCorrupt=True), "may be corrupt\n  cure: preview again"),
        (preview([step("create", ROLE, newState=None)]), "does not tell what urn:.*::role will be\n  cure: pipe"),
        (preview([]), "there is no resource in it\n  cure: pipe"),
        (export([]), "there is no resource in it\n  cure: pipe"),
        ({"something": "else"}, "there is no resource in it\n  cure: pipe"),
    ],
    ids=["without_sames", "failed", "corrupt", "without_a_state", "empty", "of_an_empty_stack", "something_else"],
)
def test_a_document_that_does_not_tell_of_every_resource_is_refused(document: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read(document)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "standard input is empty\n  cure: pipe the whole output of `pulumi preview --json --show-sames`"),
        ("Previewing update (prod):", "standard input is no JSON: .*\n  cure: pipe"),
        ("[]", "standard input is JSON, but not an object\n  cure: pipe"),
    ],
    ids=["nothing", "no_json", "a_list"],
)
def test_what_is_no_document_is_refused(text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        resources_in(text)


def test_a_warning_of_a_preview_is_no_failure() -> None:
    warnings = [{"message": "backups are on the same server", "severity": "warning"}]

    assert read(preview([step("create", ROLE)], diagnostics=warnings)) == [ROLE]
