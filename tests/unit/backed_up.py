"""Backups as the program registers them, and how a pod of theirs is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pyrage

from components.backup import Backup, BackupArgs, DrillArgs, RetentionArgs, ScheduleArgs, ServedArgs
from components.backup import files as places
from tests.pod_files import lay_out
from tests.unit import engine
from tests.unit.test_inventory_exporter import bucket, database

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.engine import Recording

IMAGE = "registry.example.com/mlflow-backup:1.0"
SERVER_IMAGE = "ghcr.io/mlflow/mlflow:v3.17.2-full"
IDENTITY = pyrage.x25519.Identity.generate()
RECIPIENTS = [str(IDENTITY.to_public()), str(pyrage.x25519.Identity.generate().to_public())]
CRON_JOBS = {
    "backup-create": "mlflow-backup",
    "backup-verify": "mlflow-backup-verify",
    "backup-prune": "mlflow-backup-prune",
    "backup-drill": "mlflow-backup-drill",
    "backup-restore": "mlflow-restore",
}
SCHEDULED = [name for name in CRON_JOBS if name != "backup-restore"]
OWN_CREDENTIALS = {
    "backup-create": {"backup-create-database", "backup-create-artifacts", "backup-writer-key"},
    "backup-verify": {"backup-writer-key"},
    "backup-prune": {"backup-pruner-key"},
    "backup-drill": {"backup-drill-database", "backup-drill-artifacts", "backup-writer-key", "backup-identity"},
    "backup-restore": {"backup-restore-database", "backup-restore-artifacts", "backup-writer-key"},
}


def login(user: str, **differences: Any) -> Any:
    return database(user=user, password=pulumi.Output.secret(f"password-of-{user}"), **differences)


def key(who: str, **differences: Any) -> Any:
    secrets = {part: pulumi.Output.secret(f"{part}-of-{who}") for part in ("access_key", "secret_key")}
    return bucket(**secrets, **differences)


def deploy(*, preview: bool = False, drill: bool = True, **differences: Any) -> Recording:
    """Register backups named `backup`; `differences` replace arguments."""

    def program() -> dict[str, Any]:
        given: dict[str, Any] = {
            "namespace": "data-platform",
            "image": IMAGE,
            "image_pull_secret": None,
            "platform": "mlflow.example.com/mlflow",
            "database": login("mlflow_backup"),
            "artifacts": key("copier"),
            "writer": key("writer", bucket="mlflow-backups"),
            "pruner": key("pruner", bucket="mlflow-backups"),
            "recipients": RECIPIENTS,
            "schedules": ScheduleArgs(create="7 * * * *", verify="37 2 * * *", prune="47 3 * * *"),
            "retention": RetentionArgs(days=30, count=3),
            "deadline_seconds": 3000,
            "served": ServedArgs(image=SERVER_IMAGE, database=login("mlflow"), bucket=key("server")),
            "drill": DrillArgs(
                schedule="27 4 * * 0",
                database=login("mlflow_drill"),
                bucket=key("drill", bucket="mlflow-artifacts-drill"),
                identity=pulumi.Output.secret(str(IDENTITY)),
            )
            if drill
            else None,
        }
        Backup("backup", BackupArgs(**{**given, **differences}))
        return {}

    return engine.run(program, preview=preview)


def job(recording: Recording, name: str) -> dict[str, Any]:
    spec = recording.called(name).spec
    found: dict[str, Any] = spec["jobTemplate"]["spec"] if "jobTemplate" in spec else spec
    return found


def pod(recording: Recording, name: str) -> dict[str, Any]:
    found: dict[str, Any] = job(recording, name)["template"]["spec"]
    return found


def container(recording: Recording, name: str) -> dict[str, Any]:
    (only,) = pod(recording, name)["containers"]
    found: dict[str, Any] = only
    return found


def mounted_secrets(pod: dict[str, Any]) -> set[str]:
    names = {volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
    return {name.removesuffix("-1a2b3c4d") for name in names}


def laid_out(recording: Recording, name: str, folder: Path) -> dict[str, str]:
    """Variables of the program in a pod, with the files that they name."""
    whole = pod(recording, name)
    seen = {mount["name"] for mount in whole["containers"][0]["volumeMounts"]}
    theirs = [v for v in whole["volumes"] if v.get("secret", {}).get("secretName") == "mlflow-backup-identity"]
    ours = [volume for volume in whole["volumes"] if volume["name"] in seen and volume not in theirs]
    if theirs:  # as a person makes it
        directory = folder / places.IDENTITY_DIR.lstrip("/")
        directory.mkdir(parents=True)
        (directory / "identity").write_text(f"# created: today\n{IDENTITY}\n")
    return lay_out({**whole, "volumes": ours}, recording, folder).environment
