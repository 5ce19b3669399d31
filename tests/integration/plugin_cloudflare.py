"""The double's API as the tests of the cloudflare plugin use it: programs, and the hand of somebody else."""

from __future__ import annotations

import base64
import json
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.cloudflare_double import CloudflareApi, cloudflare_api
from tests.integration.plugin_harness import Engine, Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST = "mlflow.254carbon.com"
TUNNEL_SECRET = base64.b64encode(b"battery-staple-tunnel-secret-0123").decode()
# As a program of the project writes it, with the SDK. The other tests do without: its import takes seconds per run.
WITH_SDK = f"""
import pulumi_cloudflare as cf
account, zone = server.accountId, server.zoneId
opts = pulumi.ResourceOptions(provider=server)
include = cf.ZeroTrustAccessPolicyIncludeArgs
group = cf.ZeroTrustAccessGroup(
    "group", account_id=account, name="staff",
    includes=[cf.ZeroTrustAccessGroupIncludeArgs(
        email_domain=cf.ZeroTrustAccessGroupIncludeEmailDomainArgs(domain="254carbon.com"))], opts=opts)
token = cf.ZeroTrustAccessServiceToken("token", account_id=account, name="ci", opts=opts)
people = cf.ZeroTrustAccessPolicy(
    "people", account_id=account, name="people", decision="allow", session_duration="8h",
    includes=[include(email=cf.ZeroTrustAccessPolicyIncludeEmailArgs(email="anna@254carbon.com")),
              include(group=cf.ZeroTrustAccessPolicyIncludeGroupArgs(id=group.id))], opts=opts)
machine = cf.ZeroTrustAccessPolicy(
    "machine", account_id=account, name="machine", decision="non_identity", session_duration="8h",
    includes=[include(service_token=cf.ZeroTrustAccessPolicyIncludeServiceTokenArgs(token_id=token.id))], opts=opts)
app = cf.ZeroTrustAccessApplication(
    "app", account_id=account, name="MLflow", type="self_hosted", domain="{HOST}", session_duration="8h",
    destinations=[cf.ZeroTrustAccessApplicationDestinationArgs(type="public", uri="{HOST}")],
    policies=[cf.ZeroTrustAccessApplicationPolicyArgs(id=people.id, precedence=1),
              cf.ZeroTrustAccessApplicationPolicyArgs(id=machine.id, precedence=2)],
    app_launcher_visible=True, http_only_cookie_attribute=True, same_site_cookie_attribute="lax",
    service_auth401_redirect=True, opts=opts)
tunnel = cf.ZeroTrustTunnelCloudflared(
    "tunnel", account_id=account, name="{HOST}", config_src="cloudflare", tunnel_secret="{TUNNEL_SECRET}", opts=opts)
access = cf.ZeroTrustTunnelCloudflaredConfigConfigIngressOriginRequestAccessArgs(
    required=True, team_name="254carbon", aud_tags=[app.aud])
ingress = cf.ZeroTrustTunnelCloudflaredConfigConfigIngressArgs
cf.ZeroTrustTunnelCloudflaredConfig(
    "config", account_id=account, tunnel_id=tunnel.id,
    config=cf.ZeroTrustTunnelCloudflaredConfigConfigArgs(ingresses=[
        ingress(hostname="{HOST}", service="http://mlflow-gateway:8080",
                origin_request=cf.ZeroTrustTunnelCloudflaredConfigConfigIngressOriginRequestArgs(access=access)),
        ingress(service="http_status:404")]), opts=opts)
cf.DnsRecord(
    "record", zone_id=zone, name="{HOST}", type="CNAME", ttl=1, proxied=True,
    content=pulumi.Output.format("{{}}.cfargotunnel.com", tunnel.id), opts=opts)
run = cf.get_zero_trust_tunnel_cloudflared_token_output(
    account_id=account, tunnel_id=tunnel.id, opts=pulumi.InvokeOutputOptions(provider=server))
pulumi.export("run", pulumi.Output.secret(run.token))
pulumi.export("secret", token.client_secret)
"""
HEADER = """
import pulumi

class Server(pulumi.ProviderResource):
    def __init__(self, name, accountId, zoneId, **arguments):
        options = pulumi.ResourceOptions(version="6.23.1")
        secret = {key: pulumi.Output.secret(value) if key == "apiToken" else value for key, value in arguments.items()}
        super().__init__("cloudflare", name, secret, options)
        self.accountId, self.zoneId = accountId, zoneId

def make(kind, name, outputs=(), options=None, /, **inputs):
    token = f"cloudflare:index/{kind[0].lower()}{kind[1:]}:{kind}"
    options = pulumi.ResourceOptions.merge(pulumi.ResourceOptions(provider=server), options)
    return pulumi.CustomResource(token, name, {**inputs, **dict.fromkeys(outputs)}, options)

"""
PROGRAM = f"""
account, zone = server.accountId, server.zoneId
token = make("ZeroTrustAccessServiceToken", "token", ["clientSecret"], accountId=account, name="ci")
people = make(
    "ZeroTrustAccessPolicy", "people", accountId=account, name="people", decision="allow", sessionDuration="8h",
    includes=[{{"email": {{"email": "anna@254carbon.com"}}}}, {{"emailDomain": {{"domain": "254carbon.org"}}}}])
machine = make(
    "ZeroTrustAccessPolicy", "machine", accountId=account, name="machine", decision="non_identity",
    sessionDuration="8h", includes=[{{"serviceToken": {{"tokenId": token.id}}}}])
app = make(
    "ZeroTrustAccessApplication", "app", ["aud"], accountId=account, name="MLflow", type="self_hosted",
    domain="{HOST}", sessionDuration="8h",
    policies=[{{"id": people.id, "precedence": 1}}, {{"id": machine.id, "precedence": 2}}])
make("DnsRecord", "record", zoneId=zone, name="{HOST}", type="A", content="192.0.2.1", ttl=1, proxied=True)
pulumi.export("secret", token.clientSecret)
"""
# Shows in a preview what becomes of the secret.
FOLLOWER = """
length = token.clientSecret.apply(lambda secret: str(len(secret)))
make("ZeroTrustTunnelCloudflared", "follower", accountId=account, name=pulumi.Output.unsecret(length))
"""


