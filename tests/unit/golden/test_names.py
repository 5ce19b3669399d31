"""The names of a stack's resources are as agreed on; a list that is not says what an update would make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from tests.unit import engine
from tests.unit.golden import lists

if TYPE_CHECKING:
    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording

AGREED = ["t:Store::backend", "t:Store$t:Role::backend-role", "t:Store$t:Role$t:Grant::backend-role-grant"]


class Thing(pulumi.ComponentResource):
    pass


def store(
    name: str = "backend",
    *,
    role: str = "role",
    type_: str = "t:Store",
    store_was: pulumi.Alias | str | None = None,
    role_was: pulumi.Alias | None = None,
) -> Recording:
    """A component with a child and a grandchild."""

    def program() -> None:
        above = Thing(type_, name, None, pulumi.ResourceOptions(aliases=[store_was] if store_was else None))
        aliases = [role_was] if role_was else None
        child = Thing("t:Role", f"{name}-{role}", None, pulumi.ResourceOptions(parent=above, aliases=aliases))
        Thing("t:Grant", f"{name}-{role}-grant", None, pulumi.ResourceOptions(parent=child))

    return engine.run(program)


def told(recording: Recording) -> list[str]:
    return sorted(line.partition(":")[0] for line in lists.differences(AGREED, recording))


@pytest.mark.parametrize("name", lists.LISTS)
def test_every_resource_is_called_as_it_was_agreed_on(deployed: Deploy, name: str) -> None:
    stack, overrides = lists.LISTS[name]
    recording = deployed(stack, **overrides)
    agreed = lists.read(name)

    if lists.lines(recording) != agreed:
        told = "\n".join(lists.differences(agreed, recording)) or "the same lines, not sorted"
        pytest.fail(f"{lists.file(name)} says otherwise:\n{told}\n{lists.ADVICE}", pytrace=False)


def test_a_program_that_keeps_its_names_makes_no_difference() -> None:
    assert sorted(AGREED) == lists.lines(store())
    assert told(store()) == []


@pytest.mark.parametrize("change", [{"role": "owner"}, {"type_": "t:Database"}, {"name": "other"}], ids=str)
def test_another_name_deletes_what_had_the_old_one_and_what_is_below_it(change: dict[str, Any]) -> None:
    renamed = store(**change)
    lost = [line for line in lists.lines(store()) if line not in lists.lines(renamed)]

    assert len(lost) >= 2
    assert told(renamed) == sorted(["deleted, with the data in it"] * len(lost) + ["new"] * len(lost))


def test_an_alias_keeps_a_child_and_hands_the_name_on_to_what_is_below_it() -> None:
    renamed = store(role="owner", role_was=pulumi.Alias(name="backend-role"))

    assert told(renamed) == ["renamed by its alias"] * 2


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other", "store_was": pulumi.Alias(name="backend")},
        {"type_": "t:Database", "store_was": pulumi.Alias(type_="t:Store")},
        {"name": "other", "store_was": "urn:pulumi:stack::project::t:Store::backend"},
    ],
    ids=["name", "type", "urn"],
)
def test_a_components_alias_keeps_everything_below_it(change: dict[str, Any]) -> None:
    assert set(told(store(**change))) == {"renamed by its alias"}


def test_what_moved_is_kept_by_the_parent_that_it_had() -> None:
    def program() -> None:
        above = Thing("t:Store", "backend")
        was_below = pulumi.ResourceOptions(aliases=[pulumi.Alias(parent=above)])
        child = Thing("t:Role", "backend-role", None, was_below)
        Thing("t:Grant", "backend-role-grant", None, pulumi.ResourceOptions(parent=child))

    assert told(engine.run(program)) == ["renamed by its alias"] * 2


def test_what_came_from_the_top_is_kept_by_saying_so() -> None:
    def program() -> None:
        above = Thing("t:Store", "backend")
        from_the_top = [pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)]
        Thing("t:Role", "role", None, pulumi.ResourceOptions(parent=above, aliases=from_the_top))

    recording = engine.run(program)

    assert lists.differences(["t:Role::role", "t:Store::backend"], recording) == [
        "renamed by its alias: t:Role::role -> t:Store$t:Role::role"
    ]
