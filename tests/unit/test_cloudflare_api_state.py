"""What the double's API keeps: secrets that nobody reads back, and a state that survives."""

from __future__ import annotations

import datetime as dt
import json
import stat
import threading
from typing import TYPE_CHECKING, Any

import pytest
from cloudflare import Cloudflare

from sandbox.cloudflare_double.store import KINDS, Store
from tests.cloudflare_double import CloudflareApi, cloudflare_api

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LATER = "2099-01-31T12:00:00Z"
PAST = "2020-01-01T02:00:00+02:00"
PATHS = ("apps", "policies", "groups", "service_tokens", "identity_providers")


@pytest.fixture
def api(tmp_path: Path) -> Iterator[CloudflareApi]:
    with cloudflare_api(tmp_path) as served:
        yield served


def secrets_of(api: CloudflareApi, identifier: str) -> list[tuple[str, str | None]]:
    """A token's secrets as the edge reads them."""
    token = api.store.find("service_tokens", api.account_id, identifier)
    assert token is not None
    return [(secret["value"], secret["expires_at"]) for secret in token["secrets"]]


def put(api: CloudflareApi, identifier: str, **body: Any) -> dict[str, Any]:
    answer = api.ask("PUT", api.path(f"access/service_tokens/{identifier}"), body)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()["result"]
    return result


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def test_a_new_token_shows_its_credentials_and_lives_a_year(api: CloudflareApi) -> None:
    made = api.made("access/service_tokens", name="ci")

    identifier, _, suffix = made["client_id"].partition(".")
    assert (len(identifier), suffix, len(made["client_secret"])) == (32, "access", 64)
    assert moment(made["expires_at"]) - moment(made["created_at"]) == dt.timedelta(hours=8760)
    assert secrets_of(api, made["id"]) == [(made["client_secret"], None)]


def test_a_token_that_lives_forever_never_expires(api: CloudflareApi) -> None:
    assert api.made("access/service_tokens", name="ci", duration="forever")["expires_at"] is None


def test_no_answer_after_the_first_shows_a_secret(api: CloudflareApi) -> None:
    token = api.made("access/service_tokens", name="ci")
    tunnel = api.made("cfd_tunnel", name="mlflow", config_src="cloudflare")
    rules = [{"service_token": {"token_id": token["id"]}}]
    api.made("access/policies", name="ci", decision="non_identity", include=rules)
    hidden = [token["client_secret"], str(api.store.all("tunnels", api.account_id)[0]["tunnel_secret"])]
    asked = [
        *(("GET", api.path(f"access/{path}")) for path in PATHS),
        ("GET", api.path(f"access/service_tokens/{token['id']}")),
        ("PUT", api.path(f"access/service_tokens/{token['id']}")),
        ("POST", api.path(f"access/service_tokens/{token['id']}/refresh")),
        ("GET", api.path("cfd_tunnel")),
        ("GET", api.path(f"cfd_tunnel/{tunnel['id']}")),
        ("PATCH", api.path(f"cfd_tunnel/{tunnel['id']}")),
        ("DELETE", api.path(f"access/service_tokens/{token['id']}")),
        ("DELETE", api.path(f"cfd_tunnel/{tunnel['id']}")),
    ]

    for method, url in asked:
        text = api.ask(method, url, {}).text
        assert "secret" not in text.replace("invalid_request", ""), (method, url)
        assert not [value for value in hidden if value in text], (method, url)


def test_the_next_version_rotates_and_the_old_secret_ends_when_it_was_told_to(api: CloudflareApi) -> None:
    made = api.made("access/service_tokens", name="ci", client_secret_version=1)

    rotated = put(api, made["id"], client_secret_version=2, previous_client_secret_expires_at=LATER)

    assert rotated["client_id"] == made["client_id"]
    assert rotated["client_secret"] != made["client_secret"]
    assert secrets_of(api, made["id"]) == [(rotated["client_secret"], None), (made["client_secret"], LATER)]


def test_a_rotation_without_an_end_ends_the_old_secret_at_once(api: CloudflareApi) -> None:
    made = api.made("access/service_tokens", name="ci")

    rotated = put(api, made["id"], client_secret_version=2)

    assert secrets_of(api, made["id"]) == [(rotated["client_secret"], None)]


def test_a_second_rotation_leaves_no_more_than_two_secrets(api: CloudflareApi) -> None:
    made = api.made("access/service_tokens", name="ci")
    second = put(api, made["id"], client_secret_version=2, previous_client_secret_expires_at=LATER)

    third = put(api, made["id"], client_secret_version=3, previous_client_secret_expires_at=LATER)

    assert secrets_of(api, made["id"]) == [(third["client_secret"], None), (second["client_secret"], LATER)]


