"""Every integration test leaves the platform serving, and a failing one prints what a person needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration import cluster
from tests.integration.plugin_harness import Engine

if TYPE_CHECKING:
    from collections.abc import Generator


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and "platform" in getattr(item, "fixturenames", ()):
        report.sections.append(("the platform at that moment", cluster.situation()))
    return report


@pytest.fixture
def platform() -> Generator[None]:
    """The deployed platform, healthy before the test and waited for after it."""
    cluster.wait_until_rolled_out()
    yield
    cluster.wait_until_rolled_out()


@pytest.fixture(scope="session")
def server_image() -> str:
    """The image that the server runs: it has Python and is on the node."""
    image: str = cluster.objects("deployments")[0]["spec"]["template"]["spec"]["containers"][0]["image"]
    return image


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """An engine with every plugin laid out, for the tests of the plugins; it keeps nothing of a stack."""
    return Engine.install(tmp_path_factory.mktemp("engine"))
