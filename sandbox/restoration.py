"""Restores a platform from its backup: `python3 -m sandbox.restoration --identity FILE`, for the cluster of `kubectl`.

The same commands as the runbook's section "Restoring a backup", one after the other: schedules that need the lock of
the database pause, the server is stopped, a Job restores artifacts and database and compares them with the backup,
another one brings the schema up to date, the server starts again, and the schedules go on. The private key is in the
cluster for as long as the restore takes.

Needs nothing but the standard library and `kubectl`: it serves clusters outside the sandbox as well.
"""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox import jobs
from sandbox.interruption import InterruptedByError, heard, shielded
from sandbox.jobs import Cluster, ClusterError, JobError
from sandbox.schedules import paused, waking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DEPLOYMENT = "mlflow"
RESTORE, RESTORE_MOMENT, MIGRATE = "mlflow-restore", "mlflow-restore-moment", "mlflow-migrate"
"""CronJobs that never start by themselves: they hold what a Job of theirs needs."""
IDENTITY_SECRET, IDENTITY_KEY = "mlflow-backup-identity", "identity"
STOP_SECONDS = 120
UNCHANGED = frozenset({2, 3, 5})
"""Exit codes of the backup program: a wrong setting, a backup that is refused, or none."""
MIGRATION_RETRY_LATER = 75
"""Exit code of a migration that somebody kept from the lock until the deadline of its Job; nothing was changed."""
MIGRATION_SECONDS = 3600.0
"""So long another Job is made of a migration that asks to come again."""
WRITING = frozenset({"artifacts", "database"})
"""Phases of a restore in which it writes."""
ASK = (
    "import urllib.request as r; "
    "r.urlopen(r.Request('http://127.0.0.1:5000/api/2.0/mlflow/experiments/search?max_results=1'), timeout=30)"
)


@dataclass(frozen=True)
class Wish:
    """What is to be restored."""

    template: str = RESTORE
    """CronJob; also the name of the ConfigMap with what its Job is told."""
    told: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, backup: str | None, moment: str | None) -> Wish:
        """The database as of a moment; or a backup; or the latest one."""
        if moment:
            return cls(RESTORE_MOMENT, {"RESTORE_MOMENT": moment})
        return cls(told={"BACKUP_ID": backup} if backup else {})


class RestorationError(Exception):
    """It did not come to its end; the message says what is wrong, how the platform is left and what to do."""


def say(message: str) -> None:
    """Tell whoever waits; that nobody does any more keeps nothing from coming to its end."""
    with suppress(OSError):
        print(message, file=sys.stderr, flush=True)


def restore(cluster: Cluster, identity: Path, wish: Wish) -> None:
    """Restores.

    Args:
        cluster: where the platform is.
        identity: file with the age private key.
        wish: what is to be restored.

    Raises:
        RestorationError: see there.
    """
    key = _demand_ready(cluster, identity, wish)
    began = time.monotonic()
    with paused(cluster, say), _stopped_server(cluster) as server, _told(cluster, key, wish):
        say("restoring: everything is checked before anything is changed")
        _restore(cluster, wish, server)
        say("bringing the schema up to date")
        _migrate(cluster)
    cluster.run("exec", f"deployment/{DEPLOYMENT}", "--", "python3", "-c", ASK)
    say(f"the server answers from the restored database; {time.monotonic() - began:.0f} s since it was stopped")


def _demand_ready(cluster: Cluster, identity: Path, wish: Wish) -> str:
    try:
        key = identity.read_text()
    except OSError as error:
        raise RestorationError(
            f"--identity {identity} cannot be read ({error.strerror}): it is to be the file with the age private key"
        ) from error
    if "AGE-SECRET-KEY-" not in key:
        raise RestorationError(f"--identity {identity} has no age private key (a line AGE-SECRET-KEY-...)")
    for name in (wish.template, MIGRATE):
        if cluster.get("cronjob", name) is None:
            switch = "pointInTime" if name == RESTORE_MOMENT else "backup"
            raise RestorationError(
                f"there is no CronJob {name} in namespace {cluster.namespace}: the stack has nothing to restore from, "
                f"or is not up; pulumi config set {switch} true, then pulumi up"
            )
    _deployment(cluster)
    if any(
        cluster.get(kind, name) is not None
        for kind, name in (("secret", IDENTITY_SECRET), ("configmap", wish.template))
    ):
        left = f"kubectl delete secret/{IDENTITY_SECRET} configmap/{wish.template} --ignore-not-found"
        raise RestorationError(
            f"Secret {IDENTITY_SECRET} or ConfigMap {wish.template} is there: another restore is under way, or was "
            f"killed; if it was, {'; '.join([left, *waking(cluster)])}"
        )
    return key


def _deployment(cluster: Cluster) -> dict[str, Any]:
    found = cluster.get("deployment", DEPLOYMENT)
    if found is None:
        raise RestorationError(f"there is no Deployment {DEPLOYMENT} in namespace {cluster.namespace}: pulumi up first")
    return found


@dataclass
class _Server:
    """The server while it is stopped."""

    replicas: int
    changed: bool = False
    """Its data may be half restored: it must not be started on that."""


