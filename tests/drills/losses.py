"""What a disaster takes, what is looked at before and after, and the line that is kept of it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from minio.error import S3Error
from psycopg import sql

from sandbox import backup_keys, rehearsal
from sandbox.ballast import Experiment
from tests import runbook
from tests.drills.drill import REPORT
from tests.integration import backends, cluster

if TYPE_CHECKING:
    import httpx

DISASTER = "Disaster recovery"
"""Section of the runbook."""
SEARCH = "/api/2.0/mlflow/runs/search"


def lose_database() -> None:
    """The database is gone, with whoever was at work on it."""
    with rehearsal.database_administration("postgres") as database:
        database.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(backends.DATABASE)))


def lose_bucket() -> None:
    """The bucket is gone, with every version of everything."""
    store = backends.object_store(backends.administrator_key())

    def emptied_and_removed() -> bool:
        for each in store.list_objects(backends.BUCKET, recursive=True, include_version=True):
            store.remove_object(backends.BUCKET, str(each.object_name), version_id=each.version_id)
        try:
            store.remove_bucket(backends.BUCKET)
        except S3Error as error:
            # The servers are still up, and what was on its way to them lands between the two.
            if error.code != "BucketNotEmpty":
                raise
            return False
        return True

    cluster.wait_for(emptied_and_removed, "the bucket to stay empty until it is removed", 60)


def follow_the_runbook(*blocks: str) -> None:
    """Run commands of the runbook, the private key at hand."""
    runbook.run(*blocks, environment=rehearsal.environment() | {"IDENTITY": str(backup_keys.OWNERS)})


def counts() -> dict[str, int]:
    """Rows by table."""
    with rehearsal.database_administration(backends.DATABASE) as database:
        tables = database.execute("SELECT relname FROM pg_stat_user_tables ORDER BY 1").fetchall()
        return {
            name: database.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchall()[0][0]
            for (name,) in tables
        }


def experiment(client: httpx.Client, name: str) -> Experiment:
    """Make an experiment."""
    number = client.post("/api/2.0/mlflow/experiments/create", json={"name": name}).raise_for_status().json()
    found = client.get("/api/2.0/mlflow/experiments/get", params=number).raise_for_status().json()["experiment"]
    return Experiment(found["experiment_id"], found["artifact_location"])


def search(client: httpx.Client, number: str, **asked: int) -> list[dict[str, Any]]:
    """The runs of an experiment."""
    answer = client.post(SEARCH, json={"experiment_ids": [number], **asked}).raise_for_status().json()
    found: list[dict[str, Any]] = answer.get("runs", [])
    return found


def unix(moment: str) -> float:
    """Seconds since 1970 of a time in ISO 8601."""
    return datetime.fromisoformat(moment).timestamp()


def report(**figures: object) -> None:
    """Print the figures of a drill, and keep them."""
    line = json.dumps(figures)
    with REPORT.open("a") as file:
        file.write(line + "\n")
    print(line)
