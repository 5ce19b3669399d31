"""What a kind's drift is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Resource = Mapping[str, Any]
"""One resource as `pulumi stack export` has it; what is secret is encrypted."""
Deed = Callable[[Resource], None]
"""Done to the object behind a resource, by its own server."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How an object is changed, and how it is deleted; where there is no such thing, `why` says the reason."""

    change: Deed | None = None
    delete: Deed | None = None
    why: str = ""

    def __post_init__(self) -> None:
        if (self.change is None or self.delete is None) != bool(self.why):
            raise ValueError("a reason is given for what is not done, and for that only")
