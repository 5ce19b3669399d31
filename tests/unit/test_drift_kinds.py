"""No kind of resource is without its drift: all that the program may make is changed or deleted by hand in a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.drift import cloudflare as at_cloudflare
from tests.drift import kinds, kubernetes
from tests.drift.kind import Kind
from tests.unit.golden.lists import LISTS

if TYPE_CHECKING:
    from tests.unit.conftest import Deploy


@pytest.mark.parametrize("name", LISTS)
def test_every_kind_that_a_stack_can_have_has_a_drift(deployed: Deploy, name: str) -> None:
    stack, overrides = LISTS[name]
    without = []
    for type_ in sorted({resource.type for resource in deployed(stack, **overrides).custom()}):
        try:
            known = kinds.kind(type_)
        except KeyError:
            without.append(type_)
        else:
            assert known.change or known.delete, f"{type_} can neither be changed nor deleted: {known.why}"

    assert without == [], "tests/drift says what somebody may do to each kind by hand, and does not know these"


def test_no_kind_is_kept_that_no_stack_can_have(deployed: Deploy) -> None:
    made = {resource.type for stack, overrides in LISTS.values() for resource in deployed(stack, **overrides)}

    assert set(kinds.KINDS) - made == set()


def test_what_is_left_out_has_a_reason_and_what_is_not_has_none() -> None:
    with pytest.raises(ValueError, match="a reason is given for what is not done"):
        Kind(change=lambda _: None)
    with pytest.raises(ValueError, match="a reason is given for what is not done"):
        Kind(change=lambda _: None, delete=lambda _: None, why="both are done")


@pytest.mark.parametrize("name", LISTS)
def test_every_change_of_a_kubernetes_object_is_one_of_what_the_program_has_set(
    deployed: Deploy, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the program has not set belongs to others, and no refresh compares it."""
    stack, overrides = LISTS[name]
    patches: list[tuple[Any, Any]] = []
    monkeypatch.setattr(kubernetes, "_patch", lambda resource, patch: patches.append((resource["inputs"], patch)))
    for resource in deployed(stack, **overrides).custom():
        if resource.type.startswith("kubernetes:"):
            change = kinds.kind(resource.type).change
            assert change
            change({"type": resource.type, "inputs": resource.inputs})

    assert patches
    assert [patch for inputs, patch in patches if not differs(inputs, patch)] == []


def differs(inputs: Any, patch: Any) -> bool:
    """Whether each leaf of a patch is set in the inputs, to something else."""
    if isinstance(patch, dict):
        return isinstance(inputs, dict) and all(key in inputs and differs(inputs[key], patch[key]) for key in patch)
    return bool(inputs != patch)


def test_every_change_at_cloudflare_is_one_of_what_the_plugin_compares(
    deployed: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack, overrides = LISTS["prod-with-every-option"]
    written: list[dict[str, Any]] = []

    def update(_served: object, _api: object, _identifier: str, _old: object, new: dict[str, Any]) -> None:
        written.append(new)

    monkeypatch.setattr(at_cloudflare, "client", lambda: None)
    for resource in deployed(stack, **overrides).custom():
        if resource.type in at_cloudflare.KINDS:
            served = at_cloudflare.PROVIDER.resources[resource.type]
            monkeypatch.setattr(type(served), "update", update)
            change = kinds.kind(resource.type).change
            assert change
            change({"type": resource.type, "id": "0a" * 16, "inputs": resource.inputs})

            assert served.schema.diff(written.pop(), resource.inputs), resource.name
