"""`prune` beside somebody who reads."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mlflow_backup.archive.layout import BackupId, object_key
from mlflow_backup.archive.object_list import Stored, write_object_list
from mlflow_backup.commands import prune as command
from mlflow_backup.environment import BucketSettings
from mlflow_backup.point_in_time import fetching
from mlflow_backup.point_in_time.pruning import prune_log
from mlflow_backup.point_in_time.settings import FetchSettings
from mlflow_backup.report import Report
from mlflow_backup.settings import PruneSettings
from mlflow_backup.storage.encryption import Identities
from mlflow_backup.storage.leases import LOG, read_now, reading
from tests.unit.backup.memory_bucket import NOW, MemoryBucket
from tests.unit.backup.samples import MANIFEST
from tests.unit.backup.test_moments import BASE, BRANCH

if TYPE_CHECKING:
    from collections.abc import Iterable

OLD, MIDDLE, NEW = (BackupId(f"202611{day}T190000Z-000000") for day in (10, 11, 12))
PLACE = BucketSettings(
    endpoint=None,
    bucket="mlflow-backups",
    region="us-east-1",
    credentials_file=Path("credentials"),
    access_key="id",
    secret_key="secret",  # noqa: S106 - of no bucket
    session_token=None,
    ca_file=None,
)
SETTINGS = PruneSettings(platform=MANIFEST.platform, target=PLACE, keep_days=1, keep_count=1)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> MemoryBucket:
    """Three backups of days ago, each with an artifact that only it has."""
    made = MemoryBucket()
    monkeypatch.setattr(command, "Bucket", lambda _: made)
    made.clock = NOW - timedelta(days=10)
    for number, backup in enumerate((OLD, MIDDLE, NEW)):
        names = write_object_list([(bytes([number]) * 32, Stored(1, bytes(32)))])
        manifest = replace(
            MANIFEST,
            id=backup,
            dump=replace(MANIFEST.dump, bytes=1),
            objects=replace(MANIFEST.objects, bytes=len(names), sha256=hashlib.sha256(names).hexdigest()),
            inventory=replace(MANIFEST.objects, bytes=1),
        )
        made.put(backup.dump, b"d")
        made.put(backup.inventory, b"i")
        made.put(backup.object_list, names)
        made.put(backup.manifest, manifest.text())
        made.put(object_key(bytes([number]) * 32), b"o")
    made.clock = NOW
    return made


def pruned(now: datetime = NOW) -> dict[str, Any]:
    report = Report("prune")
    command.prune(SETTINGS, report, now, dry_run=False)
    return report.details


def silent(message: str) -> None:
    raise AssertionError(message)


def artifacts(bucket: MemoryBucket) -> list[int]:
    """The backups whose artifact is there, by their number."""
    return [number for number in range(3) if object_key(bytes([number]) * 32) in bucket.objects]


def test_what_nobody_reads_goes(bucket: MemoryBucket) -> None:
    details = pruned()

    assert (details["removed"], details["in_use"]) == ([str(MIDDLE), str(OLD)], [])
    assert artifacts(bucket) == [2]


def test_a_backup_that_somebody_reads_stays_with_its_artifacts_and_goes_the_next_time(bucket: MemoryBucket) -> None:
    with reading(bucket, str(OLD), silent):
        details = pruned()
        assert (details["removed"], details["in_use"]) == ([str(MIDDLE)], [str(OLD)])
        assert details["kept"] == [str(NEW), str(OLD)]
        assert artifacts(bucket) == [0, 2]

    assert pruned()["removed"] == [str(OLD)]
    assert artifacts(bucket) == [2]
    assert not any(key.startswith("reading/") for key in bucket.objects)


def test_one_that_somebody_begins_to_read_while_others_are_removed_stays_too(
    bucket: MemoryBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete = bucket.delete

    def begin(keys: Iterable[str]) -> int:
        bucket.put(f"reading/{OLD}/0123", b"{}")
        return delete(keys)

    monkeypatch.setattr(bucket, "delete", begin)
    assert pruned()["in_use"] == [str(OLD)]
    assert OLD.manifest in bucket.objects
    assert artifacts(bucket) == [0, 2]


def test_the_log_stays_while_somebody_recovers_by_it(bucket: MemoryBucket) -> None:
    later = BASE.ended_at + timedelta(days=30)
    second = replace(BASE, id="20261127T190000", ended=(BASE.ended_at + timedelta(days=1)).isoformat())
    bases = {BRANCH.base_manifest(base.id): base.text() for base in (BASE, second)}
    for key, content in bases.items():
        bucket.put(key, content)
    bucket.clock = later

    with reading(bucket, LOG, silent):
        left_alone = prune_log(bucket, BRANCH.platform, later, keep_days=1, dry_run=False)
        assert (left_alone.in_use, left_alone.bases) == (True, [])
        assert bases.keys() <= bucket.objects.keys()

    assert prune_log(bucket, BRANCH.platform, later, keep_days=1, dry_run=False).bases == [BASE.id]
    assert BRANCH.base_manifest(BASE.id) not in bucket.objects


def test_whoever_fetches_says_that_the_log_is_read(
    bucket: MemoryBucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[str]] = []
    monkeypatch.setattr(fetching, "Bucket", lambda _: bucket)
    monkeypatch.setattr(fetching, "_fetched", lambda *_: seen.append(read_now(bucket, NOW)))
    settings = FetchSettings(platform=BRANCH.platform, target=PLACE, identities=Identities(()), superuser="postgres")

    fetching.fetch(settings, Report("pitr-fetch"), None, tmp_path)

    assert seen == [{LOG}]
    assert read_now(bucket, NOW) == set()
