"""The cloudflare stand-in, driven by the real engine against the double's API."""

from __future__ import annotations

import base64
import json
import shutil
from typing import TYPE_CHECKING

from tests.integration.plugin_cloudflare import (
    FOLLOWER,
    HOST,
    PROGRAM,
    TUNNEL_SECRET,
    WITH_SDK,
    api,
    asked,
    doubles,
    edited,
    project,
    record,
    records,
    removed,
    secret_of,
)
from tests.integration.plugin_harness import plain

__all__ = ["api", "doubles", "project"]  # fixtures: importing them makes them known here

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cloudflare_double import CloudflareApi
    from tests.integration.plugin_harness import Project


def test_a_program_with_the_sdk_comes_to_rest_hides_its_secrets_and_leaves_nothing(
    project: Project, api: CloudflareApi
) -> None:
    project.program(WITH_SDK)
    assert "10 to create" in project.run("preview")
    project.up()
    project.settled()
    stored = {resource["urn"].rpartition("::")[2]: resource for resource in project.resources()}
    token, run = secret_of(project), project.run("stack", "output", "run", "--show-secrets").strip()
    assert json.loads(base64.b64decode(run))["t"] == stored["tunnel"]["id"]
    assert plain(stored["token"]["outputs"])["clientSecret"] == "(secret)"
    assert plain(stored["tunnel"]["outputs"])["tunnelSecret"] == "(secret)"
    exported = project.run("stack", "export")
    assert [text for text in (token, run, TUNNEL_SECRET, api.token) if text in exported] == []

    app = record(api, "apps", "MLflow")
    assert stored["app"]["outputs"]["aud"] == app["aud"]
    assert [policy["id"] for policy in app["policies"]] == [stored["people"]["id"], stored["machine"]["id"]]
    assert (app["session_duration"], app["same_site_cookie_attribute"], app["service_auth_401_redirect"]) == (
        "8h",
        "lax",
        True,
    )
    assert record(api, "policies", "people")["include"] == [
        {"email": {"email": "anna@254carbon.com"}},
        {"group": {"id": stored["group"]["id"]}},
    ]
    [configuration] = api.store.all("tunnel_configurations", api.account_id)
    guarded = configuration["config"]["ingress"][0]["originRequest"]["access"]
    assert guarded == {"required": True, "teamName": "254carbon", "audTag": [app["aud"]]}
    assert record(api, "dns_records", HOST)["content"] == f"{stored['tunnel']['id']}.cfargotunnel.com"

    project.destroy()
    assert all(records(api, kind) == [] for kind in ("apps", "policies", "groups", "service_tokens", "tunnels"))
    assert records(api, "dns_records") == []


def test_a_program_without_the_provider_never_starts_the_plugin(project: Project, tmp_path: Path) -> None:
    home, started = tmp_path / "home", tmp_path / "started"
    shutil.copytree(project.engine.home, home, symlinks=True)
    [plugin] = home.glob("plugins/*/pulumi-resource-cloudflare")
    plugin.write_text(f"#!/bin/sh\ntouch {started}\nexit 1\n")
    project.environment["PULUMI_HOME"] = str(home)
    project.header = ""
    project.program("import pulumi\npulumi.export('done', True)\n")
    project.up()
    project.settled()
    assert not started.exists()


def test_changes_are_made_in_place_and_another_account_replaces(project: Project, api: CloudflareApi) -> None:
    project.program(PROGRAM)
    project.up()
    project.settled()
    before = {resource["id"] for resource in project.resources()}
    changed = PROGRAM.replace("anna@", "ben@").replace('"8h"', '"4h"').replace("192.0.2.1", "192.0.2.2")
    changed = changed.replace('name="ci"', 'name="cd"').replace(
        'domain="mlflow', 'serviceAuth401Redirect=True, domain="tracking'
    )
    project.program(changed)
    said = project.up()
    assert "5 updated" in said
    assert "replaced" not in said
    project.settled()
    assert {resource["id"] for resource in project.resources()} == before
    assert record(api, "policies", "people")["include"][0] == {"email": {"email": "ben@254carbon.com"}}
    assert project.resource("app")["outputs"]["selfHostedDomains"] == ["tracking.254carbon.com"]
    assert record(api, "apps", "MLflow")["service_auth_401_redirect"] is True
    assert record(api, "dns_records", HOST)["content"] == "192.0.2.2"

    project.program(changed.replace("account, zone = server.accountId", f"account, zone = {'c' * 32!r}"))
    said = project.run("preview", "--diff")
    assert "4 to replace" in said
    assert "accountId" in said


