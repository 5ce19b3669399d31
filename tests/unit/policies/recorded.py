"""What the recording engine knows of a program, as the rules read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.resource import Resource
from tests.unit.engine import PROJECT

if TYPE_CHECKING:
    from tests.unit.engine import Recording


def resources(recording: Recording, stack: str) -> list[Resource]:
    """Everything that was registered, secrets and unknown values marked as the engine marks them."""
    return [
        Resource(
            urn=_urn(each.urn, stack),
            type=each.type,
            parent=_urn(each.parent, stack),
            protect=each.protect,
            inputs=each.plain,
        )
        for each in recording
    ]


def _urn(urn: str, stack: str) -> str:
    """Under Pulumi's mocks, every URN is of a stack called stack."""
    return urn.replace("urn:pulumi:stack::project::", f"urn:pulumi:{stack}::{PROJECT}::")
