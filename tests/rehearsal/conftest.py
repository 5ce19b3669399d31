"""What the checks of the rehearsed production share: its tokens, ways to its host, and what to print on a failure."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml

from sandbox import network, rehearsal, stack
from sandbox.private_files import write_private
from tests.integration import cluster
from tests.integration.stacks import Stack
from tests.rehearsal.audit import GATEWAY

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

HOST = rehearsal.value("host")
SEARCH = "/api/2.0/mlflow/experiments/search?max_results=1"
"""The cheapest call that reads from the database."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        gateway = ["logs", f"--namespace={rehearsal.NAMESPACE}", f"--selector={GATEWAY}", "--prefix"]
        report.sections.append(("the platform at that moment", cluster.situation()))
        report.sections.append(("the gateway", cluster.kubectl(*gateway, "--tail=20", check=False)))
    return report


def production() -> Stack:
    """The rehearsed stack, for commands of which the whole output matters."""
    return Stack(rehearsal.STACK, os.environ | rehearsal.environment())


def configure(**values: object) -> None:
    """Changes the configuration of the rehearsed stack, for the next update."""
    document = yaml.safe_load(rehearsal.FILE.read_text())
    document["config"] |= {f"{stack.PROJECT}:{key}": value for key, value in values.items()}
    write_private(rehearsal.FILE, yaml.safe_dump(document))


def audience_of_the_application() -> str:
    """The tag that an assertion has to name."""
    return rehearsal.pulumi("stack", "output", "audience").strip()


def service_tokens() -> dict[str, dict[str, str]]:
    """The machine clients' tokens, as the stack's output hands them out."""
    shown = rehearsal.pulumi("stack", "output", "accessServiceTokens", "--show-secrets", "--json")
    parsed: dict[str, dict[str, str]] = json.loads(shown)
    return parsed


def machine_headers(token: dict[str, str]) -> dict[str, str]:
    """What a program sends to get through the edge."""
    return {"CF-Access-Client-Id": token["client_id"], "CF-Access-Client-Secret": token["client_secret"]}


@pytest.fixture(scope="session")
def tokens() -> dict[str, dict[str, str]]:
    return service_tokens()


@pytest.fixture
def outside() -> Iterator[httpx.Client]:
    """Somebody on the Internet, who comes through Cloudflare's edge."""
    with httpx.Client(base_url=f"https://{HOST}", verify=str(stack.CA_FILE), trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
def around_the_edge() -> Iterator[httpx.Client]:
    """Somebody who knows the ingress controller's own address."""
    sni: dict[str, Any] = {"sni_hostname": HOST}

    class Direct(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            request.extensions |= sni
            return super().handle_request(request)

    transport = Direct(verify=str(stack.CA_FILE))
    address = f"https://{network.INGRESS_ADDRESS}"
    with httpx.Client(base_url=address, headers={"Host": HOST}, transport=transport, timeout=30) as client:
        yield client
