"""What somebody changed at Cloudflare by hand is found by a refresh and mended by the next update."""

from __future__ import annotations

import httpx
import pytest

from sandbox import rehearsal, stack
from sandbox.parts import cloudflare

ACCOUNT = f"{cloudflare.API_URL}/accounts/{cloudflare.ACCOUNT_ID}/access"


@pytest.fixture
def dashboard() -> httpx.Client:
    """A colleague with the rights to click things together."""
    token = cloudflare.api_token(stack.SECRETS)
    return httpx.Client(headers={"Authorization": f"Bearer {token}"}, trust_env=False)


def policies(dashboard: httpx.Client) -> dict[str, dict[str, object]]:
    return {each["name"]: each for each in dashboard.get(f"{ACCOUNT}/policies").json()["result"]}


def test_a_policy_that_was_opened_by_hand_is_closed_again(dashboard: httpx.Client) -> None:
    name = f"{rehearsal.value('host')} people"
    before = policies(dashboard)[name]
    opened = {
        "name": name,
        "decision": "allow",
        "session_duration": before["session_duration"],
        "include": [{"everyone": {}}],
    }
    dashboard.put(f"{ACCOUNT}/policies/{before['id']}", json=opened).raise_for_status()

    rehearsal.pulumi("up", "--yes", "--skip-preview", "--refresh")

    assert policies(dashboard)[name]["include"] == before["include"]
    rehearsal.pulumi("preview", "--expect-no-changes")
