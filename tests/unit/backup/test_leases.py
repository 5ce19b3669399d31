"""Who reads a backup keeps the pruner away from it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from mlflow_backup.storage import leases
from mlflow_backup.storage.leases import LOG, forget, read_now, reading
from tests.unit.backup.memory_bucket import NOW, MemoryBucket
from tests.unit.backup.samples import ID


@pytest.fixture
def bucket() -> MemoryBucket:
    return MemoryBucket()


def silent(message: str) -> None:
    raise AssertionError(message)


def test_what_is_read_is_known_for_as_long_as_it_is_read(bucket: MemoryBucket) -> None:
    with reading(bucket, str(ID), silent), reading(bucket, LOG, silent):
        assert read_now(bucket, NOW) == {str(ID), LOG}
    assert read_now(bucket, NOW) == set()


def test_a_reader_that_fails_reads_no_more(bucket: MemoryBucket) -> None:
    with pytest.raises(ValueError, match="damaged"), reading(bucket, LOG, silent):
        raise ValueError("damaged")
    assert read_now(bucket, NOW) == set()


def test_two_readers_of_one_backup_do_not_end_each_other(bucket: MemoryBucket) -> None:
    with reading(bucket, str(ID), silent):
        with reading(bucket, str(ID), silent):
            pass
        assert read_now(bucket, NOW) == {str(ID)}


def test_one_that_was_killed_is_believed_for_a_day(bucket: MemoryBucket) -> None:
    bucket.put(f"reading/{ID}/0123", b"{}")
    assert read_now(bucket, NOW + timedelta(hours=24)) == {str(ID)}
    assert read_now(bucket, NOW + timedelta(hours=25)) == set()


def test_only_what_those_have_left_who_have_ended_is_removed(bucket: MemoryBucket) -> None:
    bucket.put("reading/log/ended", b"")
    bucket.put("reading/log/killed", b"{}")
    bucket.objects["reading/log/killed"] = (b"{}", NOW - timedelta(days=2))
    bucket.put("backups/other", b"")
    with reading(bucket, str(ID), silent):
        forget(bucket, NOW)
        assert read_now(bucket, NOW) == {str(ID)}
        assert {key.partition("/")[0] for key in bucket.objects} == {"reading", "backups"}
        assert len(bucket.objects) == 2


def test_a_long_reading_says_so_again_and_again(bucket: MemoryBucket, monkeypatch: pytest.MonkeyPatch) -> None:
    again = threading.Event()
    put = bucket.put

    def counted(key: str, content: bytes) -> None:
        put(key, content)
        if bucket.writes > 2:
            again.set()

    monkeypatch.setattr(bucket, "put", counted)
    monkeypatch.setattr(leases, "_RENEWED_SECONDS", 0.001)
    with reading(bucket, LOG, silent):
        assert again.wait(30)
    assert read_now(bucket, NOW) == set()


def test_a_key_that_may_not_write_reads_all_the_same_and_is_told() -> None:
    told: list[str] = []
    bucket = MemoryBucket(refuses=True)
    with reading(bucket, str(ID), told.append):
        assert read_now(bucket, NOW) == set()
    assert told == [f"the pruner is not told that {ID} is read: let it not run meanwhile (PermissionError: denied)"]


def test_a_bucket_that_goes_away_meanwhile_spoils_no_restore(bucket: MemoryBucket) -> None:
    with reading(bucket, LOG, silent):
        bucket.refuses = True
    assert read_now(bucket, NOW) == {LOG}
