from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from components.backup import ServedArgs
from components.backup import files as places
from components.contracts import NetworkPeer
from mlflow_backup import settings
from mlflow_backup.command_line import parser
from tests.unit import engine
from tests.unit.backed_up import (
    CRON_JOBS,
    IDENTITY,
    OWN_CREDENTIALS,
    RECIPIENTS,
    SCHEDULED,
    SERVER_IMAGE,
    container,
    deploy,
    job,
    key,
    laid_out,
    login,
    mounted_secrets,
    pod,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.engine import Recording


@pytest.fixture(scope="module")
def made() -> Recording:
    return deploy()


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
