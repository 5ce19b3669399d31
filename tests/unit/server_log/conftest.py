from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.unit.server_log.running import PATIENCE_SECONDS, Server, free_port, make_database, server_pod

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.engine import Recording


@pytest.fixture(scope="package")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a server finds after the migration; to be copied."""
    return make_database(tmp_path_factory.mktemp("database"))


@pytest.fixture(scope="package")
def server(dev: Recording, database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(server_pod(dev, tmp_path_factory.mktemp("server"), database, port := free_port()), port)
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
