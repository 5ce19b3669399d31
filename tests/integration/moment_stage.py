"""A PostgreSQL instance whose log is streamed into a bucket, somebody who writes into it, and the program between them.

The instance is one of two: what is recovered goes into the other one, so that the first can be lost.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from minio.error import S3Error

from tests.integration.backup_stage import BACKUPS, PASSWORD, PLATFORM, Outcome, Stage
from tests.integration.plugin_postgres import Postgres, _served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 90  # seconds
ROOT = f"pitr/{PLATFORM}/"
GRANTS = (
    "CREATE ROLE log_reader LOGIN REPLICATION PASSWORD '{password}'",
    "GRANT pg_monitor TO log_reader",
    "GRANT EXECUTE ON FUNCTION pg_backup_start(text, boolean) TO log_reader",
    "GRANT EXECUTE ON FUNCTION pg_backup_stop(boolean) TO log_reader",
    "GRANT EXECUTE ON FUNCTION pg_switch_wal() TO log_reader",
    "GRANT EXECUTE ON FUNCTION pg_create_restore_point(text) TO log_reader",
)


def until(seen: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


@dataclass
class Writer:
    """Commits a row at a time, and remembers when each was acknowledged."""

    source: Postgres
    acknowledged: list[tuple[int, datetime]] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def write(self, number: int = 1) -> None:
        with suppress(Exception), self.source.session("mlflow") as session:  # the server may be lost meanwhile
            for _ in range(number):
                row = session.execute("INSERT INTO runs (note) VALUES (md5(random()::text)) RETURNING id").fetchone()
                self.acknowledged.append((row[0], datetime.now(UTC)))
                time.sleep(0.01)

    def until_stopped(self) -> None:
        while not self.stopped.is_set():
            self.write(20)

    @contextmanager
    def writing(self) -> Iterator[None]:
        self.stopped.clear()
        thread = threading.Thread(target=self.until_stopped)
        thread.start()
        try:
            yield
        finally:
            self.stopped.set()
            thread.join()

    def pause(self) -> datetime:
        """A moment between the last row and the next."""
        time.sleep(0.05)
        moment = datetime.now(UTC)
        time.sleep(0.05)
        return moment

    def rows_at(self, moment: datetime) -> list[int]:
        return [number for number, at in self.acknowledged if at <= moment]


@dataclass
class Moments:
    """The stage of these tests."""

    stage: Stage
    source: Postgres
    writer: Writer
    folder: Path
    process: subprocess.Popen[str] | None = None

    def environment(self, **changed: str | None) -> dict[str, str]:
        place = {"PGSERVICE": "log", "BACKUP_PITR_FOLDER": str(self.folder), "BACKUP_PITR_SHIP_SECONDS": "1"}
        return self.stage.environment(**{**place, **changed})

    def start(self, **changed: str | None) -> None:
        """Start `pitr-run`, in a group of its own, as a container is one."""
        with (self.stage.folder / "pitr.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mlflow_backup", "pitr-run"],
                env=self.environment(**changed),
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    def kill(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def status(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self.stage.get(BACKUPS, "status/pitr.json"))
        except S3Error:
            return {"ok": False, "reason": "", "details": {}, "ended": ""}
        return found

    def log(self) -> str:
        return (self.stage.folder / "pitr.log").read_text()[-6000:]

    def covered(self, moment: datetime) -> bool:
        status = self.status()
        until_then = status["details"].get("covered_until")
        return bool(status["ok"] and until_then and datetime.fromisoformat(until_then) > moment)

    def until_covered(self, moment: datetime) -> None:
        until(lambda: self.covered(moment), f"covered: {self.status()} {self.log()}")

    def switch(self) -> None:
        """Have the server finish a segment."""
        self.source.run("SELECT pg_switch_wal()")

    def run(self, *arguments: str, **changed: str | None) -> Outcome:
        """Run a command as a user whom PostgreSQL accepts, although root's files are its own."""
        prefix = ["unshare", "--user", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []
        done = subprocess.run(
            [*prefix, sys.executable, "-m", "mlflow_backup", *arguments],
            env=self.environment(**changed),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def restore(self, moment: datetime | str, **changed: str | None) -> Outcome:
        to = moment if isinstance(moment, str) else moment.isoformat()
        self.stage.fresh_database("restored")
        with tempfile.TemporaryDirectory() as folder:
            place = ("--database-service", "restored", "--source-database", "mlflow", "--folder", f"{folder}/here")
            return self.run("pitr-restore", "--to", to, *place, **changed)

    def restored(self) -> list[int]:
        return [number for (number,) in self.stage.postgres.run("SELECT id FROM runs ORDER BY id", database="restored")]

    def keys(self, part: str) -> list[str]:
        return sorted(key for key in self.stage.keys(BACKUPS, ROOT) if part in key)


@pytest.fixture(scope="module")
def source() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        yield from _served(Path(folder))


@pytest.fixture(scope="module")
def moments(stage: Stage, source: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moments]:
    source.run(*(grant.format(password=PASSWORD) for grant in GRANTS), "CREATE DATABASE mlflow")
    # A tablespace is an archive of its own in a base backup.
    space, data = source.log.parent / "space", source.log.parent / "data"
    space.mkdir()
    os.chown(space, data.stat().st_uid, data.stat().st_gid)
    source.run(f"CREATE TABLESPACE space LOCATION '{space}'")
    source.run(
        "CREATE TABLE runs (id serial PRIMARY KEY, note text) TABLESPACE space",
        "CREATE TABLE alembic_version (version_num text)",
        "INSERT INTO alembic_version VALUES ('5b0e9adcef9c')",
        database="mlflow",
    )
    # The servers' own copies of their authorities are for root alone to read.
    services = stage.folder / "services"
    text = services.read_text()
    for name, server in (("source", source), ("target", stage.postgres)):
        authority = stage.folder / f"{name}.pem"
        authority.write_bytes(server.authority.read_bytes())
        text = text.replace(str(server.authority), str(authority))
    place = f"host=127.0.0.1\nport={source.port}\nsslmode=verify-full\nsslrootcert={stage.folder / 'source.pem'}"
    services.write_text(f"{text}[log]\n{place}\nuser=log_reader\ndbname=postgres\npassword={PASSWORD}\n")
    made = Moments(stage, source, Writer(source), tmp_path_factory.mktemp("pitr"))
    try:
        yield made
    finally:
        if made.process is not None and made.process.poll() is None:
            made.kill()
