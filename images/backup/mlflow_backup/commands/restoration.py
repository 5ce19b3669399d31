"""The steps of a restore: check everything, then artifacts, then the database, then compare."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlflow_backup.archive.references import Places, dangling, folders
from mlflow_backup.artifacts.restoring import Plan, Restorer
from mlflow_backup.commands.checks import Check
from mlflow_backup.database.references import artifact_addresses
from mlflow_backup.database.restore import restore_database
from mlflow_backup.database.session import connected, revision, row_counts
from mlflow_backup.failures import BackupError, RefusedError
from mlflow_backup.storage.bucket import Bucket
from mlflow_backup.storage.catalogue import choose, manifest_of
from mlflow_backup.storage.leases import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlflow_backup.archive.inventory import Entry
    from mlflow_backup.report import Report
    from mlflow_backup.settings import RestoreSettings

_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a restore is asked for."""

    backup: str
    foreign: bool = False
    incomplete: bool = False
    quick: bool = False
    """Artifacts are not decrypted beforehand: a damaged one ends the restore midway, before the database is touched."""
    revisions: frozenset[str] | None = None
    """Schema revisions that the MLflow to be started knows; None: not asked."""
    sample: int | None = None
    """Artifacts to read back afterwards; None: all."""


class Restoration:
    """One backup on its way back, for `restore` and for `drill`."""

    def __init__(self, settings: RestoreSettings, report: Report, wish: Wish, prefix: str = "") -> None:
        self._settings = settings
        self._report = report
        self._wish = wish
        self._target = target = Bucket(settings.target)
        listed, self.manifest = choose(target, wish.backup, settings.platform, foreign=wish.foreign)
        report.about(self.manifest)
        self._check = Check(target, listed, self.manifest)
        self._restorer = Restorer(target, Bucket(settings.restored), prefix, settings.identities, settings.workers)
        self._entries: list[Entry] = []

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Keep the pruner away from the backup for the length of a block.

        Raises:
            NothingToDoError: It has been removed meanwhile.
        """
        with reading(self._target, str(self.manifest.id), self._report.warn):
            manifest_of(self._target, self.manifest.id)
            yield

    def check(self) -> None:
        """Read the whole backup; nothing is written.

        Raises:
            RefusedError: It is not good enough to be restored.
        """
        check, identities = self._check, self._settings.identities
        try:
            with self._report.phase("check"):
                check.shape()
                if not self._wish.incomplete:
                    check.complete()
                self._demand_known_revision()
                self._entries = check.inventory(identities, check.objects())
                check.database(identities)
                if not self._wish.quick:
                    check.artifacts(identities, self._entries, self._settings.workers)
        finally:
            self._report.bytes = check.bytes

    def plan(self, *, replace: bool) -> Plan:
        """See what is where the artifacts belong; nothing is written.

        Raises:
            RefusedError: Something that would be overwritten unasked.
        """
        plan = self._restorer.plan(self._entries)
        self._restorer.demand_room(plan, replace=replace)
        return plan

    def artifacts(self, plan: Plan) -> None:
        """Restore the artifacts that are not there."""
        with self._report.phase("artifacts"):
            self._report.bytes += self._restorer.run(plan.absent + plan.taken)
        self._report.details["artifacts_restored"] = len(plan.absent) + len(plan.taken)
        self._report.details["artifacts_present"] = len(plan.present)

    def database(self, database: str | None, room: bytes, before_commit: Callable[[], None]) -> None:
        """Restore the database, all or nothing."""
        identities = self._settings.identities
        with self._report.phase("database"):
            restore_database(
                self._settings.service,
                database,
                lambda plain: self._check.write_dump(identities, plain),
                room,
                before_commit,
            )

    def compare(self, database: str | None) -> None:
        """Compare what is there now with what was there when the backup was made.

        Raises:
            BackupError: Something differs; the details say what.
        """
        with self._report.phase("compare"):
            found = self._compare(database)
        self._report.details |= found
        wrong = [
            name for name in ("tables_different", "artifacts_missing", "artifacts_different", "dangling") if found[name]
        ]
        if found["revision"] != self.manifest.mlflow_revision:
            wrong.append("revision")
        if wrong:
            raise BackupError(
                f"what was restored differs from backup {self.manifest.id} in {', '.join(wrong)}; see the report",
                "different",
            )

    def _compare(self, database: str | None) -> dict[str, Any]:
        expected = self.manifest.tables
        missing = set(self._restorer.missing(self._entries))
        keys = [entry.artifact.key for entry in self._entries]
        saved, restored = folders(keys), folders(key for key in keys if key not in missing)
        checked, different = self._restorer.different(
            [entry for entry in self._entries if entry.artifact.key not in missing], self._wish.sample
        )
        places = Places(self.manifest.source_bucket, self._settings.artifact_root)
        with connected(self._settings.service, database) as session:
            counts, has = row_counts(session), revision(session)
            lost = dangling(artifact_addresses(session), places, saved, restored)
        return {
            "revision": has,
            "tables": len(counts),
            "rows": sum(counts.values()),
            "tables_different": {
                name: {"expected": expected.get(name), "found": counts.get(name)}
                for name in sorted(expected.keys() | counts.keys())
                if expected.get(name) != counts.get(name)
            },
            "artifacts_checked": checked,
            "artifacts_missing": sorted(missing)[:_SHOWN],
            "artifacts_different": different[:_SHOWN],
            "dangling": lost[:_SHOWN],
        }

    def _demand_known_revision(self) -> None:
        known, has = self._wish.revisions, self.manifest.mlflow_revision
        if known is None:
            self._report.warn(
                f"schema revision {has} was not compared with any MLflow: --known-revisions was not given"
            )
        elif has not in known:
            raise RefusedError(
                f"backup {self.manifest.id} has schema revision {has}, which the MLflow to be started does not know: "
                "it is of a newer MLflow, so restore it under that version",
                "newer-schema",
            )
