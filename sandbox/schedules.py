"""Pauses the CronJobs whose Jobs take the lock of the database or remove backups. Needs `kubectl` alone."""

from __future__ import annotations

import json
import shlex
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sandbox.interruption import shielded
from sandbox.jobs import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.jobs import Cluster

SCHEDULES = ("mlflow-backup", "mlflow-backup-prune", "mlflow-gc")
"""Where there are such: what is backed up, pruned and collected."""


@contextmanager
def paused(cluster: Cluster, say: Callable[[str], None]) -> Iterator[None]:
    """Keep them from starting for the length of a block, however it ends; one that was suspended before stays so.

    What has been started already goes on.

    Args:
        cluster: Where they are.
        say: Told what is done.

    Raises:
        ClusterError: One could not be suspended.
    """
    touched: list[str] = []
    try:
        for name in filter(lambda each: _runs(cluster, each), SCHEDULES):
            # Noted before: whoever interrupts it does not learn whether it is suspended.
            touched.append(name)
            say(f"suspending CronJob {name}")
            cluster.run(*_patch(name, suspend=True))
        yield
    finally:
        with shielded():
            for name in touched:
                _resume(cluster, name, say)


def waking(cluster: Cluster) -> list[str]:
    """Tell the commands that let those go on which are suspended now."""
    found = ((name, cluster.get("cronjob", name)) for name in SCHEDULES)
    return [_by_hand(cluster, name) for name, cron_job in found if cron_job and cron_job["spec"].get("suspend")]


def _runs(cluster: Cluster, name: str) -> bool:
    cron_job = cluster.get("cronjob", name)
    return cron_job is not None and not cron_job["spec"].get("suspend")


def _resume(cluster: Cluster, name: str, say: Callable[[str], None]) -> None:
    say(f"resuming CronJob {name}")
    try:
        cluster.run(*_patch(name, suspend=False))
    except ClusterError as error:
        say(f"warning: {error}; CronJob {name} may still be suspended: {_by_hand(cluster, name)}")


def _patch(name: str, *, suspend: bool) -> tuple[str, ...]:
    return "patch", "cronjob", name, f"--patch={json.dumps({'spec': {'suspend': suspend}})}"


def _by_hand(cluster: Cluster, name: str) -> str:
    return shlex.join(["kubectl", f"--namespace={cluster.namespace}", *_patch(name, suspend=False)])
