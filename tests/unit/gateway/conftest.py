"""One gateway that every test asks and none disturbs, and the means to start others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.pki import Authority
from tests.assertions import Signer
from tests.unit.gateway.neighbours import Echo, TeamDomain
from tests.unit.gateway.running import AUDIENCE, ISSUER, TEAM_DOMAIN, Gateway, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from components.access_gateway import envoy
    from sandbox.pki import KeyPair


@pytest.fixture(scope="package")
def key() -> Signer:
    return Signer(kid="current", audience=AUDIENCE, issuer=ISSUER)


@pytest.fixture(scope="package")
def stranger(key: Signer) -> Signer:
    return key.with_another_key()


@pytest.fixture(scope="package")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority(tmp_path_factory.mktemp("authority"))
    made.ensure()
    return made


@pytest.fixture(scope="package")
def certificate(authority: Authority) -> KeyPair:
    return authority.issue("team", common_name=TEAM_DOMAIN, hosts=[TEAM_DOMAIN])


@pytest.fixture(scope="package")
def echo() -> Iterator[Echo]:
    server = Echo()
    yield server
    server.close()


@pytest.fixture
def team(key: Signer, certificate: KeyPair) -> Iterator[TeamDomain]:
    """A team domain that the test may disturb."""
    server = TeamDomain([key.jwk()], certificate)
    yield server
    server.close()


@pytest.fixture(scope="package")
def quiet_team(key: Signer, certificate: KeyPair) -> Iterator[TeamDomain]:
    # Without `alg`, the key itself would accept RS512 too.
    server = TeamDomain([key.jwk(algorithm=None)], certificate)
    yield server
    server.close()


@pytest.fixture(scope="package")
def gateway(
    quiet_team: TeamDomain, echo: Echo, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    running = Gateway(
        settings(quiet_team.endpoint, echo.endpoint, authority.certificate), tmp_path_factory.mktemp("gateway")
    )
    try:
        yield running.started()
    finally:
        running.close()


@pytest.fixture
def another(team: TeamDomain, echo: Echo, authority: Authority, tmp_path: Path) -> Iterator[Callable[..., Gateway]]:
    """Start gateways with other keys, limits or surroundings."""
    started: list[Gateway] = []

    def start(
        *, trusted: Authority = authority, upstream: envoy.Endpoint | None = None, **differences: object
    ) -> Gateway:
        directory = tmp_path / str(len(started))
        directory.mkdir()
        different = settings(team.endpoint, upstream or echo.endpoint, trusted.certificate, **differences)
        started.append(Gateway(different, directory))
        return started[-1]

    yield start
    for running in started:
        running.close()
