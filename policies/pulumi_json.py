"""Reads resources from what Pulumi writes: `pulumi preview --json`, and `pulumi stack export`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from policies.errors import InputError
from policies.resource import SECRET, Resource, mapping, sequence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_SIGNATURE = "4dabf18193072939515e22adb298388d"
"""Key of objects by which the engine tells its special values (sdk/go/common/resource/sig: `Key`)."""
_SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - tells a secret from an asset or an archive
_GOING = {"delete", "delete-replaced", "discard", "discard-replaced", "read-discard", "remove-pending-replace"}
"""Operations after which a resource is not there any more."""
_ASKING = {"refresh", "read", "read-replacement"}
"""Operations on what is there already, whoever made it."""
_PREVIEW_CURE = "pipe the whole output of `pulumi preview --json --show-sames`, or of `pulumi stack export`"


def resources_in(text: str) -> list[Resource]:
    """Read every resource that a stack will have after the update (preview), or has (export).

    Raises:
        InputError: The text is neither, or does not tell of every resource.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        what = "standard input is empty" if not text.strip() else f"standard input is no JSON: {error}"
        raise InputError(what, _PREVIEW_CURE) from error
    if not isinstance(document, dict):
        raise InputError("standard input is JSON, but not an object", _PREVIEW_CURE)
    return resources_of(document)


def resources_of(document: Mapping[str, Any]) -> list[Resource]:
    """The same of what was read already.

    Raises:
        InputError: It is neither, or does not tell of every resource.
    """
    states = list(_exported(document) if "deployment" in document else _previewed(document))
    if not states:
        raise InputError("there is no resource in it", _PREVIEW_CURE)
    # With --show-replacement-steps a resource has several steps; the last is what it will be.
    return list({resource.urn: resource for resource in map(_resource, states)}.values())


def _exported(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for state in map(mapping, sequence(mapping(document["deployment"]).get("resources"))):
        # What is marked `delete` waits for its deletion; what is external is somebody else's.
        if not state.get("delete") and not state.get("external"):
            yield state


def _previewed(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    steps = [mapping(step) for step in sequence(document.get("steps"))]
    _demand_success(document)
    _demand_all(steps, mapping(document.get("changeSummary")))
    for step in steps:
        operation = step.get("op")
        if operation in _GOING or operation in _ASKING:
            continue
        state = step.get("newState")
        if not isinstance(state, dict):
            # The engine leaves out what it cannot write down; a resource nobody saw would pass every rule.
            raise InputError(f"the preview does not tell what {step.get('urn')} will be", _PREVIEW_CURE)
        if not state.get("external"):
            yield state


def _demand_success(document: Mapping[str, Any]) -> None:
    """A preview that failed shows what came before the failure alone."""
    for diagnostic in map(mapping, sequence(document.get("diagnostics"))):
        if diagnostic.get("severity") == "error":
            message = str(diagnostic.get("message", "")).strip()
            raise InputError(f"the preview failed: {message}", "mend that, and preview again")
    if document.get("maybeCorrupt"):
        raise InputError("the preview says of itself that it may be corrupt", "preview again")


def _demand_all(steps: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> None:
    """A preview leaves out what stays as it is, unless it is told not to; rules about two resources need both."""
    shown = sum(step.get("op") == "same" for step in steps)
    same = summary.get("same", 0)
    if same > shown:
        raise InputError(
            f"the preview leaves out {same - shown} resources that stay as they are",
            "add --show-sames: pulumi preview --json --show-sames",
        )


def _resource(state: Mapping[str, Any]) -> Resource:
    return Resource(
        urn=str(state.get("urn", "")),
        type=str(state.get("type", "")),
        parent=str(state.get("parent", "")),
        protect=state.get("protect") is True,
        inputs=mapping(_without_secrets(state.get("inputs"))),
    )


def is_secret(value: object) -> bool:
    """Whether the engine marks this very value as a secret: a preview by a text, an export by an object."""
    return value == SECRET or (isinstance(value, dict) and value.get(_SIGNATURE) == _SECRET_SIGNATURE)


def _without_secrets(value: object) -> object:
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    if not isinstance(value, dict):
        return value
    if is_secret(value):
        return SECRET
    return {key: _without_secrets(item) for key, item in value.items()}
