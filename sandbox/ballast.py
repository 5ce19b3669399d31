"""Fills a platform with runs and artifacts, past its server, for what is measured or lost with a platform that is full.

The rows are those that MLflow's own store writes for a run with metrics, params and tags (tables of MLflow 3.17); the
objects lie where the server would put them.
"""

from __future__ import annotations

import io
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg
    from minio import Minio

UPLOADS = 6
"""At one time."""
_ROWS = (
    """
    INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time,
        source_version, lifecycle_stage, artifact_uri, experiment_id)
    SELECT md5(%(experiment)s || '-' || n), 'ballast-' || n, 'LOCAL', '', '', 'ballast', 'FINISHED', 1700000000000 + n,
        1700000060000 + n, '', 'active', %(location)s || '/' || md5(%(experiment)s || '-' || n) || '/artifacts',
        %(experiment)s::int
    FROM generate_series(1, %(runs)s) AS n
    """,
    """
    INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan)
    SELECT 'loss', 1.0 / step + n, 1700000000000 + step, md5(%(experiment)s || '-' || n), step, false
    FROM generate_series(1, %(runs)s) AS n, generate_series(1, %(metrics)s) AS step
    """,
    """
    INSERT INTO latest_metrics (key, value, timestamp, run_uuid, step, is_nan)
    SELECT 'loss', 1.0 / %(metrics)s + n, 1700000000000 + %(metrics)s, md5(%(experiment)s || '-' || n), %(metrics)s,
        false
    FROM generate_series(1, %(runs)s) AS n
    """,
    """
    INSERT INTO params (key, value, run_uuid)
    SELECT 'param-' || p, p::text || '-' || n, md5(%(experiment)s || '-' || n)
    FROM generate_series(1, %(runs)s) AS n, generate_series(1, %(params)s) AS p
    """,
    """
    INSERT INTO tags (key, value, run_uuid)
    SELECT 'mlflow.runName', 'ballast-' || n, md5(%(experiment)s || '-' || n)
    FROM generate_series(1, %(runs)s) AS n
    """,
)


@dataclass(frozen=True)
class Amount:
    """How much."""

    runs: int
    objects: int
    """Each of a run of its own, as far as there are enough."""
    object_bytes: int
    metrics: int = 20
    """Values of each run."""
    params: int = 5


@dataclass(frozen=True)
class Experiment:
    """The experiment that is filled, as the server has made it."""

    number: str
    location: str
    """Its artifact location."""


def fill(
    database: psycopg.Connection[tuple[Any, ...]], store: Minio, bucket: str, experiment: Experiment, amount: Amount
) -> None:
    """Writes all of it; what is in the objects is random, so that nothing compresses it."""
    values = {
        "experiment": experiment.number,
        "location": experiment.location,
        "runs": amount.runs,
        "metrics": amount.metrics,
        "params": amount.params,
    }
    with database.transaction():
        for statement in _ROWS:
            database.execute(statement, values)
        found = database.execute(
            "SELECT run_uuid FROM runs WHERE experiment_id = %(experiment)s::int ORDER BY start_time", values
        )
        runs = [str(run) for (run,) in found]

    def put(number: int) -> None:
        key = f"{experiment.number}/{runs[number % len(runs)]}/artifacts/ballast-{number}.bin"
        store.put_object(bucket, key, io.BytesIO(os.urandom(amount.object_bytes)), amount.object_bytes)

    with ThreadPoolExecutor(UPLOADS) as pool:
        list(pool.map(put, range(amount.objects)))