@contextmanager
def _stopped_server(cluster: Cluster) -> Iterator[_Server]:
    """No server for the length of a block; it starts again unless its data may be half restored."""
    deployment = _deployment(cluster)
    server = _Server(int(deployment["spec"]["replicas"]) or 1)
    selector = ",".join(f"{key}={value}" for key, value in deployment["spec"]["selector"]["matchLabels"].items())
    say(f"stopping the server ({server.replicas} pods)")
    try:
        cluster.run("scale", f"deployment/{DEPLOYMENT}", "--replicas=0")
        cluster.run("wait", "pods", f"--selector={selector}", "--for=delete", f"--timeout={STOP_SECONDS}s")
        yield server
    except BaseException:
        _leave(cluster, server)
        raise
    _start(cluster, server.replicas)


def _leave(cluster: Cluster, server: _Server) -> None:
    if not server.changed:
        say("nothing has been changed")
        _start(cluster, server.replicas)
        return
    start = f"kubectl --namespace={cluster.namespace} scale deployment/{DEPLOYMENT} --replicas={server.replicas}"
    say(f"the server stays stopped; when its data is right again: {start}")


def _start(cluster: Cluster, replicas: int) -> None:
    say("starting the server")
    with shielded():
        cluster.run("scale", f"deployment/{DEPLOYMENT}", f"--replicas={replicas}")
    cluster.run("rollout", "status", f"deployment/{DEPLOYMENT}", "--timeout=10m")


@contextmanager
def _told(cluster: Cluster, key: str, wish: Wish) -> Iterator[None]:
    """The private key and the wish are in the cluster for the length of a block."""
    wanted: list[tuple[str, str, dict[str, object]]] = [
        ("Secret", IDENTITY_SECRET, {"stringData": {IDENTITY_KEY: key}})
    ]
    if wish.told:
        wanted.append(("ConfigMap", wish.template, {"data": dict(wish.told)}))
    made: list[str] = []
    try:
        for kind, name, content in wanted:
            metadata = {"namespace": cluster.namespace, "name": name}
            # Whoever interrupts it does not learn whether the object is made.
            with shielded():
                cluster.make({"apiVersion": "v1", "kind": kind, "metadata": metadata, **content})
                made.append(f"{kind.lower()}/{name}")
        yield
    finally:
        if made:
            with shielded():
                _take_back(cluster, made)


def _take_back(cluster: Cluster, made: Sequence[str]) -> None:
    try:
        cluster.run("delete", *made, "--ignore-not-found")
    except ClusterError as error:
        say(f"warning: {error}; the private key may still be in the cluster: kubectl delete {' '.join(made)}")


def _restore(cluster: Cluster, wish: Wish, server: _Server) -> None:
    """Restore by a Job.

    Raises:
        RestorationError: it failed.
    """
    try:
        with jobs.attended(cluster, wish.template, say) as job:
            server.changed = True
            _summarize(_finish(cluster, job))
    except JobError as error:
        server.changed = _has_written(error)
        raise RestorationError(str(error)) from error


def _migrate(cluster: Cluster) -> None:
    """Migrate by a Job, and by others for as long as somebody keeps it from the lock.

    Raises:
        RestorationError: it failed.
    """
    patience = time.monotonic() + MIGRATION_SECONDS
    while True:
        try:
            _migrate_once(cluster)
        except JobError as error:
            if error.exit_code != MIGRATION_RETRY_LATER or time.monotonic() >= patience:
                say(error.log)
                raise RestorationError(str(error)) from error
            say(f"  {error}; making another")
        else:
            return


def _migrate_once(cluster: Cluster) -> None:
    with jobs.attended(cluster, MIGRATE, say) as job:
        try:
            _finish(cluster, job)
        finally:
            # It is told of here, and not left for the alert about migrations.
            with shielded():
                cluster.run("delete", "job", job, "--ignore-not-found", check=False)


def _has_written(error: JobError) -> bool:
    """Whether a restore that failed may have got as far as to write something, in any of its attempts."""
    begun = {phase for result in jobs.results(error.log) for phase in result["phases"]}
    return error.exit_code not in UNCHANGED or bool(begun & WRITING)


def _finish(cluster: Cluster, job: str) -> str:
    return jobs.finish(cluster, job, lambda message: say(f"  {message}"))


def _summarize(log: str) -> None:
    for result in jobs.results(log):
        if result["ok"]:
            details = result["details"]
            say(
                f"{result['id']} of {result['created']} is restored: {details['rows']} rows of {details['tables']} "
                f"tables and {result['objects']} artifacts, compared; {result['duration_seconds']:.0f} s"
            )


def main(arguments: Sequence[str]) -> int:
    """Restores; tells the exit code."""
    parser = argparse.ArgumentParser(
        prog="make restore", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--identity", type=Path, required=True, help="file with the age private key (IDENTITY=FILE)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--backup", metavar="ID", help="which backup; the latest by default (BACKUP=ID)")
    what.add_argument(
        "--moment",
        metavar="TIME",
        help="the database as of a moment, such as 2026-11-26T19:00:00+00:00, or latest, while artifacts are left as "
        "they are; needs pointInTime (MOMENT=TIME)",
    )
    parser.add_argument("--namespace", default="data-platform", help="of the platform (NAMESPACE=NAME)")
    chosen = parser.parse_args(arguments)
    try:
        with heard():
            restore(Cluster(chosen.namespace), chosen.identity, Wish.of(chosen.backup, chosen.moment))
    except InterruptedByError as interruption:
        say(f"error: interrupted ({interruption})")
        return interruption.exit_code
    except (RestorationError, ClusterError) as error:
        say(f"error: {error}")
        return 1
    except FileNotFoundError:
        say("error: kubectl is not on the PATH")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
