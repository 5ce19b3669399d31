"""What people track, how much of it there is, and how well that goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models import units

from components.monitoring.dashboards import stores, thresholds
from components.monitoring.dashboards.page import Page, Row
from components.monitoring.dashboards.panels import Query, chart, figure
from components.monitoring.dashboards.scope import rate, recorded, scraped
from components.monitoring.rules import AlertName
from components.monitoring.rules.latencies import STEP_SECONDS

if TYPE_CHECKING:
    from components.monitoring.dashboards.panels import Look
    from components.monitoring.dashboards.scope import DashboardScope

_ACTIVE, _DELETED = 'lifecycle_stage="active"', 'lifecycle_stage="deleted"'


def experiment_tracking(scope: DashboardScope) -> Page:
    """Make the page of experiments, runs and their artifacts."""
    exporter = scope.watched.exporter
    return Page(
        name="experiment-tracking",
        title="MLflow / Experiment tracking",
        description="Experiments, runs and artifacts: how many there are, and how logging them goes.",
        since="24h",
        rows=[
            Row(title="Now", looks=_now() if exporter else []),
            Row(title="Runs", looks=_runs() if exporter else []),
            Row(title="Artifacts", looks=[*(stores.bucket() if exporter else []), *_transfers(scope)]),
            Row(title="Tracking requests", looks=_requests(scope)),
        ],
    )


def _now() -> list[Look]:
    runs = scraped("mlflow_runs", _ACTIVE)
    running = scraped("mlflow_runs", _ACTIVE, 'status="RUNNING"')
    bad = scraped("mlflow_runs", _ACTIVE, 'status=~"FAILED|KILLED"')
    return [
        figure(
            "Experiments",
            "Experiments that are not deleted.",
            Query(expr=f"sum({scraped('mlflow_experiments', _ACTIVE)})", legend="active"),
            unit=units.Short,
        ),
        figure(
            "Runs",
            "Runs that are not deleted, whatever their status.",
            Query(expr=f"sum({runs})", legend="active"),
            unit=units.Short,
        ),
        figure(
            "Running now",
            "Runs that nobody has ended yet. What died without telling MLflow counts for ever.",
            Query(expr=f"sum({running})", legend="running"),
            unit=units.Short,
        ),
        figure(
            "Failed or killed",
            "Share of all the runs that are not deleted. A matter of the experiments, not of the platform.",
            Query(expr=f"sum({bad}) / clamp_min(sum({runs}), 1)", legend="of all runs"),
            unit=units.PercentUnit,
            decimals=1,
        ),
        stores.bucket_size(),
        stores.readable("database"),
    ]


def _runs() -> list[Look]:
    return [
        chart(
            "Runs by status",
            "Runs that are not deleted.",
            Query(expr=f"sum by (status) ({scraped('mlflow_runs', _ACTIVE)})", legend="{{status}}"),
            unit=units.Short,
            stacked=True,
        ),
        chart(
            "Runs begun within an hour",
            "By how much the number of runs grew, deleted ones included. `mlflow gc` would make it shrink and counts "
            "as none.",
            Query(expr=f"clamp_min(sum(delta({scraped('mlflow_runs')}[1h])), 0)", legend="runs"),
            unit=units.Short,
        ),
        chart(
            "Experiments",
            "Experiments by stage. Deleted ones can be brought back until `mlflow gc`.",
            Query(
                expr=f"sum by (lifecycle_stage) ({scraped('mlflow_experiments')})",
                legend="{{lifecycle_stage}}",
            ),
            unit=units.Short,
            stacked=True,
        ),
        chart(
            "Deleted runs",
            "Runs that were deleted and take space until somebody runs `mlflow gc`, by the status they had.",
            Query(expr=f"sum by (status) ({scraped('mlflow_runs', _DELETED)})", legend="{{status}}"),
            unit=units.Short,
            stacked=True,
        ),
    ]


def _transfers(scope: DashboardScope) -> list[Look]:
    return [_steps(scope, "Artifact transfers", "artifact_.+", "one small artifact")] if scope.watched.canary else []


def _requests(scope: DashboardScope) -> list[Look]:
    requests = chart(
        "Requests by method",
        "Requests that the server answered: POST writes and searches, GET reads. Artifacts and traces go other ways "
        "through it and are not counted.",
        Query(expr=f"sum by (method) ({rate(scraped('mlflow_http_request_total'))})", legend="{{method}}"),
        unit=units.RequestsPerSecond,
        stacked=True,
    )
    canary = _steps(scope, "Logging and searching", "database|search", "one run")
    return [requests, canary] if scope.watched.canary else [requests]


def _steps(scope: DashboardScope, title: str, steps: str, of_what: str) -> Look:
    slow = scope.settings.latency_seconds
    return chart(
        title,
        f"How long 95 % of the canary's attempts at {of_what} took at most, over half an hour. Beyond {slow:g} s an "
        "attempt counts as slow.",
        Query(expr=recorded(STEP_SECONDS, f'step=~"{steps}"', 'quantile="0.95"'), legend="{{step}}"),
        unit=units.Seconds,
        judged=thresholds.more_is_worse(bad=slow),
        alerts=[AlertName.LATENCY_BUDGET_BURN],
    )
