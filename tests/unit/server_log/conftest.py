from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.unit.server_log.running import PATIENCE_SECONDS, Pod, Server, free_port, migration_pod, server_pod

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.engine import Recording


@pytest.fixture(scope="package")
def migrated(dev: Recording, tmp_path_factory: pytest.TempPathFactory) -> Pod:
    """The migration of an empty database, done."""
    pod = migration_pod(dev, tmp_path_factory.mktemp("migration"))
    assert pod.run() == 0, pod.log.read_text()
    return pod


@pytest.fixture(scope="package")
def server(dev: Recording, migrated: Pod, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(server_pod(dev, tmp_path_factory.mktemp("server"), migrated, port := free_port()), port)
    process = running.pod.start()
    try:
        running.wait_until_up(process)
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        status = process.wait(PATIENCE_SECONDS)
    # Here and not in a test, which would have to start one more server for it: the last lines have the form too.
    assert status == 0
    assert running.pod.messages().count("Application shutdown complete.") == 2
