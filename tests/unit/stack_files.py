"""Configuration as the engine would hand it over: defaults of `Pulumi.yaml`, then the stack's file, then overrides."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from stacks.config_reader import ConfigReader
from tests.unit.engine import PROJECT

ROOT = Path(__file__).resolve().parents[2]
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nnot a real one\n-----END CERTIFICATE-----\n"
SECRETS = {
    "databasePassword": "correct-horse-battery",
    "databaseAdminPassword": "staple-of-the-admin",
    "artifactAdminPassword": "root-of-all-buckets",
}
"""The secrets that every stack has to be given."""
ACCESS_SECRETS = {"cloudflareApiToken": "token-of-the-cloud"}
"""Those of a stack with single sign-on."""
EXPORTER_SECRETS = {"databaseReaderPassword": "look-and-do-not-touch"}
"""Those of a stack with an exporter."""
BACKUP_SECRETS = {"databaseBackupPassword": "copy-and-do-not-touch"}
"""Those of a stack with backups."""
BACKUP_FACTS = {
    "backupImage": "registry.example.com/mlflow-backup:1.0",
    "backupRecipients": ["age10a4f5zdgf84awdr8xfnxcx6paa6lh2jspmeqlqh5z3hphygvay5sxam4kq"],
}
"""What such a stack has to be given besides."""
DRILL: dict[str, Any] = {
    "backupDrill": True,
    "databaseDrillPassword": "break-and-mend",
    "backupIdentity": "AGE-SECRET-KEY-10UQA5M0MNFDSGK3SXQXW4SKWEJU8Q6G58KW22HZJDGTFU2FPA3TS4KDJTJ",
}
"""What a stack with backups is given for drills; nobody encrypts anything to this key."""
DATAHUB: dict[str, Any] = {
    "datahubUrl": "https://datahub.example.com/gms",
    "datahubToken": "tell-and-do-not-ask",
    "datahubPeers": [{"cidr": "10.0.0.9/32"}],
    "datahubImage": "registry.example.com/mlflow-ingestion:1.0",
}
"""What a stack is given for a DataHub."""
MOMENTS: dict[str, Any] = {
    "pointInTime": True,
    "databaseReplicationUser": "mlflow_log",
    "databaseReplicationPassword": "staple-of-the-log",
}
"""What a stack with backups is given for the log of its database."""
TUNNEL: dict[str, Any] = {"accessDelivery": "tunnel", "accessOrigin": "", "tlsSecret": ""}
"""What makes requests to a stack with single sign-on arrive by a tunnel."""
ACCESS_FACTS = {
    "cloudflareAccountId": "0a" * 16,
    "cloudflareZoneId": "0b" * 16,
    "accessOrigin": "203.0.113.7",
}
"""What the owner of the Cloudflare account adds to them."""
MONITORING_FACTS = {"runbookUrl": "https://example.com/docs/runbook.md"}
"""What a stack with alerts has to be given."""


def schema() -> dict[str, dict[str, Any]]:
    """The keys that `Pulumi.yaml` declares."""
    return _config("Pulumi.yaml")


def stack_file(stack: str) -> dict[str, Any]:
    """The keys that a stack sets, without the project's prefix; foreign keys keep theirs."""
    return {key.removeprefix(f"{PROJECT}:"): value for key, value in _config(f"Pulumi.{stack}.yaml").items()}


def values(stack: str, directory: Path, **overrides: Any) -> dict[str, str]:
    """Configuration of a stack, with the addresses and secrets that a person would add.

    Args:
        stack: `dev` or `prod`.
        directory: Where files named in the configuration are put.
        overrides: Values that replace others; None removes a key.
    """
    authority = directory / "ca.pem"
    authority.write_text(CERTIFICATE)
    own = {key: value for key, value in stack_file(stack).items() if ":" not in key}
    given = {
        "databaseAdminHost": "198.18.0.1",
        "databaseAdminUser": "administrator",
        "artifactAdminServer": "198.18.0.1:9000",
        "artifactAdminUser": "root",
        **own,
        "databaseCaFile": str(authority),
        "artifactCaFile": str(authority),
        **SECRETS,
        **(ACCESS_FACTS | ACCESS_SECRETS if own.get("access") == "true" else {}),
        **(MONITORING_FACTS if own.get("monitoring") == "true" else {}),
        **(EXPORTER_SECRETS if own.get("exporter") == "true" else {}),
        **(BACKUP_FACTS | BACKUP_SECRETS if own.get("backup") == "true" else {}),
        **overrides,
    }
    merged = {key: declared["default"] for key, declared in schema().items()} | given
    return {key: as_text(value) for key, value in merged.items() if value is not None}


def reader(stack: str, directory: Path, *, plain: frozenset[str] = frozenset(), **overrides: Any) -> ConfigReader:
    """Reader of a stack's configuration; all secrets are encrypted, except those in `plain`."""
    secret = {key for key, declared in schema().items() if declared["description"].startswith("Secret:")}
    return ConfigReader(project=PROJECT, values=values(stack, directory, **overrides), secret_keys=secret - plain)


@cache
def _config(name: str) -> dict[str, Any]:
    # Parsed once: it takes a tenth of a second, and hundreds of tests read it.
    config: dict[str, Any] = yaml.safe_load((ROOT / name).read_text())["config"]
    return config


def as_text(value: Any) -> str:
    """A value as the engine hands it over."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, list | dict) else str(value)


def the_problem(reader: ConfigReader) -> str:
    """The only thing that is wrong with what was read."""
    (only,) = map(str, reader.problems)
    return only
