"""The sandbox's stack configuration file: the tracked one, and over it what only this sandbox knows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from sandbox import paths
from sandbox.errors import SandboxError
from sandbox.private_files import write_private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAME = "Pulumi.dev.yaml"
TRACKED = paths.CLONE / NAME
FILE = paths.LOCAL / NAME
RECORD = paths.LOCAL / "stack-file-record.json"
HEADER = "# Made by `make up` from Pulumi.dev.yaml and the sandbox's addresses and secrets.\n"


def load(path: Path) -> dict[str, Any]:
    """A stack file's document; empty where there is none yet.

    Raises:
        SandboxError: it is not YAML, or not that of a stack.
    """
    try:
        document = yaml.safe_load(path.read_text()) if path.exists() else None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SandboxError(f"{path} is no YAML", "mend the line that is named above", str(error)) from error
    if not isinstance(document or {}, dict) or not isinstance((document or {}).get("config") or {}, dict):
        raise SandboxError(f"{path} is no stack file", "it needs `config:` with a line a key, as Pulumi.prod.yaml has")
    return document or {}


def config(path: Path) -> dict[str, Any]:
    """A stack file's configuration."""
    return load(path).get("config") or {}


def merged(
    tracked: Mapping[str, Any], generated: Mapping[str, Any], local: Mapping[str, Any], before: Mapping[str, Any]
) -> dict[str, Any]:
    """The stack's configuration: what changed in the tracked file or the sandbox since `before`, over what is there.

    So an edit of the tracked file arrives, and a value that somebody set by `pulumi config set` in the sandbox's shell
    stays.

    Args:
        tracked: the configuration of the tracked file.
        generated: the sandbox's own values, which win over the tracked ones.
        local: the configuration as it is now.
        before: the last result of tracked and generated together.
    """
    wanted = {**tracked, **generated}
    result = {key: value for key, value in local.items() if key in wanted or key not in before}
    return result | {key: value for key, value in wanted.items() if key not in result or before.get(key) != value}


def write(generated: Mapping[str, Any]) -> None:
    """Brings the sandbox's stack file up to date with the tracked one and with the sandbox's own values."""
    tracked = config(TRACKED)
    document = load(FILE)
    record = json.loads(RECORD.read_text()) if RECORD.exists() else {"tracked": {}, "generated": {}}
    before = {**record["tracked"], **record["generated"]}
    _write_document(document | {"config": merged(tracked, generated, document.get("config") or {}, before)})
    write_private(RECORD, json.dumps({"tracked": tracked, "generated": generated}))


def refresh() -> None:
    """Brings edits of the tracked stack file into the sandbox's."""
    write(json.loads(RECORD.read_text())["generated"])


def take_salt(salt: str) -> None:
    """Takes the salt of a new stack; secrets under an older one went with the old stack."""
    document = load(FILE)
    kept = {key: value for key, value in config(FILE).items() if not (isinstance(value, dict) and "secure" in value)}
    _write_document(document | {"config": kept, "encryptionsalt": salt})


def _write_document(document: Mapping[str, Any]) -> None:
    # `make env` comes by while `pulumi config set` writes: it leaves alone what is right.
    if not FILE.exists() or load(FILE) != document:
        write_private(FILE, HEADER + yaml.safe_dump(dict(document), sort_keys=True))
