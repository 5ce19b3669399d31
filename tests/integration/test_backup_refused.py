"""Backups that are damaged, foreign, forged or too new, and places that are taken: refused, and nothing is touched."""

from __future__ import annotations

import gzip
import hashlib
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyrage
import pytest

from tests.integration.backup_content import backup, filled
from tests.integration.backup_stage import BACKUPS, RESTORED, Stage, stage
from tests.integration.plugin_minio import store
from tests.integration.plugin_postgres import postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["backup", "filled", "postgres", "stage", "store"]  # fixtures: importing them makes them known here

PRESENT = "1/somebody/artifacts/other.txt"


@contextmanager
def changed(stage: Stage, key: str, change: Callable[[bytes], bytes | None]) -> Iterator[None]:
    """Change a stored object, None removes it, and bring it back afterwards."""
    before = stage.get(BACKUPS, key)
    after = change(before)
    if after is None:
        stage.remove(BACKUPS, key)
    else:
        stage.put(BACKUPS, key, after)
    try:
        yield
    finally:
        stage.put(BACKUPS, key, before)


def manifest_with(**fields: Any) -> Callable[[bytes], bytes]:
    return lambda text: json.dumps(json.loads(text) | fields).encode()


def same_size(content: bytes) -> bytes:
    """Flip one bit near the end."""
    return content[:-20] + bytes([content[-20] ^ 1]) + content[-19:]


def an_object(stage: Stage) -> str:
    return next(key for key, (size, _) in stage.keys(BACKUPS, "objects/").items() if size < 6000)


def outside(stage: Stage) -> tuple[dict[str, str], dict[str, tuple[int, str]]]:
    """What a restore could change: the database and the bucket."""
    return stage.rows("restored"), stage.keys(RESTORED)


def files(stage: Stage, backup: str) -> dict[str, str]:
    prefix = f"backups/{backup}"
    return {
        "manifest": f"{prefix}/manifest.json",
        "dump": f"{prefix}/database.dump.age",
        "inventory": f"{prefix}/artifacts.jsonl.gz.age",
        "objects": f"{prefix}/objects.txt.gz",
        "artifact": an_object(stage),
    }