def test_rules_in_another_order_are_no_change_of_a_policy(project: Project) -> None:
    project.program(PROGRAM)
    project.up()
    first, second = '{"email": {"email": "anna@254carbon.com"}}', '{"emailDomain": {"domain": "254carbon.org"}}'
    project.program(PROGRAM.replace(f"{first}, {second}", f"{second}, {first}"))
    project.run("preview", "--expect-no-changes")


def test_a_rotation_tells_the_new_secret_and_ends_the_old_one_when_asked(project: Project, api: CloudflareApi) -> None:
    project.program(PROGRAM)
    project.up()
    before = secret_of(project)
    rotating = 'name="ci", clientSecretVersion=2, previousClientSecretExpiresAt="2099-01-31T00:00:00Z"'
    project.program(PROGRAM.replace('name="ci"', rotating) + FOLLOWER)
    assert "name      : [unknown]" in project.run("preview", "--diff")
    project.program(PROGRAM.replace('name="ci"', rotating))
    project.up()
    project.settled()
    after = secret_of(project)
    [newest, previous] = record(api, "service_tokens", "ci")["secrets"]
    assert (newest["value"], previous["value"]) == (after, before)
    assert previous["expires_at"].startswith("2099-01-31")
    sooner = rotating.replace("2099", "2098")
    project.program(PROGRAM.replace('name="ci"', sooner))
    assert "1 updated" in project.up()
    assert secret_of(project) == after
    assert record(api, "service_tokens", "ci")["secrets"][1]["expires_at"].startswith("2098-01-31")
    exported = project.run("stack", "export")
    assert [text for text in (before, after) if text in exported] == []


def test_drift_is_found_by_a_refresh_and_repaired(project: Project, api: CloudflareApi) -> None:
    project.program(PROGRAM)
    project.up()
    edited(api, "policies", "people", include=[{"everyone": {}}], session_duration="24h")
    edited(api, "policies", "machine", exclude=[{"email": {"email": "anna@254carbon.com"}}])
    edited(api, "dns_records", HOST, proxied=False)
    app = record(api, "apps", "MLflow")
    edited(api, "apps", "MLflow", policies=app["policies"][:1])
    project.run("refresh", "--preview-only", "--expect-no-changes", fails=True)
    assert "4 updated" in project.drifted()
    assert "4 updated" in project.up()
    project.settled()
    people = record(api, "policies", "people")
    assert people["include"][0] == {"email": {"email": "anna@254carbon.com"}}
    assert (people["session_duration"], record(api, "policies", "machine")["exclude"]) == ("8h", [])
    assert record(api, "dns_records", HOST)["proxied"] is True
    assert len(record(api, "apps", "MLflow")["policies"]) == 2


def test_what_was_deleted_behind_our_back_is_made_again(project: Project, api: CloudflareApi) -> None:
    project.program(PROGRAM)
    project.up()
    before = project.resource("app")["outputs"]["aud"]
    removed(api, "apps", "MLflow")
    removed(api, "dns_records", HOST)
    assert "2 deleted" in project.drifted()
    assert "2 created" in project.up()
    project.settled()
    assert project.resource("app")["outputs"]["aud"] == record(api, "apps", "MLflow")["aud"] != before
    removed(api, "dns_records", HOST)  # and what is gone already is no failure at the end
    project.destroy()


def test_a_deleted_tunnel_is_gone_although_the_api_remembers_it(project: Project, api: CloudflareApi) -> None:
    project.program(
        f"""
        tunnel = make("ZeroTrustTunnelCloudflared", "tunnel", accountId=server.accountId, name="{HOST}",
                      configSrc="cloudflare")
        make("ZeroTrustTunnelCloudflaredConfig", "config", accountId=server.accountId, tunnelId=tunnel.id,
             config={{"ingresses": [{{"service": "http_status:404"}}]}})
        """
    )
    project.up()
    project.settled()
    before = project.resource("tunnel")["id"]
    asked(api, "DELETE", f"cfd_tunnel/{before}")
    assert "2 deleted" in project.drifted()
    assert "2 created" in project.up()
    project.settled()
    assert project.resource("config")["id"] == project.resource("tunnel")["id"] != before
    project.destroy()


