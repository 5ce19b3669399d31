"""The text of a DolphinScheduler environment: exports, a line each, that run before a task's script."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from mlflow_client.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
EXPORT = re.compile(rf"\s*export\s+({NAME.pattern})=")
SECRET_WORDS = ("SECRET", "PASSWORD", "TOKEN")
FILE_ENDINGS = ("_FILE", "_DIR", "_PATH")


def merged(text: str, variables: Mapping[str, str], without: Collection[str] = ()) -> str:
    """A text with some variables set and others taken out; the rest of it stays as it is, and where it is."""
    left = dict(variables)
    lines: list[str] = []
    for line in text.splitlines():
        found = EXPORT.match(line)
        name = found.group(1) if found else ""
        if name in left:
            lines.append(_export(name, left.pop(name)))
        elif name not in variables and name not in without:
            lines.append(line)
    lines += [_export(name, value) for name, value in left.items()]
    return "\n".join(lines)


def variable(assignment: str) -> tuple[str, str]:
    """Reads `NAME=VALUE`.

    Raises:
        ConfigurationError: it is not of that form, or is a secret.
    """
    name, equals, value = assignment.partition("=")
    if not equals or not NAME.fullmatch(name):
        raise ConfigurationError(f"--set {assignment!r}: give NAME=VALUE, like MLFLOW_TRACKING_URI=http://mlflow:5000")
    if any(word in name.upper() for word in SECRET_WORDS) and not name.upper().endswith(FILE_ENDINGS):
        raise ConfigurationError(
            f"--set {name}: everybody who may use the environment could read it; put it into a file on the workers, "
            f"and name that ({name}_FILE, or MLFLOW_CLOUDFLARE_ACCESS_DIR)"
        )
    if "\n" in value:
        raise ConfigurationError(f"--set {name}: the value has more than one line: give one")
    return name, value


def _export(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"
