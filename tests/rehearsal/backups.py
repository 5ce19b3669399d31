"""Backups of the rehearsed production, driven by the commands that the runbook has for a person."""

from __future__ import annotations

import os
import subprocess
from typing import Any

from sandbox import backup_keys, jobs, paths, rehearsal
from tests.integration.cluster import NAMESPACE
from tests.rehearsal.prometheus import series

CLUSTER = jobs.Cluster(NAMESPACE)
BUCKET = "mlflow-backups"
RESTORE_SECONDS = 900.0
TEMPLATES = {
    "create": "mlflow-backup",
    "verify": "mlflow-backup-verify",
    "drill": "mlflow-backup-drill",
    "prune": "mlflow-backup-prune",
}
"""CronJob by command."""


def run(template: str) -> list[dict[str, Any]]:
    """Run a Job of a CronJob, which has to succeed; return the results that it told."""
    return finish(begin(template))


def begin(template: str) -> str:
    """Start a Job of a CronJob; return its name."""
    return jobs.begin(CLUSTER, template)


def finish(job: str) -> list[dict[str, Any]]:
    """Wait for a Job, which has to succeed; return the results that it told."""
    try:
        return jobs.results(jobs.finish(CLUSTER, job))
    except jobs.JobError as error:
        raise AssertionError(f"{error}\n{error.log}") from error


def fail(template: str) -> None:
    """Run a Job of a CronJob, which has to fail."""
    try:
        log = jobs.finish(CLUSTER, begin(template))
    except jobs.JobError:
        return
    raise AssertionError(f"a Job of {template} was expected to fail:\n{log}")


def run_what_never_ran() -> None:
    """Have every kind of Job that has to do with backups told of at least once: without, alerts are about to fire."""
    for command, template in TEMPLATES.items():
        if not series(f'mlflow_backup_last_run_success{{command="{command}"}}'):
            run(template)


def restore(**words: str) -> subprocess.CompletedProcess[str]:
    """`make restore`, as a person calls it."""
    wish = {"IDENTITY": str(backup_keys.OWNERS), **words}
    return subprocess.run(
        ["make", "--silent", "restore", *(f"{key}={value}" for key, value in wish.items())],
        cwd=paths.CLONE,
        env=os.environ | rehearsal.environment(),
        capture_output=True,
        text=True,
        timeout=RESTORE_SECONDS,
        check=False,
    )
