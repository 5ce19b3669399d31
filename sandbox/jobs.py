"""Runs Jobs of the platform's CronJobs by `kubectl`, and reads what they told.

Needs nothing but the standard library and `kubectl`: it serves clusters outside the sandbox as well.
"""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.interruption import shielded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOOK_SECONDS = 2.0
MOST_MISSES = 30
"""Looks in a row that may fail: a minute without an answer of the API server ends no Job."""


class ClusterError(Exception):
    """A command of `kubectl` failed; the message says what it said."""


class JobError(Exception):
    """A Job failed.

    Args:
        message: its last words.
        exit_code: of its program; None where that is not known.
        log: of all its pods and containers.
    """

    def __init__(self, message: str, exit_code: int | None, log: str) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.log = log


@dataclass(frozen=True)
class Cluster:
    """One namespace of the cluster that `kubectl` is told of."""

    namespace: str

    def run(self, *words: str, stdin: str | None = None, check: bool = True) -> str:
        """What a `kubectl` command prints.

        Raises:
            ClusterError: it failed.
        """
        done = subprocess.run(
            ["kubectl", f"--namespace={self.namespace}", *words],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            # A terminal's interrupt is for whoever asks, who may still have to put something back by this.
            start_new_session=True,
        )
        if done.returncode and check:
            raise ClusterError(f"kubectl {' '.join(words[:3])}: {done.stderr.strip()}")
        return done.stdout

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        """An object; None where there is none."""
        text = self.run("get", kind, name, "--ignore-not-found", "--output=json")
        return json.loads(text) if text.strip() else None

    def make(self, document: dict[str, Any]) -> None:
        """Makes an object, of which nothing is on a command line."""
        self.run("create", "--filename=-", stdin=json.dumps(document))


def begin(cluster: Cluster, template: str) -> str:
    """Starts a Job of a CronJob and returns its name."""
    name = f"{template}-{time.time_ns() // 1_000_000}"
    cluster.run("create", "job", name, f"--from=cronjob/{template}")
    return name


@contextmanager
def attended(cluster: Cluster, template: str, tell: Callable[[str], None]) -> Iterator[str]:
    """Starts a Job that does not go on when the block breaks off; told to stop, it undoes what is half done.

    Args:
        cluster: where it runs.
        template: CronJob that it is made of.
        tell: told where it is stopped.
    """
    job = ""
    try:
        with shielded():
            job = begin(cluster, template)
        yield job
    except JobError:
        raise
    except BaseException:
        if job:
            with shielded():
                tell(f"stopping Job {job}")
                cluster.run("delete", "job", job, "--cascade=foreground", "--ignore-not-found", check=False)
        raise


def finish(cluster: Cluster, job: str, tell: Callable[[str], None] = lambda _: None) -> str:
    """Waits for the end of a Job and returns its log.

    Args:
        cluster: where it is.
        job: its name.
        tell: told the newest message of its log, now and then.

    Raises:
        JobError: it failed, or somebody has deleted it.
        ClusterError: the cluster does not answer any more.
    """
    said, misses = "", 0
    while True:
        try:
            found, misses = cluster.get("job", job), 0
        except ClusterError:
            misses += 1
            if misses > MOST_MISSES:
                raise
        else:
            if found is None:
                raise JobError(f"Job {job} is gone: somebody has deleted it", None, "")
            if ended := _ending(found):
                break
        time.sleep(LOOK_SECONDS)
        if (message := _message(_log(cluster, job, lines=1))) not in {"", said}:
            tell(message)
            said = message
    log = _log(cluster, job, lines=-1)
    if ended != "Complete":
        raise JobError(f"Job {job} failed: {_last_words(log)}", _exit_code(cluster, job), log)
    return log


def _log(cluster: Cluster, job: str, *, lines: int) -> str:
    """The last lines of every attempt's every container; -1: all."""
    selected = f"--selector=job-name={job}"
    return cluster.run("logs", selected, "--all-containers", f"--tail={lines}", check=False)


def results(log: str) -> list[dict[str, Any]]:
    """The results of the backup program among the lines of a log."""
    found = []
    for line in log.splitlines():
        parsed = _parsed(line)
        if "exit_code" in parsed and "phases" in parsed:
            found.append(parsed)
    return found


def _parsed(line: str) -> dict[str, Any]:
    try:
        parsed = json.loads(line)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _message(log: str) -> str:
    """What the last line of a JSON log says; nothing where it is no such line."""
    return str(_parsed(log.strip().rpartition("\n")[2]).get("message", ""))


def _ending(job: dict[str, Any]) -> str:
    conditions = job.get("status", {}).get("conditions", [])
    ended = [each["type"] for each in conditions if each["type"] in {"Complete", "Failed"} and each["status"] == "True"]
    return ended[0] if ended else ""


def _exit_code(cluster: Cluster, job: str) -> int | None:
    """Of the attempt that ended last."""
    pods = json.loads(cluster.run("get", "pods", f"--selector=job-name={job}", "--output=json"))["items"]
    containers = [container for pod in pods for container in pod["status"].get("containerStatuses", [])]
    ended = [container["state"]["terminated"] for container in containers if "terminated" in container["state"]]
    return int(max(ended, key=lambda each: str(each["finishedAt"]))["exitCode"]) if ended else None


def _last_words(log: str) -> str:
    told = results(log)
    if told:
        return str(told[-1]["message"])
    return log.strip().splitlines()[-1] if log.strip() else "it left no log; kubectl describe job tells more"
