"""What Pulumi would write about resources: the document of a preview, and that of an export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from policies.resource import Resource


def state(resource: Resource, **changed: Any) -> dict[str, Any]:
    """One resource as `apitype.ResourceV3` has it."""
    fields: dict[str, Any] = {
        "urn": resource.urn,
        "custom": ":providers:" not in resource.type,
        "type": resource.type,
        "inputs": dict(resource.inputs),
        "parent": resource.parent,
        **changed,
    }
    return fields | ({"protect": True} if resource.protect else {})


def step(op: str, resource: Resource, **changed: Any) -> dict[str, Any]:
    """One step of a preview (`display.PreviewStep`)."""
    return {"op": op, "urn": resource.urn, "newState": state(resource)} | changed


def preview(steps: Sequence[dict[str, Any]], **changed: Any) -> dict[str, Any]:
    """The document of a preview (`display.PreviewDigest`) that shows every step."""
    ops = [each["op"] for each in steps]
    summary = {op: ops.count(op) for op in sorted(set(ops))}
    return {"config": {}, "steps": list(steps), "duration": 1, "changeSummary": summary} | changed


def export(states: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The document of an export (`apitype.UntypedDeployment`)."""
    return {"version": 3, "deployment": {"manifest": {}, "resources": list(states)}}
