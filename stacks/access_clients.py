"""Reads the machine clients: the programs that enter by a service token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.access_application import MachineClientArgs
from stacks import checks
from stacks.access_checks import point_in_time, token_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stacks.config_reader import ConfigReader

_KEY = "accessClients"
_SYNTAX = "{name: ci}, with duration, secretVersion and previousSecretExpiresAt where the defaults do not fit"
_YEAR = "8760h"


def read_clients(reader: ConfigReader) -> tuple[MachineClientArgs, ...]:
    """Read the list; a wrong item is told and left out."""
    clients: dict[str, MachineClientArgs] = {}
    for number, item in enumerate(reader.structure(_KEY, list, "no service token could be made"), start=1):
        problems = list(_wrong_with(item))
        if isinstance(item, dict) and item.get("name") in clients:
            problems.append(f"has the name {item['name']!r} like one before")
        for what in problems:
            reader.report(_KEY, f"item {number} {what}", "its program could not enter", f"write it as {_SYNTAX}")
        if not problems:
            client = _client(item)
            clients[client.name] = client
    return tuple(clients.values())


def _wrong_with(item: Any) -> Iterator[str]:
    if not isinstance(item, dict):
        yield "is not a mapping"
        return
    for field in sorted(set(item) - {"name", "duration", "secretVersion", "previousSecretExpiresAt"}):
        yield f"has the unknown field {field!r}"
    name = item.get("name", "")
    what = checks.dns_label(name) if isinstance(name, str) else "is not a text"
    if what:
        yield f"has the name {name!r}, which {what}"
    duration = str(item.get("duration", _YEAR))
    what = token_duration(duration)
    if what:
        yield f"has the duration {duration!r}, which {what}"
    yield from _wrong_with_rotation(item.get("secretVersion", 1), item.get("previousSecretExpiresAt"))


def _wrong_with_rotation(version: object, expires: object) -> Iterator[str]:
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        yield f"has the secretVersion {version!r}, which is not a whole number from 1"
    if expires is None:
        if isinstance(version, int) and version > 1:
            yield f"has secretVersion {version}, but no previousSecretExpiresAt: how long is the old one good"
        return
    what = point_in_time(str(expires))
    if what:
        yield f"has the previousSecretExpiresAt {expires!r}, which {what}"
    if version == 1:
        yield "has previousSecretExpiresAt, but with secretVersion 1 there is no previous secret"


def _client(item: dict[str, Any]) -> MachineClientArgs:
    return MachineClientArgs(
        name=item["name"],
        duration=str(item.get("duration", _YEAR)),
        secret_version=item.get("secretVersion", 1),
        previous_secret_expires_at=item.get("previousSecretExpiresAt"),
    )
