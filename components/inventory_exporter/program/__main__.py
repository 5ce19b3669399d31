"""Starts the exporter: `python -m inventory_exporter`."""

from __future__ import annotations

import logging
import os
import signal
import threading
from functools import partial

from prometheus_client import CollectorRegistry, start_http_server

from . import log
from .backups import backups_client, look_at_backups
from .bucket import bucket_client, look_at_bucket
from .database import look_at_database
from .settings import Settings
from .source import Inventory, Source

_LOG = logging.getLogger(__name__)


def main() -> None:
    """Serve until told to stop, and then end at once: nothing is written that could be left half done."""
    log.set_up()
    settings = Settings.of(os.environ)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        # As a container's first process, it would otherwise never hear of SIGTERM.
        signal.signal(number, lambda *_: stop.set())
    sources = [
        Source("database", settings.database_seconds, partial(look_at_database, settings.server_role)),
        Source(
            "bucket",
            settings.bucket_seconds,
            partial(look_at_bucket, bucket_client(settings.bucket_endpoint), settings.bucket, settings.bucket_pages),
        ),
    ]
    if settings.backups:
        look = partial(look_at_backups, backups_client(settings.backups), settings.backups.bucket)
        sources.append(Source("backups", settings.backups.seconds, look))
    registry = CollectorRegistry()
    registry.register(Inventory(sources))
    start_http_server(settings.port, registry=registry)
    for source in sources:
        threading.Thread(target=source.run, args=(stop,), name=source.name, daemon=True).start()
    _LOG.info("serving at port %s", settings.port)
    stop.wait()
    _LOG.info("told to stop")


if __name__ == "__main__":
    main()
