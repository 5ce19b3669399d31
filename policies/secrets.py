"""Secrets: encrypted in the state, and in files for the processes that need them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from policies.resource import SECRET, UNKNOWN, Resource, mapping, sequence
from policies.rule import Rule, Violation
from policies.workloads import containers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SECRET_NAME = re.compile(
    r"(password|passwd|passphrase|secret|token|credentials?|api_?key|secret_?key|private_?key|service_?key|(?<!by)pass)$",
    re.IGNORECASE,
)
"""Ends of the names of properties and variables whose texts are secret."""
_PUBLIC = re.compile(r"\s*(-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\s*)*")
"""What a Secret may hold in plain text: nothing, or certificates, as a TLS Secret does beside the key."""
_UNREADABLE = ("", SECRET, UNKNOWN)
"""Of a value that is not known yet, the engine does not know whether it is secret: an export after the update does."""
_CREDENTIALS = {
    "a kubeconfig with its key": re.compile(r"\bclient-key-data\b\W+\w"),
    "a private key": re.compile(r"-----BEGIN ([A-Z]+ )*PRIVATE KEY-----"),
    "an age identity": re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    "a URL with a password": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@{}<>\"']+:[^\s/:@{}<>\"']+@[\w.-]+"),
    "an AWS access key": re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a signed token": re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"),
}


def _encrypted(resources: Sequence[Resource]) -> Iterator[Violation]:
    for resource in resources:
        for path in _plain_secrets(resource.inputs):
            yield Violation(resource, f"{path} is not marked as secret")
        if resource.kind == "Secret":
            for field in ("data", "stringData"):
                yield from _plain_entries(resource, field)


def _plain_secrets(value: object, path: str = "") -> Iterator[str]:
    """Paths of texts whose property has the name of a secret."""
    for key, item in mapping(value).items():
        inner = f"{path}.{key}" if path else key
        if isinstance(item, str) and item not in _UNREADABLE and _SECRET_NAME.search(key):
            yield inner
        yield from _plain_secrets(item, inner)
    for number, item in enumerate(sequence(value)):
        yield from _plain_secrets(item, f"{path}[{number}]")


def _plain_entries(secret: Resource, field: str) -> Iterator[Violation]:
    for key, value in mapping(secret.inputs.get(field)).items():
        # Properties with the name of a secret are found wherever they are.
        if value not in _UNREADABLE and not _PUBLIC.fullmatch(str(value)) and not _SECRET_NAME.search(key):
            yield Violation(secret, f"{field}[{key!r}] is not marked as secret")


def _no_credentials(resources: Sequence[Resource]) -> Iterator[Violation]:
    for resource in resources:
        for path, text in _texts(resource.inputs):
            for what, pattern in _CREDENTIALS.items():
                if pattern.search(text):
                    yield Violation(resource, f"{path} holds {what}")


def _texts(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    for key, item in mapping(value).items():
        yield from _texts(item, f"{path}.{key}" if path else key)
    for number, item in enumerate(sequence(value)):
        yield from _texts(item, f"{path}[{number}]")


def _as_files(resources: Sequence[Resource]) -> Iterator[Violation]:
    for container in containers(resources):
        label, resource = container.label, container.pod.resource
        for variable in map(mapping, sequence(container.fields.get("env"))):
            if _is_secret(variable):
                yield Violation(resource, f"{label}: variable {variable.get('name')} is a secret")
        for source in map(mapping, sequence(container.fields.get("envFrom"))):
            if "secretRef" in source:
                yield Violation(resource, f"{label}: envFrom makes every entry of a Secret a variable")
        for field in ("command", "args"):
            words = container.fields.get(field)
            if words == SECRET or SECRET in sequence(words):
                yield Violation(resource, f"{label}: {field} has a secret")


def _is_secret(variable: Any) -> bool:
    if "secretKeyRef" in mapping(variable.get("valueFrom")):
        return True
    value = variable.get("value")
    return value == SECRET or (bool(value) and _SECRET_NAME.search(str(variable.get("name"))) is not None)


RULES = (
    Rule(
        name="secrets-encrypted",
        description="Every password, key and token among the inputs is marked as secret, so that the state holds it "
        "encrypted and no output shows it.",
        remediation="read it with config.require_secret, or wrap it in pulumi.Output.secret; then rotate it, if the "
        "stack was ever updated with it in plain text",
        check=_encrypted,
    ),
    Rule(
        name="no-credentials-in-plain-text",
        description="No plain text among the inputs holds a private key, a signed token, or a URL with a password.",
        remediation="move it into a Secret, marked as secret, and mount that; then rotate it",
        check=_no_credentials,
    ),
    Rule(
        name="secrets-as-files",
        description="Secrets reach processes as files, never as variables or arguments, which every child process, "
        "crash report and `kubectl describe` shows.",
        remediation="mount the Secret as a volume, and name the file to the program (PGSERVICEFILE, "
        "AWS_SHARED_CREDENTIALS_FILE)",
        check=_as_files,
    ),
)
