"""The team's signing keys as origins see them, and the controls that play with keys and clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from sandbox.cloudflare_double.clock import Clock
from sandbox.cloudflare_double.keys import KeyRing, SigningKey
from tests.unit.cloudflare_edge.material import TEAM
from tests.unit.cloudflare_edge.running import Cloudflare, state

if TYPE_CHECKING:
    from pathlib import Path


def assertion_kid(edge: Cloudflare) -> str:
    """The key that signed the last assertion."""
    token = edge.last().header("cf-access-jwt-assertion")
    assert token is not None
    return str(jwt.get_unverified_header(token)["kid"])


def test_the_keys_are_published_as_documented(edge: Cloudflare) -> None:
    document = edge.published()
    assert set(document) == {"keys", "public_cert", "public_certs"}
    for key in document["keys"]:
        assert set(key) == {"kid", "kty", "alg", "use", "e", "n"}
        assert (key["kty"], key["alg"], key["use"], key["e"]) == ("RSA", "RS256", "sig", "AQAB")
        assert len(bytes.fromhex(key["kid"])) == 32
    assert [key["kid"] for key in document["keys"]] == [each["kid"] for each in document["public_certs"]]
    assert document["public_cert"] == document["public_certs"][-1]


def test_certificates_carry_the_published_keys(edge: Cloudflare) -> None:
    document = edge.published()
    for key, each in zip(document["keys"], document["public_certs"], strict=True):
        certified = x509.load_pem_x509_certificate(each["cert"].encode()).public_key()
        assert isinstance(certified, rsa.RSAPublicKey)
        assert certified.key_size == 2048
        published = jwt.PyJWK(key).key
        assert certified.public_numbers() == published.public_numbers()


def test_an_assertion_says_which_key_signed_it(edge: Cloudflare) -> None:
    application = edge.people()
    with edge.browser() as browser:
        edge.log_in(browser)
        browser.get(edge.url)
        token = edge.last().header("cf-access-jwt-assertion")
        assert token is not None
        header = jwt.get_unverified_header(token)
        assert header == {"alg": "RS256", "kid": edge.published()["public_cert"]["kid"], "typ": "JWT"}
        assert edge.assertion(application["aud"])["iss"] == f"https://{TEAM}"


def test_a_rotation_signs_with_a_new_key_and_still_publishes_the_old_one(edge: Cloudflare) -> None:
    application = edge.people()
    with edge.browser() as browser:
        edge.log_in(browser)
        browser.get(edge.url)
        old, old_token = assertion_kid(edge), edge.last().header("cf-access-jwt-assertion")
        told = edge.control("keys/rotate").json()
        browser.get(edge.url)
    assert assertion_kid(edge) == told["kid"] != old
    assert [key["kid"] for key in edge.published()["keys"]] == [old, told["kid"]]
    assert edge.assertion(application["aud"])
    key = jwt.PyJWK(edge.published()["keys"][0])
    assert jwt.decode(str(old_token), key, ["RS256"], audience=application["aud"])


def test_two_rotations_take_a_key_away(edge: Cloudflare) -> None:
    first = edge.published()["public_cert"]["kid"]
    edge.control("keys/rotate")
    edge.control("keys/rotate")
    assert first not in {key["kid"] for key in edge.published()["keys"]}
    assert len(edge.published()["keys"]) == 2


def test_an_outage_takes_the_keys_away_and_nothing_else(edge: Cloudflare) -> None:
    edge.people()
    certs = f"{edge.team_url}/cdn-cgi/access/certs"
    with edge.browser() as browser:
        edge.log_in(browser)
        assert edge.control("keys/outage", {"down": True}).json() == {"down": True}
        assert browser.get(certs).status_code == 503
        assert browser.get(edge.url).status_code == 200
        edge.control("keys/outage", {"down": False})
        assert browser.get(certs).status_code == 200


def test_keys_survive_a_restart_in_a_file_of_their_owner(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    ring.rotate()
    file = tmp_path / "signing-keys.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(state(tmp_path, file.name)) == 2
    assert KeyRing(tmp_path).document() == ring.document()


def test_a_key_of_another_kind_is_refused() -> None:
    private = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(TypeError, match="not an RSA key"):
        SigningKey.read({"key": private.decode(), "certificate": ""})


@pytest.mark.parametrize("token", ["wrong", "for-the-api", "for-the-control"])
def test_the_controls_want_their_token(edge: Cloudflare, token: str) -> None:
    for path in ("keys/rotate", "keys/outage", "clock"):
        answer = edge.control(path, token=token)
        assert answer.status_code == 401
        assert answer.json() == {"error": "the control token is missing or wrong"}


@pytest.mark.parametrize(
    ("path", "body", "problem"),
    [
        ("clock", {"advance": 0}, "the clock only goes forward"),
        ("clock", {"advance": -5}, "the clock only goes forward"),
        ("clock", {"advance": True}, "advance must be a number of seconds"),
        ("clock", {"advance": "1h"}, "advance must be a number of seconds"),
        ("clock", {}, "the body must be an object with advance"),
        ("clock", {"advance": 1, "more": 2}, "the body must be an object with advance"),
        ("clock", [1], "the body must be an object with advance"),
        ("keys/outage", {"down": "yes"}, "down must be true or false"),
        ("keys/outage", {}, "the body must be an object with down"),
        ("keys/rotate", {"now": True}, "the body must be an object with no fields"),
    ],
)
def test_the_controls_say_what_they_did_not_understand(edge: Cloudflare, path: str, body: Any, problem: str) -> None:
    answer = edge.control(path, body)
    assert answer.status_code == 400
    assert problem in answer.json()["error"]


def test_the_clock_tells_how_far_ahead_it_is(edge: Cloudflare) -> None:
    before = edge.control("clock", {"advance": 1}).json()["offset"]
    assert edge.control("clock", {"advance": 2.5}).json()["offset"] == before + 2.5


@pytest.mark.parametrize("seconds", [float("inf"), float("nan")])
def test_the_clock_goes_no_endless_way(seconds: float) -> None:
    with pytest.raises(ValueError, match="only goes forward"):
        Clock().advance(seconds)
