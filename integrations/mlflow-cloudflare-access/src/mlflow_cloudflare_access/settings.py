"""The configuration: the host from the environment, the service token from there or from files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow_cloudflare_access.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

HOST = "MLFLOW_CLOUDFLARE_ACCESS_HOST"
CLIENT_ID = "MLFLOW_CLOUDFLARE_ACCESS_CLIENT_ID"
CLIENT_SECRET = "MLFLOW_CLOUDFLARE_ACCESS_CLIENT_SECRET"  # noqa: S105 - the name of a variable
FOLDER = "MLFLOW_CLOUDFLARE_ACCESS_DIR"
VARIABLES = (HOST, CLIENT_ID, f"{CLIENT_ID}_FILE", CLIENT_SECRET, f"{CLIENT_SECRET}_FILE", FOLDER)

FILES = {CLIENT_ID: "client-id", CLIENT_SECRET: "client-secret"}
"""What the two are called in the folder, and as keys of the Kubernetes Secret that is mounted there."""
READS = 5
"""How often files are read again that somebody is exchanging at that moment."""


class ConfigurationError(ValueError):
    """Names every variable that is wrong, and the cure; never a value that is secret."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))


@dataclass(frozen=True)
class ServiceToken:
    """What Cloudflare Access knows a machine by."""

    client_id: str
    client_secret: str = field(repr=False)


def origin(environment: Mapping[str, str]) -> Origin:
    """Reads where the token may go.

    Raises:
        ConfigurationError: it is not said, or is not a host.
    """
    value = environment.get(HOST, "")
    if not value:
        raise ConfigurationError(f"{HOST} is not set: give the host name of MLflow, like mlflow.example.com")
    try:
        return Origin.parse(value)
    except ValueError as error:
        raise ConfigurationError(f"{HOST}: {error}") from None


def service_token(environment: Mapping[str, str]) -> ServiceToken:
    """Reads the token, from files each time: they are small, and a rotation changes them.

    Raises:
        ConfigurationError: a part is missing, given twice, unreadable or not what a header can carry.
    """
    token = _read(environment)
    for _ in range(READS):
        # What is the same twice was there at one time: not the id of one token with the secret of the next.
        seen, token = token, _read(environment)
        if seen == token:
            break
    return token


def _read(environment: Mapping[str, str]) -> ServiceToken:
    problems: list[str] = []
    token = ServiceToken(_part(CLIENT_ID, environment, problems), _part(CLIENT_SECRET, environment, problems))
    if problems:
        raise ConfigurationError(*problems)
    return token


def _part(name: str, environment: Mapping[str, str], problems: list[str]) -> str:
    """Reads one part; empty, and one problem more, where that cannot be done."""
    try:
        source, value = _found(name, environment)
    except ConfigurationError as error:
        problems.append(str(error))
        return ""
    value = value.strip()
    if not value:
        problems.append(f"{source} is empty: put in what Cloudflare showed when the service token was made")
    elif not all("!" <= character <= "~" for character in value):
        problems.append(f"{source} has a blank or another character that no header carries: copy it again")
    return value


def _found(name: str, environment: Mapping[str, str]) -> tuple[str, str]:
    """Where a part comes from, for messages, and its text."""
    file = f"{name}_FILE"
    given = [source for source in (name, file, FOLDER) if environment.get(source)]
    if not given:
        raise ConfigurationError(f"{name} is not set: set it, {file} or {FOLDER} (a folder with {FILES[name]} in it)")
    if len(given) > 1:
        raise ConfigurationError(f"{' and '.join(given)} are set at once, and which one counts is a guess: keep one")
    source = given[0]
    if source == name:
        return source, environment[source]
    path = Path(environment[source])
    if source == FOLDER:
        path /= FILES[name]
    try:
        return f"{source} ({path})", path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        reason = "it is not a text"
    except OSError as error:
        reason = error.strerror or "an error without a name"
    raise ConfigurationError(f"{source}: {path} cannot be read ({reason}): check the path, the mount and its mode")
