"""Base backups: made by Barman, shipped by a thread, and given a manifest when the log that they need is there."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mlflow_backup import VERSION
from mlflow_backup.archive.manifest import Dump
from mlflow_backup.failures import BackupError, StoppedError, as_failure
from mlflow_backup.point_in_time.places import Branch
from mlflow_backup.point_in_time.records import Base
from mlflow_backup.point_in_time.segments import Segment
from mlflow_backup.stopping import raise_if_stopped
from mlflow_backup.storage.streams import Measured

if TYPE_CHECKING:
    from pathlib import Path

    from mlflow_backup.point_in_time.barman import Barman, LocalBase
    from mlflow_backup.point_in_time.settings import RunSettings
    from mlflow_backup.point_in_time.shipping import LogShipper
    from mlflow_backup.storage.bucket import Bucket

_LOG = logging.getLogger(__name__)
_PAUSE = timedelta(minutes=5)
"""After one that failed."""
_LOG_SECONDS = 900
"""For the log that a base backup needs: the server finishes its segment when the base backup ends."""


class BaseTaker:
    """At most one base backup at a time."""

    def __init__(self, settings: RunSettings, target: Bucket, barman: Barman, shipper: LogShipper) -> None:
        self._settings = settings
        self._target = target
        self._barman = barman
        self._shipper = shipper
        self._thread: threading.Thread | None = None
        self._not_before = datetime.min.replace(tzinfo=UTC)
        self.newest: Base | None = None
        """Of this server, in the bucket."""
        self.error = ""
        """Of the last one that failed, until one succeeds."""
        self._gaps = 0

    def pending_gap(self) -> bool:
        """Whether the log has had a gap since the newest base backup was begun."""
        return len(self._shipper.gaps) > self._gaps

    def is_of_another_server(self) -> bool:
        """Whether the newest base backup is of another server than the log that is received."""
        branch, newest = self._shipper.branch, self.newest
        return newest is not None and branch is not None and branch.system != newest.system

    def begin_if_due(self, now: datetime) -> None:
        """Begin one where the newest is too old, is none of this server's, is for other keys, or is before a gap."""
        if (self._thread and self._thread.is_alive()) or now < self._not_before:
            return
        newest, keys = self.newest, self._settings.recipients.fingerprints
        urgent = newest is None or self.pending_gap() or self.is_of_another_server()
        old = newest is not None and (
            now - newest.begun_at >= timedelta(hours=self._settings.base_hours) or set(newest.recipients) != set(keys)
        )
        if urgent or old:
            self._thread = threading.Thread(target=self._run, args=(urgent,), name="base", daemon=True)
            self._thread.start()

    def _run(self, urgent: bool) -> None:  # noqa: FBT001 - of a thread
        gaps = len(self._shipper.gaps)
        try:
            base = self._ship(self._barman.backup(at_once=urgent))
        except StoppedError:
            return
        except Exception as error:  # noqa: BLE001 - told by the status, and tried again
            self.error = as_failure(error)[2]
            self._not_before = datetime.now(UTC) + _PAUSE
            _LOG.error("no base backup was made: %s", self.error)
        else:
            self.newest, self.error, self._gaps = base, "", gaps
            _LOG.info("base backup %s is written", base.id, extra={"facts": {"bytes": base.stored_bytes}})
        finally:
            self._forget()

    def _ship(self, local: LocalBase) -> Base:
        branch = Branch(self._settings.platform, local.system)
        files = {path.name: self._put(path, branch.base_file(local.id, path.name)) for path in local.files}
        self._wait_for_the_log(local)
        base = Base(
            id=local.id,
            platform=branch.platform,
            system=branch.system,
            tool=VERSION,
            postgresql=local.postgresql,
            segment_bytes=local.segment_bytes,
            begin_wal=local.begin_wal,
            end_wal=local.end_wal,
            begun=local.begun.isoformat(timespec="microseconds"),
            ended=local.ended.isoformat(timespec="microseconds"),
            files=files,
            recipients=self._settings.recipients.fingerprints,
        )
        self._target.put(branch.base_manifest(local.id), base.text())
        return base

    def _put(self, path: Path, key: str) -> Dump:
        with path.open("rb") as file, self._target.upload(key, path.stat().st_size) as upload:
            plain = Measured(source=file)
            self._settings.recipients.encrypt(plain, upload)
        return Dump(
            bytes=upload.bytes,
            sha256=upload.sha256,
            plaintext_bytes=plain.bytes,
            plaintext_sha256=plain.checksum.hex(),
        )

    def _wait_for_the_log(self, local: LocalBase) -> None:
        end = Segment.parse(local.end_wal, local.segment_bytes)
        deadline = time.monotonic() + _LOG_SECONDS
        while end is None or not self._shipper.reaches(end):
            raise_if_stopped()
            if time.monotonic() > deadline:
                raise BackupError(
                    f"base backup {local.id} is given up: the log did not reach {local.end_wal} "
                    f"within {_LOG_SECONDS} seconds; see whether it is received",
                    "barman",
                )
            time.sleep(0.5)

    def _forget(self) -> None:
        try:
            self._barman.forget()
        except (BackupError, StoppedError) as error:
            _LOG.warning("what Barman keeps could not be removed: %s", error)
