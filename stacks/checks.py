"""What is wrong with a text: each function answers in words, or None when nothing is.

The rules are those of the systems that take the values, so that a wrong one fails here and not half-way through.
"""

from __future__ import annotations

import ipaddress
import re
from decimal import Decimal, InvalidOperation
from pathlib import Path
from urllib.parse import urlsplit

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DNS_LABEL = re.compile(_LABEL)
_DNS_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_DNS_NAME_LENGTH = 253
_LABEL_PART = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_NOT_A_LABEL = "is not letters, digits and inner hyphens, dots and underscores (63 at most)"
_HOST_HEADER = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_-]{0,62}")
_IMAGE = re.compile(r"[a-z0-9][a-zA-Z0-9._:/-]*?(?P<tag>:[\w][\w.-]{0,127})?(?P<digest>@sha256:[0-9a-f]{64})?")
_CRON_NUMBER = re.compile(r"[0-9]{1,4}")
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
_UNITS = {
    "m": Decimal("0.001"),
    "": Decimal(1),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
}
_HIGHEST_PORT = 65535
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_CRON_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)
"""Name, least and greatest number, and names from the least number on."""
_CRON_EXAMPLE = "such as '17 1 * * *' for 01:17 every day or '*/30 6-18 * * mon-fri'"


def dns_label(value: str) -> str | None:
    """Lower-case letters, digits and inner hyphens, 63 at most, such as the name of a namespace (RFC 1123)."""
    if _DNS_LABEL.fullmatch(value):
        return None
    return "is not a name of lower-case letters, digits and inner hyphens (63 at most)"


def dns_name(value: str) -> str | None:
    """DNS name in lower case, such as that of a host or of most objects in Kubernetes (RFC 1123)."""
    if len(value) <= _DNS_NAME_LENGTH and _DNS_NAME.fullmatch(value):
        return None
    return "is not a DNS name of lower-case letters, digits, hyphens and dots"


def public_host(value: str) -> str | None:
    """Host of an Ingress: a DNS name without scheme, port, path or wildcard, and not an address."""
    if not value:
        return "is empty"
    if "://" in value or "/" in value:
        return "is a URL, not a host name"
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return dns_name(value)
    return "is an address, not a host name"


def label_name(value: str) -> str | None:
    """Key of a label, with or without a prefix (Kubernetes, "Labels and Selectors")."""
    prefix, slash, name = value.rpartition("/")
    if slash and dns_name(prefix):
        return "has a key whose prefix is not a DNS name"
    return None if _LABEL_PART.fullmatch(name) else f"has a key that {_NOT_A_LABEL}"


def label_value(value: str) -> str | None:
    """Value of a label; it may be empty, which selects nothing that a person means."""
    if not value:
        return "has no value"
    return None if _LABEL_PART.fullmatch(value) else f"has a value that {_NOT_A_LABEL}"


def host_header(value: str) -> str | None:
    """One entry of the allow-list: host, or host:port, nothing that stands for many."""
    return None if _HOST_HEADER.fullmatch(value) else "is not HOST or HOST:PORT (no wildcard, no scheme)"


def server_address(value: str) -> str | None:
    """HOST:PORT, without a scheme."""
    host, _, port = value.rpartition(":")
    if host and host_header(value) is None and port.isdigit() and 0 < int(port) <= _HIGHEST_PORT:
        return None
    return "is not HOST:PORT"


def endpoint_url(value: str) -> str | None:
    """URL of an S3 server: scheme, host, maybe a port, no path."""
    return base_url(value, with_path=False)


def base_url(value: str, *, with_path: bool) -> str | None:
    """URL to which a client adds its own path and query; never a login."""
    try:
        parts = urlsplit(value)
        usable = parts.port is None or parts.port > 0
    except ValueError:
        return "has a port that is none"
    if parts.scheme not in {"http", "https"} or not parts.hostname or not usable:
        return f"is not of the form https://{'HOST/PATH' if with_path else 'HOST:PORT'}"
    unwanted_path = parts.path not in {"", "/"} and not with_path
    if unwanted_path or parts.query or parts.fragment or parts.username:
        return f"has more than scheme, {'host, port and path' if with_path else 'host and port'}"
    return None


