"""Brings the database of a backup back, in one transaction: whatever fails, what was there before is still there."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from mlflow_backup.database.programs import Running, running
from mlflow_backup.database.session import address
from mlflow_backup.failures import BackupError
from mlflow_backup.storage.streams import drain

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlflow_backup.storage.streams import Writable

_ENTRY = ";"
_LEFT_OUT = ("--no-owner", "--no-privileges", "--no-tablespaces")
"""What another server need not have: all becomes the role's, in its database's own place."""
_LOCK_TIMEOUT = b"SET lock_timeout = '60s';\n"
"""For the tables that are dropped: a server that still runs on them ends the restore instead of halting it. The dump
begins with a setting of its own."""


def list_dump(write_dump: Callable[[Writable], None]) -> int:
    """Have pg_restore read a dump's table of contents; tell how many entries it has.

    Args:
        write_dump: Writes the whole plain dump, whether or not somebody still reads it.

    Raises:
        BackupError: It is no dump.
    """
    with running("pg_restore", "--list", reads=True, writes=True) as program:
        feeder = _Feeder(program, write_dump)
        entries = [line for line in program.output.read().decode().splitlines() if line[:1] not in ("", _ENTRY)]
        feeder.demand_success()
        program.demand_success("damaged")
    return len(entries)


def restore_database(
    service: str,
    database: str | None,
    write_dump: Callable[[Writable], None],
    room: bytes,
    before_commit: Callable[[], None],
) -> None:
    """Restore a dump.

    The script of pg_restore goes to psql, and only when both the dump has been read to its end without an error and
    pg_restore has succeeded does the COMMIT follow. `pg_restore --single-transaction` could not drop what is not in
    the dump in the same transaction.

    Args:
        service: Section of the service file; the role owns what is restored.
        database: Instead of the one that the section names.
        write_dump: Writes the plain dump.
        room: Statements that go before it.
        before_commit: Whatever it raises undoes everything.

    Raises:
        BackupError: It failed, and nothing has changed.
    """
    session = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--no-password", "--file=-")
    with (
        running("psql", *session, f"--dbname={address(service, database)}", reads=True) as load,
        running("pg_restore", *_LEFT_OUT, "--file=-", reads=True, writes=True) as unpack,
    ):
        feeder = _Feeder(unpack, write_dump)
        try:
            load.input.write(b"BEGIN;\n" + _LOCK_TIMEOUT + room)
            drain(unpack.output, load.input.write)
            feeder.demand_success()
            unpack.demand_success("restore")
            before_commit()
            load.input.write(b"COMMIT;\n")
            load.input.close()
        except BrokenPipeError as error:
            load.process.wait()
            raise BackupError(
                f"the database was not restored and is as it was: {load.complaint()}", "restore"
            ) from error
        load.demand_success("restore")


class _Feeder:
    """Writes a dump into a program while somebody reads what comes out of it."""

    def __init__(self, program: Running, write_dump: Callable[[Writable], None]) -> None:
        self._program = program
        self._write_dump = write_dump
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="feeder", daemon=True)
        self._thread.start()

    def demand_success(self) -> None:
        """Wait until all is written.

        Raises:
            BackupError: Of the dump, for example that it is damaged.
        """
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self._write_dump(_UntilClosed(self._program))
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            self._error = error
        finally:
            _UntilClosed(self._program).close()


class _UntilClosed:
    """A program's input. What it no longer reads is dropped, so that the rest of a dump can still be checked."""

    def __init__(self, program: Running) -> None:
        self._program = program

    def write(self, data: bytes) -> None:
        with suppress(BrokenPipeError):
            self._program.input.write(data)

    def close(self) -> None:
        with suppress(BrokenPipeError):
            self._program.input.close()