def test_existing_objects_are_imported(project: Project, api: CloudflareApi) -> None:
    staff = {"emailDomain": {"domain": "254carbon.com"}}
    group = asked(api, "POST", "access/groups", name="staff", include=[{"email_domain": staff["emailDomain"]}])
    policy = asked(
        api, "POST", "access/policies", name="people", decision="allow", include=[{"group": {"id": group["id"]}}]
    )
    app = asked(
        api, "POST", "access/apps", name="MLflow", type="self_hosted", domain=HOST, policies=[{"id": policy["id"]}]
    )
    token = asked(api, "POST", "access/service_tokens", name="ci")
    tunnel = asked(api, "POST", "cfd_tunnel", name=HOST, config_src="cloudflare")
    config = {"ingress": [{"service": "http_status:404"}]}
    asked(api, "PUT", f"cfd_tunnel/{tunnel['id']}/configurations", config=config)
    account = api.account_id
    project.program(
        f"""
        def adopt(kind, name, identifier, /, **inputs):
            make(kind, name, (), pulumi.ResourceOptions(import_=identifier), accountId="{account}", **inputs)
        adopt("ZeroTrustAccessGroup", "group", "accounts/{account}/{group["id"]}", name="staff", includes=[{staff!r}])
        adopt("ZeroTrustAccessPolicy", "people", "{account}/{policy["id"]}", name="people", decision="allow",
              includes=[{{"group": {{"id": "{group["id"]}"}}}}])
        adopt("ZeroTrustAccessApplication", "app", "accounts/{account}/{app["id"]}", name="MLflow", type="self_hosted",
              domain="{HOST}", policies=[{{"id": "{policy["id"]}", "precedence": 1}}])
        adopt("ZeroTrustAccessServiceToken", "token", "accounts/{account}/{token["id"]}", name="ci")
        adopt("ZeroTrustTunnelCloudflared", "tunnel", "{account}/{tunnel["id"]}", name="{HOST}", configSrc="cloudflare")
        adopt("ZeroTrustTunnelCloudflaredConfig", "config", "{account}/{tunnel["id"]}", tunnelId="{tunnel["id"]}",
              config={{"ingresses": [{{"service": "http_status:404"}}]}})
        """
    )
    assert "6 imported" in project.up()
    project.settled()
    assert project.resource("app")["id"] == app["id"]
    project.program(
        'make("DnsRecord", "x", (), pulumi.ResourceOptions(import_="x"), zoneId="z", name="a", type="A", ttl=1)'
    )
    assert "invalid ID: expected <zone_id>/<id>, got 'x'" in project.up(fails=True)


def test_a_preview_says_what_it_can_and_wrong_properties_are_named(project: Project, api: CloudflareApi) -> None:
    project.program(
        PROGRAM
        + """
later = app.aud.apply(lambda aud: aud[:12])
elsewhere = Server("elsewhere", account, zone, apiToken=later, baseUrl=later)
tunnel = make("ZeroTrustTunnelCloudflared", "tunnel", accountId=later, name=later)
make("ZeroTrustTunnelCloudflaredConfig", "config", accountId=account, tunnelId=tunnel.id,
     config={"ingresses": [{"service": later}]})
"""
    )
    assert "create" in project.run("preview", "--diff")
    assert records(api, "policies") == []
    wrong = {
        'make("ZeroTrustAccessPolicy", "wrong", name="a", decision="allow")': "account_id",
        'make("ZeroTrustAccessGroup", "wrong", name="a", includes=[{"mail": {}}])': "wrong.includes[0].mail",
        'make("DnsRecord", "wrong", zoneId="z", name="a", type="B", ttl=1)': 'got "B"',
        'Server("wrong", "a", "z", apiTokn="x")': "unknown key",
    }
    for body, expected in wrong.items():
        project.program(body)
        assert expected in project.run("preview", fails=True)
