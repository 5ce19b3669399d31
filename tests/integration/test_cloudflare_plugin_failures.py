"""What the cloudflare stand-in says and keeps when the API refuses, is down, or answers half."""

from __future__ import annotations

from http.server import HTTPServer
from threading import Thread
from typing import TYPE_CHECKING

from tests.integration.plugin_cloudflare import (
    HOST,
    PROGRAM,
    Forgetful,
    api,
    asked,
    doubles,
    header,
    project,
    record,
    secret_of,
)
from tests.integration.plugin_harness import free_port

__all__ = ["api", "doubles", "project"]  # fixtures: importing them makes them known here

if TYPE_CHECKING:
    from tests.cloudflare_double import CloudflareApi
    from tests.integration.plugin_harness import Project


def test_a_rotation_whose_answer_was_lost_does_not_pass_the_old_secret_for_the_new_one(
    project: Project, api: CloudflareApi
) -> None:
    project.program(PROGRAM)
    project.up()
    token, end = record(api, "service_tokens", "ci"), "2099-01-31T00:00:00Z"
    asked(
        api,
        "PUT",
        f"access/service_tokens/{token['id']}",
        name="ci",
        client_secret_version=2,
        previous_client_secret_expires_at=end,
    )
    rotating = f'name="ci", clientSecretVersion=2, previousClientSecretExpiresAt="{end}"'
    project.program(PROGRAM.replace('name="ci"', rotating))
    for _ in range(2):
        assert "raise client_secret_version once more" in project.up(fails=True)
    project.program(PROGRAM.replace('name="ci"', rotating.replace("=2", "=3")))
    project.up()
    assert record(api, "service_tokens", "ci")["secrets"][0]["value"] == secret_of(project)


def test_a_refusal_of_the_api_is_shown_in_its_own_words(project: Project) -> None:
    project.program(
        f"""
        make("DnsRecord", "record", zoneId=server.zoneId, name="{HOST}", type="A", content="192.0.2.1", ttl=300,
             proxied=True)
        """
    )
    said = project.up(fails=True)
    assert f"failed to create DNS record {HOST}: DNS Validation Error: ttl must be set to 1" in said
    assert "(9000)" in said


def test_an_api_that_refuses_or_is_down_is_named_with_the_cure_and_nothing_is_lost(
    project: Project, api: CloudflareApi
) -> None:
    project.program(PROGRAM)
    project.up()
    before = {resource["id"] for resource in project.resources()}
    changed = PROGRAM.replace('"8h"', '"4h"').replace("192.0.2.1", "192.0.2.2")
    gone = f"http://127.0.0.1:{free_port()}/client/v4"
    refusals: list[tuple[dict[str, object], str]] = [
        ({"apiToken": "wrong" * 8}, "Authentication error (10000) (HTTP 401"),
        ({"apiToken": api.read_only_token}, "check `api_token` of the provider and what it permits"),
        ({"baseUrl": gone}, f"could not reach the Cloudflare API at {gone}: [Errno 111] Connection refused; start"),
        ({"baseUrl": "http://api.invalid"}, "check `base_url` of the provider"),
        ({"baseUrl": api.base_url.removesuffix("/v4")}, "answered with HTTP 404 and no JSON of Cloudflare's"),
        ({"baseUrl": f"{api.base_url}/x"}, "Could not route to"),
    ]
    for arguments, expected in refusals:
        project.header = header(api, **arguments)
        project.program(changed)
        said = project.up(fails=True)
        assert expected in said
        assert api.token not in said
        if "baseUrl" in arguments:
            assert expected in project.run("refresh", "--yes", "--skip-preview", "--run-program", fails=True)
    assert {resource["id"] for resource in project.resources()} == before
    project.header = header(api)
    project.program(PROGRAM)
    project.up()
    project.settled()


def test_a_half_done_creation_keeps_what_is_told_only_once(project: Project, api: CloudflareApi) -> None:
    with HTTPServer(("127.0.0.1", 0), Forgetful) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        project.header = header(api, baseUrl=f"http://127.0.0.1:{server.server_port}")
        project.program(
            """
            token = make("ZeroTrustAccessServiceToken", "token", ["clientSecret"], accountId="a", name="ci")
            pulumi.export("secret", token.clientSecret)
            """
        )
        said = project.up(fails=True)
        assert "created, but not readable: failed to read Access service token token: try again later (10001)" in said
        assert "told-once" not in said
        Forgetful.broken = False
        project.up()
        server.shutdown()
    assert Forgetful.made == 1
    assert secret_of(project) == "told-once"
