"""A PostgreSQL of our own, on what was fetched: it recovers to the moment, and a database is read from it.

It listens on a socket in a folder that only this process's user may enter, and on no port.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from mlflow_backup.database.programs import program, version
from mlflow_backup.failures import BackupError, RefusedError
from mlflow_backup.stopping import raise_if_stopped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlflow_backup.point_in_time.fetching import Fetched

_ENDED_EARLY = "recovery ended before configured recovery target was reached"
_LOCALE = re.compile(r'LC_(?:COLLATE|CTYPE) "?([A-Za-z]+_[A-Za-z]+)\.([A-Za-z0-9-]+)')
_LONGEST_MESSAGE = 600
_LOCALES = 3
"""A database has one for its order, one for its characters, and template1 may have another."""
_POLL_SECONDS = 0.2
_SETTINGS = """\
listen_addresses = ''
unix_socket_directories = '{socket}'
hba_file = '{access}'
# No sessions before the end of the recovery, so that nothing has to be as large as on the source.
hot_standby = off
max_connections = 20
max_prepared_transactions = 1000
max_locks_per_transaction = 256
shared_buffers = 128MB
# In its own folder: a container has a /dev/shm of any size, or none.
dynamic_shared_memory_type = mmap
# Whatever is lost here is fetched again.
fsync = off
full_page_writes = off
autovacuum = off
archive_mode = off
jit = off
ssl = off
logging_collector = off
log_destination = 'stderr'
log_min_messages = warning
"""


class Scratch:
    """A running server."""

    def __init__(self, socket: Path, superuser: str) -> None:
        self._socket = socket
        self._superuser = superuser

    def address(self, database: str) -> str:
        """Build the connection string of one of its databases."""
        return psycopg.conninfo.make_conninfo(
            host=str(self._socket), port=5432, user=self._superuser, dbname=database, application_name="mlflow-backup"
        )

    @contextmanager
    def session(self, database: str) -> Iterator[psycopg.Connection[Any]]:
        """Open a session."""
        with psycopg.connect(self.address(database), autocommit=True) as session:
            yield session


@contextmanager
def recovered(fetched: Fetched, superuser: str, database: str) -> Iterator[Scratch]:
    """Recover to the moment, and serve until the end of the `with`.

    Args:
        fetched: A data directory and its log.
        superuser: Of the source.
        database: To be read.

    Raises:
        RefusedError: The image's PostgreSQL is of another major version than the source, or the log does not reach the
            moment.
        BackupError: PostgreSQL could not recover; carries what it said.
    """
    if (ours := version("postgres").partition(".")[0]) != str(fetched.base.major):
        raise RefusedError(
            f"base backup {fetched.base.id} is of PostgreSQL {fetched.base.major}, and this image has {ours}: "
            "recover with an image of that version, or by hand from what pitr-fetch brings",
            "newer-format",
        )
    # Below /tmp: the path of a socket has a hundred bytes at most.
    with tempfile.TemporaryDirectory(prefix="pitr-") as folder:
        start = _Start(fetched, Path(folder), superuser)
        try:
            start.until_recovered()
            start.until_readable(database)
            yield start.scratch
        finally:
            start.stop()


class _Start:
    def __init__(self, fetched: Fetched, folder: Path, superuser: str) -> None:
        self._fetched = fetched
        self._log = folder / "log"
        self._locales = folder / "locales"
        self._locales.mkdir()
        self._settings = folder / "postgresql.conf"
        access = folder / "pg_hba.conf"
        access.write_text("local all all trust\n")
        self._settings.write_text(_SETTINGS.format(socket=folder, access=access), encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None
        self.scratch = Scratch(folder, superuser)

    def until_recovered(self) -> None:
        """Start it, and wait until it has replayed the log and serves."""
        if self._serves():
            return
        said = self._said()
        if _ENDED_EARLY not in said:
            raise BackupError(f"PostgreSQL could not recover base backup {self._fetched.base.id}: {said}", "restore")
        if not self._fetched.whole:
            raise RefusedError(
                f"the log has a gap before {self._fetched.moment}: what is there ends earlier; name an earlier moment",
                "gap",
            )
        # Nothing was committed between the moment and the end of the log, which is known to reach beyond it.
        settings = self._fetched.data / "postgresql.auto.conf"
        lines = settings.read_text(encoding="utf-8").splitlines()
        settings.write_text("\n".join(line for line in lines if not line.startswith("recovery_target_time =")) + "\n")
        if not self._serves():
            raise BackupError(
                f"PostgreSQL could not recover base backup {self._fetched.base.id}: {self._said()}", "restore"
            )

    def until_readable(self, database: str) -> None:
        """See that the database can be entered, and make the locales that it wants."""
        for _ in range(_LOCALES):
            try:
                with self.scratch.session(database):
                    return
            except psycopg.OperationalError as error:
                missing = _LOCALE.search(str(error))
                if "not exist" in str(error) or missing is None:
                    raise BackupError(
                        f"at that moment the instance cannot be asked for database {database}: {error}", "restore"
                    ) from error
                self._make_locale(missing[1], missing[2])
        raise BackupError(f"database {database} wants locales that this image cannot make", "restore")

    def stop(self) -> None:
        """End it."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()  # sessions may end by themselves
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _serves(self) -> bool:
        """Start it; tell whether it came as far as to serve."""
        arguments = ["-D", str(self._fetched.data), f"--config-file={self._settings}"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [program("postgres"), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "LOCPATH": str(self._locales), "LC_ALL": "C.UTF-8"},
            )
        while self._process.poll() is None:
            raise_if_stopped()
            try:
                with self.scratch.session("template1"):
                    return True
            except psycopg.OperationalError as error:
                if _LOCALE.search(str(error)):  # it serves, but not this one
                    return True
                if "does not exist" in str(error):
                    raise BackupError(
                        f"the recovered instance has no superuser of that name: set BACKUP_PITR_SUPERUSER ({error}); "
                        "of a stack, pointInTimeSuperuser",
                        "restore",
                    ) from error
                time.sleep(_POLL_SECONDS)
        return False

    def _make_locale(self, name: str, encoding: str) -> None:
        target = self._locales / f"{name}.{encoding}"
        subprocess.run(
            ["localedef", "-i", name, "-f", encoding.upper().replace("UTF8", "UTF-8"), str(target)],
            check=False,
            capture_output=True,
        )

    def _said(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return (
            " ".join(" ".join(line for line in lines if "FATAL" in line or "PANIC" in line).split())[-_LONGEST_MESSAGE:]
            or " ".join(lines)[-_LONGEST_MESSAGE:]
        )
