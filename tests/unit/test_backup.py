from __future__ import annotations

import os
import shlex
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pulumi
import pyrage
import pytest

from components.backup import Backup, BackupArgs, DrillArgs, RetentionArgs, ScheduleArgs, ServedArgs
from components.backup import files as places
from components.backup.drill_server import SERVER_COMMAND
from components.contracts import NetworkPeer
from components.mlflow_server.migration import known_revisions
from components.mlflow_server.migration.schema import Image
from mlflow_backup import settings
from mlflow_backup.command_line import parser
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


@pytest.fixture(scope="module")
def made() -> Recording:
    return deploy()


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


@pytest.mark.parametrize("name", CRON_JOBS)
def test_every_cron_job_has_a_constant_name_and_runs_one_at_a_time_in_utc(made: Recording, name: str) -> None:
    cron = made.called(name)

    assert cron.metadata["name"] == CRON_JOBS[name]
    assert (cron.spec["concurrencyPolicy"], cron.spec["timeZone"]) == ("Forbid", "UTC")
    assert cron.spec["startingDeadlineSeconds"] > 0
    assert (cron.spec["successfulJobsHistoryLimit"], cron.spec["failedJobsHistoryLimit"]) == (3, 3)


def test_each_command_runs_when_it_is_to_and_a_restore_never_by_itself(made: Recording) -> None:
    crons = {name: made.called(name).spec for name in CRON_JOBS}

    assert {name: crons[name]["schedule"] for name in SCHEDULED} == {
        "backup-create": "7 * * * *",
        "backup-verify": "37 2 * * *",
        "backup-prune": "47 3 * * *",
        "backup-drill": "27 4 * * 0",
    }
    assert {name: cron["suspend"] for name, cron in crons.items()} == {
        name: name == "backup-restore" for name in CRON_JOBS
    }


def test_every_command_line_is_one_that_the_program_understands(made: Recording) -> None:
    lines = {name: container(made, name)["args"] for name in CRON_JOBS}

    assert {" ".join(container(made, name)["command"]) for name in CRON_JOBS} == {"python -m mlflow_backup"}
    assert lines.pop("backup-create") == ["create", "--verify", "--if-any"]
    chosen = {name: parser().parse_args(line) for name, line in lines.items()}
    assert {name.removeprefix("backup-"): each.command for name, each in chosen.items()} == {
        command: command for command in ("verify", "prune", "drill", "restore")
    }
    assert chosen["backup-restore"].replace is True
    for name in ("backup-restore", "backup-drill"):
        assert str(chosen[name].known_revisions) == places.KNOWN_REVISIONS
        assert chosen[name].database_service == places.DATABASE_SERVICE


@pytest.mark.parametrize("name", CRON_JOBS)
def test_no_command_has_a_credential_that_it_does_not_need(made: Recording, name: str) -> None:
    by_a_person = {"mlflow-backup-identity"} if name == "backup-restore" else set()

    assert mounted_secrets(pod(made, name)) == OWN_CREDENTIALS[name] | by_a_person


def test_the_program_understands_what_create_is_given(made: Recording, tmp_path: Path) -> None:
    read = settings.CreateSettings.of(laid_out(made, "backup-create", tmp_path))

    assert (read.platform, read.service) == ("mlflow.example.com/mlflow", "mlflow")
    assert (read.source.bucket, read.source.secret_key) == ("mlflow-artifacts", "secret_key-of-copier")
    assert (read.target.bucket, read.target.secret_key) == ("mlflow-backups", "secret_key-of-writer")
    assert read.source.ca_file is not None
    assert len(read.recipients.keys) == 2
    login = (tmp_path / places.DATABASE_DIR.lstrip("/") / "pg_service.conf").read_text()
    assert "user=mlflow_backup\npassword=password-of-mlflow_backup\n" in login


def test_the_program_understands_what_verify_and_prune_are_given(made: Recording, tmp_path: Path) -> None:
    verify = settings.VerifySettings.of(laid_out(made, "backup-verify", tmp_path / "verify"))
    prune = settings.PruneSettings.of(laid_out(made, "backup-prune", tmp_path / "prune"))

    assert (verify.identities, verify.target.secret_key) == (None, "secret_key-of-writer")
    assert (prune.keep_days, prune.keep_count, prune.target.secret_key) == (30, 3, "secret_key-of-pruner")


@pytest.mark.parametrize(
    ("name", "user", "restored"),
    [
        ("backup-restore", "mlflow", ("mlflow-artifacts", "secret_key-of-server")),
        ("backup-drill", "mlflow_drill", ("mlflow-artifacts-drill", "secret_key-of-drill")),
    ],
)
def test_the_program_understands_what_a_restore_is_given(
    made: Recording, name: str, user: str, restored: tuple[str, str], tmp_path: Path
) -> None:
    read = settings.RestoreSettings.of(laid_out(made, name, tmp_path), places.DATABASE_SERVICE, None)

    assert (read.restored.bucket, read.restored.secret_key) == restored
    assert read.target.bucket == "mlflow-backups"
    assert [str(key.to_public()) for key in read.identities.keys] == RECIPIENTS[:1]
    login = (tmp_path / places.DATABASE_DIR.lstrip("/") / "pg_service.conf").read_text()
    assert f"user={user}\n" in login


