"""Where a drill puts what it restores, and by which role: never where somebody's data is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from components.contracts import BucketAccess
from components.scratch_bucket import ScratchBucketArgs
from tests.unit.test_backup_settings import ARTIFACTS, DRILLED, FAR, SCRATCH, complaints, made

if TYPE_CHECKING:
    from pathlib import Path


def test_a_drill_needs_backups(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, **{**DRILLED, "backup": False})

    assert "backupDrill: is true, but backup is false; there would be nothing to restore" in line


@pytest.mark.parametrize("key", list(SCRATCH))
def test_a_drill_beside_artifacts_of_somebody_else_needs_a_bucket_and_its_key(key: str, tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, **{**DRILLED, **ARTIFACTS, **SCRATCH, key: ""})
    drill = made(tmp_path, **DRILLED, **ARTIFACTS, **SCRATCH).drill

    assert f"{key}: is not set; backupDrill is true and artifactProvision is false" in line
    assert drill is not None
    assert isinstance(drill.bucket, BucketAccess)
    assert (drill.bucket.bucket, drill.bucket.region) == ("drills", "us-east-1")


def test_a_drill_never_gets_the_artifacts_own_bucket(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, **{**DRILLED, **ARTIFACTS, **SCRATCH, "backupDrillBucket": "mlflow-artifacts"})

    assert (
        "backupDrillBucket: 'mlflow-artifacts' is artifactBucket too; a drill writes to its bucket and empties it"
        in line
    )


def test_a_drill_is_given_places_and_a_role_named_after_the_servers(tmp_path: Path) -> None:
    drill = made(tmp_path, **DRILLED, databaseUser="tracking", artifactBucket="models").drill

    assert drill is not None
    assert (drill.database_role.user, drill.schedule) == ("tracking_drill", "27 4 * * 0")
    assert isinstance(drill.bucket, ScratchBucketArgs)
    assert drill.bucket.bucket == "models-drill"


def test_backups_on_another_server_may_be_in_a_bucket_of_the_name_that_the_drills_have_on_the_first(
    tmp_path: Path,
) -> None:
    settings = made(tmp_path, **DRILLED, **FAR, backupBucket="mlflow-artifacts-drill")

    assert settings.drill is not None
    assert settings.drill.bucket.bucket == "mlflow-artifacts-drill"
