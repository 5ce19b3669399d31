"""What people do about drift, by the commands of docs/delivery.md."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.integration.stacks import Stack


def found_and_mended(of: Stack, drift: dict[str, str]) -> None:
    """A look finds the drift and changes nothing; an update puts it right, and there is nothing more to do.

    Args:
        of: the stack.
        drift: operation by the resource's name.
    """
    looked = of.run("refresh", "--preview-only", "--expect-no-changes", "--json", "--diff")
    told = changes(looked.stdout)
    assert {name: told.get(name) for name in drift} == drift
    assert looked.returncode != 0
    of.up("--refresh")
    of.succeed("preview", "--refresh", "--expect-no-changes")


def changes(printed: str) -> dict[str, str]:
    """What a refresh would change, operation by the resource's name, out of what it printed as JSON."""
    document: dict[str, Any]
    document, _ = json.JSONDecoder().raw_decode(printed[printed.index("{") :])
    steps = [(step["urn"].rpartition("::")[2], step["op"]) for step in document["steps"]]
    return {name: operation for name, operation in steps if operation not in {"refresh", "same"}}
