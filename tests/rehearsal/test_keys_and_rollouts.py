"""The team's keys change and go away while people work, and the gateways with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import rehearsal, stack
from tests.assertions import HEADER
from tests.integration.cluster import kubectl, wait_for
from tests.integration.load import Load, Target
from tests.rehearsal.audit import gateway_pods, knows_keys
from tests.rehearsal.conftest import HOST, SEARCH, audience_of_the_application, machine_headers
from tests.rehearsal.double import control, team_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.assertions import Signer

GATEWAY = "deployment/mlflow-gateway"
SERVER = "deployment/mlflow"
NAMESPACE = f"--namespace={rehearsal.NAMESPACE}"
ROUNDS = 6
"""Requests in a row, so that each gateway has answered some."""


@pytest.fixture
def audience() -> str:
    return audience_of_the_application()


@pytest.fixture
def team_domain_down() -> Iterator[None]:
    """An outage of the team domain, whose end every gateway has noticed when the next test begins."""
    control("keys/outage", down=True)
    yield
    control("keys/outage", down=False)
    wait_until_rolled_out()
    wait_for(lambda: all(knows_keys(pod) for pod in gateway_pods()), "the gateways to fetch the keys again")


def wait_until_rolled_out(deployment: str = GATEWAY) -> None:
    kubectl("rollout", "status", deployment, NAMESPACE, "--timeout=300s", timeout=320)


def statuses(client: httpx.Client, key: Signer) -> set[int]:
    return {client.get(SEARCH, headers={HEADER: key.sign()}).status_code for _ in range(ROUNDS)}


def test_a_new_key_is_picked_up_and_one_that_is_published_no_more_is_refused(
    around_the_edge: httpx.Client, audience: str
) -> None:
    first = team_key(audience)
    control("keys/rotate")
    second = team_key(audience)
    assert second.kid != first.kid

    wait_for(lambda: statuses(around_the_edge, second) == {200}, "the new key to be known")
    assert statuses(around_the_edge, first) == {200}

    control("keys/rotate")
    wait_for(lambda: statuses(around_the_edge, first) == {401}, "the key before the last one to be forgotten")
    wait_for(lambda: statuses(around_the_edge, team_key(audience)) == {200}, "the newest key to be known")
    assert statuses(around_the_edge, second) == {200}


@pytest.fixture
def through_the_edge(tokens: dict[str, dict[str, str]]) -> Target:
    return Target(f"https://{HOST}", machine_headers(tokens["ci"]), str(stack.CA_FILE))


@pytest.mark.usefixtures("team_domain_down")
def test_gateways_roll_under_load_and_an_outage_of_the_team_domain_and_no_request_is_lost(
    through_the_edge: Target, around_the_edge: httpx.Client, audience: str
) -> None:
    before = set(gateway_pods())
    wait_for(lambda: not any(knows_keys(pod) for pod in before), "the gateways to notice the outage")
    with Load(through_the_edge) as load:
        kubectl("rollout", "restart", GATEWAY, NAMESPACE)
        wait_for(lambda: len(gateway_pods()) > len(before), "a new gateway")
        load.wait_for_progress()
        # The new one, which has never seen the keys, is kept from serving; those that know them go on.
        assert before < set(gateway_pods())
        assert statuses(around_the_edge, team_key(audience)) == {200}

        control("keys/outage", down=False)
        wait_until_rolled_out()
        assert not before & set(gateway_pods())
        load.wait_for_progress()
        assert load.lost() == []
    assert load.failures == []


@pytest.mark.full
def test_servers_roll_behind_the_gateways_and_no_request_is_lost(through_the_edge: Target) -> None:
    with Load(through_the_edge) as load:
        kubectl("rollout", "restart", SERVER, NAMESPACE)
        wait_until_rolled_out(SERVER)
        load.wait_for_progress()
        assert load.lost() == []
    assert load.failures == []
