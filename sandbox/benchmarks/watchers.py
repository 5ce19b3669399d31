"""What canary and exporter cost the platform that they watch: processor, memory, statements, rows."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
from psycopg import sql

from sandbox import paths, processes, rehearsal, stack
from sandbox.benchmarks.figures import emit
from sandbox.monitoring_stack import PROMETHEUS_URL
from sandbox.parts import postgresql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WINDOW_SECONDS = 240
MINUTES_OF_A_DAY = 24 * 60
CANARY, EXPORTER = "mlflow-canary", "mlflow-exporter"
CONTAINERS = {CANARY: "canary", EXPORTER: "exporter"}
DATABASE = "mlflow"
SERVER_ROLE, READER_ROLE = "mlflow", "mlflow_reader"
STATEMENT_MARKS = (" LOG:  statement: ", " LOG:  execute ")
ROWS = "SELECT coalesce(sum(n_tup_ins - n_tup_del), 0)::int FROM pg_stat_user_tables"


def measure(kubectl: Path) -> None:
    """Watches the rehearsed production while nobody uses it, with the canary and without."""
    minutes = WINDOW_SECONDS / 60
    with _statements_logged(READER_ROLE):
        exporter = _statements_of_a_window()
    for name, container in CONTAINERS.items():
        emit(
            f"cost of {name}",
            cpu_ms_per_minute=round(1000 * _cpu_seconds(container) / minutes, 1),
            memory_mib=round(_memory_bytes(container) / 2**20, 1),
        )
    with _statements_logged(SERVER_ROLE):
        rows = _rows()
        with_canary = _statements_of_a_window()
        grown = _rows() - rows
        with _scaled_to_nothing(kubectl, CANARY):
            without_canary = _statements_of_a_window()
    emit(
        "statements a minute",
        canary=round((with_canary - without_canary) / minutes, 1),
        exporter=round(exporter / minutes, 1),
    )
    emit("rows that the canary adds to the database in a day", rows=round(grown / minutes * MINUTES_OF_A_DAY))


def _cpu_seconds(container: str) -> float:
    return _value(f'sum(increase(container_cpu_usage_seconds_total{{container="{container}"}}[{WINDOW_SECONDS}s]))')


def _memory_bytes(container: str) -> float:
    return _value(
        f'max(max_over_time(container_memory_working_set_bytes{{container="{container}"}}[{WINDOW_SECONDS}s]))'
    )


def _value(query: str) -> float:
    with httpx.Client(base_url=PROMETHEUS_URL, trust_env=False, timeout=30) as prometheus:
        answer = prometheus.get("/api/v1/query", params={"query": query}).raise_for_status().json()
    return float(answer["data"]["result"][0]["value"][1])


@contextmanager
def _statements_logged(role: str) -> Iterator[None]:
    """PostgreSQL writes every statement of a role to its log for the length of a block."""
    name = sql.Identifier(role)
    with rehearsal.database_administration(DATABASE) as connection:
        connection.execute(sql.SQL("ALTER ROLE {} SET log_statement = 'all'").format(name))
        # A session has the setting from its login on.
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [role])
    try:
        yield
    finally:
        with rehearsal.database_administration(DATABASE) as connection:
            connection.execute(sql.SQL("ALTER ROLE {} RESET log_statement").format(name))
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [role])


def _statements_of_a_window() -> int:
    log = paths.LOGS / f"{postgresql.PostgreSQL.name}.log"
    begin = log.stat().st_size
    time.sleep(WINDOW_SECONDS)
    with log.open(errors="replace") as lines:
        lines.seek(begin)
        return sum(any(mark in line for mark in STATEMENT_MARKS) for line in lines)


def _rows() -> int:
    with rehearsal.database_administration(DATABASE) as connection:
        (rows,) = connection.execute(ROWS).fetchone() or (0,)
    return int(rows)


@contextmanager
def _scaled_to_nothing(kubectl: Path, deployment: str) -> Iterator[None]:
    def scale(replicas: int) -> None:
        where = (f"--kubeconfig={stack.KUBECONFIG}", f"--namespace={rehearsal.NAMESPACE}")
        processes.output_of(
            [kubectl, *where, "scale", f"deployment/{deployment}", f"--replicas={replicas}"],
            what=f"scaling {deployment}",
        )

    scale(0)
    try:
        yield
    finally:
        scale(1)
