"""Cases of the garbage collection."""

from __future__ import annotations

from components.monitoring.rules import AlertName
from tests.unit.alerts.promtool import Case, Firing
from tests.unit.alerts.world import collection, collection_made

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
        but={
            collection_made(LATE): "_ 60+0xN",
            collection("failed", LATE): "_ 0 _xN",
            collection("failed", LATE, reason="BackoffLimitExceeded"): "_ _ 1+0xN",
            collection("succeeded", LATE): "_ 0+0xN",
        },
        minutes=5,
        fires=FIRES,
    ),
    Case(
        sentence="a collection ran out of time, and it is the first",
        alert=AlertName.GARBAGE_COLLECTION_FAILED,
        but={
            collection_made(): None,
            collection("failed"): None,
            collection("succeeded"): None,
            collection_made(LATE): "60+0xN",
            collection("failed", LATE, reason="DeadlineExceeded"): "1+0xN",
        },
        minutes=5,
        fires=FIRES,
    ),
    Case(
        sentence="a later collection has succeeded, and the Job that failed is still there",
        alert=AlertName.GARBAGE_COLLECTION_FAILED,
        but={
            collection("failed", reason="BackoffLimitExceeded"): "1+0xN",
            collection("succeeded"): "0+0xN",
            collection_made(LATE): "60+0xN",
            collection("failed", LATE): "0+0xN",
            collection("succeeded", LATE): "0 0 1+0xN",
        },
        minutes=10,
    ),
    Case(
        sentence="a collection waits for a backup over several attempts and succeeds",
        alert=AlertName.GARBAGE_COLLECTION_FAILED,
        but={collection("succeeded"): "0+0x9 1+0xN"},
        minutes=30,
    ),
    Case(
        sentence="a dry run by hand has failed, or a Job of somebody else",
        alert=AlertName.GARBAGE_COLLECTION_FAILED,
        but={
            series: values
            for job in ("dry-run-of-mlflow-gc", "nightly-report")
            for series, values in {collection_made(job): "60+0xN", collection("failed", job): "1+0xN"}.items()
        },
        minutes=30,
    ),
)
