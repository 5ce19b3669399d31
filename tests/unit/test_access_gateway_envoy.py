"""The gateway's configuration in a real Envoy: what passes, what is refused, and what is written down."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import time
from typing import TYPE_CHECKING

import jwt
import pytest

from components.access_gateway import envoy
from tests.unit import gateway_surroundings as surroundings
from tests.unit.gateway_surroundings import AUDIENCE, HEADER, HOST, TEAM_DOMAIN, Gateway, SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.unit.gateway_surroundings import Authority, Echo, TeamDomain

LIMIT = 1 << 20
FORGED = "root@254carbon.com"


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return SigningKey("current")


@pytest.fixture(scope="module")
def stranger() -> SigningKey:
    return SigningKey("current")


@pytest.fixture(scope="module")
def authority() -> Authority:
    return surroundings.Authority()


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    server = surroundings.Echo()
    yield server
    server.close()


@pytest.fixture
def team(key: SigningKey, authority: Authority, tmp_path: Path) -> Iterator[TeamDomain]:
    """A team domain that the test may disturb."""
    server = surroundings.TeamDomain([key.jwk()], authority.server_context(TEAM_DOMAIN, tmp_path))
    yield server
    server.close()


@pytest.fixture(scope="module")
def quiet_team(key: SigningKey, authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TeamDomain]:
    context = authority.server_context(TEAM_DOMAIN, tmp_path_factory.mktemp("team"))
    # Without `alg`, the key itself would accept RS512 too.
    server = surroundings.TeamDomain([key.jwk(algorithm=None)], context)
    yield server
    server.close()


@pytest.fixture(scope="module")
def gateway(
    quiet_team: TeamDomain, echo: Echo, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    settings = surroundings.settings(quiet_team.endpoint, echo.endpoint, authority.pem, max_body_bytes=LIMIT)
    running = Gateway(settings, tmp_path_factory.mktemp("gateway"))
    try:
        yield running.started()
    finally:
        running.close()


@pytest.fixture
def another(team: TeamDomain, echo: Echo, authority: Authority, tmp_path: Path) -> Iterator[Callable[..., Gateway]]:
    """Start gateways with other keys, limits or surroundings."""
    started: list[Gateway] = []

    def start(
        *, trusted: str | None = authority.pem, upstream: envoy.Endpoint | None = None, **differences: object
    ) -> Gateway:
        settings = surroundings.settings(team.endpoint, upstream or echo.endpoint, trusted, **differences)
        directory = tmp_path / str(len(started))
        directory.mkdir()
        started.append(Gateway(settings, directory))
        return started[-1]

    yield start
    for running in started:
        running.close()


def soon() -> int:
    return int(time.time()) + 600


def ago() -> int:
    return int(time.time()) - 60


ATTACKS: dict[str, tuple[Callable[[SigningKey, SigningKey], str | None], int, str]] = {
    "no token": (lambda _key, _other: None, 401, "Jwt_is_missing"),
    "garbage": (lambda _key, _other: "garbage", 403, "not_exactly_one_token"),
    "garbage in three parts": (lambda _key, _other: "a.b.c", 401, "jwt_authn"),
    "alg none": (lambda key, _other: surroundings.unsigned(key.sign()), 403, "not_exactly_one_token"),
    "alg none with a signature": (
        lambda key, _other: surroundings.unsigned(key.sign()) + key.sign().split(".")[2],
        401,
        "jwt_authn",
    ),
    "HS256 with the public key": (
        lambda key, _other: surroundings.signed_with_the_public_key(key, key.sign()),
        401,
        "jwt_authn",
    ),
    "RS512": (lambda key, _other: key.sign(algorithm="RS512"), 403, "rbac"),
    "another key under the same id": (lambda _key, other: other.sign(), 401, "Jwt_verification_fails"),
    "unknown key id": (lambda key, _other: key.sign(kid="unknown"), 401, "doesn't_have_key"),
    "wrong audience": (lambda key, _other: key.sign(aud=["another"]), 403, "Audiences"),
    "no audience": (lambda key, _other: key.sign(aud=None), 403, "Audiences"),
    "wrong issuer": (lambda key, _other: key.sign(iss=f"https://evil.{TEAM_DOMAIN}"), 401, "issuer"),
    "issuer with a slash": (lambda key, _other: key.sign(iss=f"https://{TEAM_DOMAIN}/"), 401, "issuer"),
    "no issuer": (lambda key, _other: key.sign(iss=None), 401, "issuer"),
    "expired": (lambda key, _other: key.sign(exp=ago()), 401, "expired"),
    "not yet valid": (lambda key, _other: key.sign(nbf=soon()), 401, "not_yet_valid"),
    "no expiry": (lambda key, _other: key.sign(exp=None), 401, "jwt_authn"),
    "not for an application": (lambda key, _other: key.sign(type="org"), 403, "rbac"),
    "without a type": (lambda key, _other: key.sign(type=None), 403, "rbac"),
    "of nobody": (lambda key, _other: key.sign(email=None), 403, "rbac"),
    "of an empty name": (lambda key, _other: key.sign(email=""), 403, "rbac"),
    "two tokens in one header": (lambda key, _other: f"{key.sign()},{key.sign()}", 403, "not_exactly_one_token"),
    "with a scheme": (lambda key, _other: f"Bearer {key.sign()}", 403, "not_exactly_one_token"),
    "changed claims": (lambda key, _other: changed(key.sign()), 401, "Jwt_verification_fails"),
}

VERIFIED = {"RS512", "not for an application", "without a type"}
"""Attacks whose signature is the team's."""


