"""The double's API on the wire: envelopes, tokens, routes and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.cloudflare_double import CloudflareApi, cloudflare_api

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

UNKNOWN = "0" * 40
TAKEN = (
    "You already have a tunnel with this name. Delete the existing tunnel, or choose a different name for your new "
    "tunnel"
)
IN_USE = (
    "access.api.error.service_token_in_use: cannot delete service token because it is used by a policy, group, or "
    "app SCIM configuration."
)
APP: dict[str, Any] = {"type": "self_hosted", "name": "MLflow", "domain": "mlflow.254carbon.com"}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudflareApi]:
    with cloudflare_api(tmp_path_factory.mktemp("cloudflare")) as served:
        yield served


def refusal(answer: httpx.Response) -> tuple[int, int, str]:
    """The status of a refusal, and the code and message of its first error."""
    body = answer.json()
    assert (body["success"], body["messages"], body["result"]) == (False, [], None)
    return answer.status_code, body["errors"][0]["code"], body["errors"][0]["message"]


def test_an_answer_comes_in_the_envelope(api: CloudflareApi) -> None:
    answer = api.ask("POST", api.path("access/service_tokens"), {"name": "envelope"})

    assert answer.headers["content-type"] == "application/json"
    assert (answer.status_code, answer.json() | {"result": None}) == (
        201,
        {"success": True, "errors": [], "messages": [], "result": None},
    )


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, (400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers")),
        ("Bearer", (400, 6003, "Invalid request headers")),
        ("Basic abc", (400, 6003, "Invalid request headers")),
        ("Bearer a b", (400, 6003, "Invalid request headers")),
        (f"Bearer {UNKNOWN}", (401, 10000, "Authentication error")),
    ],
)
def test_a_caller_without_a_good_token_is_refused(
    api: CloudflareApi, header: str | None, expected: tuple[int, int, str]
) -> None:
    headers = {} if header is None else {"Authorization": header}

    assert refusal(api.http.get(api.path("access/apps"), headers=headers)) == expected


def test_a_malformed_header_is_explained_in_the_chain(api: CloudflareApi) -> None:
    answer = api.http.get(api.path("access/apps"), headers={"Authorization": "Basic abc"})

    chain = answer.json()["errors"][0]["error_chain"]
    assert chain == [{"code": 6111, "message": "Invalid format for Authorization header"}]


@pytest.mark.parametrize(
    ("token", "expected"),
    [(UNKNOWN, (401, 1000, "Invalid API Token")), ("*", (400, 6003, "Invalid request headers"))],
)
def test_verifying_a_token_that_is_none_says_so(api: CloudflareApi, token: str, expected: tuple[int, int, str]) -> None:
    assert refusal(api.ask("GET", f"{api.base_url}/user/tokens/verify", token=token)) == expected


def test_verifying_any_good_token_says_that_it_is_active(api: CloudflareApi) -> None:
    body = api.ask("GET", f"{api.base_url}/user/tokens/verify", token=api.read_only_token).json()

    assert body["result"]["status"] == "active"
    assert body["messages"] == [{"code": 10000, "message": "This API Token is valid and active", "type": None}]


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "access/apps", "accounts"),
        ("PUT", "access/policies/some", "accounts"),
        ("DELETE", "access/groups/some", "accounts"),
        ("POST", "access/service_tokens/some/rotate", "accounts"),
        ("PATCH", "dns_records/some", "zones"),
        ("POST", "cfd_tunnel", "accounts"),
    ],
)
def test_a_token_that_may_only_read_writes_nothing(api: CloudflareApi, method: str, path: str, scope: str) -> None:
    answer = api.ask(method, api.path(path, scope), {}, token=api.read_only_token)

    assert refusal(answer) == (403, 10000, "Authentication error")


@pytest.mark.parametrize(
    ("path", "scope"), [("access/apps", "accounts"), ("dns_records", "zones"), ("cfd_tunnel", "accounts")]
)
def test_a_token_that_may_only_read_reads_everything(api: CloudflareApi, path: str, scope: str) -> None:
    assert api.ask("GET", api.path(path, scope), token=api.read_only_token).json()["success"] is True


def test_a_token_for_one_area_has_no_say_in_another(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("areas")
    with cloudflare_api(folder, tokens={"dns-only": ["dns:write"]}) as other:
        assert other.ask("GET", other.path("dns_records", "zones"), token="dns-only").status_code == 200  # noqa: S106
        answer = other.ask("GET", other.path("access/apps"), token="dns-only")  # noqa: S106

    assert refusal(answer) == (403, 10000, "Authentication error")


@pytest.mark.parametrize("scope", ["accounts", "zones"])
def test_an_account_or_a_zone_of_somebody_else_is_refused(api: CloudflareApi, scope: str) -> None:
    path = "access/apps" if scope == "accounts" else "dns_records"

    answer = api.ask("GET", f"{api.base_url}/{scope}/{'c' * 32}/{path}")

    assert refusal(answer) == (403, 9109, "Unauthorized to access requested resource")


@pytest.mark.parametrize(
    "path", ["nope", "accounts/not-an-id/access/apps", f"zones/{'b' * 32}/access/apps", f"accounts/{'a' * 32}"]
)
def test_a_route_that_is_not_there_is_refused_in_the_envelope(api: CloudflareApi, path: str) -> None:
    answer = api.ask("GET", f"{api.base_url}/{path}")

    assert refusal(answer) == (
        404,
        7003,
        f"Could not route to /client/v4/{path}, perhaps your object identifier is invalid?",
    )
    assert answer.json()["errors"][1] == {"code": 7000, "message": "No route for that URI"}


@pytest.mark.parametrize(
    ("method", "path"), [("PATCH", "access/apps/some"), ("DELETE", "access/apps"), ("PUT", "cfd_tunnel/some")]
)
def test_a_method_that_a_route_does_not_have_is_refused(api: CloudflareApi, method: str, path: str) -> None:
    assert refusal(api.ask(method, api.path(path), {})) == (405, 7001, f"Method {method} not available for that URI.")


@pytest.mark.parametrize("content", ["{", "[]", '"text"', '{"client_secret_version": NaN}', "[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(api: CloudflareApi, content: str) -> None:
    headers = {"Authorization": f"Bearer {api.token}"}

    answer = api.http.post(api.path("access/service_tokens"), content=content, headers=headers)

    assert refusal(answer) == (400, 6007, "Malformed JSON in request body")


@pytest.mark.parametrize(
    ("path", "scope", "expected"),
    [
        ("access/apps", "accounts", (404, 12135, "access.api.error.not_found")),
        ("access/policies", "accounts", (404, 12135, "access.api.error.not_found")),
        ("access/groups", "accounts", (404, 12135, "access.api.error.not_found")),
        ("access/service_tokens", "accounts", (404, 12135, "access.api.error.not_found")),
        ("access/identity_providers", "accounts", (404, 12135, "access.api.error.not_found")),
        ("dns_records", "zones", (404, 81044, "Record does not exist.")),
        ("cfd_tunnel", "accounts", (404, 1003, "Tunnel not found")),
    ],
)
def test_an_object_that_is_not_there_is_not_found_whatever_is_asked_of_it(
    api: CloudflareApi, path: str, scope: str, expected: tuple[int, int, str]
) -> None:
    update = "PATCH" if path == "cfd_tunnel" else "PUT"

    for method in ("GET", update, "DELETE"):
        assert refusal(api.ask(method, api.path(f"{path}/absent", scope), {})) == expected


def test_a_page_says_where_it_is(api: CloudflareApi) -> None:
    for number in range(3):
        api.made("access/groups", name=f"page {number}", include=[{"everyone": {}}])

    last = api.ask("GET", api.path("access/groups?page=2&per_page=2")).json()
    beyond = api.ask("GET", api.path("access/groups?page=3&per_page=2")).json()

    assert [group["name"] for group in last["result"]] == ["page 2"]
    assert last["result_info"] == {"page": 2, "per_page": 2, "count": 1, "total_count": 3, "total_pages": 2}
    assert beyond["result"] == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (f"page={'9' * 5000}", "page must be a whole number from 1 on"),
        ("page=0", "page must be a whole number from 1 on"),
        ("per_page=many", "per_page must be a whole number from 1 on"),
        ("search=x", "unknown or unsupported query parameter search"),
    ],
)
def test_a_list_refuses_a_query_that_it_would_ignore(api: CloudflareApi, query: str, message: str) -> None:
    assert refusal(api.ask("GET", api.path(f"access/apps?{query}"))) == (400, 1002, message)


def conflicts(api: CloudflareApi) -> list[tuple[httpx.Response, tuple[int, int, str]]]:
    """Requests that another object stands against, and their refusals."""
    person: dict[str, Any] = {"email": {"email": "ada@254carbon.com"}}
    inner = api.made("access/groups", name="inner", include=[person])
    outer = api.made("access/groups", name="outer", include=[{"group": {"id": inner["id"]}}])
    token = api.made("access/service_tokens", name="ci")
    api.made(
        "access/policies", name="ci", decision="non_identity", include=[{"service_token": {"token_id": token["id"]}}]
    )
    policy = api.made("access/policies", name="people", decision="allow", include=[{"group": {"id": outer["id"]}}])
    provider = api.made("access/identity_providers", name="code", type="onetimepin", config={})
    app = api.made("access/apps", **APP, policies=[policy["id"]], allowed_idps=[provider["id"]])
    api.made("cfd_tunnel", name="taken")
    again = {"name": "again", "type": "onetimepin", "config": {}}
    return [
        (api.ask("POST", api.path("access/apps"), APP), (409, 11010, "access.api.error.application_already_exists")),
        (
            api.ask("DELETE", api.path(f"access/policies/{policy['id']}")),
            (409, 12132, f"access.api.error.conflict: policy is in use by application {app['id']}"),
        ),
        (
            api.ask("DELETE", api.path(f"access/groups/{inner['id']}")),
            (409, 12132, f"access.api.error.conflict: group is in use by outer ({outer['id']})"),
        ),
        (
            api.ask("DELETE", api.path(f"access/groups/{outer['id']}")),
            (409, 12132, f"access.api.error.conflict: group is in use by people ({policy['id']})"),
        ),
        (
            api.ask("POST", api.path("access/identity_providers"), again),
            (409, 12132, "access.api.error.conflict: a onetimepin connection already exists"),
        ),
        (
            api.ask("DELETE", api.path(f"access/identity_providers/{provider['id']}")),
            (409, 12132, f"access.api.error.conflict: identity provider is in use by application {app['id']}"),
        ),
        (
            api.ask("POST", api.path("cfd_tunnel"), {"name": "taken"}),
            (
                409,
                1013,
                TAKEN,
            ),
        ),
        (
            api.ask("DELETE", api.path(f"access/service_tokens/{token['id']}")),
            (
                400,
                12139,
                IN_USE,
            ),
        ),
    ]


def test_a_conflict_is_refused_and_says_that_trying_again_is_no_use(api: CloudflareApi) -> None:
    for answer, expected in conflicts(api):
        assert refusal(answer) == expected
        assert answer.headers.get("x-should-retry") == ("false" if expected[0] == 409 else None)


def test_dns_records_that_cannot_stand_side_by_side_are_refused(api: CloudflareApi) -> None:
    record = {"type": "A", "name": "twice", "content": "192.0.2.1"}
    alias = {"type": "CNAME", "name": "alias", "content": "a.example"}
    made = api.made("dns_records", "zones", **record)
    api.made("dns_records", "zones", **alias)
    api.made("dns_records", "zones", **record | {"content": "192.0.2.2"})
    url = api.path("dns_records", "zones")
    host = (400, 81053, "An A, AAAA, or CNAME record with that host already exists.")

    assert refusal(api.ask("POST", url, record)) == (400, 81058, "An identical record already exists.")
    assert refusal(api.ask("POST", url, alias | {"name": "twice"})) == host
    assert refusal(api.ask("POST", url, record | {"name": "alias", "type": "AAAA", "content": "::1"})) == host
    assert refusal(api.ask("PATCH", f"{url}/{made['id']}", {"content": "192.0.2.2"})) == (
        400,
        81058,
        "An identical record already exists.",
    )
