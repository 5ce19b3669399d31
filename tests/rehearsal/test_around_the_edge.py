"""Ways around Cloudflare: the ingress controller's own address, and pods of the cluster."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

import pytest

from sandbox import network, stack
from tests.assertions import HEADER, PERSON
from tests.attacks import ATTACKS, FORGED, METRICS_PATHS, RAW_REQUESTS, VERIFIED
from tests.integration import cluster
from tests.rehearsal.audit import audited
from tests.rehearsal.conftest import HOST, SEARCH, audience_of_the_application
from tests.rehearsal.double import team_key

if TYPE_CHECKING:
    import httpx

    from tests.assertions import Signer

PATIENCE = 30.0
# The team publishes what its key is for, so that the signature of another algorithm is not even looked at.
HERE = {**ATTACKS, "RS512": ATTACKS["RS512"]._replace(status=401, reason="doesn't_have_key")}
LOOKED_AT = VERIFIED - {"RS512"}
# The ingress controller answers the first itself, and sends the others on as requests that nothing is wrong with.
MENDED = {"no path", "HTTP/1.0", "a length and chunks"}


@pytest.fixture(scope="module")
def team() -> Signer:
    """The team's own key: an attack is refused for what is wrong with it and for nothing else."""
    return team_key(audience_of_the_application())


@pytest.fixture(scope="module")
def stranger(team: Signer) -> Signer:
    return team.with_another_key()


def raw(head: str) -> tuple[int, bytes]:
    """Sends bytes to the ingress controller that no client library would; status and body of the answer."""
    context = ssl.create_default_context(cafile=str(stack.CA_FILE))
    with (
        socket.create_connection((network.INGRESS_ADDRESS, 443), timeout=PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname=HOST) as connection,
    ):
        connection.sendall(head.encode("latin-1"))
        answer = connection.makefile("rb")
        status = int(answer.readline().split()[1])
        length = 0
        while line := answer.readline().strip():
            name, _, value = line.lower().partition(b":")
            length = int(value) if name == b"content-length" else length
        return status, answer.read(length)


def test_a_valid_assertion_passes_so_that_what_follows_is_refused_for_its_fault(
    around_the_edge: httpx.Client, team: Signer
) -> None:
    answer = around_the_edge.get(SEARCH, headers={HEADER: team.sign()})

    assert answer.status_code == 200
    assert audited(answer.headers["x-request-id"])["who"] == PERSON


@pytest.mark.parametrize("attack", HERE)
def test_an_assertion_that_is_not_valid_gets_nowhere(
    attack: str, around_the_edge: httpx.Client, team: Signer, stranger: Signer
) -> None:
    tried = HERE[attack]
    token = tried.token(team, stranger)

    answer = around_the_edge.get(SEARCH, headers={HEADER: token} if token else {})

    assert answer.status_code == tried.status
    logged = audited(answer.headers["x-request-id"])
    assert tried.reason in logged["reason"]
    assert (logged["verdict"], logged.get("upstream")) == ("refused", None)
    assert logged.get("who", "") == (PERSON if attack in LOOKED_AT else "")


@pytest.mark.parametrize("order", ["good first", "good last"])
def test_a_repeated_header_is_refused(
    order: str, around_the_edge: httpx.Client, team: Signer, stranger: Signer
) -> None:
    values = [team.sign(), stranger.sign()]
    headers = [(HEADER, value) for value in (reversed(values) if order == "good last" else values)]

    assert around_the_edge.get(SEARCH, headers=headers).status_code == 403


def test_an_oversized_assertion_is_refused(around_the_edge: httpx.Client) -> None:
    assert around_the_edge.get(SEARCH, headers={HEADER: f"a.{'b' * 40_000}.c"}).status_code == 431


def test_the_header_counts_in_any_case(around_the_edge: httpx.Client, team: Signer, stranger: Signer) -> None:
    for name in (HEADER.upper(), HEADER.lower()):
        assert around_the_edge.get(SEARCH, headers={name: team.sign()}).status_code == 200
        assert around_the_edge.get(SEARCH, headers={name: stranger.sign()}).status_code == 401


def test_a_valid_token_anywhere_else_is_none(around_the_edge: httpx.Client, team: Signer) -> None:
    token = team.sign()

    assert around_the_edge.get(SEARCH, cookies={"CF_Authorization": token}).status_code == 401
    assert around_the_edge.get(SEARCH, headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert around_the_edge.get(f"{SEARCH}&jwt={token}").status_code == 401


def test_identity_headers_prove_nothing(around_the_edge: httpx.Client, team: Signer) -> None:
    spoofed = {"Cf-Access-Authenticated-User-Email": FORGED, "X-Forwarded-User": FORGED, "Remote-User": FORGED}

    assert around_the_edge.get(SEARCH, headers=spoofed).status_code == 401
    answer = around_the_edge.get(SEARCH, headers={**spoofed, HEADER: team.sign()})
    assert audited(answer.headers["x-request-id"])["who"] == PERSON


@pytest.mark.parametrize("path", ["/", "/health", "/version", "/metrics", "//", "/static-files/x", "/ready", "/keys"])
def test_no_path_is_open_to_strangers(path: str, around_the_edge: httpx.Client) -> None:
    assert around_the_edge.get(path).status_code == 401


@pytest.mark.parametrize("path", METRICS_PATHS)
def test_the_servers_metrics_are_not_for_the_outside(path: str, team: Signer) -> None:
    status, body = raw(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n{HEADER}: {team.sign()}\r\n\r\n")

    assert status in {400, 404}
    assert b"mlflow_http_request" not in body


@pytest.mark.parametrize("request_name", sorted(RAW_REQUESTS.keys() - MENDED))
def test_what_no_browser_or_client_sends_is_refused(request_name: str, team: Signer) -> None:
    # The ingress controller refuses some of it before the gateway would, with a number of its own.
    status, _ = raw(RAW_REQUESTS[request_name].head(HOST, team.sign()))

    assert 400 <= status < 500


def test_a_pod_of_the_namespace_reaches_the_server_neither_directly_nor_by_the_gateway() -> None:
    image = cluster.objects("deployments", selector=cluster.SERVER)[0]["spec"]["template"]["spec"]["containers"][0]
    ask = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=5)"
    with cluster.throw_away_pod(image["image"]) as run:
        for address in ("http://mlflow:5000/health", "http://mlflow-gateway:8080/"):
            done = run(["python3", "-c", ask, address])
            assert done.returncode != 0
            assert "timed out" in done.stderr or "refused" in done.stderr, done.stderr
