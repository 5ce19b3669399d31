"""`verify`: is a backup whole? As far as the keys at hand allow to tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlflow_backup.commands.checks import Check
from mlflow_backup.failures import UsageError
from mlflow_backup.storage.bucket import Bucket
from mlflow_backup.storage.catalogue import LATEST, choose

if TYPE_CHECKING:
    from mlflow_backup.report import Report
    from mlflow_backup.settings import VerifySettings


def verify(settings: VerifySettings, report: Report, wanted: str, *, deep: bool) -> None:
    """Verify a backup.

    Without a private key: sizes, the checksums of the dump and the inventory as stored, and that every stored object is
    there with its size. With one, also that inventory and manifest agree. `deep` decrypts everything.

    Raises:
        UsageError: `deep` without a private key.
        RefusedError: Something is wrong with it.
        NothingToDoError: There is no such backup.
    """
    identities = settings.identities
    if deep and identities is None:
        raise UsageError("--deep decrypts everything: BACKUP_IDENTITY_FILE is to name a file of age private keys")
    target = Bucket(settings.target)
    listed, manifest = choose(target, wanted, settings.platform, foreign=wanted != LATEST)
    report.about(manifest)
    check = Check(target, listed, manifest)
    try:
        with report.phase("files"):
            check.shape()
            check.complete()
            check.ciphertexts()
            stored = check.objects()
        report.details = {"stored_objects": len(stored), "inventory": identities is not None, "deep": deep}
        if identities is None:
            return
        with report.phase("inventory"):
            entries = check.inventory(identities, stored)
        if deep:
            with report.phase("dump"):
                report.details["dump_entries"] = check.database(identities)
            with report.phase("artifacts"):
                check.artifacts(identities, entries, settings.workers)
    finally:
        report.bytes = check.bytes
