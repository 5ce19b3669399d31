"""The parts of a backup, written and read back, and what is said of those that are damaged."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mlflow_backup.archive.inventory import inventory, read_inventory
from mlflow_backup.archive.layout import Artifact, BackupId, object_key, object_name, owner_of, status_key
from mlflow_backup.archive.manifest import Manifest
from mlflow_backup.archive.object_list import Stored, read_object_list, write_object_list
from mlflow_backup.archive.references import Places, dangling, folders
from mlflow_backup.archive.state import group
from mlflow_backup.failures import RefusedError
from tests.unit.backup.samples import ENTRIES, ID, MANIFEST


def test_ids_sort_by_the_time_of_their_start_also_within_a_second() -> None:
    times = [datetime(2026, 11, 26, 19, 0, 0, microsecond, tzinfo=UTC) for microsecond in (0, 1, 16, 999_999)]
    ids = [BackupId.new(time) for time in times]

    assert sorted(ids) == ids
    assert ids[0].text.startswith("20261126T190000Z-")
    assert all(BackupId.parse(found.text) == found for found in ids)
    assert ids[3].time == times[0]


@pytest.mark.parametrize(
    "text", ["", "latest", "20261126T190000Z", "20261326T190000Z-0a1b2c", "20261126T190000Z-0A1B2C"]
)
def test_what_is_no_id_is_none(text: str) -> None:
    assert BackupId.parse(text) is None


def test_a_key_tells_its_backup_or_its_object() -> None:
    name = Artifact("key", "etag", 1).name(["a"])
    assert owner_of(ID.dump) == ID
    assert owner_of("objects/aa") is None
    assert owner_of("backups/notes.txt") is None
    assert object_name(object_key(name)) == name
    assert object_key(name).startswith(f"objects/{name.hex()[:2]}/{name.hex()}")
    assert object_name(f"objects/00/{'ff' * 32}.age") is None
    assert status_key("create", succeeded=True) == "status/create.ok.json"


@pytest.mark.parametrize("changed", [{"key": "other"}, {"etag": "other"}, {"size": 2}])
def test_a_changed_artifact_is_stored_under_another_name(changed: dict[str, Any]) -> None:
    artifact = Artifact("key", "etag", 1)
    assert replace(artifact, **changed).name(["a"]) != artifact.name(["a"])


def test_an_artifact_is_stored_anew_for_other_recipients_in_whatever_order() -> None:
    artifact = Artifact("key", "etag", 1)
    assert artifact.name(["a", "b"]) == artifact.name(["b", "a"])
    assert len({artifact.name(keys) for keys in (["a"], ["b"], ["a", "b"], [])}) == 4


def test_a_checksum_can_be_unblinded_only_by_whoever_knows_the_artifact() -> None:
    artifact, checksum = Artifact("1/a5f/artifacts/model.bin", "etag", 7), hashlib.sha256(b"content").digest()
    blinded = artifact.blinded(checksum)

    assert artifact.blinded(blinded) == checksum
    assert blinded != checksum
    assert Artifact("2/other", "etag", 7).blinded(blinded) != checksum


def test_a_manifest_comes_back_as_it_was() -> None:
    assert Manifest.parse(ID, MANIFEST.text()) == MANIFEST
    assert json.loads(MANIFEST.text())["complete"] is True
    assert not replace(MANIFEST, missing=("ab",)).complete


def test_a_manifest_is_not_written_before_the_inventory() -> None:
    with pytest.raises(ValueError, match="without its inventory"):
        replace(MANIFEST, inventory=None).text()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"platform": 7}, "its field 'platform' is no str"),
        ({"tables": {"runs": "3"}}, "its field 'runs' is no int"),
        ({"tables": {"runs": True}}, "its field 'runs' is no int"),
        ({"recipients": "age"}, "its field 'recipients' is no list"),
        ({"recipients": [1]}, "its field 'recipients' is no list of texts"),
        ({"dump": None}, "field 'dump', is damaged: it is no JSON object"),
        ({"created": "yesterday"}, "its field 'created' is no time"),
        ({"created": "2026-11-26T19:00:00"}, "its field 'created' is no time"),
        ({"format": 2}, "has format 2, and this program knows none above 1"),
        ({"id": "20200101T000000Z-000000"}, "it belongs to backup 20200101T000000Z-000000"),
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused_in_a_sentence(changed: dict[str, Any], message: str) -> None:
    text = json.dumps(json.loads(MANIFEST.text()) | changed).encode()
    with pytest.raises(RefusedError, match=message):
        Manifest.parse(ID, text)


def written() -> bytes:
    return b"".join(inventory(MANIFEST, ENTRIES, []))


def test_an_inventory_comes_back_as_it_was_and_repeats_the_manifest() -> None:
    assert list(read_inventory(MANIFEST, io.BytesIO(written()))) == ENTRIES
    head = json.loads(gzip.decompress(written()).splitlines()[0])
    assert head["manifest"] == MANIFEST.core()
    assert "inventory" not in head["manifest"]


@pytest.mark.parametrize(
    "changed",
    [{"platform": "other"}, {"mlflow_revision": "other"}, {"tables": {}}, {"created": "2026-11-26T20:00:00+00:00"}],
)
def test_a_manifest_that_was_changed_later_is_noticed(changed: dict[str, Any]) -> None:
    with pytest.raises(RefusedError, match=f"changed after it was written, in {next(iter(changed))}") as caught:
        list(read_inventory(replace(MANIFEST, **changed), io.BytesIO(written())))
    assert caught.value.reason == "edited"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is no JSON"),
        (b"no gzip at all", "is damaged"),
        (written()[:-10], "is damaged"),
        (b"".join(inventory(MANIFEST, ENTRIES[:1], [])), "it has 1 artifacts of 10 bytes, and the manifest 2 of 10"),
    ],
)
def test_a_damaged_inventory_is_refused_in_a_sentence(content: bytes, message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        list(read_inventory(MANIFEST, io.BytesIO(content)))


@pytest.mark.parametrize("changed", [{"stored": "00" * 32}, {"sha256": "0"}, {"sha256": "zz" * 32}])
def test_an_inventory_whose_line_contradicts_itself_is_refused(changed: dict[str, str]) -> None:
    head, first, second = gzip.decompress(written()).splitlines()
    line = json.dumps(json.loads(first) | changed).encode()
    with pytest.raises(RefusedError, match="is damaged: a"):
        list(read_inventory(MANIFEST, io.BytesIO(gzip.compress(b"\n".join([head, line, second])))))


def test_a_list_of_objects_comes_back_as_it_was_and_has_no_key_in_it() -> None:
    objects = {entry.name: Stored(500, entry.artifact.blinded(entry.checksum)) for entry in ENTRIES}
    content = write_object_list(objects.items())

    assert read_object_list("a", content) == objects
    assert b"model.bin" not in gzip.decompress(content)
    assert ENTRIES[0].checksum.hex().encode() not in gzip.decompress(content)
    assert read_object_list("a", write_object_list([])) == {}


@pytest.mark.parametrize("content", [b"", b"text", gzip.compress(b"../../etc 5 00\n"), write_object_list([])[:-4]])
def test_a_damaged_list_of_objects_is_refused(content: bytes) -> None:
    with pytest.raises(RefusedError, match="a is damaged"):
        read_object_list("a", content)


def test_files_are_grouped_by_backup_the_newest_first() -> None:
    older = BackupId("20251126T190000Z-000000")
    listed = group([
        (older.dump, 1, "2025"), (ID.dump, 100, "2026-01"), (ID.manifest, 5, "2026-03"), ("backups/notes", 1, "2027"),
    ])  # fmt: skip

    assert [found.id for found in listed] == [ID, older]
    assert [found.finished for found in listed] == [True, False]
    assert listed[0].touched == "2026-03"
    assert listed[0].faults(MANIFEST) == [f"{ID.object_list} is missing", f"{ID.inventory} is missing"]
    listed[0].files[ID.dump] = 99
    assert listed[0].faults(MANIFEST)[0] == f"{ID.dump} has 99 bytes instead of 100"


@pytest.mark.parametrize(
    ("address", "folder"),
    [
        ("mlflow-artifacts:/1/a/artifacts", "1/a/artifacts"),
        ("mlflow-artifacts://mlflow.example.com/1/a/artifacts/", "1/a/artifacts"),
        ("s3://mlflow-artifacts/1/gr%C3%B6%C3%9Fe", "1/größe"),
        ("s3://another/1/a", None),
        ("file:///tmp/1", None),
        ("models:/m-1", None),
    ],
)
def test_an_address_in_the_database_is_a_folder_of_the_bucket(address: str, folder: str | None) -> None:
    assert Places("mlflow-artifacts").folder(address) == folder


def test_the_servers_own_scheme_may_stand_for_a_folder() -> None:
    assert Places("b", "team/mlflow").folder("mlflow-artifacts:/1/a") == "team/mlflow/1/a"


def test_an_address_dangles_when_it_had_artifacts_and_has_none() -> None:
    saved = folders(["1/a/artifacts/x/y.txt", "1/b/artifacts/z.txt"])
    addresses = [f"mlflow-artifacts:/1/{run}/artifacts" for run in ("a", "b", "never-had-any")]

    assert {"1", "1/a", "1/a/artifacts/x"} <= saved
    assert dangling(addresses, Places("b"), saved, folders(["1/a/artifacts/x/y.txt"])) == [addresses[1]]
