"""What fails and what is slow: how much of it, since when, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models import units

from components.monitoring.dashboards import gateway, thresholds
from components.monitoring.dashboards.page import Page, Row
from components.monitoring.dashboards.panels import Query, chart, figure
from components.monitoring.dashboards.scope import rate, recorded, scraped, share
from components.monitoring.rules import LARGEST_BURN, AlertName
from components.monitoring.rules.experience import FAILURES, REQUESTS, SLOW, number
from components.monitoring.rules.latencies import REQUEST_SECONDS, STEP_SECONDS
from components.monitoring.rules.objectives import BURNS

if TYPE_CHECKING:
    from components.monitoring.dashboards.panels import Look
    from components.monitoring.dashboards.scope import DashboardScope

_REQUESTS = "mlflow_http_request_total"
_P95 = 'quantile="0.95"'


def errors_and_latency(scope: DashboardScope) -> Page:
    """Make the page that says what to look into."""
    canary = scope.watched.canary
    return Page(
        name="errors-and-latency",
        title="MLflow / Errors and latency",
        description="What fails, what is slow and what is refused: how much of it, and since when.",
        since="3h",
        rows=[
            Row(title="Now", looks=[*_now(scope), *(_canary_now(scope) if canary else []), *gateway.now(scope)]),
            Row(title="Requests", looks=_requests(scope)),
            Row(title="Canary", looks=_canary(scope) if canary else []),
            Row(title="Objectives", looks=_objectives(scope)),
            Row(title="Gateway", looks=gateway.history(scope)),
        ],
    )


def _now(scope: DashboardScope) -> list[Look]:
    budget = 1 - scope.settings.availability_objective
    return [
        figure(
            "Requests",
            "Requests a second that the server answers.",
            Query(expr=f"sum({rate(scraped(_REQUESTS))})", legend="all"),
            unit=units.RequestsPerSecond,
        ),
        figure(
            "Server errors, 5 min",
            "Share of the server's answers that were errors (5xx). Orange: more than the objective allows. Red: so "
            "many that it pages somebody when it lasts.",
            Query(expr=f"max({share(FAILURES, '5m', REQUESTS)})", legend="of requests"),
            unit=units.PercentUnit,
            decimals=2,
            judged=thresholds.more_is_worse(doubtful=budget, bad=LARGEST_BURN * budget),
            alerts=[AlertName.AVAILABILITY_BUDGET_BURN, AlertName.DATABASE_ERROR],
        ),
        figure(
            "Latency, p95",
            "95 % of the requests of the last five minutes took no longer, downloads and uploads excepted.",
            Query(expr=f"max({recorded(REQUEST_SECONDS, _P95)} >= 0)", legend="of requests"),
            unit=units.Seconds,
            judged=thresholds.more_is_worse(doubtful=scope.settings.latency_seconds),
            when_empty="no requests",
        ),
    ]


def _canary_now(scope: DashboardScope) -> list[Look]:
    settings = scope.settings
    budget = 1 - settings.latency_objective
    return [
        figure(
            "Slowest step, p95",
            "Of the canary, over half an hour.",
            Query(expr=f"max({recorded(STEP_SECONDS, _P95)} >= 0)", legend="slowest step"),
            unit=units.Seconds,
            judged=thresholds.more_is_worse(doubtful=settings.latency_seconds),
            alerts=[AlertName.LATENCY_BUDGET_BURN],
        ),
        figure(
            "Slow steps, last hour",
            f"Share of the canary's worst step that took more than {settings.latency_seconds:g} s.",
            Query(expr=f"max({share(SLOW, '1h')})", legend="worst step"),
            unit=units.PercentUnit,
            decimals=2,
            judged=thresholds.more_is_worse(doubtful=budget, bad=LARGEST_BURN * budget),
            alerts=[AlertName.LATENCY_BUDGET_BURN],
        ),
    ]


def _requests(scope: DashboardScope) -> list[Look]:
    errors = scraped(_REQUESTS, 'status=~"5.."')
    every = scraped(_REQUESTS)

    def failing(label: str) -> Query:
        # A status is counted from its first occurrence on; before that there is no series of it.
        none = f"0 * sum by ({label}) ({rate(every)})"
        return Query(expr=f"sum by ({label}) ({rate(errors)}) or {none}", legend=f"{{{{{label}}}}}")

    return [
        chart(
            "Requests by status",
            "Answers a second. 4xx are clients that ask for what is not there or not allowed, 5xx are faults.",
            Query(expr=f"sum by (status) ({rate(every)})", legend="{{status}}"),
            unit=units.RequestsPerSecond,
            stacked=True,
        ),
        chart(
            "Latency",
            "Half, 95 % and 99 % of the requests of five minutes took no longer.",
            Query(expr=recorded(REQUEST_SECONDS), legend="quantile {{quantile}}"),
            unit=units.Seconds,
            judged=thresholds.more_is_worse(doubtful=scope.settings.latency_seconds),
        ),
        chart(
            "Server errors by pod",
            "Answers with 5xx a second. One pod alone: that pod. All of them: what is behind, most often the database.",
            failing("pod"),
            unit=units.RequestsPerSecond,
            alerts=[AlertName.DATABASE_ERROR],
        ),
        chart(
            "Server errors by method",
            "Answers with 5xx a second: POST is what people log, GET what they look at.",
            failing("method"),
            unit=units.RequestsPerSecond,
        ),
    ]


def _canary(scope: DashboardScope) -> list[Look]:
    return [
        chart(
            "Duration of the steps, p95",
            "95 % of the canary's attempts of half an hour took no longer. The dashed line is where slow begins.",
            Query(expr=recorded(STEP_SECONDS, _P95), legend="{{step}}"),
            unit=units.Seconds,
            judged=thresholds.more_is_worse(bad=scope.settings.latency_seconds),
            alerts=[AlertName.LATENCY_BUDGET_BURN],
        ),
        chart(
            "Failures within an hour",
            "Number of the canary's steps, and of requests, that failed.",
            Query(expr=recorded(number(FAILURES, "1h")), legend="{{step}}"),
            unit=units.Short,
            alerts=[AlertName.AVAILABILITY_BUDGET_BURN, AlertName.ARTIFACT_FAILED],
        ),
    ]


def _objectives(scope: DashboardScope) -> list[Look]:
    settings = scope.settings
    availability = _burn(
        "Availability: speed of the budget",
        FAILURES,
        1 - settings.availability_objective,
        AlertName.AVAILABILITY_BUDGET_BURN,
    )
    latency = _burn("Latency: speed of the budget", SLOW, 1 - settings.latency_objective, AlertName.LATENCY_BUDGET_BURN)
    return [availability, latency] if scope.watched.canary else [availability]


def _burn(title: str, record: str, budget: float, alert: AlertName) -> Look:
    return chart(
        title,
        "How many times too fast the budget of the objective is spent, by the worst step and over each window. 1 just "
        "keeps the objective. It alerts from "
        + ", ".join(f"{burn.factor:g} over {burn.long}" for burn in BURNS)
        + " on.",
        *(Query(expr=f"max({share(record, burn.long)}) / {budget:.4g}", legend=burn.long) for burn in BURNS),
        unit=units.NoUnit,
        judged=thresholds.more_is_worse(doubtful=1, bad=LARGEST_BURN),
        alerts=[alert],
    )
