"""The backup program against a real PostgreSQL and a real MinIO: what it makes, and what comes back."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pyrage
import pytest

from tests.integration.backup_content import LARGE, SMALL, backup, filled, run_mlflow
from tests.integration.backup_stage import ARTIFACTS, BACKUPS, PLATFORM, RESTORED, Stage, stage
from tests.integration.object_gate import gate_to
from tests.integration.plugin_minio import store
from tests.integration.plugin_postgres import postgres

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["backup", "filled", "postgres", "stage", "store"]  # fixtures: importing them makes them known here

LOAD = """
import mlflow
model = mlflow.pyfunc.load_model("models:/doubler/1")
run = mlflow.MlflowClient().search_runs(["1"], "params.depth = '0'")[0]
print(model.predict([1.5, 4.0]), len(mlflow.MlflowClient().get_metric_history(run.info.run_id, "loss")))
"""


def contents(stage: Stage, bucket: str) -> dict[str, str]:
    return {key: hashlib.sha256(stage.get(bucket, key)).hexdigest() for key in stage.keys(bucket)}


def test_what_is_stored_can_be_read_with_ages_own_format_and_is_nothing_in_clear(filled: Stage, backup: str) -> None:
    stored = filled.keys(BACKUPS)
    dump = filled.get(BACKUPS, f"backups/{backup}/database.dump.age")
    assert pyrage.decrypt(dump, [filled.second]).startswith(b"PGDMP")
    encrypted = [key for key in stored if key.endswith(".age")]
    assert len(encrypted) == 2 + len(filled.keys(ARTIFACTS))
    assert all(filled.get(BACKUPS, key).startswith(b"age-encryption.org/v1") for key in encrypted)
    open_texts = b"".join(filled.get(BACKUPS, key) for key in stored if not key.endswith((".age", ".gz")))
    for word in ("prices", "large.bin", "Größe", "secret-of", str(filled.identity), str(filled.identity.to_public())):
        assert word.encode() not in open_texts


def test_the_manifest_tells_what_the_backup_holds(filled: Stage, backup: str) -> None:
    manifest = json.loads(filled.get(BACKUPS, f"backups/{backup}/manifest.json"))
    artifacts = filled.keys(ARTIFACTS)

    assert manifest["platform"] == PLATFORM
    assert manifest["complete"]
    assert manifest["tables"]["public.runs"] == 3
    assert manifest["tables"]["public.metrics"] == 60
    assert manifest["artifacts"]["count"] == manifest["artifacts"]["new_count"] == len(artifacts)
    assert manifest["artifacts"]["bytes"] == sum(size for size, _ in artifacts.values()) > LARGE
    assert manifest["postgresql_server"].startswith("15.")
    assert manifest["postgresql_client"].startswith("15.")
    ((revision,),) = filled.postgres.run("SELECT version_num FROM alembic_version", database="mlflow")
    assert manifest["mlflow_revision"] == revision
    dump = filled.get(BACKUPS, f"backups/{backup}/database.dump.age")
    assert manifest["dump"]["sha256"] == hashlib.sha256(dump).hexdigest()
    assert len(manifest["recipients"]) == 2


def test_the_next_backup_copies_only_what_is_new(filled: Stage, backup: str) -> None:
    key = "1/later/artifacts/new.txt"
    filled.put(ARTIFACTS, key, b"written after the first backup")
    try:
        result = filled.succeed("create")
    finally:
        filled.remove(ARTIFACTS, key)

    assert result["id"] > backup
    assert result["details"]["new_objects"] == 1
    assert result["objects"] == len(filled.keys(ARTIFACTS)) + 1
    assert filled.succeed("verify", "--deep")["details"]["deep"]


def test_a_backup_that_is_verified_at_once_tells_both_results(filled: Stage, backup: str) -> None:
    outcome = filled.run("create", "--verify")
    made, verified = map(json.loads, outcome.output.splitlines())

    assert outcome.code == 0
    assert made["id"] > backup
    assert (made["command"], verified["command"], verified["id"]) == ("create", "verify", made["id"])
    assert json.loads(filled.get(BACKUPS, "status/verify.ok.json"))["id"] == made["id"]


def test_the_environment_names_a_backup_where_no_argument_does(filled: Stage, backup: str) -> None:
    newer = str(filled.succeed("create")["id"])

    assert filled.succeed("verify", BACKUP_ID=backup)["id"] == backup
    assert filled.succeed("verify", newer, BACKUP_ID=backup)["id"] == newer
    assert filled.succeed("verify", BACKUP_ID="")["id"] == newer


def test_a_new_key_reads_all_of_the_next_backup(filled: Stage, backup: str) -> None:
    """Also the artifacts that were stored before, which no private key was at hand to encrypt anew."""
    key = pyrage.x25519.Identity.generate()
    (filled.folder / "new-recipients").write_text(f"{key.to_public()}\n")
    (filled.folder / "new-identity").write_text(f"{key}\n")

    result = filled.succeed("create", BACKUP_RECIPIENTS_FILE=str(filled.folder / "new-recipients"))

    assert result["details"]["new_objects"] == result["objects"]
    assert filled.succeed("verify", "--deep", BACKUP_IDENTITY_FILE=str(filled.folder / "new-identity"))["ok"]
    assert filled.succeed("verify", backup, "--deep")["ok"]
    assert filled.succeed("create")["details"]["new_objects"] == 0


def test_the_list_shows_every_backup_the_newest_first(filled: Stage, backup: str) -> None:
    second = filled.succeed("create")["id"]
    rows = filled.listed()
    table = filled.run("list").output

    assert [row["id"] for row in rows] == sorted((row["id"] for row in rows), reverse=True)
    assert {backup, second} <= {row["id"] for row in rows if row["state"] == "good"}
    assert table.splitlines()[0].split() == [
        "ID", "STATE", "PLATFORM", "REVISION", "OBJECTS", "SIZE", "DATABASE", "NEW",
    ]  # fmt: skip
    assert f"{backup}  good   {PLATFORM}" in table


def test_without_a_private_key_a_backup_is_verified_as_far_as_that_goes(filled: Stage, backup: str) -> None:
    result = filled.succeed("verify", backup, BACKUP_IDENTITY_FILE=None)
    assert result["details"] == {"stored_objects": result["objects"], "inventory": False, "deep": False}

    outcome = filled.run("verify", backup, "--deep", BACKUP_IDENTITY_FILE=None)
    assert outcome.code == 2
    assert "--deep decrypts everything: BACKUP_IDENTITY_FILE" in outcome.message


def test_every_row_and_every_byte_comes_back(filled: Stage, backup: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    filled.fresh_database("restored")
    outcome = filled.run("restore", backup, "--database-service", "restored", "--report", str(report))

    assert outcome.code == 0, outcome.log
    assert filled.rows("restored") == filled.rows("mlflow")
    assert contents(filled, RESTORED) == contents(filled, ARTIFACTS)
    details = json.loads(report.read_text())["details"]
    assert details["artifacts_restored"] == details["artifacts_checked"] == len(filled.keys(ARTIFACTS))
    assert details["tables_different"] == {}
    assert details["dangling"] == details["artifacts_missing"] == details["artifacts_different"] == []
    kind = filled.store.client().s3.stat_object(RESTORED, next(k for k in filled.keys(RESTORED) if k.endswith(".txt")))
    assert kind.content_type == "text/plain"


def test_a_restore_that_was_interrupted_goes_on_where_it_was(filled: Stage, backup: str) -> None:
    filled.fresh_database("restored")
    filled.succeed("restore", backup, "--database-service", "restored")
    lost = sorted(filled.keys(RESTORED))[:SMALL]
    for key in lost:
        filled.remove(RESTORED, key)
    filled.fresh_database("restored")

    details = filled.succeed("restore", backup, "--database-service", "restored", "--sample", "3")["details"]

    assert details["artifacts_restored"] == len(lost)
    assert details["artifacts_present"] == len(filled.keys(ARTIFACTS)) - len(lost)
    assert details["artifacts_checked"] == 3


def test_what_is_not_as_it_was_after_the_restore_is_reported(filled: Stage, backup: str) -> None:
    filled.fresh_database("restored")

    def lose() -> None:
        for key in filled.keys(RESTORED, "1/"):
            filled.remove(RESTORED, key)
        filled.postgres.run("DELETE FROM metrics WHERE step = 0", database="restored")

    with gate_to(filled.store) as gate:
        # The second listing is that of the comparison.
        gate.rule("GET /mlflow-restored", before=lose, after=1)
        place = {"BACKUP_RESTORE_ENDPOINT": gate.endpoint, "BACKUP_RESTORE_CA_FILE": None}
        outcome = filled.run("restore", backup, "--database-service", "restored", **place)

    assert (outcome.code, outcome.reason) == (1, "different")
    assert "in tables_different, artifacts_missing, dangling; see the report" in outcome.message
    details = outcome.result["details"]
    assert details["tables_different"] == {"public.metrics": {"expected": 60, "found": 57}}
    assert {address.partition("/1/")[0] for address in details["dangling"]} == {f"s3://{ARTIFACTS}"}


def test_after_the_loss_of_everything_a_restored_model_still_predicts(filled: Stage, backup: str) -> None:
    before = run_mlflow(filled, LOAD)
    assert "[3.0, 8.0] 20" in before
    rows, artifacts = filled.rows("mlflow"), contents(filled, ARTIFACTS)
    for key in artifacts:
        filled.remove(ARTIFACTS, key)
    filled.postgres.run("DELETE FROM metrics", "DROP TABLE params CASCADE", database="mlflow")
    place = filled.bucket("RESTORE", "server")

    refused = filled.run("restore", backup, "--database-service", "owner", **place)
    assert (refused.code, refused.reason) == (3, "not-empty")
    filled.succeed("restore", backup, "--database-service", "owner", "--replace", **place)

    assert filled.rows("mlflow") == rows
    assert contents(filled, ARTIFACTS) == artifacts
    assert run_mlflow(filled, LOAD) == before
    # The reader's rights come with the tables: the next backup needs nothing else.
    filled.succeed("create")


def test_the_hourly_key_cannot_delete_a_backup(filled: Stage, backup: str) -> None:
    outcome = filled.run("prune", BACKUP_KEEP_DAYS="0", BACKUP_KEEP_COUNT="1")

    assert outcome.code == 1
    assert "AccessDenied" in outcome.message
    assert filled.succeed("verify", backup)["ok"]


def test_how_each_command_ended_is_in_the_bucket_and_a_failure_leaves_the_last_success(
    filled: Stage, backup: str
) -> None:
    done = filled.succeed("create")
    assert filled.run("create", PGSERVICE="restored", BACKUP_SOURCE_BUCKET="no-such-bucket").code != 0

    last = json.loads(filled.get(BACKUPS, "status/create.json"))
    success = json.loads(filled.get(BACKUPS, "status/create.ok.json"))
    assert (last["ok"], success["ok"]) == (False, True)
    assert success["id"] == done["id"] > backup
    assert {"ended", "duration_seconds", "bytes", "id", "exit_code", "reason"} <= last.keys()


def test_the_log_is_json_lines_with_the_warning_and_without_a_secret(filled: Stage, backup: str) -> None:
    assert backup
    outcome = filled.run("create")
    lines = [json.loads(line) for line in outcome.log.splitlines()]

    assert all({"time", "level", "message"} <= line.keys() for line in lines)
    assert any(line["level"] == "warning" and "on the same host (127.0.0.1)" in line["message"] for line in lines)
    assert any("on the same host" in warning for warning in outcome.result["warnings"])
    assert any(line["message"] == "copying artifacts: done" and line["objects"] for line in lines)
    for secret in ("staple-of-backups", "secret-of", str(filled.identity)):
        assert secret not in outcome.log + outcome.output


@pytest.mark.parametrize("wanted", ["latest", "20200101T000000Z-000000"])
def test_what_is_not_there_is_told_by_an_exit_code_of_its_own(stage: Stage, wanted: str) -> None:
    stage.store.client().s3.make_bucket("empty") if not stage.store.client().s3.bucket_exists("empty") else None
    root = stage.folder / "key-root"
    root.write_text("[default]\naws_access_key_id = root-of-test\naws_secret_access_key = correct-horse-root\n")
    place = stage.bucket("TARGET", "target", "empty") | {"BACKUP_TARGET_CREDENTIALS_FILE": str(root)}

    outcome = stage.run("verify", wanted, **place)

    assert (outcome.code, outcome.reason) == (5, "nothing")