def changed(token: str) -> str:
    head, _, signature = token.split(".")
    claims = jwt.decode(token, options={"verify_signature": False}) | {"email": FORGED}
    return ".".join([head, surroundings.part(claims), signature])


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_assertion_that_is_not_valid_gets_nowhere(
    gateway: Gateway, echo: Echo, key: SigningKey, stranger: SigningKey, attack: str
) -> None:
    token, status, reason = ATTACKS[attack]
    path = f"/{attack.replace(' ', '-')}"

    answer = gateway.get(path, token(key, stranger))

    assert answer.status == status
    assert path not in echo.seen
    logged = gateway.log(answer.headers["x-request-id"])
    assert reason in logged["reason"]
    assert (logged["verdict"], logged["level"], logged["status"]) == ("refused", "warning", status)
    assert logged["who"] == ("ada@254carbon.com" if attack in VERIFIED else "")


@pytest.mark.parametrize("order", ["good first", "good last", "both good"])
def test_a_repeated_header_is_refused_whatever_is_in_it(
    gateway: Gateway, key: SigningKey, stranger: SigningKey, order: str
) -> None:
    other = key if order == "both good" else stranger
    values = [key.sign(), other.sign()]

    answer = gateway.get(headers=[(HEADER, value) for value in (reversed(values) if "last" in order else values)])

    assert answer.status == 403
    assert "not_exactly_one_token" in gateway.log(answer.headers["x-request-id"])["reason"]


def test_an_oversized_assertion_is_refused_before_it_is_looked_at(gateway: Gateway) -> None:
    assert gateway.get(token=f"a.{'b' * 40_000}.c").status == 431


def test_the_header_counts_in_any_case(gateway: Gateway, key: SigningKey, stranger: SigningKey) -> None:
    assert gateway.get(headers=[(HEADER.upper(), key.sign())]).status == 200
    assert gateway.get(headers=[(HEADER.upper(), stranger.sign())]).status == 401


@pytest.mark.parametrize("place", ["Authorization", "Cookie", "query"])
def test_a_valid_token_anywhere_else_is_none(gateway: Gateway, key: SigningKey, place: str) -> None:
    token = key.sign()
    headers = {"Authorization": f"Bearer {token}", "Cookie": f"CF_Authorization={token}", "query": ""}
    query = f"?access_token={token}&jwt={token}" if place == "query" else ""

    answer = gateway.get(f"/{query}", headers=[(place, headers[place])] if headers[place] else ())

    assert answer.status == 401
    assert token not in gateway.log_text()


def test_a_person_gets_through_with_the_verified_address(gateway: Gateway, key: SigningKey) -> None:
    answer = gateway.get("/ajax-api/2.0/mlflow/experiments/search?max_results=1", key.sign())

    assert answer.seen["path"] == "/ajax-api/2.0/mlflow/experiments/search?max_results=1"
    assert answer.sent("Cf-Access-Authenticated-User-Email") == ["ada@254carbon.com"]
    assert answer.sent("Cf-Access-Service-Token") == []
    assert answer.sent("Host") == [HOST]


def test_a_machine_gets_through_with_the_name_of_its_token(gateway: Gateway, key: SigningKey) -> None:
    answer = gateway.get(token=key.sign(email=None, sub="", common_name="ci.access"))

    assert answer.sent("Cf-Access-Service-Token") == ["ci.access"]
    assert answer.sent("Cf-Access-Authenticated-User-Email") == []
    assert gateway.log(answer.headers["x-request-id"])["who"] == "ci.access"


