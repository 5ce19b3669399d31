"""The runbook's commands rotate passwords and keys while clients work: no request fails, and the old ones end."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import psycopg
import pytest
from minio.error import S3Error

from tests import runbook
from tests.integration.backends import BUCKET, Key, Login, database, object_store, server_key, server_login
from tests.integration.cluster import SERVER, objects
from tests.integration.load import Load
from tests.integration.stacks import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

pytestmark = [pytest.mark.usefixtures("platform"), pytest.mark.full]

TO_BOTH, TO_SEPARATE, NEW_PASSWORD, NEW_KEYS, *_ = runbook.blocks("Rotating credentials")
UPDATE = "pulumi up\n"
LOOK_SECONDS = 1.0


def run(*blocks: str) -> None:
    """Run blocks of the runbook; several share one update."""
    assert all(block.endswith(UPDATE) for block in blocks)
    settings = [block.removesuffix(UPDATE) for block in blocks]
    runbook.run(*settings, UPDATE, environment={**Stack().environment, "PULUMI_STACK": Stack().name})


def mounted(pod: dict[str, Any]) -> set[str]:
    """The Secrets that a pod, or a pod's template, has."""
    return {volume["secret"]["secretName"] for volume in pod["spec"]["volumes"] if "secret" in volume}


@dataclass(frozen=True)
class Credentials:
    """What the server's pods have."""

    login: Login
    key: Key
    secrets: frozenset[str]

    @classmethod
    def in_use(cls) -> Self:
        """Those of the present Deployment."""
        return cls(server_login(), server_key(), frozenset(mounted(objects("deployments")[0]["spec"]["template"])))

    def refusals(self) -> Iterator[str]:
        """What is no longer good."""
        try:
            database(self.login.user, password=self.login.password).close()
        except psycopg.OperationalError:
            yield "login"
        try:
            list(object_store(self.key).list_objects(BUCKET))
        except S3Error as error:
            yield f"key: {error.code}"
        if not self.secrets <= {secret["metadata"]["name"] for secret in objects("secrets")}:
            yield "secrets"


class Handover:
    """Looks, as long as the context lasts, whether pods have credentials that are good."""

    def __init__(self, old: Credentials) -> None:
        self._old = old
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.too_early: list[str] = []
        self.looked_at_the_last = False
        """At old pods that had been told to stop, and still answered."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._end.wait(LOOK_SECONDS):
            try:
                stopping = ["deletionTimestamp" in pod["metadata"] for pod in self._old_pods()]
                refused = list(self._old.refusals()) if stopping else []
                if refused and self._old_pods():
                    self.too_early += refused
                self.looked_at_the_last |= bool(stopping) and all(stopping)
            except AssertionError as error:  # kubectl has failed
                self.too_early.append(str(error))

    def _old_pods(self) -> list[dict[str, Any]]:
        # A new pod may have one of them: what is not rotated is mounted on.
        return [pod for pod in objects("pods", selector=SERVER) if self._old.secrets <= mounted(pod)]


def rotate(*blocks: str) -> Credentials:
    """Runs commands of the runbook and returns what the pods have then; the old pods were never without theirs."""
    old = Credentials.in_use()
    with Handover(old) as handover:
        run(*blocks)
    assert handover.too_early == []
    assert handover.looked_at_the_last
    new = Credentials.in_use()
    assert list(new.refusals()) == []
    return new


@pytest.fixture
def first() -> Iterator[Credentials]:
    """What the server has before, and again afterwards, except for the key, of which MinIO makes another."""
    dev, before = Stack(), Credentials.in_use()
    yield before
    for key in ("databaseLogin", "artifactKeyVersion"):
        dev.run("config", "rm", key)
    dev.succeed("config", "set", "--secret", "databasePassword", stdin=before.login.password)
    dev.up()
    assert server_login() == before.login
    assert list(Credentials.in_use().refusals()) == []
    dev.succeed("preview", "--refresh", "--expect-no-changes")


def test_password_and_keys_are_rotated_without_losing_a_request(first: Credentials) -> None:
    with Load() as load:
        second = rotate(TO_BOTH, NEW_KEYS)
        assert second.login.user == Stack().succeed("stack", "output", "databaseUser").strip()
        assert list(first.refusals()) == ["key: InvalidAccessKeyId", "secrets"]

        run(TO_SEPARATE)
        assert Credentials.in_use() == second
        assert "login" in first.refusals()
        load.wait_for_progress()

        third = rotate(NEW_PASSWORD)
        assert third.key == second.key
        assert list(second.refusals()) == ["login", "secrets"]
        load.wait_for_progress()
        assert load.lost() == []
    assert load.failures == []
