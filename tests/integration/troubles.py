"""What goes wrong on a running stack, made on purpose; the cure is the guide's, or the drill's."""

from __future__ import annotations

import json
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest

from components.database_session.lock import WHOLE_DATABASE
from sandbox.parts import postgresql
from tests.integration import backends
from tests.integration.cluster import NAMESPACE, kubectl
from tests.integration.running import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.stacks import Stack

    Session = psycopg.Connection[tuple[object, ...]]

TOO_LITTLE = "128Mi"
"""Less memory than MLflow needs to be loaded."""
NO_OPTION = "--make-it-faster"
SERVERS_SESSIONS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s AND application_name <> %s"
)
ATTEMPTS = 3
"""To be faster than the server's own attempts to come back."""


def give_an_option_that_is_none() -> None:
    """Somebody adds it to the server's command by hand."""
    added = [{"op": "add", "path": "/spec/template/spec/containers/0/command/-", "value": NO_OPTION}]
    patch = f"--patch={json.dumps(added)}"
    kubectl("patch", "deployment/mlflow", f"--namespace={NAMESPACE}", "--type=json", patch)


def take_the_bucket_away() -> None:
    """Somebody overwrites the policy of the server's user at the object store."""
    administration = backends.object_store_administration(backends.administrator_key())
    # Named like the bucket, and bounding every key of its user.
    administration.policy_add(backends.BUCKET, policy=backends.WITHOUT_A_BUCKET)


def lower_the_memory_limit() -> None:
    """Somebody lowers it by hand, so that not even the start of the server has enough."""
    amounts = (f"--limits=memory={TOO_LITTLE}", f"--requests=memory={TOO_LITTLE}")
    kubectl("set", "resources", "deployment/mlflow", f"--namespace={NAMESPACE}", "--containers=mlflow", *amounts)


def set_an_image_that_nobody_has() -> None:
    """Somebody sets it by hand."""
    image = "mlflow=registry.invalid/mlflow:no-such-version"
    kubectl("set", "image", "deployment/mlflow", f"--namespace={NAMESPACE}", image)


@contextmanager
def a_forgotten_transaction() -> Iterator[int]:
    """A session has locked the runs and does nothing more; gives the number of its process."""
    with closing(backends.database()) as session:
        session.execute("BEGIN")
        session.execute("LOCK TABLE runs IN ACCESS EXCLUSIVE MODE")
        yield session.info.backend_pid


@contextmanager
def every_connection_taken(application: str) -> Iterator[None]:
    """Somebody who uses the server's login has every connection that it may have, also those that the server had."""
    with ExitStack() as opened, closing(backends.database(postgresql.ADMIN_USER)) as administrator:

        def named() -> Session:
            session = backends.database()
            session.execute(f"SET application_name = '{application}'".encode())
            return session

        for _ in range(ATTEMPTS):
            administrator.execute(SERVERS_SESSIONS, [backends.DATABASE, application])
            open_until_refused(opened, named)
        yield


def open_until_refused(opened: ExitStack, connect: Callable[[], Session]) -> None:
    """Opens connections of one role, to be closed with `opened`, until it may have no more."""

    def open_for_ever() -> None:
        while True:
            opened.callback(connect().close)

    with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
        open_for_ever()


@contextmanager
def the_lock_held(application: str) -> Iterator[None]:
    """A session of a Job that is long gone still has the lock of migrations and backups."""
    with closing(backends.database()) as session:
        session.execute(f"SET application_name = '{application}'".encode())
        session.execute("SELECT pg_advisory_lock(%s)", [WHOLE_DATABASE])
        yield


def kill_an_update(of: Stack) -> None:
    """Kills an engine, and what it has started, as soon as it has locked the state."""
    locks = of.states / "locks"
    with running(of, "up", "--yes", "--skip-preview", "--refresh") as update:
        update.wait_until(lambda: any(locks.rglob("*.json")), "it had locked the state")