@pytest.fixture(scope="module")
def doubles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudflareApi]:
    with cloudflare_api(tmp_path_factory.mktemp("cloudflare")) as api:
        yield api


@pytest.fixture
def api(doubles: CloudflareApi) -> Iterator[CloudflareApi]:
    yield doubles
    clean(doubles)


@pytest.fixture
def project(engine: Engine, api: CloudflareApi, tmp_path: Path) -> Project:
    project = Project(engine, tmp_path, header(api))
    for variable in [name for name in project.environment if name.startswith("CLOUDFLARE")]:
        del project.environment[variable]
    return project


def header(api: CloudflareApi, **changed: object) -> str:
    arguments = {"accountId": api.account_id, "zoneId": api.zone_id, "apiToken": api.token, "baseUrl": api.base_url}
    return f"{HEADER}server = Server('server', **{arguments | changed!r})\n"


def records(api: CloudflareApi, kind: str) -> list[dict[str, Any]]:
    scope = api.zone_id if kind == "dns_records" else api.account_id
    return [record for record in api.store.all(kind, scope) if record.get("deleted_at") is None]


def record(api: CloudflareApi, kind: str, name: str) -> dict[str, Any]:
    return next(found for found in records(api, kind) if found["name"] == name)


def edited(api: CloudflareApi, kind: str, name: str, **changed: object) -> None:
    """Change an object as somebody with the dashboard would."""
    scope = api.zone_id if kind == "dns_records" else api.account_id
    api.store.replace(kind, scope, record(api, kind, name) | changed)


def removed(api: CloudflareApi, kind: str, name: str) -> None:
    scope = api.zone_id if kind == "dns_records" else api.account_id
    api.store.remove(kind, scope, record(api, kind, name)["id"])


def asked(api: CloudflareApi, method: str, path: str, **body: object) -> Any:
    """Use the API without Pulumi."""
    url, authorization = f"{api.base_url}/accounts/{api.account_id}/{path}", {"Authorization": f"Bearer {api.token}"}
    answer = httpx.request(method, url, headers=authorization, json=body or None)
    assert answer.is_success, answer.text
    return answer.json()["result"]


def clean(api: CloudflareApi) -> None:
    for kind in ("apps", "policies", "groups", "service_tokens", "tunnels", "dns_records"):
        scope = api.zone_id if kind == "dns_records" else api.account_id
        for found in api.store.all(kind, scope):
            api.store.remove(kind, scope, found["id"])


def secret_of(project: Project) -> str:
    return project.run("stack", "output", "secret", "--show-secrets").strip()


class Forgetful(BaseHTTPRequestHandler):
    """Creates what it is asked for, and fails at the first question about it."""

    made: int = 0
    broken: bool = True

    def do_POST(self) -> None:
        type(self).made += 1
        self.answer(200, {"success": True, "errors": [], "result": self.record()})

    def do_GET(self) -> None:
        if self.broken:
            error = {"code": 10001, "message": "try again later"}
            self.answer(500, {"success": False, "errors": [error], "result": None})
        else:
            self.answer(200, {"success": True, "errors": [], "result": self.record()})

    def do_PUT(self) -> None:
        self.do_GET()

    def record(self) -> dict[str, object]:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return {"id": "token", "name": "ci", "duration": "8760h", "client_id": "x.access", "client_secret": "told-once"}

    def answer(self, status: int, content: dict[str, object]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
