"""Barman: its configuration, and its commands as processes of their own."""

from __future__ import annotations

import logging
import os
import pwd
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from mlflow_backup.database.programs import program
from mlflow_backup.failures import BackupError
from mlflow_backup.stopping import raise_if_stopped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow_backup.point_in_time.settings import RunSettings

_LOG = logging.getLogger(__name__)
_SERVER = "source"
_LONGEST_MESSAGE = 600
_POLL_SECONDS = 0.2
_CONFIGURATION = """\
[barman]
barman_user = {user}
barman_home = {home}
log_level = WARNING

[{server}]
description = the instance that MLflow's database is on
conninfo = service={service}
streaming_conninfo = service={service}
backup_method = postgres
backup_compression = gzip
backup_compression_format = tar
backup_compression_location = client
archiver = off
streaming_archiver = on
slot_name = {slot}
create_slot = auto
compression = gzip
path_prefix = {programs}
; What Barman archives, moves or removes has a second name until it has been shipped.
pre_archive_retry_script = ln -f "$BARMAN_FILE" "{spool}/"
"""


@dataclass(frozen=True, kw_only=True)
class LocalBase:
    """A base backup that Barman has made, by its own account."""

    id: str
    system: str
    postgresql: int
    segment_bytes: int
    begin_wal: str
    end_wal: str
    begun: datetime
    ended: datetime
    files: tuple[Path, ...]


class Barman:
    """Barman with a home below the folder that the settings name."""

    def __init__(self, settings: RunSettings) -> None:
        self._settings = settings
        self._home = settings.folder / "barman"
        self._configuration = settings.folder / "barman.conf"
        self.spool = settings.folder / "spool"
        self.streaming = self._home / _SERVER / "streaming"

    def configure(self) -> None:
        """Write the configuration. It holds no secret: the password is in the service file."""
        for folder in (self._home, self.spool):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = _CONFIGURATION.format(
            user=pwd.getpwuid(os.getuid()).pw_name,
            home=self._home,
            server=_SERVER,
            service=self._settings.service,
            slot=self._settings.slot,
            programs=Path(program("pg_receivewal")).parent,
            spool=self.spool,
        )
        self._configuration.write_text(text, encoding="utf-8")

    def start_receiver(self) -> subprocess.Popen[str]:
        """Begin to receive the log; the process ends when the stream breaks off."""
        process = subprocess.Popen(
            self._command("receive-wal"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=_environment(),
        )
        threading.Thread(target=_relay, args=(process.stdout,), name="receiver", daemon=True).start()
        return process

    def archive(self) -> None:
        """Have Barman sort in what was received.

        Raises:
            BackupError: It failed.
        """
        self._run("archive-wal")

    def drop_slot(self) -> None:
        """Remove the replication slot.

        Raises:
            BackupError: It failed, or is not there.
        """
        self._run("receive-wal", "--drop-slot")

    def backup(self, *, at_once: bool) -> LocalBase:
        """Make a base backup.

        Args:
            at_once: Have the server write out its memory now, instead of in the pace of its own checkpoints.

        Raises:
            BackupError: It could not be made.
        """
        before = {path.name for path in self._infos()}
        self._run("backup", "--immediate-checkpoint" if at_once else "--no-immediate-checkpoint")
        new = [path for path in self._infos() if path.name not in before]
        if not new:
            raise BackupError("barman backup made none, and did not say why", "barman")
        return self._read(max(new))

    def forget(self) -> None:
        """Remove every base backup from the local disk: what was finished is in the bucket."""
        for path in self._infos():
            self._run("delete", argument=_id(path))

    def _infos(self) -> list[Path]:
        return sorted((self._home / _SERVER / "meta").glob("*-backup.info"))

    def _read(self, path: Path) -> LocalBase:
        pairs = (line.partition("=") for line in path.read_text(encoding="utf-8").splitlines())
        facts = {name: value for name, _, value in pairs}
        files = sorted((self._home / _SERVER / "base" / _id(path) / "data").iterdir())
        try:
            return LocalBase(
                id=_id(path),
                system=facts["systemid"],
                postgresql=int(facts["version"]),
                segment_bytes=int(facts["xlog_segment_size"]),
                begin_wal=facts["begin_wal"],
                end_wal=facts["end_wal"],
                begun=_time(facts["begin_time"]),
                ended=_time(facts["end_time"]),
                files=tuple(files),
            )
        except (KeyError, ValueError) as error:
            raise BackupError(f"Barman's account of base backup {_id(path)} lacks {error}", "barman") from error

    def _command(self, name: str, *options: str, argument: str | None = None) -> list[str]:
        # By its function, since the script that pip makes of it is found on no PATH.
        start = [sys.executable, "-c", "from barman.cli import main; main()", "--config", str(self._configuration)]
        return [*start, "--quiet", name, *options, _SERVER, *([argument] if argument else [])]

    def _run(self, name: str, *options: str, argument: str | None = None) -> None:
        with tempfile.TemporaryFile("w+") as said:
            process = subprocess.Popen(
                self._command(name, *options, argument=argument), stdout=said, stderr=said, env=_environment()
            )
            try:
                while process.poll() is None:
                    raise_if_stopped()
                    time.sleep(_POLL_SECONDS)
            finally:
                process.kill()
                process.wait()
            said.seek(0)
            message = " ".join(said.read().split())[-_LONGEST_MESSAGE:]
        if process.returncode:
            raise BackupError(f"barman {name} ended with {process.returncode}: {message}", "barman")


def _relay(output: IO[str] | None) -> None:
    for line in output or ():
        _LOG.info("barman receive-wal: %s", line.strip())


def _environment() -> Mapping[str, str]:
    return {**os.environ, "LC_ALL": "C.UTF-8", "PGCONNECT_TIMEOUT": "10"}


def _id(info: Path) -> str:
    return info.name.removesuffix("-backup.info")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
