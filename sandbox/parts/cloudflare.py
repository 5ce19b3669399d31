"""Cloudflare's double: its API and its edge, for the production that is rehearsed here."""

from __future__ import annotations

import hashlib
import json
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from sandbox import network, paths
from sandbox.parts.part import Surroundings, folder
from sandbox.private_files import secret, write_private
from sandbox.supervisor import client

if TYPE_CHECKING:
    from pathlib import Path

API_PORT = 8787
API_URL = f"http://{network.NODE_ADDRESS}:{API_PORT}/client/v4"
"""Plain HTTP: it never leaves the sandbox's own network."""
HTTPS_PORT = 443
ID_LENGTH = 32
ACCOUNT_ID = hashlib.sha256(b"mlflow-platform sandbox account").hexdigest()[:ID_LENGTH]


def zone_id(zone: str) -> str:
    """The id of a zone: always the same for one name."""
    return hashlib.sha256(zone.encode()).hexdigest()[:ID_LENGTH]


def api_token(secrets: Path) -> str:
    """A token with every right that the program needs."""
    return secret(secrets / "cloudflare-api-token")


def read_only_token(secrets: Path) -> str:
    """A token that may look and not touch."""
    return secret(secrets / "cloudflare-read-only-token")


def control_token(secrets: Path) -> str:
    """What opens the double's own controls: rotate the keys, advance the clock."""
    return secret(secrets / "cloudflare-control-token")


@dataclass(frozen=True, kw_only=True)
class Cloudflare:
    """The double, in front of the ingress controller."""

    zone: str
    team_domain: str
    public_host: str
    name: str = "cloudflare"

    def start(self, around: Surroundings) -> None:
        """Runs it."""
        place = folder(self.name)
        place.chmod(0o700)
        serving = around.authority.issue(
            "cloudflare-edge", common_name=self.public_host, hosts=[self.public_host, self.team_domain]
        )
        settings = place / "settings.json"
        document = {
            "state": str(folder(f"{self.name}/state")),
            "api": {"host": network.NODE_ADDRESS, "port": API_PORT},
            "edge": {
                "host": network.EDGE_ADDRESS,
                "port": HTTPS_PORT,
                "certificate": str(serving.certificate),
                "key": str(serving.key),
            },
            "origin": {
                "host": network.INGRESS_ADDRESS,
                "port": HTTPS_PORT,
                "ca_file": str(around.authority.certificate),
            },
            "account_id": ACCOUNT_ID,
            "zones": {zone_id(self.zone): self.zone},
            "team_domain": self.team_domain,
            "tokens": {
                api_token(around.secrets): ["access:write", "dns:write", "tunnel:write"],
                read_only_token(around.secrets): ["read"],
            },
            "control_token": control_token(around.secrets),
        }
        write_private(settings, json.dumps(document, indent=2))
        client.start(
            self.name,
            [sys.executable, "-P", "-m", "sandbox.cloudflare_double", "--settings", settings],
            env={"PYTHONPATH": str(paths.CLONE)},
        )

    def ready(self, around: Surroundings) -> bool:
        """Whether its API answers, if only that it wants a token."""
        del around
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{API_URL}/user/tokens/verify", timeout=3):
                return True
        except urllib.error.HTTPError as refusal:
            return refusal.code in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False
