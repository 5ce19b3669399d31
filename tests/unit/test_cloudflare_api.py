"""The double's API, driven by Cloudflare's own Python client: every resource's life."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from cloudflare import Cloudflare, NotFoundError

from tests.cloudflare_double import CloudflareApi, cloudflare_api

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST = "mlflow.254carbon.com"
PERSON: Any = {"email": {"email": "ada@254carbon.com"}}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[CloudflareApi]:
    with cloudflare_api(tmp_path) as served:
        yield served


@pytest.fixture
def client(api: CloudflareApi) -> Iterator[Cloudflare]:
    with Cloudflare(api_token=api.token, base_url=api.base_url, max_retries=0) as made:
        yield made


def people(client: Cloudflare, api: CloudflareApi, name: str = "people") -> str:
    made = client.zero_trust.access.policies.create(
        account_id=api.account_id, name=name, decision="allow", include=[PERSON]
    )
    assert made is not None
    assert made.id
    return made.id


def application(api: CloudflareApi, **changes: Any) -> dict[str, Any]:
    return {"account_id": api.account_id, "type": "self_hosted", "name": "MLflow", "domain": HOST} | changes


def test_an_application_is_made_with_an_audience_and_the_documented_defaults(
    client: Cloudflare, api: CloudflareApi
) -> None:
    made: Any = client.zero_trust.access.applications.create(**application(api))

    assert len(made.aud) == 64
    assert (made.domain, made.self_hosted_domains) == (HOST, [HOST])
    assert [(place.type, place.uri) for place in made.destinations] == [("public", HOST)]
    assert (made.session_duration, made.http_only_cookie_attribute, made.app_launcher_visible) == ("24h", True, True)
    read: Any = client.zero_trust.access.applications.get(made.id, account_id=api.account_id)
    assert read.to_dict() == made.to_dict()


def test_an_application_shows_its_policies_in_order_of_precedence_whatever_the_order_given(
    client: Cloudflare, api: CloudflareApi
) -> None:
    first, second = people(client, api, "first"), people(client, api, "second")
    links = [{"id": second, "precedence": 7}, {"id": first, "precedence": 3}]

    made: Any = client.zero_trust.access.applications.create(**application(api, policies=links))

    assert [(policy.id, policy.precedence, policy.name) for policy in made.policies] == [
        (first, 3, "first"),
        (second, 7, "second"),
    ]
    assert made.policies[0].decision == "allow"
    assert made.policies[0].include[0].email.email == "ada@254carbon.com"


def test_an_update_of_an_application_keeps_id_and_audience_and_resets_what_it_leaves_out(
    client: Cloudflare, api: CloudflareApi
) -> None:
    applications = client.zero_trust.access.applications
    made: Any = applications.create(**application(api, session_duration="8h", logo_url="https://254carbon.com/l.png"))

    changed: Any = applications.update(made.id, **application(api, name="renamed", same_site_cookie_attribute="lax"))

    assert (changed.id, changed.aud) == (made.id, made.aud)
    assert (changed.name, changed.same_site_cookie_attribute) == ("renamed", "lax")
    assert (changed.session_duration, changed.logo_url) == ("24h", None)


def test_an_update_without_policies_keeps_them_and_one_with_an_empty_list_takes_them_away(
    client: Cloudflare, api: CloudflareApi
) -> None:
    applications = client.zero_trust.access.applications
    made: Any = applications.create(**application(api, policies=[people(client, api)]))

    kept: Any = applications.update(made.id, **application(api))
    emptied: Any = applications.update(made.id, **application(api, policies=[]))

    assert [policy.precedence for policy in kept.policies] == [1]
    assert emptied.policies == []


def test_an_application_can_have_several_hosts(client: Cloudflare, api: CloudflareApi) -> None:
    uris = [{"type": "public", "uri": f"b.{HOST}"}, {"type": "public", "uri": HOST}]

    made: Any = client.zero_trust.access.applications.create(**application(api, destinations=uris))

    assert made.self_hosted_domains == [HOST, f"b.{HOST}"]


def test_a_deleted_application_is_not_found_and_frees_its_host(client: Cloudflare, api: CloudflareApi) -> None:
    applications = client.zero_trust.access.applications
    made: Any = applications.create(**application(api))

    applications.delete(made.id, account_id=api.account_id)

    with pytest.raises(NotFoundError, match=r"access\.api\.error\.not_found"):
        applications.get(made.id, account_id=api.account_id)
    assert applications.create(**application(api))


def test_applications_are_found_by_name_domain_and_audience(client: Cloudflare, api: CloudflareApi) -> None:
    applications = client.zero_trust.access.applications
    made: Any = applications.create(**application(api))
    applications.create(**application(api, name="other", domain="other.254carbon.com"))

    for query in ({"name": "MLflow"}, {"domain": HOST}, {"aud": made.aud}):
        found = applications.list(account_id=api.account_id, **query)
        assert [one.id for one in found] == [made.id]


def test_a_policy_is_reusable_counts_its_applications_and_can_be_edited(client: Cloudflare, api: CloudflareApi) -> None:
    policies = client.zero_trust.access.policies
    identifier = people(client, api)
    client.zero_trust.access.applications.create(**application(api, policies=[{"id": identifier, "precedence": 1}]))

    edited = policies.update(
        identifier,
        account_id=api.account_id,
        name="edited",
        decision="deny",
        include=[{"everyone": {}}],
        exclude=[{"email_domain": {"domain": "254carbon.com"}}],
        session_duration="1h30m",
    )
    read = policies.get(identifier, account_id=api.account_id)

    assert read is not None
    assert edited is not None
    assert (read.name, read.decision, read.session_duration) == ("edited", "deny", "1h30m")
    assert (read.reusable, read.app_count) == (True, 1)
    assert read.created_at == edited.created_at
    assert [policy.id for policy in policies.list(account_id=api.account_id)] == [identifier]


def test_a_policy_of_no_application_can_be_deleted(client: Cloudflare, api: CloudflareApi) -> None:
    identifier = people(client, api)

    client.zero_trust.access.policies.delete(identifier, account_id=api.account_id)

    with pytest.raises(NotFoundError):
        client.zero_trust.access.policies.get(identifier, account_id=api.account_id)


def test_a_group_lives_and_a_policy_can_name_it(client: Cloudflare, api: CloudflareApi) -> None:
    groups = client.zero_trust.access.groups
    made = groups.create(account_id=api.account_id, name="team", include=[PERSON])
    assert made is not None
    assert made.id
    groups.update(made.id, account_id=api.account_id, name="crew", include=[PERSON], require=[{"everyone": {}}])

    read = groups.get(made.id, account_id=api.account_id)
    policy = client.zero_trust.access.policies.create(
        account_id=api.account_id, name="crew", decision="allow", include=[{"group": {"id": made.id}}]
    )

    assert read is not None
    assert policy is not None
    assert read.name == "crew"
    assert [group.id for group in groups.list(account_id=api.account_id, name="crew")] == [made.id]
    assert policy.id
    client.zero_trust.access.policies.delete(policy.id, account_id=api.account_id)
    groups.delete(made.id, account_id=api.account_id)
    assert list(groups.list(account_id=api.account_id)) == []


def test_the_one_time_pin_provider_lives_and_an_application_can_name_it(client: Cloudflare, api: CloudflareApi) -> None:
    providers = client.zero_trust.identity_providers
    made: Any = providers.create(account_id=api.account_id, name="code", type="onetimepin", config={})
    providers.update(made.id, account_id=api.account_id, name="mail", type="onetimepin", config={})

    app: Any = client.zero_trust.access.applications.create(
        **application(api, allowed_idps=[made.id], auto_redirect_to_identity=True)
    )

    read: Any = providers.get(made.id, account_id=api.account_id)
    assert (read.name, app.allowed_idps) == ("mail", [made.id])
    assert [provider.id for provider in providers.list(account_id=api.account_id)] == [made.id]
    client.zero_trust.access.applications.delete(app.id, account_id=api.account_id)
    providers.delete(made.id, account_id=api.account_id)
    assert list(providers.list(account_id=api.account_id)) == []


def test_a_dns_record_lives_and_its_name_is_completed_with_the_zone(client: Cloudflare, api: CloudflareApi) -> None:
    records = client.dns.records
    made: Any = records.create(zone_id=api.zone_id, type="A", name="MLflow", content="192.0.2.1", ttl=1, proxied=True)

    assert (made.name, made.proxied, made.ttl, made.proxiable) == (HOST, True, 1, True)
    changed: Any = records.update(
        made.id, zone_id=api.zone_id, type="CNAME", name=HOST, content="Origin.example.", ttl=300
    )
    assert (changed.type, changed.content, changed.proxied) == ("CNAME", "origin.example", False)
    edited: Any = records.edit(made.id, zone_id=api.zone_id, type="CNAME", name=HOST, content="b.example", ttl=300)
    assert (edited.content, edited.ttl) == ("b.example", 300)
    assert [record.id for record in records.list(zone_id=api.zone_id, name={"exact": HOST}, type="CNAME")] == [made.id]
    assert list(records.list(zone_id=api.zone_id, type="A")) == []
    records.delete(made.id, zone_id=api.zone_id)
    with pytest.raises(NotFoundError, match="Record does not exist"):
        records.get(made.id, zone_id=api.zone_id)


def test_a_tunnel_gives_a_token_and_is_configured(client: Cloudflare, api: CloudflareApi) -> None:
    tunnels = client.zero_trust.tunnels.cloudflared
    secret = base64.b64encode(b"s" * 32).decode()
    made: Any = tunnels.create(account_id=api.account_id, name=HOST, config_src="cloudflare", tunnel_secret=secret)
    rules: Any = [
        {
            "hostname": HOST,
            "service": "http://mlflow-gateway:8080",
            "origin_request": {"access": {"required": True, "team_name": "254carbon", "aud_tag": ["a" * 64]}},
        },
        {"service": "http_status:404"},
    ]

    before = tunnels.configurations.get(made.id, account_id=api.account_id)
    tunnels.configurations.update(made.id, account_id=api.account_id, config={"ingress": rules})
    after = tunnels.configurations.get(made.id, account_id=api.account_id)

    token = tunnels.token.get(made.id, account_id=api.account_id)
    assert json.loads(base64.b64decode(token)) == {"a": api.account_id, "t": made.id, "s": secret}
    assert before is not None
    assert (before.version, before.config) == (0, None)
    assert after is not None
    assert after.version == 1
    assert after.config is not None
    assert after.config.ingress is not None
    access = after.config.ingress[0].origin_request
    assert access is not None
    assert access.access is not None
    assert (access.access.required, access.access.aud_tag) == (True, ["a" * 64])


def test_a_tunnel_can_be_renamed(client: Cloudflare, api: CloudflareApi) -> None:
    tunnels = client.zero_trust.tunnels.cloudflared
    made: Any = tunnels.create(account_id=api.account_id, name="old", config_src="cloudflare")

    changed: Any = tunnels.edit(made.id, account_id=api.account_id, name="new")

    assert (changed.name, changed.status, changed.config_src) == ("new", "inactive", "cloudflare")


def test_a_deleted_tunnel_can_be_read_but_not_used_and_its_name_is_free(client: Cloudflare, api: CloudflareApi) -> None:
    tunnels = client.zero_trust.tunnels.cloudflared
    made: Any = tunnels.create(account_id=api.account_id, name=HOST, config_src="cloudflare")
    config: Any = {"ingress": [{"service": "http_status:404"}]}
    tunnels.configurations.update(made.id, account_id=api.account_id, config=config)

    tunnels.delete(made.id, account_id=api.account_id)

    read: Any = tunnels.get(made.id, account_id=api.account_id)
    assert read.deleted_at is not None
    with pytest.raises(NotFoundError, match="Tunnel not found"):
        tunnels.token.get(made.id, account_id=api.account_id)
    with pytest.raises(NotFoundError, match="Configuration for tunnel not found"):
        tunnels.configurations.get(made.id, account_id=api.account_id)
    again: Any = tunnels.create(account_id=api.account_id, name=HOST, config_src="cloudflare")
    living = tunnels.list(account_id=api.account_id, is_deleted=False)
    assert [tunnel.id for tunnel in living] == [again.id]
    assert api.store.all("tunnel_configurations", api.account_id) == []


def test_a_token_is_told_that_it_is_active(client: Cloudflare) -> None:
    verified = client.user.tokens.verify()

    assert verified is not None
    assert verified.status == "active"


def test_lists_are_handed_out_page_by_page(client: Cloudflare, api: CloudflareApi) -> None:
    made = [people(client, api, f"policy {number}") for number in range(5)]

    walked = [policy.id for policy in client.zero_trust.access.policies.list(account_id=api.account_id, per_page=2)]

    assert walked == made