def test_a_person_may_say_which_backup_is_restored(made: Recording) -> None:
    variables = {variable["name"]: variable for variable in container(made, "backup-restore")["env"]}

    assert variables["BACKUP_ID"]["valueFrom"] == {
        "configMapKeyRef": {"name": "mlflow-restore", "key": "BACKUP_ID", "optional": True}
    }


def test_the_private_key_of_a_restore_is_not_in_the_cluster(made: Recording) -> None:
    without = deploy(drill=False)

    assert [each.name for each in without if str(IDENTITY) in str(each.inputs)] == []
    assert {volume["name"] for volume in pod(without, "backup-restore")["volumes"]} >= {"identity"}
    assert [each.name for each in made if str(IDENTITY) in str(each.inputs)] == ["backup-identity"]


def test_the_guard_makes_the_same_backup_once_for_each_target_of_a_migration(made: Recording) -> None:
    guard = made.called("backup-guard")
    others = [
        deploy(served=ServedArgs(image=image, database=login("mlflow", host=host), bucket=key("server")))
        for image, host in ((SERVER_IMAGE.replace("3.17", "3.18"), "a"), (SERVER_IMAGE, "a"), (SERVER_IMAGE, "b"))
    ]

    assert pod(made, "backup-guard") == pod(made, "backup-create")
    assert guard.metadata["name"].startswith("mlflow-guard-")
    names = {each.called("backup-guard").metadata["name"] for each in (made, *others)}
    assert len(names) == 4
    assert guard.metadata["annotations"]["pulumi.com/replaceUnready"] == "true"


def test_nothing_begins_before_its_edges_are_there(made: Recording) -> None:
    edges = made.called("backup-edges").urn

    assert all(edges in made.called(name).dependencies for name in ("backup-guard", *CRON_JOBS))


@pytest.mark.parametrize("name", ["backup-guard", *SCHEDULED])
def test_jobs_end_in_time_and_try_again_what_asks_for_it(made: Recording, name: str) -> None:
    spec = job(made, name)

    assert (spec["activeDeadlineSeconds"], spec["backoffLimit"]) == (3000, 1)
    assert spec["template"]["spec"]["restartPolicy"] == "Never"
    assert spec["podFailurePolicy"]["rules"] == [
        {"action": "Ignore", "onExitCodes": {"containerName": "backup", "operator": "In", "values": [4]}},
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
    ]
    assert "ttlSecondsAfterFinished" not in spec


def test_a_restore_takes_as_long_as_it_takes_and_a_person_looks_at_its_failure(made: Recording) -> None:
    spec = job(made, "backup-restore")

    assert "activeDeadlineSeconds" not in spec
    assert spec["backoffLimit"] == 0


def test_nobody_comes_in_and_the_stores_are_all_that_is_reached(made: Recording) -> None:
    policy = made.called("backup-edges").spec

    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in policy
    assert [rule["ports"][0]["port"] for rule in policy["egress"]] == [53, 5432, 9000, 9000]


def test_backups_on_another_server_are_reached_there() -> None:
    far = key("writer", endpoint="https://far.example.com", peers=[NetworkPeer(cidr="203.0.113.9/32")])
    rules = deploy(writer=far).called("backup-edges").spec["egress"]

    assert rules[-1]["to"] == [{"ipBlock": {"cidr": "203.0.113.9/32"}}]
    assert rules[-1]["ports"][0]["port"] == 443


def test_the_servers_image_is_asked_first_what_it_knows(made: Recording) -> None:
    for name in ("backup-restore", "backup-drill"):
        first = pod(made, name)["initContainers"][0]
        mounts = {mount["name"] for mount in first["volumeMounts"]}
        assert (first["image"], first.get("restartPolicy")) == (SERVER_IMAGE, None)
        assert first["command"] == ["python", "-m", "migration.known_revisions", places.KNOWN_REVISIONS]
        assert mounts == {"program", "tmp", "shared"}
        assert "shared" in {mount["name"] for mount in container(made, name)["volumeMounts"]}


def test_the_revisions_are_those_of_the_image_one_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = Image(version="3.17.2", head="b", known=frozenset("ab"))
    monkeypatch.setattr(Image, "installed", lambda: image)

    known_revisions.main(str(tmp_path / "known"))

    assert settings.known_revisions(tmp_path / "known") == image.known
    assert (tmp_path / "known").read_text() == "a\nb\n"


