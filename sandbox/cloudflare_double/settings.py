"""The double's settings: one JSON file that only its owner may read, since tokens are in it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sandbox.cloudflare_double.origin import OriginServer
from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

RIGHTS: Final = ("access:write", "dns:write", "tunnel:write", "access:revoke", "read")
_IDENTIFIER: Final = re.compile(r"[0-9a-f]{32}")
_NAME: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_MAX_PORT: Final = 65_535


@dataclass(frozen=True, kw_only=True)
class Listener:
    """Where something listens."""

    host: str
    port: int


@dataclass(frozen=True, kw_only=True)
class TlsListener(Listener):
    """Where something listens with TLS, and the files that it proves itself with."""

    certificate: Path
    key: Path


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that the double is told at its start; the rest it learns by its API."""

    state: Path
    api: Listener
    edge: TlsListener
    origin: OriginServer
    account_id: str
    zones: Mapping[str, str]
    team_domain: str
    tokens: Mapping[str, Sequence[str]]
    control_token: str


class _Reader:
    """Takes fields out of an object and collects what is wrong with them, so that all of it is told at once."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def fields(
        self, where: str, given: object, required: Sequence[str], optional: Sequence[str] = ()
    ) -> dict[str, Any]:
        """An object's fields; those that are missing or unknown become problems."""
        if not isinstance(given, dict):
            self.problems.append(f"{where or 'the file'} must be an object")
            return {}
        label = f"{where}." if where else ""
        self.problems += [f"{label}{name} is missing" for name in required if name not in given]
        self.problems += [f"{label}{name} is unknown" for name in given if name not in {*required, *optional}]
        return given

    def value(self, where: str, given: dict[str, Any], name: str, good: Callable[[Any], bool], what: str) -> Any:
        """One field's value; one that is there and not good becomes a problem."""
        value = given.get(name)
        if name in given and not good(value):
            self.problems.append(f"{f'{where}.' if where else ''}{name} must be {what}")
        return value

    def listener(self, where: str, given: dict[str, Any]) -> dict[str, Any]:
        """A host and a port."""
        host = self.value(where, given, "host", _is_text, "an address or a host name")
        port = self.value(where, given, "port", _is_port, f"a number from 1 to {_MAX_PORT}")
        return {"host": host, "port": port}

    def file(self, where: str, given: dict[str, Any], name: str) -> Path:
        """A file that is there."""
        return Path(str(self.value(where, given, name, _is_file, f"the path of a file: {given.get(name)!r} is none")))


def read_settings(path: Path) -> Settings:
    """The settings in a file.

    Raises:
        SandboxError: names everything that is wrong with the file.
    """
    reader = _Reader()
    given = reader.fields("", _document(path), _REQUIRED)
    api = reader.fields("api", given.get("api", {}), _LISTENER if "api" in given else ())
    edge = reader.fields("edge", given.get("edge", {}), (*_LISTENER, "certificate", "key") if "edge" in given else ())
    origin = reader.fields(
        "origin", given.get("origin", {}), _LISTENER if "origin" in given else (), optional=("ca_file",)
    )
    fields = {
        "state": Path(str(reader.value("", given, "state", _is_absolute, "an absolute path"))),
        "api": Listener(**reader.listener("api", api)),
        "edge": TlsListener(
            **reader.listener("edge", edge),
            certificate=reader.file("edge", edge, "certificate"),
            key=reader.file("edge", edge, "key"),
        ),
        "origin": OriginServer(
            **reader.listener("origin", origin),
            ca_file=reader.file("origin", origin, "ca_file") if origin.get("ca_file") is not None else None,
        ),
        "account_id": reader.value("", given, "account_id", _is_identifier, "32 hexadecimal digits"),
        "zones": reader.value(
            "", given, "zones", _are_zones, "an object of zone ids (32 hexadecimal digits) and names"
        ),
        "team_domain": reader.value("", given, "team_domain", _is_name, "a host name in lower case"),
        "tokens": reader.value(
            "", given, "tokens", _are_tokens, f"an object of tokens and lists of {', '.join(RIGHTS)}"
        ),
        "control_token": reader.value("", given, "control_token", _is_text, "a text"),
    }
    if reader.problems:
        listed = "\n".join(f"  {problem}" for problem in reader.problems)
        raise SandboxError(f"{path} is no settings file of the Cloudflare double:\n{listed}", "mend the file")
    return Settings(**fields)


def _document(path: Path) -> object:
    try:
        mode = path.stat().st_mode & 0o777
        text = path.read_text()
    except OSError as error:
        raise SandboxError(
            f"the settings file {path} cannot be read: {error.strerror}", "give the path of one"
        ) from None
    if mode & 0o077:
        raise SandboxError(f"{path} has tokens in it and mode {mode:o}", f"chmod 600 {path}")
    try:
        return json.loads(text)
    except ValueError as error:
        raise SandboxError(f"{path} is not JSON: {error}", "mend the file") from None


_LISTENER: Final = ("host", "port")
_REQUIRED: Final = ("state", "api", "edge", "origin", "account_id", "zones", "team_domain", "tokens", "control_token")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_port(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MAX_PORT


def _is_absolute(value: object) -> bool:
    return isinstance(value, str) and Path(value).is_absolute()


def _is_file(value: object) -> bool:
    return isinstance(value, str) and Path(value).is_file()


def _is_identifier(value: object) -> bool:
    return isinstance(value, str) and _IDENTIFIER.fullmatch(value) is not None


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _are_zones(value: object) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and all(_is_identifier(identifier) and _is_name(name) for identifier, name in value.items())
    )


def _are_tokens(value: object) -> bool:
    return isinstance(value, dict) and all(
        _is_text(token) and isinstance(rights, list) and rights and set(map(str, rights)) <= set(RIGHTS)
        for token, rights in value.items()
    )