def test_the_end_of_the_old_secret_can_be_moved_after_the_rotation(api: CloudflareApi) -> None:
    made = api.made("access/service_tokens", name="ci")
    rotated = put(api, made["id"], client_secret_version=2, previous_client_secret_expires_at=LATER)

    moved = put(api, made["id"], client_secret_version=2, previous_client_secret_expires_at=PAST)

    assert "client_secret" not in moved
    assert secrets_of(api, made["id"]) == [
        (rotated["client_secret"], None),
        (made["client_secret"], "2020-01-01T00:00:00Z"),
    ]


def test_an_update_of_a_token_keeps_what_it_leaves_out(api: CloudflareApi) -> None:
    made = api.made("access/service_tokens", name="ci", duration="48h")

    changed = put(api, made["id"], name="pipeline", enabled=False)

    assert (changed["name"], changed["enabled"]) == ("pipeline", False)
    assert (changed["duration"], changed["expires_at"]) == ("48h", made["expires_at"])
    assert secrets_of(api, made["id"]) == [(made["client_secret"], None)]


def test_another_duration_moves_the_end_of_a_token(api: CloudflareApi) -> None:
    made = api.made("access/service_tokens", name="ci", duration="48h")

    changed = put(api, made["id"], duration="24h")

    assert moment(changed["expires_at"]) < moment(made["expires_at"])


def test_the_client_s_own_rotate_and_refresh_work(api: CloudflareApi) -> None:
    with Cloudflare(api_token=api.token, base_url=api.base_url, max_retries=0) as client:
        tokens = client.zero_trust.access.service_tokens
        made = tokens.create(account_id=api.account_id, name="ci")
        assert made is not None
        assert made.id
        rotated = tokens.rotate(made.id, account_id=api.account_id, previous_client_secret_expires_at=LATER)
        refreshed = tokens.refresh(made.id, account_id=api.account_id)

    assert rotated is not None
    assert refreshed is not None
    assert rotated.client_secret != made.client_secret
    assert secrets_of(api, made.id) == [(rotated.client_secret, None), (made.client_secret, LATER)]


def test_the_state_survives_a_restart(tmp_path: Path) -> None:
    with cloudflare_api(tmp_path) as before:
        token = before.made("access/service_tokens", name="ci")
        rules = [{"service_token": {"token_id": token["id"]}}]
        policy = before.made("access/policies", name="ci", decision="non_identity", include=rules)
        app = before.made(
            "access/apps", name="MLflow", type="self_hosted", domain="mlflow.254carbon.com", policies=[policy["id"]]
        )
        before.made("dns_records", "zones", type="A", name="mlflow", content="192.0.2.1", proxied=True)
        tunnel = before.made("cfd_tunnel", name="mlflow", config_src="cloudflare")
        config = {"config": {"ingress": [{"service": "http_status:404"}]}}
        before.ask("PUT", before.path(f"cfd_tunnel/{tunnel['id']}/configurations"), config)
        shown = before.ask("GET", before.path(f"access/apps/{app['id']}")).json()
        stored = {kind: before.store.all(kind, before.account_id) for kind in KINDS}

    with cloudflare_api(tmp_path) as after:
        assert {kind: after.store.all(kind, after.account_id) for kind in KINDS} == stored
        assert after.ask("GET", after.path(f"access/apps/{app['id']}")).json() == shown
        assert len(after.store.all("dns_records", after.zone_id)) == 1
        assert secrets_of(after, token["id"]) == [(token["client_secret"], None)]


def test_secrets_are_in_one_file_that_only_root_reads(api: CloudflareApi) -> None:
    made = api.made("access/service_tokens", name="ci")

    files = [path for path in api.folder.rglob("*") if path.is_file()]

    assert [path.name for path in files] == ["state.json"]
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o600
    assert made["client_secret"] in files[0].read_text()


def test_the_store_gives_copies(tmp_path: Path) -> None:
    store = Store(tmp_path)
    record: dict[str, Any] = {"id": "one", "include": []}
    store.add("policies", "account", record)

    record["include"].append("later")
    store.all("policies", "account")[0]["include"].append("later")

    assert store.find("policies", "account", "one") == {"id": "one", "include": []}
    assert store.find("policies", "another", "one") is None


def test_the_store_refuses_to_add_twice_and_to_change_what_is_not_there(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.add("policies", "account", {"id": "one"})

    with pytest.raises(ValueError, match="policies already has one"):
        store.add("policies", "account", {"id": "one"})
    with pytest.raises(KeyError, match="policies has no two"):
        store.replace("policies", "account", {"id": "two"})
    with pytest.raises(KeyError, match="policies has no two"):
        store.remove("policies", "account", "two")


def test_the_store_loses_nothing_when_many_write_at_once(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def write(name: str) -> None:
        for number in range(10):
            store.add("policies", "account", {"id": f"{name} {number}"})

    writers = [threading.Thread(target=write, args=[str(index)]) for index in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert len(json.loads((tmp_path / "state.json").read_text())["policies"]["account"]) == 40
    assert len(Store(tmp_path).all("policies", "account")) == 40