def test_mlflow_runs_beside_a_drill_without_the_key_to_the_backups(made: Recording) -> None:
    beside = pod(made, "backup-drill")["initContainers"][1]
    names = {mount["name"] for mount in beside["volumeMounts"]}

    assert (beside["image"], beside["restartPolicy"]) == (SERVER_IMAGE, "Always")
    assert names == {"tmp", "authorities", "database", "artifacts", "shared"}
    assert "initContainers" not in pod(made, "backup-create")


def test_the_server_beside_a_drill_finds_its_bucket_as_the_platforms_server_does(
    made: Recording, prod: Recording
) -> None:
    beside = pod(made, "backup-drill")["initContainers"][1]
    told = {variable["name"]: variable.get("value") for variable in beside["env"]}
    platforms = prod.called("mlflow-settings").inputs["data"]
    names = {"MLFLOW_S3_ENDPOINT_URL", "MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE", "AWS_DEFAULT_REGION"}

    assert {name: told[name] for name in names} == {name: platforms[name] for name in names}


def test_the_drill_tells_the_server_where_and_ends_it(made: Recording, tmp_path: Path) -> None:
    script = pod(made, "backup-drill")["initContainers"][1]["command"][2].replace(places.SHARED_DIR, str(tmp_path))
    mlflow = tmp_path / "mlflow"
    mlflow.write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/started.new && mv {tmp_path}/started.new {tmp_path}/started\n')
    mlflow.write_text(mlflow.read_text() + "exec sleep 60\n")
    mlflow.chmod(0o755)
    values = {"service": "s", "database": "d_1", "bucket": "b", "prefix": "drill/d_1", "port": 5001}
    words = [word.format(**values) for word in shlex.split(SERVER_COMMAND)]
    told = [word.replace(places.SHARED_DIR, str(tmp_path)) for word in words]
    surroundings = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}

    with (
        subprocess.Popen(["sh", "-c", script], env=surroundings) as server,
        subprocess.Popen(told) as command,
    ):
        deadline = time.monotonic() + 20
        while not (tmp_path / "started").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert command.poll() is None, "the drill would take an end for a failed start"
        command.terminate()
        server.terminate()
        assert server.wait(10) == 0
    assert (tmp_path / "started").read_text().split() == [
        "server",
        *("--host", "127.0.0.1", "--port", "5001", "--workers", "1"),
        *("--backend-store-uri", "postgresql+psycopg2:///d_1?service=mlflow"),
        *("--artifacts-destination", "s3://b/drill/d_1"),
    ]


def test_without_a_drill_there_is_nothing_of_one() -> None:
    assert [each.name for each in deploy(drill=False) if "drill" in each.name or "identity" in each.name] == []


@pytest.mark.parametrize("name", ["backup-guard", *CRON_JOBS])
def test_every_container_is_restricted(made: Recording, name: str) -> None:
    spec = pod(made, name)

    assert spec["securityContext"]["runAsUser"] == 10001
    assert spec["automountServiceAccountToken"] is False
    for each in (*spec["containers"], *spec.get("initContainers", [])):
        assert each["securityContext"]["readOnlyRootFilesystem"] is True
        assert each["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert set(each["resources"]["limits"]) == {"cpu", "memory"}


def test_no_credential_is_readable(made: Recording) -> None:
    readable = {each.name: engine.as_text(each) for each in made}
    secrets = [str(IDENTITY), "password-of-", "secret_key-of-", "access_key-of-"]

    assert [name for name, text in readable.items() for secret in secrets if secret in text] == []


def test_a_pull_secret_reaches_every_pod(made: Recording) -> None:
    other = deploy(image_pull_secret="registry")  # noqa: S106 - a name

    assert all(pod(other, name)["imagePullSecrets"] == [{"name": "registry"}] for name in CRON_JOBS)
    assert all("imagePullSecrets" not in pod(made, name) for name in CRON_JOBS)


def test_aws_and_public_authorities_need_no_endpoint_and_no_file(tmp_path: Path) -> None:
    public = {"endpoint": None, "ca_certificate": None}
    made = deploy(
        drill=False,
        database=login("mlflow_backup", ssl_mode="require", ca_certificate=None),
        artifacts=key("copier", **public),
        writer=key("writer", bucket="mlflow-backups", **public),
    )
    read = settings.CreateSettings.of(laid_out(made, "backup-create", tmp_path))

    assert (read.target.endpoint, read.target.ca_file) == (None, None)
    assert [each.name for each in made if "authorities" in each.name] == []


def test_every_child_is_below_the_component_and_a_first_preview_registers_all(made: Recording) -> None:
    component = made.one("backup:Backup")

    assert {each.parent for each in made.custom()} == {component.urn}
    assert all(each.name.startswith("backup-") for each in made.custom())
    assert {each.urn for each in deploy(preview=True)} == {each.urn for each in made}
