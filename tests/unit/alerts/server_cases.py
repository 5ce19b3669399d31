from __future__ import annotations

from components.monitoring.rules import AlertName
from tests.unit.alerts.environments import DRILL
from tests.unit.alerts.promtool import Case, Firing
from tests.unit.alerts.world import MIB, deployment, job_ended, memory, series, up

AVAILABLE = deployment("status_replicas_available", "mlflow")
UPDATED = deployment("status_replicas_updated", "mlflow")
GIVEN_UP = deployment("status_condition", "mlflow-gateway", condition="Progressing", status="false")
NO_POD = Firing(
    severity="critical",
    description="In data-platform no pod of the server is ready, or there is none at all.",
    labels={"pods": "none"},
)
STUCK = "The rollout of {} in data-platform does not get ahead."
NO_TARGETS = {up("mlflow", "mlflow-1"): "1+0x9", up("mlflow", "mlflow-2"): "1+0x9"}
FAILED_MIGRATION = "mlflow-migrate-ffffffffff"


def deployment_gone() -> dict[str, str | None]:
    metrics = ("spec_replicas", "status_replicas_available", "status_replicas_updated")
    return {**dict.fromkeys(up("mlflow", f"mlflow-{number}") for number in (1, 2))} | {
        deployment(metric, "mlflow"): None for metric in metrics
    }


CASES = (
    Case(
        sentence="no pod is ready",
        alert=AlertName.POD_DOWN,
        but={AVAILABLE: "2+0x9 0+0xN", **NO_TARGETS},
        minutes=12,
        fires=(NO_POD,),
    ),
    Case(
        sentence="the Deployment and all its pods are gone",
        alert=AlertName.POD_DOWN,
        but=deployment_gone(),
        minutes=2,
        fires=(NO_POD,),
    ),
    Case(
        sentence="one of two pods does not come back",
        alert=AlertName.POD_DOWN,
        but={AVAILABLE: "2+0x9 1+0xN"},
        minutes=16,
        fires=(
            Firing(
                severity="warning",
                description="In data-platform the server lacks 1 of its pods.",
                labels={"pods": "some"},
            ),
        ),
    ),
    Case(
        sentence="one of two pods is replaced within minutes",
        alert=AlertName.POD_DOWN,
        but={AVAILABLE: "2+0x9 1+0x3 2+0xN"},
        minutes=16,
    ),
    Case(
        sentence="Prometheus does not select the monitor, but the pods are ready",
        alert=AlertName.POD_DOWN,
        but=NO_TARGETS,
        minutes=30,
    ),
    Case(
        sentence="a pod holds more than 2 GB",
        alert=AlertName.HIGH_MEMORY,
        but={memory("mlflow-2"): f"{900 * MIB}+0x9 {1950 * MIB}+0xN"},
        minutes=16,
        fires=(Firing(severity="warning", description="Pod mlflow-2 uses 1.904GiB.", labels={"pod": "mlflow-2"}),),
    ),
    Case(
        sentence="a pod holds more than 2 GB for a moment",
        alert=AlertName.HIGH_MEMORY,
        but={memory("mlflow-2"): f"{900 * MIB}+0x9 {1950 * MIB}+0x2 {900 * MIB}+0xN"},
        minutes=16,
    ),
    Case(
        sentence="a container that is not the server holds more than 2 GB",
        alert=AlertName.HIGH_MEMORY,
        but={memory("minio-1", "minio"): f"{4000 * MIB}+0xN"},
        minutes=30,
    ),
    Case(
        sentence="Kubernetes has given a rollout up",
        alert=AlertName.ROLLOUT_STUCK,
        but={GIVEN_UP: "0+0x9 1+0xN"},
        minutes=16,
        fires=(
            Firing(
                severity="warning",
                description=STUCK.format("mlflow-gateway"),
                labels={"deployment": "mlflow-gateway"},
            ),
        ),
    ),
    Case(
        sentence="a pod of the old kind stays",
        alert=AlertName.ROLLOUT_STUCK,
        but={UPDATED: "2+0x9 1+0xN"},
        minutes=26,
        fires=(Firing(severity="warning", description=STUCK.format("mlflow"), labels={"deployment": "mlflow"}),),
    ),
    Case(
        sentence="nobody works on a new Deployment",
        alert=AlertName.ROLLOUT_STUCK,
        but={deployment("metadata_generation", "mlflow"): "3+0x9 4+0xN"},
        minutes=16,
        fires=(Firing(severity="warning", description=STUCK.format("mlflow"), labels={"deployment": "mlflow"}),),
    ),
    Case(
        sentence="a long rollout replaces a pod every few minutes",
        alert=AlertName.ROLLOUT_STUCK,
        but={
            deployment("spec_replicas", "mlflow"): "10+0xN",
            AVAILABLE: "10+0xN",
            UPDATED: "10+0x5 1+0x4 2+0x4 3+0x4 4+0x4 5+0x4 6+0x4 7+0xN",
        },
        minutes=36,
    ),
    Case(
        sentence="a rollout hangs, with everything five times as fast",
        alert=AlertName.ROLLOUT_STUCK,
        but={UPDATED: "2+0x9 1+0xN"},
        minutes=6,
        seconds=10,
        environment=DRILL,
        fires=(Firing(severity="warning", description=STUCK.format("mlflow"), labels={"deployment": "mlflow"}),),
    ),
    Case(
        sentence="a migration is refused or fails",
        alert=AlertName.MIGRATION_FAILED,
        but=job_ended("failed", FAILED_MIGRATION, minute=2),
        minutes=4,
        fires=(
            Firing(
                severity="warning",
                description=(
                    "Job mlflow-migrate-ffffffffff in data-platform has failed. "
                    "The servers of the former version go on."
                ),
                labels={"job_name": FAILED_MIGRATION},
            ),
        ),
    ),
    Case(
        sentence="a migration runs out of time between two attempts, none of which counts as failed",
        alert=AlertName.MIGRATION_FAILED,
        but={
            series("kube_job_status_failed", job_name=FAILED_MIGRATION): "0+0xN",
            **job_ended("failed", FAILED_MIGRATION),
        },
        minutes=4,
        fires=(
            Firing(
                severity="warning",
                description=(
                    "Job mlflow-migrate-ffffffffff in data-platform has failed. "
                    "The servers of the former version go on."
                ),
                labels={"job_name": FAILED_MIGRATION},
            ),
        ),
    ),
    Case(
        sentence="a migration waits for a lock over several attempts and succeeds",
        alert=AlertName.MIGRATION_FAILED,
        but=job_ended("complete", FAILED_MIGRATION, minute=10),
        minutes=30,
    ),
)
