"""What a test does to Cloudflare's double: by its API like a colleague, and by its controls like nobody else."""

from __future__ import annotations

import json
from typing import Any

import httpx

from sandbox import network, rehearsal, stack
from sandbox.cloudflare_double.keys import SigningKey
from sandbox.parts import cloudflare
from sandbox.parts.part import folder
from tests.assertions import Signer

ACCOUNT = f"{cloudflare.API_URL}/accounts/{cloudflare.ACCOUNT_ID}/access"
CONTROLS = f"http://{network.NODE_ADDRESS}:{cloudflare.API_PORT}/control"


def dashboard() -> httpx.Client:
    """A colleague with the rights to click things together."""
    return _client(ACCOUNT, cloudflare.api_token(stack.SECRETS))


def named(kind: str, name: str) -> dict[str, Any]:
    """The one thing of a kind (`apps`, `policies`, ...) with this name."""
    with dashboard() as api:
        (found,) = [each for each in api.get(kind).raise_for_status().json()["result"] if each["name"] == name]
    return dict(found)


def control(path: str, **body: Any) -> None:
    """Rotates the keys (`keys/rotate`), takes them away (`keys/outage`), puts the clock forward (`clock`)."""
    with _client(CONTROLS, cloudflare.control_token(stack.SECRETS)) as controls:
        controls.post(path, json=body).raise_for_status()


def team_key(audience: str) -> Signer:
    """The key that the team signs with at this moment, in the hands of an attacker who has nothing else to try."""
    stored = json.loads((folder("cloudflare/state") / "signing-keys.json").read_text())[-1]
    key = SigningKey.read(stored)
    issuer = f"https://{rehearsal.value('accessTeamDomain')}"
    return Signer(kid=key.identifier, private=key.private, audience=audience, issuer=issuer)


def _client(base: str, token: str) -> httpx.Client:
    return httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=30)
