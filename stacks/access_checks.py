"""What is wrong with a text that Cloudflare gets to see: each function answers in words, or None when nothing is."""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime
from decimal import Decimal

from stacks import checks

_ID = re.compile(r"[0-9a-f]{32}")
_GROUP = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_EMAIL = re.compile(r"[^\s@*,;<>\"]+@(?P<domain>[^@]+)")
_DURATION = re.compile(r"(\d+(\.\d+)?(ms|h|m|s))+")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_SECONDS = {"ms": Decimal("0.001"), "s": Decimal(1), "m": Decimal(60), "h": Decimal(3600)}
_SHORTEST_SESSION = 15 * 60
_LONGEST_SESSION = 730 * 3600
_SHORTEST_TOKEN = 3600
_TEAM_SUFFIX = ".cloudflareaccess.com"
_EVERYBODY = frozenset({"", "*", "everyone"})


def cloudflare_id(value: str) -> str | None:
    """Id of an account or a zone."""
    return None if _ID.fullmatch(value) else "is not 32 digits and letters from a to f"


def group_id(value: str) -> str | None:
    """Id of an Access group."""
    return _everybody(value) or (None if _GROUP.fullmatch(value) else "is not the id (a UUID) of an Access group")


def email(value: str) -> str | None:
    """Address of one person."""
    match = _EMAIL.fullmatch(value)
    known = match and domain(match["domain"]) is None
    return _everybody(value) or (None if known else "is not an e-mail address")


def email_domain(value: str) -> str | None:
    """What follows the @ in the addresses of many."""
    return _everybody(value) or domain(value)


def domain(value: str) -> str | None:
    """A name below a top-level domain."""
    if "." in value and checks.dns_name(value) is None:
        return None
    return "is not a domain such as example.com, in lower case and without @"


def team_domain(value: str) -> str | None:
    """Host name of an organisation's login page, which names the issuer of its assertions."""
    if value.endswith(_TEAM_SUFFIX) and checks.dns_label(value.removesuffix(_TEAM_SUFFIX)) is None:
        return None
    return f"is not of the form TEAM{_TEAM_SUFFIX}, without scheme"


def session_duration(value: str) -> str | None:
    """Length of a session, within what Cloudflare offers for logins."""
    length = seconds(value)
    if length is None:
        return "is not a duration such as 30m, 8h or 1h30m"
    if _SHORTEST_SESSION <= length <= _LONGEST_SESSION:
        return None
    return "is not between 15m and 730h"


def token_duration(value: str) -> str | None:
    """Life of a service token."""
    length = seconds(value)
    if value == "forever" or (length is not None and length >= _SHORTEST_TOKEN):
        return None
    return "is neither a duration of 1h at least, such as 8760h, nor forever"


def seconds(value: str) -> Decimal | None:
    """Length of a duration as Go writes it; None when it is none."""
    if not _DURATION.fullmatch(value):
        return None
    return sum((Decimal(number) * _SECONDS[unit] for number, unit in _DURATION_PART.findall(value)), Decimal(0))


def point_in_time(value: str) -> str | None:
    """Date and time with an offset (RFC 3339)."""
    try:
        known = "T" in value and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        known = False
    return None if known else "is not a time such as 2027-01-31T12:00:00Z"


def origin(value: str) -> str | None:
    """Address or host name that a DNS record can point at."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return None if "." in value and checks.dns_name(value) is None else "is neither an address nor a host name"
    return None


def api_url(value: str) -> str | None:
    """Base URL of an API: a path is welcome."""
    return checks.base_url(value, with_path=True)


def _everybody(value: str) -> str | None:
    return "would let everybody in" if value.strip().lower() in _EVERYBODY else None
