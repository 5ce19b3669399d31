"""Kubernetes objects as the judges get them: plain, without a secret, named as people name them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from policies import workloads
from policies.resource import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Manifest = Mapping[str, Any]
Stacks = Mapping[str, Sequence[Manifest]]
"""The objects of each stack, which are judged together: some rules are about two of them."""
_REDACTED = "redacted"
_OF_THE_SERVER = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink")
"""What the API server writes into the metadata of an object, and nobody else."""


def identity(manifest: Manifest) -> str:
    """`Kind/name`."""
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def as_applied(live: Manifest) -> Manifest:
    """A live object without its status and what the API server keeps about it."""
    metadata = {key: value for key, value in live["metadata"].items() if key not in _OF_THE_SERVER}
    return {**{key: value for key, value in live.items() if key != "status"}, "metadata": metadata}


def write(objects: Sequence[Manifest], file: Path) -> Path:
    """Write objects as documents of one YAML file, the values of Secrets replaced."""
    # JSON is YAML, but for the pairs of escapes that it would have for a character beyond the first 65536.
    documents = (json.dumps(_without_secrets(each), ensure_ascii=False, indent=1) for each in objects)
    file.write_text("\n---\n".join(documents) + "\n", encoding="utf-8")
    return file


def _without_secrets(manifest: Manifest) -> Manifest:
    if manifest["kind"] != "Secret":
        return manifest
    encoded = base64.b64encode(_REDACTED.encode()).decode()
    values = {"data": encoded, "stringData": _REDACTED}
    return {key: dict.fromkeys(value, values[key]) if key in values else value for key, value in manifest.items()}


def count(stacks: Stacks) -> int:
    """How many objects there are in all stacks."""
    return sum(map(len, stacks.values()))


def unit(stacks: Stacks) -> str:
    """What is counted, and where it is from."""
    return f"objects of {', '.join(stacks)}" if len(stacks) == 1 else f"objects of {len(stacks)} stacks"


def containers(manifest: Manifest) -> Iterator[Manifest]:
    """All containers of the pod that an object is or makes."""
    resource = Resource(urn="", type=f"kubernetes::{manifest['kind']}", inputs=manifest)
    yield from (each.fields for each in workloads.containers([resource]))
