"""What somebody changed at Cloudflare by hand is found by a refresh and mended by the next update."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import rehearsal, stack
from sandbox.parts import cloudflare
from tests.assertions import HEADER
from tests.rehearsal.conftest import HOST, SEARCH, machine_headers, production
from tests.rehearsal.double import dashboard, named, team_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

APPLICATION = f"MLflow ({HOST})"


def mend() -> None:
    """What a person does about drift."""
    rehearsal.pulumi("up", "--yes", "--skip-preview", "--refresh")
    rehearsal.pulumi("preview", "--expect-no-changes")


def test_a_policy_that_was_opened_by_hand_is_closed_again() -> None:
    name = f"{HOST} people"
    before = named("policies", name)
    opened = {
        "name": name,
        "decision": "allow",
        "session_duration": before["session_duration"],
        "include": [{"everyone": {}}],
    }
    with dashboard() as api:
        api.put(f"policies/{before['id']}", json=opened).raise_for_status()
    assert "access-people" in production().fail("preview", "--refresh", "--expect-no-changes")

    mend()

    assert named("policies", name)["include"] == before["include"]


def test_an_application_that_was_deleted_by_hand_is_made_again_and_the_old_ones_assertions_are_refused(
    outside: httpx.Client, around_the_edge: httpx.Client, tokens: dict[str, dict[str, str]]
) -> None:
    before = named("apps", APPLICATION)
    headers = machine_headers(tokens["ci"])
    assert outside.get(SEARCH, headers=headers).status_code == 200
    with dashboard() as api:
        api.delete(f"apps/{before['id']}").raise_for_status()
    assert outside.get(SEARCH, headers=headers).status_code == 530

    mend()

    after = named("apps", APPLICATION)
    assert after["aud"] != before["aud"]
    outside.cookies.clear()
    assert outside.get(SEARCH, headers=headers).status_code == 200
    old = {HEADER: team_key(before["aud"]).sign()}
    assert around_the_edge.get(SEARCH, headers=old).status_code == 403


@pytest.fixture
def read_only_token() -> Iterator[None]:
    """A token of Cloudflare that may look and not touch, in the place of the stack's own."""
    rehearsal.pulumi("config", "set", "--secret", "cloudflareApiToken", stdin=cloudflare.read_only_token(stack.SECRETS))
    yield
    rehearsal.pulumi("config", "set", "--secret", "cloudflareApiToken", stdin=cloudflare.api_token(stack.SECRETS))
    rehearsal.pulumi("config", "set", "accessSessionDuration", rehearsal.value("accessSessionDuration"))
    rehearsal.pulumi("up", "--yes", "--skip-preview")
    rehearsal.pulumi("preview", "--expect-no-changes")


@pytest.mark.usefixtures("read_only_token")
def test_a_token_without_rights_ends_the_update_with_what_it_lacks_and_changes_nothing() -> None:
    before = named("apps", APPLICATION)
    rehearsal.pulumi("config", "set", "accessSessionDuration", "4h")

    said = production().fail("up", "--yes", "--skip-preview")

    assert "access-people" in said
    assert "403" in said
    assert "Traceback" not in said
    assert cloudflare.read_only_token(stack.SECRETS) not in said
    assert named("apps", APPLICATION) == before
