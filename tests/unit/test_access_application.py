"""What Cloudflare is told, so that it stays as it was told."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit import engine, stack_files

if TYPE_CHECKING:
    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording

HOST = "mlflow.254carbon.com"
GROUP = "aa0a4aab-672b-4bdb-bc33-a59f1130a11f"


def application(recording: Recording) -> dict[str, Any]:
    return recording.called("access-application").inputs


def test_the_application_covers_the_host(prod: Recording) -> None:
    told = application(prod)

    assert (told["type"], told["domain"], told["name"]) == ("self_hosted", HOST, f"MLflow ({HOST})")
    assert told["destinations"] == [{"type": "public", "uri": HOST}]
    assert told["accountId"] == stack_files.ACCESS_FACTS["cloudflareAccountId"]


def test_a_session_lasts_eight_hours_everywhere(prod: Recording) -> None:
    policies = prod.of_type(":ZeroTrustAccessPolicy")

    assert application(prod)["sessionDuration"] == "8h"
    assert {policy.inputs["sessionDuration"] for policy in policies} == {"8h"}


def test_the_cookie_is_out_of_reach_for_scripts_and_survives_the_login(prod: Recording) -> None:
    assert application(prod)["httpOnlyCookieAttribute"] is True
    assert application(prod)["sameSiteCookieAttribute"] == "lax"


def test_a_program_without_a_token_gets_an_error_instead_of_a_page(prod: Recording) -> None:
    assert application(prod)["serviceAuth401Redirect"] is True


def test_what_would_drift_is_explicit(prod: Recording) -> None:
    explicit = {"appLauncherVisible", "autoRedirectToIdentity", "enableBindingCookie", "destinations"}

    assert explicit <= set(application(prod))
    assert not {"allowedIdps", "selfHostedDomains", "zoneId"} & set(application(prod))


def test_policies_are_referred_to_by_id_in_a_stable_order(prod: Recording) -> None:
    ids = ["access-people-id", *(f"access-machine-{name}-id" for name in ("ci", "datahub", "dolphinscheduler"))]

    assert application(prod)["policies"] == [{"id": id_, "precedence": n} for n, id_ in enumerate(ids, start=1)]


def test_the_order_of_the_configuration_changes_nothing(deployed: Deploy, prod: Recording) -> None:
    clients = [{"name": name} for name in ("ci", "dolphinscheduler", "datahub")]

    assert application(deployed("prod", accessClients=clients)) == application(prod)


def test_people_enter_by_address_domain_or_group(deployed: Deploy) -> None:
    recording = deployed(
        "prod",
        accessEmails=["zoe@example.com", "ann@example.com"],
        accessEmailDomains=["254carbon.com"],
        accessGroups=[GROUP],
    )
    policy = recording.called("access-people").inputs

    assert (policy["decision"], policy["name"]) == ("allow", f"{HOST} people")
    assert policy["includes"] == [
        {"email": {"email": "ann@example.com"}},
        {"email": {"email": "zoe@example.com"}},
        {"emailDomain": {"domain": "254carbon.com"}},
        {"group": {"id": GROUP}},
    ]


def test_no_policy_lets_everybody_in_or_asks_nobody(stack: Recording) -> None:
    policies = [policy.inputs for policy in stack.of_type(":ZeroTrustAccessPolicy")]

    assert [p["name"] for p in policies if p["decision"] not in {"allow", "non_identity"}] == []
    assert [p["name"] for p in policies for rule in p["includes"] if "everyone" in rule] == []


def test_each_program_has_a_token_and_a_policy_of_its_own(prod: Recording) -> None:
    policy = prod.called("access-machine-ci")
    token = prod.called("access-token-ci")

    assert (policy.inputs["decision"], policy.inputs["name"]) == ("non_identity", f"{HOST} machine ci")
    assert policy.inputs["includes"] == [{"serviceToken": {"tokenId": "access-token-ci-id"}}]
    assert token.inputs["name"] == f"{HOST} ci"
    assert token.inputs["duration"] == "8760h"
    # The provider refuses one of the two without the other.
    assert not {"clientSecretVersion", "previousClientSecretExpiresAt"} & set(token.inputs)


def test_a_rotated_secret_leaves_the_policy_and_the_other_tokens_alone(deployed: Deploy, prod: Recording) -> None:
    until = "2027-01-31T12:00:00Z"
    rotated = deployed(
        "prod",
        accessClients=[
            {"name": "ci", "secretVersion": 2, "previousSecretExpiresAt": until},
            {"name": "datahub"},
            {"name": "dolphinscheduler"},
        ],
    )
    token = rotated.called("access-token-ci").inputs
    changed = {r.name for r in rotated.custom() if r.inputs != prod.called(r.name).inputs}

    assert (token["clientSecretVersion"], token["previousClientSecretExpiresAt"]) == (2, until)
    assert changed == {"access-token-ci"}


def test_the_tokens_are_a_secret_output_by_name(prod: Recording) -> None:
    tokens = prod.exports["accessServiceTokens"]

    assert "accessServiceTokens" in prod.secret_exports
    assert set(tokens) == {"ci", "datahub", "dolphinscheduler"}
    assert tokens["ci"] == {"client_id": "access-token-ci.access", "client_secret": engine.CLIENT_SECRET}


def test_without_programs_there_are_no_tokens(deployed: Deploy) -> None:
    recording = deployed("prod", accessClients=[])

    assert recording.exports["accessServiceTokens"] == {}
    assert recording.of_type(":ZeroTrustAccessServiceToken") == []


def test_the_audience_is_an_output(prod: Recording) -> None:
    component = prod.called("access")

    assert prod.exports["audience"] == engine.AUDIENCE
    assert prod.outputs_of[component.urn] == {
        "audience": engine.AUDIENCE,
        "teamDomain": "254carbon.cloudflareaccess.com",
    }


@pytest.mark.parametrize(
    ("origin", "record_type", "content"),
    [
        ("203.0.113.7", "A", "203.0.113.7"),
        ("2001:DB8:0::7", "AAAA", "2001:db8::7"),
        ("ingress.example.net", "CNAME", "ingress.example.net"),
    ],
)
def test_the_record_leads_to_the_ingress_controller(
    deployed: Deploy, origin: str, record_type: str, content: str
) -> None:
    record = deployed("prod", accessOrigin=origin).called("access-record").inputs

    assert (record["type"], record["content"]) == (record_type, content)
    assert (record["name"], record["proxied"], record["ttl"]) == (HOST, True, 1)
    assert record["zoneId"] == stack_files.ACCESS_FACTS["cloudflareZoneId"]


def test_nobody_is_forwarded_before_there_is_an_application(prod: Recording) -> None:
    assert prod.called("access-application").urn in prod.called("access-record").dependencies


def test_the_api_is_reached_by_a_secret_token(prod: Recording) -> None:
    provider = prod.called("cloudflare")

    assert provider.plain["apiToken"] == engine.REDACTED
    assert "baseUrl" not in provider.inputs


def test_another_api_may_be_named(deployed: Deploy) -> None:
    url = "http://198.18.0.9:8090/client/v4"

    assert deployed("prod", cloudflareBaseUrl=url).called("cloudflare").inputs["baseUrl"] == url


def test_nothing_is_told_to_cloudflare_without_access(dev: Recording) -> None:
    assert [resource.name for resource in dev if "cloudflare" in resource.type.lower()] == []
    assert dev.of_type("AccessGateway") == []


def test_a_first_preview_knows_neither_audience_nor_ids(deployed: Deploy) -> None:
    preview = deployed("prod", preview=True)

    assert {policy["id"] for policy in application(preview)["policies"]} == {engine.UNKNOWN}
    assert preview.exports["audience"] is None


def test_a_stack_without_access_does_not_import_the_sdk() -> None:
    program = "import sys, stacks.platform, stacks.settings; sys.exit('pulumi_cloudflare' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], cwd=stack_files.ROOT, check=False).returncode == 0
