"""The team's keys: rotation, outage and age, and whom the gateway believes them from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.pki import Authority
from tests.unit.gateway.running import TEAM_DOMAIN, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.assertions import Signer
    from tests.unit.gateway.neighbours import TeamDomain
    from tests.unit.gateway.running import Gateway


def test_a_new_key_is_known_soon_and_a_withdrawn_one_is_gone(
    another: Callable[..., Gateway], team: TeamDomain, key: Signer
) -> None:
    gateway, new = another().started(), key.with_another_key("new")
    assert gateway.get("/", new.sign()).status == 401

    team.keys = [new.jwk(), key.jwk()]
    until(lambda: gateway.get("/", new.sign()).status == 200)
    assert gateway.get("/", key.sign()).status == 200

    team.keys = [new.jwk()]
    until(lambda: gateway.get("/", key.sign()).status == 401)
    assert gateway.get("/", new.sign()).status == 200


def test_a_known_key_works_through_an_outage_until_its_age_and_then_nothing_does(
    another: Callable[..., Gateway], team: TeamDomain, key: Signer
) -> None:
    gateway, token = another(max_age_seconds=5).started(), key.sign()

    team.answer = (503, "down")
    until(lambda: not gateway.is_healthy("signing_keys"))
    assert gateway.get("/", token).status == 200
    until(lambda: gateway.get("/", token).status == 401)
    assert gateway.operations("/ready").status == 200

    team.answer = None
    until(lambda: gateway.get("/", token).status == 200)


@pytest.mark.parametrize("answer", [(200, "<html>sorry</html>"), (302, "{}"), (200, '{"keys": "none"}')])
def test_what_is_no_key_set_does_not_displace_one(
    another: Callable[..., Gateway], team: TeamDomain, key: Signer, answer: tuple[int, str]
) -> None:
    gateway = another().started()
    known = gateway.operations("/keys").text

    team.answer = answer
    until(lambda: not gateway.is_healthy("signing_keys"))

    assert gateway.operations("/keys").text == known
    assert gateway.get("/", key.sign()).status == 200


def test_a_gateway_that_starts_in_an_outage_is_closed_until_it_has_the_keys(
    another: Callable[..., Gateway], team: TeamDomain, key: Signer
) -> None:
    team.answer = (503, "down")
    gateway = another()
    until(lambda: gateway.operations("/ready").status == 200)
    until(lambda: len(team.asked) > 1)

    assert gateway.operations("/keys").status == 503
    assert gateway.get("/", key.sign()).status == 401

    team.answer = None
    until(lambda: gateway.get("/", key.sign()).status == 200)


def test_a_flood_of_unknown_keys_costs_the_team_domain_nothing(
    another: Callable[..., Gateway], team: TeamDomain, key: Signer
) -> None:
    gateway = another(refresh_seconds=3600).started()

    assert {gateway.get("/", key.sign(kid=f"unknown-{number}")).status for number in range(100)} == {401}
    assert team.asked == [(TEAM_DOMAIN, "/cdn-cgi/access/certs")]


def test_the_team_domain_has_to_show_a_certificate_of_the_given_authority(
    another: Callable[..., Gateway], team: TeamDomain, key: Signer, tmp_path: Path
) -> None:
    foreign = Authority(tmp_path / "foreign")
    foreign.ensure()
    gateway = another(trusted=foreign)
    until(lambda: "ssl_fail_verify_error" in gateway.counters("team_domain"))

    assert gateway.get("/", key.sign()).status == 401
    assert team.asked == []


def test_the_certificate_has_to_be_the_team_domains(
    another: Callable[..., Gateway], team: TeamDomain, key: Signer
) -> None:
    gateway = another(team_domain="another.cloudflareaccess.com")
    until(lambda: "ssl_fail_verify_san" in gateway.counters("team_domain"))

    assert gateway.get("/", key.sign()).status == 401
    assert team.asked == []
