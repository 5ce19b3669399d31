"""Asks the engine about a stack, changing nothing, and keeps what a report needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from delivery import engine, verdict
from delivery.digest import kept

if TYPE_CHECKING:
    from collections.abc import Mapping


def preview(stack: str, given: Mapping[str, str]) -> dict[str, Any]:
    """What `pulumi up` would change, with what the rules say of it.

    Args:
        stack: name of the stack.
        given: environment, with credentials.

    Raises:
        DeliveryError: there is no `pulumi`, or it succeeded and printed no digest.
    """
    document, succeeded = engine.look(engine.PREVIEW, stack, given)
    # A preview that failed shows what came before the failure alone.
    return kept(document) | ({verdict.KEY: verdict.judged(document, stack)} if succeeded else {})


def refresh(stack: str, given: Mapping[str, str]) -> dict[str, Any]:
    """What is not as it was deployed; arguments and errors are those of `preview`."""
    document, _ = engine.look(engine.REFRESH, stack, given)
    return kept(document)
