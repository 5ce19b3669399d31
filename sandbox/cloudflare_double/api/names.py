"""Host names and the zones that they are in."""

from __future__ import annotations

import re
from typing import Final

_MAXIMUM: Final = 253
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


def host_problem(text: str) -> str | None:
    """What is wrong with a host name."""
    if len(text) > _MAXIMUM or not all(_LABEL.fullmatch(label) for label in text.split(".")):
        return "is not a host name in lower case (the double supports no paths, ports or wildcards)"
    return None


def inside(host: str, zone: str) -> bool:
    """Whether a host name belongs to a zone."""
    return host == zone or host.endswith(f".{zone}")
