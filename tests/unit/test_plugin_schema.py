"""The rules that plugins derive from a resource's properties."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.engine.plugins.postgresql.grant import Grant
from sandbox.engine.plugins.postgresql.privileges import check_privileges, same_privileges
from sandbox.engine.plugins.postgresql.role import Role
from sandbox.engine.plugins.protocol.properties import Kind, Property, coerced
from sandbox.engine.plugins.protocol.resource import ResourceError
from sandbox.engine.plugins.protocol.schema import Schema
from sandbox.engine.plugins.protocol.values import UNKNOWN, Values, from_struct, has_unknown, to_struct

SEED = b"seed"
SCHEMA = Schema(
    {
        "name": Property(required=True, autoname=True, force_new=True),
        "prefix": Property(conflicts=("name",)),
        "limit": Property(kind=Kind.INTEGER, default=-1),
        "login": Property(kind=Kind.BOOLEAN, default=False),
        "owner": Property(computed=True),
        "roles": Property(kind=Kind.SET),
        "secret": Property(secret=True, write_only=True),
        "rules": Property(
            kind=Kind.OBJECTS, fields={"id": Property(required=True), "status": Property(computed=True, given=False)}
        ),
        "arn": Property(computed=True, given=False),
    }
)


def check(news: Values, olds: Values | None = None) -> tuple[Values, list[str]]:
    inputs, failures = SCHEMA.check("thing", news, olds or {}, SEED)
    return inputs, [failure.reason for failure in failures]


def test_only_defaults_that_are_not_zero_become_inputs() -> None:
    inputs, failures = check({"name": "a"})
    assert inputs == {"name": "a", "limit": -1, "__defaults": ["limit"]}
    assert failures == []


def test_a_generated_name_stays_over_later_runs() -> None:
    first, _ = check({})
    assert first["name"].startswith("thing-")
    assert len(first["name"]) == len("thing-") + 7
    again, _ = SCHEMA.check("thing", {}, first, b"another seed")
    assert again["name"] == first["name"]


def test_no_name_is_generated_where_the_program_gives_what_conflicts_with_it() -> None:
    schema = Schema({"name": Property(autoname=True, conflicts=("prefix",)), "prefix": Property(conflicts=("name",))})
    assert schema.check("thing", {"prefix": "a"}, {}, SEED)[0] == {"prefix": "a"}


@pytest.mark.parametrize(
    ("news", "reason"),
    [
        ({"nam": "a"}, "Invalid or unknown key. Examine values at 'thing.nam'."),
        ({"arn": "a"}, "Invalid or unknown key. Examine values at 'thing.arn'."),
        ({"limit": "many"}, 'Inappropriate value for attribute "limit": number required.'),
        ({"roles": "a"}, 'Inappropriate value for attribute "roles": set of strings required.'),
        ({"rules": [{}]}, "Examine values at 'thing.rules[0].id'."),
        ({"rules": [{"id": "a", "status": "on"}]}, "Examine values at 'thing.rules[0].status'."),
        ({"name": "a", "prefix": "b"}, '"prefix": conflicts with name.'),
    ],
)
def test_a_wrong_input_is_named_with_its_path(news: Values, reason: str) -> None:
    assert any(reason in failure for failure in check(news)[1])


def test_a_missing_input_is_named_as_terraform_names_it() -> None:
    _, failures = Grant.schema.check("grant", {"role": "a", "database": "b", "privileges": []}, {}, SEED)
    [failure] = failures
    assert failure.reason == (
        'Missing required argument. The argument "object_type" is required, but no definition was found.. '
        "Examine values at 'grant.objectType'."
    )


def test_what_a_preview_does_not_know_is_not_refused() -> None:
    assert check({"name": UNKNOWN, "limit": UNKNOWN, "rules": [{"id": UNKNOWN}]})[1] == []


@pytest.mark.parametrize(
    ("kind", "given", "meant"),
    [
        (Kind.INTEGER, "5", 5),
        (Kind.INTEGER, 5, 5),
        (Kind.BOOLEAN, "true", True),
        (Kind.STRING, 5, "5"),
        (Kind.STRING, True, "true"),
    ],
)
def test_scalars_are_converted_as_the_bridge_does(kind: Kind, given: object, meant: object) -> None:
    assert coerced(kind, given) == meant


def test_a_plan_knows_inputs_and_defaults_and_nothing_that_the_server_decides() -> None:
    planned = SCHEMA.plan({"name": "a", "secret": "x"})
    assert planned["owner"] is UNKNOWN
    assert (planned["name"], planned["limit"], planned["login"], planned["secret"]) == ("a", -1, False, None)
    assert SCHEMA.plan({"name": "a"}, {"owner": "b"})["owner"] == "b"


def changes(state: Values, inputs: Values, ignored: tuple[str, ...] = ()) -> dict[str, bool]:
    return {change.name: change.replaces for change in SCHEMA.diff({"name": "a"} | state, inputs, ignored)}


def test_absent_and_zero_are_no_difference_and_sets_have_no_order() -> None:
    same: Values = {"limit": -1, "login": None, "roles": ["b", "a"], "rules": []}
    assert changes(same, {"name": "a", "limit": -1, "roles": ["a", "b"]}) == {}
    assert changes({"limit": -1, "roles": []}, {"name": "a"}) == {}


def test_a_removed_input_falls_back_to_its_default_and_a_computed_one_stays() -> None:
    assert changes({"limit": 5, "owner": "b"}, {"name": "a"}) == {"limit": False}


def test_a_change_replaces_only_where_the_property_says_so() -> None:
    assert changes({"limit": -1}, {"name": "b"}) == {"name": True}
    assert changes({"limit": -1}, {"name": UNKNOWN}) == {"name": True}


def test_write_only_and_ignored_properties_are_no_difference() -> None:
    assert changes({"limit": 5}, {"name": "a", "limit": 6, "secret": "new"}, ("limit",)) == {}


def test_a_refresh_follows_drift_in_what_the_program_set_and_adds_nothing() -> None:
    state: Values = {"name": "a", "limit": 9, "owner": "b", "roles": ["y", "x"], "rules": [{"id": "r", "status": "on"}]}
    known: Values = {"name": "a", "limit": 5, "roles": ["x", "y"], "rules": [{"id": "q"}], "__defaults": []}
    refreshed = SCHEMA.inputs_of(state, known)
    assert refreshed == {"name": "a", "limit": 9, "roles": ["x", "y"], "rules": [{"id": "r"}], "__defaults": []}


def test_an_import_takes_everything_that_is_not_default() -> None:
    state: Values = {"name": "a", "limit": 9, "owner": "b", "roles": [], "login": False, "arn": "x", "secret": None}
    assert SCHEMA.inputs_of(state) == {"name": "a", "limit": 9, "owner": "b"}


def test_values_survive_the_wire_and_secrets_are_marked() -> None:
    values: dict[str, Any] = {"a": [1, 2.5, {"b": None}], "c": True, "d": "x", "e": UNKNOWN, "f": {}}
    struct = to_struct(values, secret={"d"})
    assert "4dabf18193072939515e22adb298388d" in struct.fields["d"].struct_value.fields
    assert from_struct(struct) == values
    assert has_unknown(values)


def test_the_role_has_the_inputs_of_the_sdk() -> None:
    assert {name for name, prop in Role.schema.properties.items() if prop.secret} == {"password", "passwordWo"}
    inputs, failures = Role.schema.check("role", {"name": "mlflow", "login": True}, {}, SEED)
    assert inputs["__defaults"] == ["connectionLimit", "encryptedPassword", "inherit", "validUntil"]
    assert failures == []


def test_all_means_every_privilege_of_the_type() -> None:
    assert same_privileges("schema", ["ALL"], ["USAGE", "CREATE"])
    assert not same_privileges("schema", ["ALL"], ["USAGE"])
    with pytest.raises(ResourceError, match="SELECT is not an allowed privilege for object type schema"):
        check_privileges("schema", ["SELECT"])