DAMAGE: dict[str, tuple[str, Callable[[bytes], bytes | None], str, str]] = {
    "truncated dump": ("dump", lambda content: content[:-1000], "damaged", "database.dump.age has"),
    "missing dump": ("dump", lambda _: None, "damaged", "database.dump.age is missing"),
    "altered dump": ("dump", same_size, "damaged", "its dump is damaged"),
    "dump of somebody else": (
        "dump",
        lambda content: b"\0" * len(content),
        "damaged",
        "its dump is damaged",
    ),
    "missing inventory": ("inventory", lambda _: None, "damaged", "artifacts.jsonl.gz.age is missing"),
    "altered inventory": ("inventory", same_size, "damaged", "its inventory is damaged"),
    "missing list": ("objects", lambda _: None, "damaged", "objects.txt.gz is missing"),
    "altered list": ("objects", same_size, "damaged", "objects.txt.gz has another checksum"),
    "missing artifact": ("artifact", lambda _: None, "damaged", ".age is missing"),
    "truncated artifact": ("artifact", lambda content: content[:-1], "damaged", "bytes instead of"),
    "altered artifact": ("artifact", same_size, "damaged", "does not decrypt"),
    "half-written": ("manifest", lambda _: None, "nothing", "there is no backup"),
    "manifest without sense": ("manifest", lambda content: content[:50], "damaged", "it is no JSON"),
    "manifest without fields": ("manifest", lambda _: b"{}", "damaged", "its field 'format' is no int"),
    "manifest of another backup": (
        "manifest",
        manifest_with(id="20200101T000000Z-000000"),
        "damaged",
        "belongs to backup 20200101T000000Z-000000",
    ),
    "manifest of another platform": ("manifest", manifest_with(platform="other/db"), "foreign", "is of platform other"),
    "newer format": ("manifest", manifest_with(format=2), "newer-format", "use a newer program"),
    "edited revision": ("manifest", manifest_with(mlflow_revision="0a8213491aaa"), "edited", "in mlflow_revision"),
    "edited counts": (
        "manifest",
        manifest_with(tables={"public.runs": 1}),
        "edited",
        "was changed after it was written",
    ),
    "edited recipients": ("manifest", manifest_with(recipients=["0" * 16]), "wrong-key", "BACKUP_IDENTITY_FILE holds"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_backup_that_is_not_what_it_was_is_refused_and_nothing_is_touched(
    filled: Stage, backup: str, damage: str
) -> None:
    file, change, reason, message = DAMAGE[damage]
    filled.fresh_database("restored")
    filled.put(RESTORED, PRESENT, b"of somebody else")
    before = outside(filled)
    with changed(filled, files(filled, backup)[file], change):
        outcome = filled.run("restore", backup, "--database-service", "restored")

    assert outcome.code == (5 if reason == "nothing" else 3), outcome.log
    assert (outcome.reason, message in outcome.message) == (reason, True), outcome.message
    assert outside(filled) == before


@pytest.mark.parametrize(
    "damage",
    ["truncated dump", "altered dump", "altered inventory", "altered list", "missing artifact", "truncated artifact"],
)
def test_the_same_is_found_without_a_private_key(filled: Stage, backup: str, damage: str) -> None:
    file, change, _, _ = DAMAGE[damage]
    with changed(filled, files(filled, backup)[file], change):
        outcome = filled.run("verify", backup, BACKUP_IDENTITY_FILE=None)

    assert (outcome.code, outcome.reason) == (3, "damaged")


def forged(stage: Stage, checksum: str) -> Callable[[bytes], bytes]:
    """An inventory by somebody who has the public keys, and who gives an artifact another content."""

    def change(content: bytes) -> bytes:
        head, *lines = gzip.decompress(pyrage.decrypt(content, [stage.identity])).splitlines()
        first = json.loads(lines[0]) | {"sha256": checksum}
        plain = gzip.compress(b"\n".join([head, json.dumps(first).encode(), *lines[1:]]) + b"\n")
        return pyrage.encrypt(plain, [stage.identity.to_public(), stage.second.to_public()])

    return change


def test_an_artifact_with_another_content_than_the_inventory_says_is_refused(filled: Stage, backup: str) -> None:
    names = files(filled, backup)
    forge = forged(filled, hashlib.sha256(b"other").hexdigest())
    filled.fresh_database("restored")
    before = outside(filled)
    with changed(filled, names["inventory"], forge):
        inventory = filled.get(BACKUPS, names["inventory"])
        fits = {"bytes": len(inventory), "sha256": hashlib.sha256(inventory).hexdigest()}
        with changed(filled, names["manifest"], manifest_with(inventory=fits)):
            outcome = filled.run("restore", backup, "--database-service", "restored")

    assert (outcome.code, outcome.reason) == (3, "damaged")
    assert "another checksum than the inventory's" in outcome.message
    assert outside(filled) == before


def test_the_wrong_private_key_is_refused(filled: Stage, backup: str) -> None:
    filled.fresh_database("restored")
    other = str(filled.folder / "other-identity")

    outcome = filled.run("restore", backup, "--database-service", "restored", BACKUP_IDENTITY_FILE=other)

    assert (outcome.code, outcome.reason) == (3, "wrong-key")
    assert filled.rows("restored") == {}


def test_another_platforms_backup_is_restored_only_on_demand(filled: Stage, backup: str) -> None:
    filled.fresh_database("restored")
    arguments = ("restore", backup, "--database-service", "restored")

    refused = filled.run(*arguments, BACKUP_PLATFORM="other/db")
    assert (refused.code, refused.reason) == (3, "foreign")
    assert filled.run("restore", "--database-service", "restored", BACKUP_PLATFORM="other/db").reason == "foreign"
    assert filled.succeed(*arguments, "--foreign", "--replace", BACKUP_PLATFORM="other/db")["id"] == backup


def test_a_schema_that_the_mlflow_to_be_started_does_not_know_is_refused(filled: Stage, backup: str) -> None:
    filled.fresh_database("restored")
    revision = json.loads(filled.get(BACKUPS, f"backups/{backup}/manifest.json"))["mlflow_revision"]
    known = filled.folder / "revisions"
    known.write_text("# of MLflow 3.0\n0a8213491aaa\n")
    arguments = ("restore", backup, "--database-service", "restored", "--known-revisions", str(known))

    refused = filled.run(*arguments)
    assert (refused.code, refused.reason) == (3, "newer-schema")
    assert filled.rows("restored") == {}
    known.write_text(f"0a8213491aaa\n{revision}\n")
    assert filled.succeed(*arguments)["warnings"] == []


def test_a_database_that_is_not_empty_is_replaced_only_on_demand(filled: Stage, backup: str) -> None:
    filled.fresh_database("restored")
    filled.postgres.run(
        "SET ROLE mlflow; CREATE TABLE runs (id int); CREATE TYPE mood AS ENUM ('good'); CREATE SEQUENCE numbers;"
        " CREATE VIEW seen AS SELECT * FROM runs; CREATE FUNCTION one(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        database="restored",
    )
    arguments = ("restore", backup, "--database-service", "restored")

    refused = filled.run(*arguments)
    assert (refused.code, refused.reason) == (3, "not-empty")
    assert "routine public.one, sequence public.numbers, table public.runs and 2 more" in refused.message
    filled.succeed(*arguments, "--replace")
    assert filled.rows("restored") == filled.rows("mlflow")


def test_what_others_own_in_the_database_is_never_dropped(filled: Stage, backup: str) -> None:
    filled.fresh_database("restored")
    filled.postgres.run("CREATE TABLE theirs (id int)", database="restored")

    outcome = filled.run("restore", backup, "--database-service", "restored", "--replace")

    assert (outcome.code, outcome.reason) == (3, "not-empty")
    assert "does not own (table public.theirs)" in outcome.message
    assert set(filled.rows("restored")) == {"theirs"}


def test_an_artifact_of_other_content_is_overwritten_only_on_demand(filled: Stage, backup: str) -> None:
    filled.fresh_database("restored")
    filled.succeed("restore", backup, "--database-service", "restored")
    filled.fresh_database("restored")
    key, (size, _) = next(iter(filled.keys(RESTORED, "1/").items()))
    original = filled.get(RESTORED, key)
    filled.put(RESTORED, key, b"x" * size)

    refused = filled.run("restore", backup, "--database-service", "restored")
    assert (refused.code, refused.reason) == (3, "conflict")
    assert key in refused.message
    assert filled.rows("restored") == {}
    filled.succeed("restore", backup, "--database-service", "restored", "--replace")
    assert filled.get(RESTORED, key) == original


def test_a_restore_that_fails_in_the_database_leaves_the_old_one(filled: Stage, backup: str) -> None:
    """What is there is dropped, and then nothing may be made in its place."""
    filled.fresh_database("restored")
    filled.postgres.run(
        "REVOKE CREATE ON SCHEMA public FROM pg_database_owner",
        "CREATE TABLE old AS SELECT 7 AS id",
        "ALTER TABLE old OWNER TO mlflow",
        database="restored",
    )
    before = filled.rows("restored")
    outcome = filled.run("restore", backup, "--database-service", "restored", "--replace")

    assert (outcome.code, outcome.reason) == (1, "restore")
    assert "permission denied for schema public" in outcome.message
    assert filled.rows("restored") == before
    assert set(before) == {"old"}


def test_a_damaged_artifact_ends_a_quick_restore_before_the_database(filled: Stage, backup: str) -> None:
    filled.fresh_database("restored")
    for key in filled.keys(RESTORED, "1/"):
        filled.remove(RESTORED, key)
    with changed(filled, an_object(filled), same_size):
        outcome = filled.run("restore", backup, "--database-service", "restored", "--quick")

    assert (outcome.code, outcome.reason) == (3, "damaged")
    assert filled.rows("restored") == {}
    assert filled.succeed("restore", backup, "--database-service", "restored", "--quick")["ok"]


def test_the_inventory_can_be_read_by_hand(filled: Stage, backup: str) -> None:
    """As a person would with `age --decrypt`, gunzip and jq."""
    content = filled.get(BACKUPS, f"backups/{backup}/artifacts.jsonl.gz.age")
    lines = gzip.decompress(pyrage.decrypt(content, [filled.identity])).splitlines()
    entry = json.loads(lines[1])
    stored = filled.get(BACKUPS, f"objects/{entry['stored'][:2]}/{entry['stored']}.age")

    assert hashlib.sha256(pyrage.decrypt(stored, [filled.identity])).hexdigest() == entry["sha256"]
