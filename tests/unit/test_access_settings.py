"""Settings of single sign-on: each bad value is told in words that name the key, the consequence and the fix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stacks.access_settings import AccessDelivery
from stacks.config_reader import ConfigError
from stacks.settings import load_settings
from tests.unit import stack_files
from tests.unit.engine import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from stacks.access_settings import AccessSettings

OFF: dict[str, Any] = {"access": False, "accessEmailDomains": [], "accessClients": []}
GROUP = "aa0a4aab-672b-4bdb-bc33-a59f1130a11f"

BAD_VALUES: list[tuple[str, Any, str]] = [
    ("access", "on", "is neither true nor false"),
    ("accessDelivery", "vpn", "is not one of ingress, tunnel"),
    ("accessTeamDomain", "", "is not set"),
    ("accessTeamDomain", "https://254carbon.cloudflareaccess.com", "is not of the form TEAM.cloudflareaccess.com"),
    ("accessTeamDomain", "login.254carbon.com", "is not of the form TEAM.cloudflareaccess.com"),
    ("accessTeamDomain", ".cloudflareaccess.com", "is not of the form TEAM.cloudflareaccess.com"),
    ("accessSessionDuration", "", "is not a duration such as 30m, 8h or 1h30m"),
    ("accessSessionDuration", "8", "is not a duration"),
    ("accessSessionDuration", "8 hours", "is not a duration"),
    ("accessSessionDuration", "-8h", "is not a duration"),
    ("accessSessionDuration", "14m59s", "is not between 15m and 730h"),
    ("accessSessionDuration", "731h", "is not between 15m and 730h"),
    ("accessEmails", ["everyone"], "item 1 ('everyone') would let everybody in"),
    ("accessEmails", ["*"], "item 1 ('*') would let everybody in"),
    ("accessEmails", ["a@254carbon.com", ""], "item 2 ('') would let everybody in"),
    ("accessEmails", ["*@254carbon.com"], "is not an e-mail address"),
    ("accessEmails", ["254carbon.com"], "is not an e-mail address"),
    ("accessEmails", [1], "item 1 (1) is not a text"),
    ("accessEmails", "a@254carbon.com", "is not a list"),
    ("accessEmailDomains", ["Everyone"], "would let everybody in"),
    ("accessEmailDomains", ["@254carbon.com"], "is not a domain such as example.com"),
    ("accessEmailDomains", ["com"], "is not a domain such as example.com"),
    ("accessEmailDomains", ["*.254carbon.com"], "is not a domain such as example.com"),
    ("accessGroups", ["everyone"], "would let everybody in"),
    ("accessGroups", ["staff"], "is not the id (a UUID) of an Access group"),
    ("accessClients", ["ci"], "item 1 is not a mapping"),
    ("accessClients", [{}], "item 1 has the name '', which is not a name of lower-case letters"),
    ("accessClients", [{"name": "CI"}], "item 1 has the name 'CI', which is not a name of lower-case letters"),
    ("accessClients", [{"name": 1}], "item 1 has the name 1, which is not a text"),
    ("accessClients", [{"name": "ci"}, {"name": "ci"}], "item 2 has the name 'ci' like one before"),
    ("accessClients", [{"name": "ci", "days": 3}], "item 1 has the unknown field 'days'"),
    ("accessClients", [{"name": "ci", "duration": "a year"}], "has the duration 'a year', which is neither a duration"),
    ("accessClients", [{"name": "ci", "duration": "5m"}], "has the duration '5m', which is neither a duration of 1h"),
    ("accessClients", [{"name": "ci", "secretVersion": 0}], "has the secretVersion 0, which is not a whole number"),
    ("accessClients", [{"name": "ci", "secretVersion": True}], "has the secretVersion True, which is not a whole"),
    (
        "accessClients",
        [{"name": "ci", "secretVersion": 2}],
        "has secretVersion 2, but no previousSecretExpiresAt: how long is the old one good",
    ),
    (
        "accessClients",
        [{"name": "ci", "secretVersion": 2, "previousSecretExpiresAt": "2027-01-31"}],
        "has the previousSecretExpiresAt '2027-01-31', which is not a time such as 2027-01-31T12:00:00Z",
    ),
    (
        "accessClients",
        [{"name": "ci", "secretVersion": 2, "previousSecretExpiresAt": "2027-01-31T12:00:00"}],
        "which is not a time such as 2027-01-31T12:00:00Z",
    ),
    (
        "accessClients",
        [{"name": "ci", "previousSecretExpiresAt": "2027-01-31T12:00:00Z"}],
        "has previousSecretExpiresAt, but with secretVersion 1 there is no previous secret",
    ),
    ("accessOrigin", "", "is not set, but access is true and accessDelivery is ingress"),
    ("accessOrigin", "203.0.113.7:443", "is neither an address nor a host name"),
    ("accessOrigin", "ingress", "is neither an address nor a host name"),
    ("accessOrigin", "mlflow.254carbon.com", "is host itself"),
    ("accessKeysCaFile", "/does/not/exist.pem", "does not exist"),
    ("accessKeysPeers", [], "is empty"),
    ("accessKeysPeers", [{"cidr": "everywhere"}], "which is not a block of addresses"),
    ("accessKeysMaxAge", 0, "is not a whole number from 1 to 168"),
    ("accessKeysMaxAge", 169, "is not a whole number from 1 to 168"),
    ("cloudflareAccountId", "", "is not set"),
    ("cloudflareAccountId", "254carbon", "is not 32 digits and letters from a to f"),
    ("cloudflareZone", "", "is not set"),
    ("cloudflareZone", "254carbon", "is not a domain such as example.com"),
    ("cloudflareZoneId", "", "is not set"),
    ("cloudflareZoneId", "0B" * 16, "is not 32 digits and letters from a to f"),
    ("cloudflareApiToken", "", "is not set"),
    ("cloudflareBaseUrl", "api.cloudflare.com", "is not of the form https://HOST/PATH"),
    ("cloudflareBaseUrl", "https://me:secret@host/client/v4", "has more than scheme, host, port and path"),
    ("cloudflareBaseUrl", "https://host:port/", "has a port that is none"),
    ("gatewayImage", "envoyproxy/envoy", "has no fixed tag and no digest"),
    ("gatewayReplicas", 0, "is not a whole number from 1 to 50"),
    ("gatewayRequestsPerSecond", 0, "is not a whole number from 1 to 100000"),
    ("gatewayMaxBodyMib", 0, "is not a whole number from 1 to 5120"),
    ("cloudflaredImage", "cloudflare/cloudflared:latest", "has no fixed tag and no digest"),
]


def load(directory: Path, **overrides: Any) -> AccessSettings | None:
    return load_settings(stack_files.reader("prod", directory, **overrides)).sign_on


def complaints(directory: Path, *, plain: frozenset[str] = frozenset(), **overrides: Any) -> list[str]:
    """Lines of the error message, without its head."""
    with pytest.raises(ConfigError) as caught:
        load_settings(stack_files.reader("prod", directory, plain=plain, **overrides))
    return str(caught.value).splitlines()[1:]


@pytest.mark.parametrize(("key", "value", "what"), BAD_VALUES, ids=lambda part: str(part)[:40])
def test_a_bad_value_is_named_with_its_fix(key: str, value: Any, what: str, tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, **{key: value})

    assert line.startswith(f"  {PROJECT}:{key}: ")
    assert what in line
    assert "; " in line
    assert ". Fix: " in line


def test_somebody_has_to_be_named(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, accessEmailDomains=[])

    assert "accessEmails: is empty, and so are accessEmailDomains and accessGroups, but access is true" in line


@pytest.mark.parametrize(
    ("key", "entry"),
    [("accessEmails", "ann@254carbon.com"), ("accessEmailDomains", "254carbon.com"), ("accessGroups", GROUP)],
)
def test_one_entry_of_any_kind_is_enough(key: str, entry: str, tmp_path: Path) -> None:
    settings = load(tmp_path, **{"accessEmailDomains": [], key: [entry]})

    assert settings
    assert settings.application.people


@pytest.mark.parametrize("host", ["mlflow.example.com", "mlflow.not254carbon.com"])
def test_a_host_outside_the_zone_is_refused(host: str, tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, host=host)

    assert f"host: '{host}' is not inside cloudflareZone (254carbon.com)" in line


def test_the_zone_itself_may_be_the_host(tmp_path: Path) -> None:
    assert load(tmp_path, host="254carbon.com")


def test_everything_that_access_needs_is_asked_for_at_once(tmp_path: Path) -> None:
    missing = ["accessTeamDomain", "cloudflareAccountId", "cloudflareApiToken", "cloudflareZone", "cloudflareZoneId"]
    nothing: dict[str, Any] = dict.fromkeys(missing, "")
    lines = complaints(tmp_path, accessOrigin="", accessEmailDomains=[], **nothing)

    assert sorted(line.split(":")[1] for line in lines) == ["accessEmails", "accessOrigin", *missing]


def test_the_token_in_plain_text_is_refused_without_being_shown(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, plain=frozenset({"cloudflareApiToken"}))

    assert "cloudflareApiToken: is stored as plain text" in line
    assert stack_files.ACCESS_SECRETS["cloudflareApiToken"] not in line


def test_without_access_nothing_of_cloudflare_is_needed(tmp_path: Path) -> None:
    nothing = dict.fromkeys([*stack_files.ACCESS_FACTS, *stack_files.ACCESS_SECRETS, "accessTeamDomain"], "")

    assert load(tmp_path, **OFF, **nothing, cloudflareZone="") is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("accessEmails", ["ann@254carbon.com"]),
        ("accessEmailDomains", ["254carbon.com"]),
        ("accessGroups", [GROUP]),
        ("accessClients", [{"name": "ci"}]),
    ],
)
def test_what_would_protect_nothing_is_told(key: str, value: Any, tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, **OFF | {key: value})

    assert f"{key}: is set, but access is false; it would protect nothing" in line


def test_a_wrong_switch_is_the_only_thing_told(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, access="yes", cloudflareAccountId="")

    assert "access: 'yes' is neither true nor false" in line


def test_a_tunnel_needs_no_certificate_and_no_origin(tmp_path: Path) -> None:
    settings = load_settings(stack_files.reader("prod", tmp_path, **stack_files.TUNNEL))

    assert settings.sign_on
    assert settings.sign_on.delivery is AccessDelivery.TUNNEL
    assert settings.sign_on.application.origin is None
    assert settings.access.origins == ("https://mlflow.254carbon.com",)


def test_a_tunnel_serves_https_only_even_where_plain_http_is_welcome(tmp_path: Path) -> None:
    settings = load_settings(stack_files.reader("prod", tmp_path, **stack_files.TUNNEL, tlsRequired=False))

    assert settings.access.origins == ("https://mlflow.254carbon.com",)


def test_with_a_tunnel_an_origin_would_be_ignored(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, **stack_files.TUNNEL | {"accessOrigin": "203.0.113.7"})

    assert "accessOrigin: is set, but accessDelivery is tunnel" in line


def test_with_a_tunnel_a_certificate_would_be_ignored(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, **stack_files.TUNNEL | {"tlsSecret": "mlflow-tls"})

    assert "tlsSecret: is set, but accessDelivery is tunnel: TLS ends at Cloudflare" in line


def test_with_a_tunnel_a_certificate_file_would_be_ignored(tmp_path: Path) -> None:
    (tmp_path / "tls.pem").write_text(stack_files.CERTIFICATE)
    pair: dict[str, Any] = {
        "tlsCertificateFile": str(tmp_path / "tls.pem"),
        "tlsPrivateKey": "-----BEGIN PRIVATE KEY-----",
    }
    (line,) = complaints(tmp_path, **stack_files.TUNNEL, **pair)

    assert "tlsCertificateFile: is set, but accessDelivery is tunnel" in line


def test_assertions_never_cross_the_network_in_clear(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, tlsRequired=False, tlsSecret="")

    assert "tlsRequired: is false, but access is true" in line


@pytest.mark.parametrize("duration", ["15m", "30m", "8h", "24h", "1h30m", "730h"])
def test_a_session_may_last(duration: str, tmp_path: Path) -> None:
    settings = load(tmp_path, accessSessionDuration=duration)

    assert settings
    assert settings.application.session_duration == duration


def test_the_official_api_is_meant_unless_another_is_named(tmp_path: Path) -> None:
    official = load(tmp_path)
    other = load(tmp_path, cloudflareBaseUrl="http://198.18.0.9:8090/client/v4")

    assert official
    assert official.api.base_url is None
    assert other
    assert other.api.base_url == "http://198.18.0.9:8090/client/v4"


def test_the_authority_of_the_team_domain_is_read(tmp_path: Path) -> None:
    (tmp_path / "team.pem").write_text(stack_files.CERTIFICATE)
    settings = load(tmp_path, accessKeysCaFile=str(tmp_path / "team.pem"))

    assert settings
    assert settings.gateway.keys.ca_certificate == stack_files.CERTIFICATE


def test_production_needs_only_what_the_head_of_its_file_lists() -> None:
    text = (stack_files.ROOT / "Pulumi.prod.yaml").read_text()
    lines = [line.split() for line in text.splitlines() if line.startswith("#   pulumi config set")]
    named = [next(word for word in words[4:] if not word.startswith("--")) for words in lines]
    asked = {word.strip("'").removesuffix("[0]") for word in named}

    secrets = (
        stack_files.SECRETS,
        stack_files.ACCESS_SECRETS,
        stack_files.EXPORTER_SECRETS,
        stack_files.BACKUP_SECRETS,
    )
    facts = (stack_files.ACCESS_FACTS, stack_files.MONITORING_FACTS, stack_files.BACKUP_FACTS)
    assert asked == {name for table in (*secrets, *facts) for name in table}
