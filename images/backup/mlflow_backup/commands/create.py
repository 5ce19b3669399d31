"""`create`: dump, then artifacts, then what tells that both are there."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlflow_backup import VERSION
from mlflow_backup.archive.inventory import inventory
from mlflow_backup.archive.layout import BackupId
from mlflow_backup.archive.manifest import Dump, File, Manifest, Totals
from mlflow_backup.archive.object_list import write_object_list
from mlflow_backup.artifacts.copying import Copied, Copier
from mlflow_backup.artifacts.ledger import Ledger
from mlflow_backup.database.dump import Snapshot, dump, snapshot
from mlflow_backup.database.programs import version
from mlflow_backup.database.session import connected, demand_lock, take_lock
from mlflow_backup.failures import BackupError
from mlflow_backup.storage.bucket import Bucket
from mlflow_backup.storage.streams import Pieces

if TYPE_CHECKING:
    import psycopg

    from mlflow_backup.report import Report
    from mlflow_backup.settings import CreateSettings

_LOG = logging.getLogger(__name__)


def create(settings: CreateSettings, report: Report) -> None:
    """Make a backup.

    Raises:
        BackupError: It could not be made, or lacks artifacts. Without a manifest there is none.
    """
    if settings.source.host == settings.target.host:
        report.warn(
            f"source and target are on the same host ({settings.target.host}): "
            "what takes one away takes the other with it; keep backups elsewhere"
        )
    with connected(settings.service) as session:
        take_lock(session)
        # Named only now, so that of two backups the later one also has the later name: the pruner relies on it.
        _Backup(settings, report).make(session)


class _Backup:
    """A backup on its way."""

    def __init__(self, settings: CreateSettings, report: Report) -> None:
        self._settings = settings
        self._report = report
        self._source, self._target = Bucket(settings.source), Bucket(settings.target)
        self._started = datetime.now(UTC)
        self._id = BackupId.new(self._started)
        self._ledger = Ledger(self._target, self._id)
        report.id = str(self._id)

    def make(self, session: psycopg.Connection[Any]) -> None:
        settings, report = self._settings, self._report
        with snapshot(session) as moment:
            report.created = moment.taken.isoformat(timespec="seconds")
            # From here on others see that a backup is under way.
            self._target.put(self._id.started, json.dumps({"platform": settings.platform}).encode())
            with report.phase("dump"):
                dumped = dump(settings.service, moment, settings.recipients, self._target, self._id.dump)
        with report.phase("artifacts"):
            self._ledger.load(settings.platform)
            copied = Copier(self._source, self._target, settings.recipients, self._ledger, settings.workers).run()
        # Without it, artifacts may have been collected meanwhile.
        demand_lock(session, "no backup was made")
        with report.phase("manifest"):
            manifest = self._finish(moment, dumped, copied)
        self._tell(manifest)

    def _finish(self, moment: Snapshot, dumped: Dump, copied: Copied) -> Manifest:
        recipients = self._settings.recipients.fingerprints
        manifest = Manifest(
            id=self._id,
            platform=self._settings.platform,
            source_bucket=self._settings.source.bucket,
            started=self._started.isoformat(timespec="seconds"),
            created=moment.taken.isoformat(timespec="seconds"),
            tool=VERSION,
            postgresql_server=moment.server,
            postgresql_client=version("pg_dump"),
            mlflow_revision=moment.revision,
            tables=moment.tables,
            dump=dumped,
            artifacts=Totals(
                count=len(copied.entries),
                bytes=sum(entry.artifact.size for entry in copied.entries),
                new_count=self._ledger.new_count,
                new_bytes=self._ledger.new_bytes,
            ),
            objects=self._write_object_list(copied),
            recipients=recipients,
            missing=tuple(sorted(artifact.name(recipients).hex() for artifact in copied.vanished)),
        )
        manifest = replace(
            manifest,
            inventory=self._write_inventory(manifest, copied),
            ended=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self._target.put(self._id.manifest, manifest.text())
        return manifest

    def _write_object_list(self, copied: Copied) -> File:
        names = {entry.name for entry in copied.entries}
        stored = [(name, known) for name in names if (known := self._ledger.known(name))]
        with self._target.upload(self._id.object_list) as upload:
            upload.write(write_object_list(stored))
        return File(bytes=upload.bytes, sha256=upload.sha256)

    def _write_inventory(self, manifest: Manifest, copied: Copied) -> File:
        plain = Pieces(inventory(manifest, copied.entries, (artifact.key for artifact in copied.vanished)))
        with self._target.upload(self._id.inventory) as upload:
            self._settings.recipients.encrypt(plain, upload)
        return File(bytes=upload.bytes, sha256=upload.sha256)

    def _tell(self, manifest: Manifest) -> None:
        report = self._report
        report.about(manifest)
        own = sum(file.bytes for file in (manifest.dump, manifest.objects, manifest.inventory) if file)
        report.bytes = own + self._ledger.written_bytes
        report.details = {
            "dump_bytes": manifest.dump.plaintext_bytes,
            "artifact_bytes": manifest.artifacts.bytes,
            "new_objects": manifest.artifacts.new_count,
            "new_bytes": manifest.artifacts.new_bytes,
            "revision": manifest.mlflow_revision,
        }
        _LOG.info("backup %s is written", manifest.id, extra={"facts": report.details})
        if not manifest.complete:
            raise BackupError(
                f"backup {manifest.id} is not complete: {len(manifest.missing)} artifacts vanished while it was made "
                "(their keys are in the inventory); it does not count as a good one, so make another",
                "vanished",
            )
