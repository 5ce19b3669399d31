"""Cases of the garbage collection."""

from __future__ import annotations

from components.monitoring.rules import AlertName
from tests.unit.alerts.promtool import Case, Firing
from tests.unit.alerts.world import COLLECTION, job_ended, job_made, series

LATE = "mlflow-gc-29000001"
FIRES = (
    Firing(
        severity="warning",
        description="The last garbage collection in data-platform has failed, or could not remove all that was due.",
    ),
)
CASES = (
    Case(
        sentence="a collection could not remove all that was due",
        alert=AlertName.GARBAGE_COLLECTION_FAILED,
        but={job_made(LATE): "_ 60+0xN", **job_ended("failed", LATE, minute=2)},
        minutes=5,
        fires=FIRES,
    ),
    Case(
        sentence="a collection runs out of time between two attempts, and it is the first",
        alert=AlertName.GARBAGE_COLLECTION_FAILED,
        but={
            **dict.fromkeys((job_made(COLLECTION), *job_ended("complete", COLLECTION))),
            job_made(LATE): "60+0xN",
            series("kube_job_status_failed", job_name=LATE): "0+0xN",
            **job_ended("failed", LATE),
        },
        minutes=5,
        fires=FIRES,
    ),
    Case(
        sentence="a later collection has succeeded, and the Job that failed is still there",
        alert=AlertName.GARBAGE_COLLECTION_FAILED,
        but={
            **dict.fromkeys(job_ended("complete", COLLECTION)),
            **job_ended("failed", COLLECTION),
            job_made(LATE): "60+0xN",
            **job_ended("complete", LATE),
        },
        minutes=10,
    ),
    Case(
        sentence="a collection waits for a backup over several attempts and succeeds",
        alert=AlertName.GARBAGE_COLLECTION_FAILED,
        but=job_ended("complete", COLLECTION, minute=10),
        minutes=30,
    ),
    Case(
        sentence="a dry run by hand has failed",
        alert=AlertName.GARBAGE_COLLECTION_FAILED,
        but={job_made("dry-run-of-mlflow-gc"): "60+0xN", **job_ended("failed", "dry-run-of-mlflow-gc")},
        minutes=30,
    ),
)