def bucket_name(value: str) -> str | None:
    """Name of a bucket, by the rules that S3 and MinIO share."""
    if not _BUCKET.fullmatch(value) or ".." in value:
        return "is not 3 to 63 lower-case letters, digits, dots and hyphens"
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return None
    return "looks like an address"


def identifier(value: str) -> str | None:
    """Name of a PostgreSQL role or database that never needs quotes by accident of its case."""
    if not _IDENTIFIER.fullmatch(value):
        return "is not lower-case letters, digits, _ and - (63 at most, a letter first)"
    return "is reserved by PostgreSQL" if value.startswith("pg_") else None


def image(value: str) -> str | None:
    """Reference of a container image that always means the same image."""
    match = _IMAGE.fullmatch(value)
    if not value or not match:
        return "is not an image reference"
    if match["digest"]:
        return None
    if not match["tag"] or match["tag"] == ":latest":
        return "has no fixed tag and no digest"
    return None


def quantity(value: str) -> str | None:
    """A Kubernetes quantity above zero."""
    return None if amount(value) else "is not a Kubernetes quantity above 0, such as 500m or 2Gi"


def amount(value: str) -> Decimal:
    """Size of a Kubernetes quantity in its base unit: cores or bytes; 0 when it is none."""
    match = _QUANTITY.fullmatch(value)
    try:
        return Decimal(match[1]) * _UNITS[match[2] or ""] if match else Decimal(0)
    except InvalidOperation:
        return Decimal(0)


def certificate_file(value: str) -> str | None:
    """Path of a readable PEM file with a certificate."""
    path = Path(value).expanduser()
    try:
        content = path.read_text(encoding="ascii")
    except FileNotFoundError:
        return "does not exist"
    except IsADirectoryError:
        return "is a directory"
    except PermissionError:
        return "may not be read by you"
    except UnicodeDecodeError:
        return "is not a PEM file"
    return None if "-----BEGIN CERTIFICATE-----" in content else "holds no PEM certificate"


def network(value: str) -> str | None:
    """Block of addresses in CIDR notation."""
    try:
        ipaddress.ip_network(value)
    except ValueError:
        return "is not a block of addresses such as 10.0.0.5/32"
    return None


def cron_schedule(value: str) -> str | None:
    """Schedule of a CronJob: five fields of numbers, names, ranges, steps and lists (Kubernetes, "CronJob")."""
    fields = value.split()
    if len(fields) != len(_CRON_FIELDS):
        return f"is not the five fields of a cron schedule, {_CRON_EXAMPLE}"
    for field, (name, low, high, names) in zip(fields, _CRON_FIELDS, strict=True):
        wrong = [part for part in field.split(",") if not _cron_part(part.lower(), low, high, names)]
        if wrong:
            return f"has {wrong[0]!r} for the {name}, which goes from {low} to {high}; write one {_CRON_EXAMPLE}"
    return None


def _cron_part(part: str, low: int, high: int, names: tuple[str, ...]) -> bool:
    """Say whether one entry of a list is `*`, a value, or a range, each maybe with a step."""
    numbers = {name: str(low + index) for index, name in enumerate(names)}
    span, slash, step = part.partition("/")
    if slash and not (_CRON_NUMBER.fullmatch(step) and int(step)):
        return False
    if span in {"*", "?"}:
        return True
    ends = [numbers.get(end, end) for end in span.split("-", 1)]
    if not all(_CRON_NUMBER.fullmatch(end) for end in ends):
        return False
    return low <= int(ends[0]) <= int(ends[-1]) <= high
