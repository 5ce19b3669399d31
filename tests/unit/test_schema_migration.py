from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit import stack_files

if TYPE_CHECKING:
    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording


def test_every_replica_waits_for_the_migration(stack: Recording) -> None:
    assert stack.called("mlflow-migration").urn in stack.called("mlflow-deployment").dependencies


def test_the_migration_waits_for_the_database_and_its_grant(dev: Recording) -> None:
    assert dev.called("backend-schema").urn in dev.called("mlflow-migration").dependencies


def test_nothing_starts_before_its_network_policy(stack: Recording) -> None:
    assert stack.called("mlflow-migration-edges").urn in stack.called("mlflow-migration").dependencies
    assert stack.called("mlflow-server-edges").urn in stack.called("mlflow-deployment").dependencies


def test_one_pod_migrates(stack: Recording) -> None:
    job = stack.called("mlflow-migration").spec

    assert (job["parallelism"], job["completions"]) == (1, 1)
    assert job["template"]["spec"]["restartPolicy"] == "Never"


def test_the_migration_gives_up_in_the_end(stack: Recording) -> None:
    assert stack.called("mlflow-migration").spec["activeDeadlineSeconds"] == 300


def test_pulumi_waits_until_the_migration_itself_has_said_why_it_gave_up(stack: Recording) -> None:
    assert stack.called("mlflow-migration").patience == "360s"


def test_only_what_asks_for_it_and_what_a_node_has_ended_is_tried_again(stack: Recording) -> None:
    job = stack.called("mlflow-migration").spec

    # A rule that fails the Job would do so for a reason that Pulumi waits on; see components/mlflow_server.
    assert job["backoffLimit"] == 0
    assert job["podFailurePolicy"]["rules"] == [
        {"action": "Ignore", "onExitCodes": {"containerName": "migration", "operator": "In", "values": [75]}},
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
    ]


def test_how_it_ended_is_told_where_kubernetes_looks_for_it(stack: Recording) -> None:
    (container,) = stack.called("mlflow-migration").spec["template"]["spec"]["containers"]

    assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"
    assert {"name": "MIGRATION_MESSAGE_FILE", "value": container["terminationMessagePath"]} in container["env"]


def test_an_attempt_waits_less_than_servers_have_to_be_ready(stack: Recording) -> None:
    (container,) = stack.called("mlflow-migration").spec["template"]["spec"]["containers"]
    (server,) = stack.called("mlflow-deployment").spec["template"]["spec"]["containers"]
    waits = {each["name"]: each["value"] for each in container["env"]}
    probe = server["readinessProbe"]

    assert float(waits["MIGRATION_TABLE_SECONDS"]) < probe["periodSeconds"] * probe["failureThreshold"]
    assert float(waits["MIGRATION_LOCK_SECONDS"]) < 300


def test_a_finished_migration_stays(stack: Recording) -> None:
    assert "ttlSecondsAfterFinished" not in stack.called("mlflow-migration").spec


def test_a_failed_migration_is_replaced_by_the_next_update(stack: Recording) -> None:
    assert stack.called("mlflow-migration").metadata["annotations"]["pulumi.com/replaceUnready"] == "true"


def test_another_image_migrates_in_another_job(dev: Recording, deployed: Deploy) -> None:
    other = deployed(image="ghcr.io/mlflow/mlflow:v3.18.0-full").called("mlflow-migration")

    assert other.metadata["name"] != dev.called("mlflow-migration").metadata["name"]
    assert other.metadata["name"].startswith("mlflow-migrate-")


def test_neither_the_command_line_nor_a_variable_has_a_password(stack: Recording) -> None:
    (container,) = stack.called("mlflow-migration").spec["template"]["spec"]["containers"]

    assert container["command"][-1] == "migration"
    assert [secret for secret in stack_files.SECRETS.values() if secret in str(container)] == []


def test_a_change_of_the_program_does_not_roll_the_servers(stack: Recording) -> None:
    volumes = stack.called("mlflow-deployment").spec["template"]["spec"]["volumes"]

    assert "migration-program" not in [volume["name"] for volume in volumes]


def test_the_migration_never_gets_the_buckets_key(stack: Recording) -> None:
    volumes = stack.called("mlflow-migration").spec["template"]["spec"]["volumes"]

    assert [volume["name"] for volume in volumes] == ["log", "database", "authorities", "migration-program", "tmp"]


def test_a_person_can_migrate_again_by_a_template_that_never_runs_by_itself(stack: Recording) -> None:
    template, job = stack.called("mlflow-migrate"), stack.called("mlflow-migration")

    assert template.metadata["name"] == "mlflow-migrate"
    assert template.spec["suspend"] is True
    assert template.spec["jobTemplate"]["spec"] == job.spec
    assert template.spec["jobTemplate"]["metadata"]["labels"] == job.spec["template"]["metadata"]["labels"]


def test_the_template_stays_that_of_the_old_servers_until_their_migration_has_succeeded(stack: Recording) -> None:
    assert stack.called("mlflow-migration").urn in stack.called("mlflow-migrate").dependencies