def test_one_of_several_audiences_is_enough(gateway: Gateway, key: SigningKey) -> None:
    assert gateway.get(token=key.sign(aud=["another", AUDIENCE])).status == 200


@pytest.mark.parametrize(
    "name",
    [
        "Cf-Access-Authenticated-User-Email",
        "CF-ACCESS-AUTHENTICATED-USER-EMAIL",
        "Cf-Access-Service-Token",
        "Cf-Access-Client-Id",
        "Cf-Access-Client-Secret",
        "X-Forwarded-Email",
        "X-Forwarded-User",
        "X-Auth-Request-Email",
        "X-Auth-Request-User",
        "X-AUTH-REQUEST-GROUPS",
        "Remote-User",
        "X-Remote-User",
        "X-Real-Ip",
        "X-Envoy-Max-Retries",
        "X-Request-Id",
    ],
)
def test_an_identity_that_the_client_claims_is_dropped(gateway: Gateway, key: SigningKey, name: str) -> None:
    answer = gateway.get(token=key.sign(), headers=[(name, FORGED), (name, FORGED)])

    assert FORGED not in answer.text
    assert answer.sent("Cf-Access-Authenticated-User-Email") == ["ada@254carbon.com"]


def test_a_header_that_reads_like_another_one_is_refused(gateway: Gateway, key: SigningKey) -> None:
    assert gateway.get(token=key.sign(), headers=[("cf_access_authenticated_user_email", FORGED)]).status == 400


def test_a_claimed_identity_does_not_survive_on_a_machines_request(gateway: Gateway, key: SigningKey) -> None:
    token = key.sign(email=None, common_name="ci.access")

    answer = gateway.get(token=token, headers=[("Cf-Access-Authenticated-User-Email", FORGED)])

    assert FORGED not in answer.text


def test_mlflow_sees_neither_the_assertion_nor_the_session(gateway: Gateway, key: SigningKey) -> None:
    token = key.sign()
    cookies = [("Cookie", f"theme=dark; CF_Authorization={token};a=b=c"), ("Cookie", "CF_Authorization=x; last=1")]

    answer = gateway.get(token=token, headers=cookies)

    assert answer.sent("Cookie") == ["theme=dark; a=b=c; last=1"]
    assert answer.sent(HEADER) == []
    assert token not in answer.text


def test_a_session_cookie_alone_leaves_no_cookie(gateway: Gateway, key: SigningKey) -> None:
    answer = gateway.get(token=key.sign(), headers=[("Cookie", "CF_Authorization=x")])

    assert answer.sent("Cookie") == []


def test_mlflow_is_not_told_an_address_that_the_client_wrote(gateway: Gateway, key: SigningKey) -> None:
    answer = gateway.get(token=key.sign(), headers=[("X-Forwarded-For", "198.51.100.1"), ("Forwarded", "for=x")])

    assert answer.sent("X-Forwarded-For") == ["127.0.0.1"]  # the gateway's own peer, as the socket says
    assert answer.sent("Forwarded") == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/metrics", 404),
        ("/metrics/", 404),
        ("/metrics?name[]=x", 404),
        ("/METRICS", 404),
        ("//metrics", 404),
        ("/./metrics", 404),
        ("/%6detrics", 404),
        ("/health/../metrics", 404),
        ("/health/%2e%2e/metrics", 404),
        ("/health\\..\\metrics", 404),
        ("/health/..;/metrics", 404),
        ("/metrics;a=b", 404),
        ("/metrics%20", 404),
        ("/metrics%23", 404),
        ("/metrics%00", 400),
        ("/metrics#part", 400),
        ("/health%2f..%2fmetrics", 400),
        ("/health%5c..%5cmetrics", 400),
        ("/../../metrics", 404),
    ],
)
def test_the_servers_metrics_are_not_for_the_outside(
    gateway: Gateway, echo: Echo, key: SigningKey, path: str, status: int
) -> None:
    before = len(echo.seen)

    assert gateway.get(path, key.sign()).status == status
    assert echo.seen[before:] == []


def test_a_path_reaches_mlflow_in_its_simplest_form(gateway: Gateway, key: SigningKey) -> None:
    answer = gateway.get("//api/./2.0//x/../mlflow%20a?path=a//..%2Fb", key.sign())

    assert answer.seen["path"] == "/api/2.0/mlflow%20a?path=a//..%2Fb"


