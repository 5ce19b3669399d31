"""Ways around Cloudflare: the ingress controller's own address, and pods of the cluster."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox import rehearsal
from tests.integration import cluster

if TYPE_CHECKING:
    import httpx

ASSERTION = "Cf-Access-Jwt-Assertion"
SEARCH = "/api/2.0/mlflow/experiments/search?max_results=1"
FOREIGN_KEY = rsa.generate_private_key(65537, 2048)


def claims() -> dict[str, object]:
    now = int(time.time())
    audience = rehearsal.pulumi("stack", "output", "audience").strip()
    issuer = f"https://{rehearsal.value('accessTeamDomain')}"
    person = {"email": "ada@254carbon.com", "sub": "ada", "type": "app"}
    return {"aud": [audience], "iss": issuer, "iat": now, "nbf": now, "exp": now + 600, **person}


def test_without_a_token_nothing_is_answered(around_the_edge: httpx.Client) -> None:
    for path in (SEARCH, "/", "/health", "/metrics", "//", "/%2e%2e/metrics", "/health/..%2fmetrics"):
        assert around_the_edge.get(path).status_code in {400, 401, 404}, path


@pytest.mark.parametrize("value", ["", "garbage", "a.b.c", "Bearer a.b.c"])
def test_garbage_is_refused(value: str, around_the_edge: httpx.Client) -> None:
    assert around_the_edge.get(SEARCH, headers={ASSERTION: value}).status_code in {401, 403}


def test_an_assertion_that_somebody_else_signed_is_refused(around_the_edge: httpx.Client) -> None:
    forged = jwt.encode(claims(), FOREIGN_KEY, algorithm="RS256", headers={"kid": "foreign"})
    unsigned = jwt.encode(claims(), "", algorithm="none")
    for token in (forged, unsigned):
        assert around_the_edge.get(SEARCH, headers={ASSERTION: token}).status_code in {401, 403}
        assert around_the_edge.get(SEARCH, cookies={"CF_Authorization": token}).status_code == 401


def test_identity_headers_prove_nothing(around_the_edge: httpx.Client) -> None:
    spoofed = {"Cf-Access-Authenticated-User-Email": "ada@254carbon.com", "X-Forwarded-User": "ada"}
    assert around_the_edge.get(SEARCH, headers=spoofed).status_code == 401


def test_a_pod_of_the_namespace_reaches_the_server_neither_directly_nor_by_the_gateway() -> None:
    image = cluster.objects("deployments", selector=cluster.SERVER)[0]["spec"]["template"]["spec"]["containers"][0]
    ask = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=5)"
    with cluster.throw_away_pod(image["image"]) as run:
        for address in ("http://mlflow:5000/health", "http://mlflow-gateway:8080/"):
            done = run(["python3", "-c", ask, address])
            assert done.returncode != 0
            assert "timed out" in done.stderr or "refused" in done.stderr, done.stderr
