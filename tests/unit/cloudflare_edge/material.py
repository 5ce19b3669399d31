"""What the double's tests share: the names of its world, and the certificates and keys for them."""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sandbox.cloudflare_double.keys import KeyRing
from sandbox.pki import Authority

ACCOUNT = "a" * 32
ZONE_ID = "b" * 32
ZONE = "254carbon.com"
HOST = f"mlflow.{ZONE}"
TEAM = "254carbon.cloudflareaccess.com"
START_SECONDS = 30


@cache
def _material() -> TemporaryDirectory[str]:
    """Certificates and signing keys that all tests share: to make them takes longer than most tests."""
    directory = TemporaryDirectory(prefix="cloudflare-edge-")
    made = Authority(Path(directory.name) / "pki")
    made.ensure()
    made.issue("edge", common_name="edge", hosts=[HOST, TEAM, f"other.{ZONE}", "127.0.0.1"])
    KeyRing(Path(directory.name))
    return directory


def material() -> Path:
    return Path(_material().name)


def authority() -> Authority:
    return Authority(material() / "pki")


@cache
def trust() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=authority().certificate)
