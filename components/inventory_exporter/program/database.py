"""What the database knows: experiments, runs, models, its own size and the server's connections.

A look is one connection, one read-only transaction and one query, whose every count is bounded by a time-out. Host,
role and password are in the connection service file that `PGSERVICEFILE` and `PGSERVICE` name.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import psycopg2  # type: ignore[import-untyped]
from prometheus_client.core import GaugeMetricFamily

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from prometheus_client.metrics_core import Metric

_STAGES = ("active", "deleted")
_STATUSES = ("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")
_STATEMENT_MS = 10_000
"""A count of ten million runs takes seconds; what takes longer is not worth what it costs the server's users."""
_CONNECTION = {
    "application_name": "mlflow-exporter",
    "connect_timeout": 5,
    # A server that went silent is an error within a minute, instead of a thread that hangs until TCP gives up.
    "tcp_user_timeout": 15_000,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
_MILLISECONDS = 1000

# Columns: what is counted, lifecycle stage, status, number, time of the oldest in milliseconds.
# As in MLflow's own searches, a deleted version is a row in another stage, and a prompt is a model with a tag.
# Of another role's sessions, everybody may see whose they are, and nothing else.
# A role without a limit of its own shares the database's and the server's, of which some are kept for administrators.
_QUERY = """
SELECT 'experiments', lifecycle_stage, NULL, count(*), NULL FROM experiments GROUP BY lifecycle_stage
UNION ALL
SELECT 'runs', lifecycle_stage, status, count(*), min(deleted_time) FROM runs GROUP BY lifecycle_stage, status
UNION ALL
SELECT 'registered_models', NULL, NULL, count(*), NULL FROM registered_models AS m WHERE NOT EXISTS (
    SELECT FROM registered_model_tags AS t
    WHERE t.workspace = m.workspace AND t.name = m.name AND t.key = 'mlflow.prompt.is_prompt' AND t.value = 'true')
UNION ALL
SELECT 'model_versions', NULL, NULL, count(*), NULL FROM model_versions AS v
WHERE v.current_stage IS DISTINCT FROM 'Deleted_Internal' AND NOT EXISTS (
    SELECT FROM registered_model_tags AS t
    WHERE t.workspace = v.workspace AND t.name = v.name AND t.key = 'mlflow.prompt.is_prompt' AND t.value = 'true')
UNION ALL
SELECT 'database_size', NULL, NULL, pg_database_size(current_database()), NULL
UNION ALL
SELECT 'database_connections', NULL, NULL, count(*), NULL FROM pg_stat_activity WHERE usename = %(role)s
UNION ALL
SELECT 'database_connection_limit', NULL, NULL, least(
    (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = %(role)s),
    (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database()),
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0)), NULL
"""


def look_at_database(server_role: str) -> list[Metric]:
    """Ask the database.

    Args:
        server_role: Role of the MLflow server, whose connections are counted against its limit.

    Raises:
        psycopg2.Error: It could not be reached, refused, was too slow, or has no tables of MLflow yet.
    """
    with closing(psycopg2.connect(**_CONNECTION)) as connection, connection.cursor() as cursor:
        connection.set_session(readonly=True)
        cursor.execute("SET LOCAL statement_timeout = %s", (_STATEMENT_MS,))
        cursor.execute(_QUERY, {"role": server_role})
        return list(_metrics(cursor.fetchall()))


def _metrics(rows: Iterable[tuple[Any, ...]]) -> Iterator[Metric]:
    """Turn the rows into series. What MLflow could have and has none of is told as 0, so that no series comes late."""
    experiments: dict[tuple[str, ...], int] = {(stage,): 0 for stage in _STAGES}
    runs: dict[tuple[str, ...], int] = {(status, stage): 0 for stage in _STAGES for status in _STATUSES}
    single: dict[str, int] = {}
    oldest: list[int] = []
    for what, stage, status, number, time_ms in rows:
        if what == "experiments":
            experiments[(stage,)] = number
        elif what == "runs":
            runs[(status, stage)] = number
            if stage == "deleted" and time_ms is not None:
                oldest.append(time_ms)
        else:
            single[what] = number
    yield _gauge("mlflow_experiments", "Experiments, deleted ones too", experiments, "lifecycle_stage")
    yield _gauge("mlflow_runs", "Runs, deleted ones too until `mlflow gc`", runs, "status", "lifecycle_stage")
    yield _gauge("mlflow_registered_models", "Registered models", {(): single["registered_models"]})
    yield _gauge("mlflow_model_versions", "Versions of registered models", {(): single["model_versions"]})
    yield _gauge(
        "mlflow_deleted_runs_oldest_timestamp_seconds",
        "Unix time when the oldest run that is deleted but kept was deleted, or 0",
        {(): min(oldest, default=0) / _MILLISECONDS},
    )
    yield _gauge("mlflow_database_size_bytes", "Size of the database", {(): single["database_size"]})
    yield _gauge(
        "mlflow_database_connections", "Connections of the server's role", {(): single["database_connections"]}
    )
    yield _gauge(
        "mlflow_database_connection_limit",
        "Most connections that the server's role can have",
        {(): single["database_connection_limit"]},
    )


def _gauge(name: str, documentation: str, samples: Mapping[tuple[str, ...], float], *labels: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, documentation, labels=labels)
    for values, number in samples.items():
        family.add_metric(values, number)
    return family
