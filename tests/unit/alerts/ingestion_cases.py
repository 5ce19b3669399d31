"""Cases of the ingestion into DataHub."""

from __future__ import annotations

from components.monitoring.rules import AlertName
from tests.unit.alerts.promtool import Case, Firing
from tests.unit.alerts.world import INGESTION, ingestions, job_ended, job_made

LATE = "mlflow-ingestion-29000060"
SUCCESS, CREATED = ingestions("status_last_successful_time"), ingestions("created")
FAILED = (
    Firing(
        severity="warning",
        description="The last ingestion from MLflow in data-platform into DataHub has failed.",
    ),
)


def too_old(age: str) -> tuple[Firing, ...]:
    description = f"DataHub was last told what MLflow in data-platform holds {age} ago, more than the allowed 3h."
    return (Firing(severity="warning", description=description),)


CASES = (
    Case(
        sentence="no run has succeeded for three hours",
        alert=AlertName.INGESTION_TOO_OLD,
        but={SUCCESS: "0+60x9 600+0xN"},
        minutes=200,
        fires=too_old("3h 10m 0s"),
    ),
    Case(
        sentence="no run has succeeded since there is a CronJob",
        alert=AlertName.INGESTION_TOO_OLD,
        but={SUCCESS: None},
        minutes=190,
        fires=too_old("3h 10m 0s"),
    ),
    Case(
        sentence="the CronJob is new, and its first run is yet to come",
        alert=AlertName.INGESTION_TOO_OLD,
        but={SUCCESS: None},
        minutes=60,
    ),
    Case(
        sentence="two runs in a row have failed, and the third succeeds",
        alert=AlertName.INGESTION_TOO_OLD,
        but={SUCCESS: "0+0x181 10860+0xN"},
        minutes=200,
    ),
    Case(
        sentence="another CronJob has never succeeded",
        alert=AlertName.INGESTION_TOO_OLD,
        but={ingestions("created", "nightly-report"): "0+0xN"},
        minutes=200,
    ),
    Case(
        sentence="the last run has failed",
        alert=AlertName.INGESTION_FAILED,
        but={job_made(LATE): "_ 60+0xN", **job_ended("failed", LATE, minute=2)},
        minutes=5,
        fires=FAILED,
    ),
    Case(
        sentence="the first run ever has failed",
        alert=AlertName.INGESTION_FAILED,
        but={**dict.fromkeys(job_ended("complete", INGESTION)), **job_ended("failed", INGESTION)},
        minutes=5,
        fires=FAILED,
    ),
    Case(
        sentence="a later run has succeeded, and the Job that failed is still there",
        alert=AlertName.INGESTION_FAILED,
        but={
            **dict.fromkeys(job_ended("complete", INGESTION)),
            **job_ended("failed", INGESTION),
            job_made(LATE): "60+0xN",
            **job_ended("complete", LATE, minute=2),
        },
        minutes=10,
    ),
)