@pytest.mark.parametrize("path", ["/health", "/version", "/ready", "/stats/prometheus", "/keys", "/refresh", "/static"])
def test_no_path_is_open_to_strangers(gateway: Gateway, path: str) -> None:
    assert gateway.get(path).status == 401


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_the_methods_of_mlflow_pass_and_need_the_assertion_too(gateway: Gateway, key: SigningKey, method: str) -> None:
    preflight = [("Origin", "https://evil"), ("Access-Control-Request-Method", "POST")]

    assert gateway.request(method, "/", key.sign(), headers=preflight).status == 200
    assert gateway.request(method, "/", headers=preflight).status == 401


@pytest.mark.parametrize(("method", "status"), [("TRACE", 405), ("PROPFIND", 405), ("CONNECT", 400), ("INVENTED", 400)])
def test_other_methods_are_refused(gateway: Gateway, key: SigningKey, method: str, status: int) -> None:
    assert gateway.request(method, "/", key.sign()).status == status


@pytest.mark.parametrize(
    ("request_line", "more", "status"),
    [
        ("GET / HTTP/1.0", "", 426),
        ("GET / HTTP/1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\n", 403),
        ("OPTIONS * HTTP/1.1", "", 404),
        ("GET http://elsewhere/ HTTP/1.1", "", 421),
        ("GET / HTTP/1.1", "Host: elsewhere\r\n", 421),
        ("POST / HTTP/1.1", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", 400),
        ("POST / HTTP/1.1", "Content-Length: 3\r\nContent-Length: 4\r\n", 400),
        ("GET / HTTP/1.1", "X: " + "y" * 40_000 + "\r\n", 431),
        ("GET / HTTP/1.1", "".join(f"x-{number}: y\r\n" for number in range(120)), 431),
        ("GET /" + "y" * 40_000 + " HTTP/1.1", "", 431),
    ],
)
def test_what_no_browser_or_client_sends_is_refused(
    gateway: Gateway, key: SigningKey, request_line: str, more: str, status: int
) -> None:
    head = f"{request_line}\r\nHost: {HOST}\r\n{HEADER}: {key.sign()}\r\n{more}\r\n"

    assert f" {status} " in gateway.raw(head).decode() + " "


def test_a_request_without_a_path_needs_the_assertion_too(gateway: Gateway) -> None:
    assert b" 200 " not in gateway.raw(f"OPTIONS * HTTP/1.1\r\nHost: {HOST}\r\n\r\n")


def test_another_host_is_refused_with_and_without_the_assertion(gateway: Gateway, key: SigningKey) -> None:
    assert gateway.get("/", key.sign(), host="mlflow.data-platform.svc").status == 421
    assert gateway.get("/", host="mlflow.data-platform.svc").status == 401


@pytest.mark.parametrize("host", [HOST.upper(), f"{HOST}:443", f"{HOST}."])
def test_other_ways_to_write_the_host_are_the_host(gateway: Gateway, key: SigningKey, host: str) -> None:
    assert gateway.get("/", key.sign(), host=host).sent("Host") == [host if host.isupper() else HOST]


def test_a_body_of_the_limit_passes(gateway: Gateway, key: SigningKey) -> None:
    assert gateway.request("PUT", "/a", key.sign(), body=b"x" * LIMIT).seen["body"] == LIMIT


def test_a_greater_body_is_refused_at_once(gateway: Gateway, echo: Echo, key: SigningKey) -> None:
    head = f"PUT /great HTTP/1.1\r\nHost: {HOST}\r\n{HEADER}: {key.sign()}\r\nContent-Length: {LIMIT + 1}\r\n\r\n"

    assert b" 413 " in gateway.raw(head)
    assert "/great" not in echo.seen


def test_a_chunked_body_is_counted_while_it_passes(gateway: Gateway, key: SigningKey) -> None:
    within, beyond = ([b"x" * 65_536] * count for count in (LIMIT // 65_536, LIMIT // 65_536 + 1))

    assert gateway.request("PUT", "/a", key.sign(), body=iter(within)).seen["body"] == LIMIT
    assert gateway.request("PUT", "/a", key.sign(), body=iter(beyond)).status == 413


def test_the_clients_library_shows_where_the_reason_is(gateway: Gateway) -> None:
    answer = gateway.get("/")

    assert json.loads(answer.text) == {
        "message": f"the gateway answered 401; the reason is in its log under request {answer.headers['x-request-id']}"
    }


def test_more_requests_than_allowed_are_told_to_wait(another: Callable[..., Gateway], key: SigningKey) -> None:
    gateway = another(requests_per_second=3).started()
    token = key.sign()

    answers = [gateway.get("/", token) for _ in range(20)]
    refused = [answer for answer in answers if answer.status == 429]

    assert 3 <= len([answer for answer in answers if answer.status == 200]) < 20
    assert refused[0].headers["retry-after"] == "1"
    assert gateway.log(refused[0].headers["x-request-id"])["who"] == "ada@254carbon.com"


def test_strangers_do_not_use_up_what_people_have(another: Callable[..., Gateway], key: SigningKey) -> None:
    gateway = another(requests_per_second=1).started()

    assert {gateway.get().status for _ in range(20)} == {401}
    assert gateway.get("/", key.sign()).status == 200


def test_the_log_says_who_did_what_and_the_verdict(gateway: Gateway, key: SigningKey) -> None:
    token = key.sign()

    answer = gateway.request(
        "POST", "/api/x?password=hunter2", token, body=b"abc", headers=[("Cf-Connecting-Ip", "203.0.113.9")]
    )
    logged = gateway.log(answer.headers["x-request-id"])

    assert logged["upstream"] == f"127.0.0.1:{gateway.settings.upstream.port}"
    assert (
        logged.items()
        >= {
            "level": "info",
            "verdict": "allowed",
            "method": "POST",
            "path": "/api/x",
            "host": HOST,
            "status": 200,
            "who": "ada@254carbon.com",
            "client": "203.0.113.9",
            "bytes_received": 3,
            "bytes_sent": len(answer.text),
        }.items()
    )
    assert {"time", "duration_ms", "peer", "reason"} <= logged.keys()


def test_no_log_has_a_token_or_a_query(gateway: Gateway, key: SigningKey, stranger: SigningKey) -> None:
    tokens = [key.sign(), stranger.sign(), key.sign(aud=["another"]), key.sign(type="org")]
    answers = [gateway.get("/logged?password=hunter2", token) for token in tokens]
    answers.append(gateway.request("PUT", "/logged?password=hunter2", tokens[0], body=b"x" * (LIMIT + 1)))
    for answer in answers:
        gateway.log(answer.headers["x-request-id"])

    everything = gateway.log_text() + gateway.errors()

    assert [token for token in tokens if token.split(".")[2] in everything] == []
    assert "hunter2" not in everything


def test_an_invalid_assertion_gives_nobody_a_name_in_the_log(gateway: Gateway, stranger: SigningKey) -> None:
    answer = gateway.get("/", stranger.sign(email=FORGED))

    gateway.log(answer.headers["x-request-id"])
    assert FORGED not in gateway.log_text()


def test_a_client_cannot_choose_the_number_of_its_request(gateway: Gateway, key: SigningKey) -> None:
    answer = gateway.get("/", key.sign(), headers=[("X-Request-Id", "the-same-again")])

    assert answer.headers["x-request-id"] != "the-same-again"
    assert answer.sent("X-Request-Id") == [answer.headers["x-request-id"]]


def test_prometheus_and_the_probes_get_their_paths_and_nothing_else(gateway: Gateway) -> None:
    assert gateway.operations("/ready").status == 200
    assert 'envoy_cluster_name="mlflow"' in gateway.operations("/stats/prometheus").text
    assert {gateway.operations(path).status for path in ("/", "/config_dump", "/quitquitquit", "/stats")} == {404}
    assert gateway.operations("/ready", "POST").status == 404


def test_a_request_waits_for_a_server_that_restarts(
    another: Callable[..., Gateway], key: SigningKey, echo: Echo
) -> None:
    port = surroundings.free_ports(1)[0]
    gateway = another(upstream=dataclasses.replace(echo.endpoint, port=port)).started()

    with surroundings.in_background(lambda: gateway.request("POST", "/late", key.sign(), body=b"x")) as answer:
        surroundings.until(lambda: "upstream_cx_connect_fail" in gateway.counters("mlflow"))
        late = surroundings.Echo(port)
    late.close()

    assert answer().status == 200
    assert late.seen == ["/late"]


def test_a_request_that_may_have_been_processed_is_not_sent_again(
    another: Callable[..., Gateway], key: SigningKey
) -> None:
    with surroundings.hanging_up() as server:
        answer = another(upstream=server.endpoint).started().request("POST", "/", key.sign(), body=b"x")

        assert answer.status == 503
        assert server.accepted() == 1


def test_a_new_key_is_known_soon_and_a_withdrawn_one_is_gone(
    another: Callable[..., Gateway], team: TeamDomain, key: SigningKey
) -> None:
    gateway, new = another().started(), SigningKey("new")
    assert gateway.get("/", new.sign()).status == 401

    team.keys = [new.jwk(), key.jwk()]
    surroundings.until(lambda: gateway.get("/", new.sign()).status == 200)
    assert gateway.get("/", key.sign()).status == 200

    team.keys = [new.jwk()]
    surroundings.until(lambda: gateway.get("/", key.sign()).status == 401)
    assert gateway.get("/", new.sign()).status == 200


def test_a_known_key_works_through_an_outage_until_its_age_and_then_nothing_does(
    another: Callable[..., Gateway], team: TeamDomain, key: SigningKey
) -> None:
    gateway, token = another(max_age_seconds=5).started(), key.sign()

    team.answer = (503, "down")
    surroundings.until(lambda: not gateway.is_healthy("signing_keys"))
    assert gateway.get("/", token).status == 200
    surroundings.until(lambda: gateway.get("/", token).status == 401)
    assert gateway.operations("/ready").status == 200

    team.answer = None
    surroundings.until(lambda: gateway.get("/", token).status == 200)


@pytest.mark.parametrize("answer", [(200, "<html>sorry</html>"), (302, "{}"), (200, '{"keys": "none"}')])
def test_what_is_no_key_set_does_not_displace_one(
    another: Callable[..., Gateway], team: TeamDomain, key: SigningKey, answer: tuple[int, str]
) -> None:
    gateway = another().started()
    known = gateway.operations("/keys").text

    team.answer = answer
    surroundings.until(lambda: not gateway.is_healthy("signing_keys"))

    assert gateway.operations("/keys").text == known
    assert gateway.get("/", key.sign()).status == 200


def test_a_gateway_that_starts_in_an_outage_is_closed_until_it_has_the_keys(
    another: Callable[..., Gateway], team: TeamDomain, key: SigningKey
) -> None:
    team.answer = (503, "down")
    gateway = another()
    surroundings.until(lambda: gateway.operations("/ready").status == 200)
    surroundings.until(lambda: len(team.asked) > 1)

    assert gateway.operations("/keys").status == 503
    assert gateway.get("/", key.sign()).status == 401

    team.answer = None
    surroundings.until(lambda: gateway.get("/", key.sign()).status == 200)


def test_a_flood_of_unknown_keys_costs_the_team_domain_nothing(
    another: Callable[..., Gateway], team: TeamDomain, key: SigningKey
) -> None:
    gateway = another(refresh_seconds=3600).started()

    assert {gateway.get("/", key.sign(kid=f"unknown-{number}")).status for number in range(100)} == {401}
    assert team.asked == [(TEAM_DOMAIN, "/cdn-cgi/access/certs")]


def test_the_team_domain_has_to_show_a_certificate_of_the_given_authority(
    another: Callable[..., Gateway], team: TeamDomain, key: SigningKey
) -> None:
    gateway = another(trusted=surroundings.Authority().pem)
    surroundings.until(lambda: "ssl_fail_verify_error" in gateway.counters("team_domain"))

    assert gateway.get("/", key.sign()).status == 401
    assert team.asked == []


def test_the_certificate_has_to_be_the_team_domains(
    another: Callable[..., Gateway], team: TeamDomain, key: SigningKey
) -> None:
    gateway = another(team_domain="another.cloudflareaccess.com")
    surroundings.until(lambda: "ssl_fail_verify_san" in gateway.counters("team_domain"))

    assert gateway.get("/", key.sign()).status == 401
    assert team.asked == []


def test_envoy_accepts_what_a_pod_gets(tmp_path: Path) -> None:
    settings = surroundings.settings(
        envoy.Endpoint(host=TEAM_DOMAIN, port=443),
        envoy.Endpoint(host="mlflow.data-platform.svc.cluster.local", port=5000),
        None,
    )
    file = tmp_path / "envoy.json"
    file.write_text(json.dumps(envoy.bootstrap(settings)))

    validation = [str(surroundings.ENVOY), "--mode", "validate", *envoy.command_line(str(file))]
    checked = subprocess.run(validation, capture_output=True, text=True, check=False, timeout=60)

    assert checked.returncode == 0, checked.stderr
    # Warnings tell of deprecated fields.
    assert "warning" not in checked.stderr
