"""What the engine prints becomes changes, counts and messages; what it does not print is named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery.digest import Difference, kept, parse
from delivery.errors import DeliveryError
from tests.unit.delivery.samples import (
    CREDENTIALS,
    DATABASE,
    DEPLOYMENT,
    SECRET_VALUE,
    digest,
    renamed_database,
    replicas,
    state,
    step,
)


def read(*steps: dict[str, Any], **more: Any) -> Any:
    return parse(digest(*steps, summary={"same": 1}, **more), stack="prod", source="prod.json")


def only(found: dict[str, Any]) -> Any:
    (change,) = read(found).changes
    return change


def test_an_update_has_its_paths_with_the_values_of_both_sides() -> None:
    change = only(replicas())
    assert (change.operation, change.type, change.name) == ("update", DEPLOYMENT, "mlflow-deployment")
    assert change.differences == (Difference(path="spec.replicas", kind="update", old="2", new="3"),)


def test_a_replacement_tells_why_and_what_it_loses() -> None:
    change = only(renamed_database(protect=True))
    assert change.because == ("name",)
    assert change.protected
    assert change.removes
    assert change.loses_data


def test_a_replaced_deployment_loses_no_data() -> None:
    assert not only(step("replace", state(DEPLOYMENT, "a", {}), state(DEPLOYMENT, "a", {}))).loses_data


def test_what_stays_the_same_and_the_stack_itself_are_no_changes() -> None:
    same = state(DEPLOYMENT, "mlflow-deployment", {})
    refreshed = read(step("same", same, same), step("refresh", same, same))
    assert refreshed.changes == ()
    assert not refreshed.changed


def test_what_is_not_protected_yet_can_still_be_replaced() -> None:
    old, new = state(DATABASE, "d", {}), state(DATABASE, "d", {}, protect=True)
    assert not only(step("replace", old, new)).protected


def test_what_is_only_read_is_no_change() -> None:
    found = state("kubernetes:core/v1:Service", "elsewhere", {})
    text = digest(step("read", None, found), summary={"read": 1, "same": 1})
    assert not parse(text, stack="prod", source="prod.json").changed


def test_a_protection_that_is_lifted_shows_although_nothing_else_changes() -> None:
    change = only(step("same", state(DATABASE, "d", {}, protect=True), state(DATABASE, "d", {})))
    assert change.unprotects


def test_what_is_deleted_although_it_is_protected_is_not_said_to_lose_its_protection() -> None:
    change = only(step("delete", state(DATABASE, "d", {}, protect=True), None))
    assert change.protected
    assert not change.unprotects


def test_without_a_detailed_diff_the_inputs_among_the_reasons_are_the_paths() -> None:
    found = renamed_database(protect=False) | {"detailedDiff": None, "diffReasons": ["id", "name"]}
    assert [difference.path for difference in only(found).differences] == ["name"]


@pytest.mark.parametrize("hidden", ["[secret]", SECRET_VALUE])
def test_neither_side_of_a_property_shows_once_one_of_them_is_secret(hidden: object) -> None:
    found = step(
        "update",
        state("postgresql:index/role:Role", "role", {"password": "formerly-in-plain-text"}),
        state("postgresql:index/role:Role", "role", {"password": hidden}),
        detailedDiff={"password": {"kind": "update", "inputDiff": True}},
    )
    (difference,) = only(found).differences
    assert (difference.old, difference.new) == ("[secret]", "[secret]")


def disguised() -> list[dict[str, Any]]:
    """Secrets that the engine did not mark: by an object's type, and by an output's name."""
    plain = {"inputDiff": False, "kind": "update"}
    data = [state(CREDENTIALS, "keys", {"stringData": {"key": text}}) for text in ("open-1", "open-2")]
    outputs = [state("a:b:C", "made", {"result": text}, additionalSecretOutputs=["result"]) for text in ("open-3", "x")]
    return [
        step("update", *data, detailedDiff={"stringData.key": plain}),
        step("update", *outputs, detailedDiff={"result": plain}),
    ]


@pytest.mark.parametrize("found", disguised())
def test_what_is_secret_by_its_place_never_shows(found: dict[str, Any]) -> None:
    (difference,) = only(found).differences
    assert (difference.old, difference.new) == ("[secret]", "[secret]")


def test_a_digest_that_is_kept_reads_the_same_and_holds_nothing_that_no_report_shows() -> None:
    made = step("create", None, state(DEPLOYMENT, "new", {"spec": "of-what-is-made"}))
    text = digest(made, replicas(), *disguised(), renamed_database(protect=True), summary={"same": 3})
    small = json.dumps(kept(json.loads(text)))
    assert parse(small, stack="prod", source="") == parse(text, stack="prod", source="")
    for left_out in ("of-what-is-made", "open-1", "open-2", "open-3", "mlflow.example.com"):
        assert left_out not in small


def test_a_drifted_property_is_compared_with_what_was_read() -> None:
    old = state(DEPLOYMENT, "d", {"spec": {"replicas": 2}})
    new = state(DEPLOYMENT, "d", {"spec": {"replicas": 5}})
    drifted = step("update", old, new, detailedDiff={"spec.replicas": {"kind": "update", "inputDiff": False}})
    assert only(drifted).differences[0].new == "5"


def test_messages_lose_their_colours_and_name_their_resource() -> None:
    said = [
        {"urn": "urn:pulumi:prod::p::a:b:C::made", "message": "\x1b[31merror: no route\x1b[0m\n", "severity": "error"},
        {"message": "", "severity": "info"},
    ]
    found = read(diagnostics=said)
    assert [(message.name, message.text) for message in found.messages] == [("made", "error: no route")]
    assert found.failed


def test_a_warning_is_no_failure() -> None:
    assert not read(diagnostics=[{"message": "warning: old key", "severity": "warning"}]).failed


def test_a_digest_without_a_summary_has_failed() -> None:
    assert parse(digest(), stack="prod", source="prod.json").failed


def test_lines_around_the_document_do_not_matter() -> None:
    text = f"Installing plugins\n{digest(replicas(), summary={'update': 1})}error: no changes were expected\n"
    assert parse(text, stack="prod", source="prod.json").counts == {"update": 1}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "prod.json holds no JSON object"),
        ("error: no stack", "prod.json holds no JSON object"),
        (digest()[:200], "prod.json is cut off, or no JSON"),
        ('{"steps": {}, "diagnostics": 1}', "prod.json: `diagnostics` is no array"),
        ('{"changeSummary": [1]}', "prod.json: `changeSummary` is no object"),
        ('{"steps": [{"op": "create"}]}', "prod.json is not the digest of a preview"),
        ('{"steps": ["create"]}', "prod.json is not the digest of a preview"),
        ('{"steps": [{"op": "create", "urn": "x"}]}', "prod.json is not the digest of a preview"),
    ],
)
def test_what_is_no_digest_is_refused(text: str, problem: str) -> None:
    with pytest.raises(DeliveryError) as refused:
        parse(text, stack="prod", source="prod.json")
    assert problem in refused.value.problem
    assert "pulumi" in refused.value.cure


def test_a_stream_of_events_is_refused_with_the_variable_that_makes_it() -> None:
    with pytest.raises(DeliveryError, match="stream of engine events") as refused:
        parse('{"sequence":0,"timestamp":1789897840,"preludeEvent":{}}\n', stack="prod", source="prod.json")
    assert "PULUMI_ENABLE_STREAMING_JSON_PREVIEW" in refused.value.cure
