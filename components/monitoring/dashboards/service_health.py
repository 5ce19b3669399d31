"""Is it up, and for whom is it not?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models import units

from components.monitoring.dashboards import stores, thresholds
from components.monitoring.dashboards.page import Page, Row
from components.monitoring.dashboards.panels import Query, chart, figure
from components.monitoring.dashboards.scope import OURS, containers, deployments, recorded, scraped, share
from components.monitoring.rules import LARGEST_BURN, SHORTEST_WINDOW_SECONDS, AlertName
from components.monitoring.rules.experience import FAILURES, SLOW, ratio
from components.monitoring.rules.scope import DAY
from components.monitoring.rules.server import SERVER
from components.monitoring.rules.settings import SOURCE_UP
from components.monitoring.rules.witnesses import STORES

if TYPE_CHECKING:
    from components.monitoring.dashboards.panels import Look
    from components.monitoring.dashboards.scope import DashboardScope

_LAST_SUCCESS = "mlflow_canary_last_success_timestamp_seconds"


def service_health(scope: DashboardScope) -> Page:
    """Make the page that somebody who was just paged opens first."""
    return Page(
        name="service-health",
        title="MLflow / Service health",
        description="Whether the platform works, as its users, its pods and its alerts tell.",
        since="3h",
        rows=[
            Row(title="Now", looks=[*_verdict(scope), *_witnesses(scope)]),
            Row(title="What users meet", looks=_experience(scope)),
            Row(title="What it is made of", looks=_parts()),
        ],
    )


def _verdict(scope: DashboardScope) -> list[Look]:
    objective = scope.settings.availability_objective
    ready = deployments("kube_deployment_status_replicas_available", f'deployment="{SERVER}"')
    wanted = deployments("kube_deployment_spec_replicas")
    available = deployments("kube_deployment_status_replicas_available")
    return [
        _firing("Critical alerts", "critical", "Users are affected, or will be before the day is over.", bad=True),
        _firing("Warnings", "warning", "Somebody has to act within days.", bad=False),
        figure(
            "Server pods ready",
            "Pods of the MLflow server that answer and reach the database. With none, nobody gets an answer.",
            Query(expr=f"sum({ready})", legend="ready"),
            unit=units.Short,
            judged=thresholds.less_is_worse(good=1),
            alerts=[AlertName.POD_DOWN],
        ),
        figure(
            "Pods missing",
            "Pods that the platform's Deployments ask for, and that are not ready. A rollout counts for a while.",
            Query(expr=f"sum({wanted} - {available})", legend="missing"),
            unit=units.Short,
            judged=thresholds.more_is_worse(doubtful=1),
            alerts=[AlertName.POD_DOWN, AlertName.ROLLOUT_STUCK],
        ),
        figure(
            "Success, last hour",
            "Of the step of the canary, or of the requests, that fails most. Green while the objective is met.",
            Query(expr=f"1 - max({share(FAILURES, '1h')})", legend="worst step"),
            unit=units.PercentUnit,
            decimals=2,
            judged=thresholds.less_is_worse(good=objective),
            alerts=[AlertName.AVAILABILITY_BUDGET_BURN],
        ),
        figure(
            "Budget left, 3 days",
            "Of the failures that the objective allows within three days, by the step that fails most. Below 0, the "
            "objective is missed.",
            Query(expr=f"1 - max({share(FAILURES, '3d')}) / {1 - objective:.4g}", legend="worst step"),
            unit=units.PercentUnit,
            decimals=0,
            judged=thresholds.less_is_worse(good=0.25, doubtful=0),
            alerts=[AlertName.AVAILABILITY_BUDGET_BURN],
        ),
    ]


def _witnesses(scope: DashboardScope) -> list[Look]:
    up = scraped("up", f'job=~"{OURS}"')
    return [
        figure(
            "Targets silent",
            "Pods from which Prometheus gets no numbers. Alerts that rest on them stay silent as well.",
            Query(expr=f"count({up} == 0) or 0 * count({up})", legend="silent"),
            unit=units.Short,
            judged=thresholds.more_is_worse(doubtful=1),
            alerts=[AlertName.TARGET_MISSING],
        ),
        *([_last_round(scope)] if scope.watched.canary else []),
        *([_certificate(scope)] if scope.watched.canary and scope.watched.public_tls else []),
        *([_signing_keys()] if scope.watched.gateway else []),
        *([_sources(), stores.listed_whole()] if scope.watched.exporter else []),
    ]


def _firing(title: str, severity: str, meaning: str, *, bad: bool) -> Look:
    alerts = recorded("ALERTS", 'alertname=~"MLFlow.+"', 'alertstate="firing"', f'severity="{severity}"')
    return figure(
        title,
        f"Alerts of severity {severity} that fire. {meaning} The runbook says what to do.",
        # No alert leaves no series.
        Query(expr=f"count({alerts}) or vector(0)", legend="firing"),
        unit=units.Short,
        judged=thresholds.more_is_worse(bad=1) if bad else thresholds.more_is_worse(doubtful=1),
    )


def _last_round(scope: DashboardScope) -> Look:
    last = scraped("mlflow_canary_last_round_timestamp_seconds")
    return figure(
        "Canary's last round",
        "How long ago the canary has done all that users do. Red when nobody would notice a fault before the users.",
        Query(expr=f"time() - max({last})", legend="ago"),
        unit=units.Seconds,
        judged=thresholds.more_is_worse(bad=SHORTEST_WINDOW_SECONDS * scope.settings.patience),
        alerts=[AlertName.CANARY_MISSING],
    )


def _certificate(scope: DashboardScope) -> Look:
    soon = scope.settings.certificate_days * DAY
    # 0 is no certificate that ended long ago, but one that the canary has not seen yet.
    ends = scraped("mlflow_canary_certificate_expiry_timestamp_seconds")
    return figure(
        "Certificate ends in",
        "Time until the certificate of the public route ends, as the canary sees it.",
        Query(expr=f"min({ends} > 0) - time()", legend="left"),
        unit=units.Seconds,
        judged=thresholds.less_is_worse(good=soon, doubtful=soon // 3),
        alerts=[AlertName.CERTIFICATE_EXPIRY],
    )


def _signing_keys() -> Look:
    fetched = scraped("envoy_cluster_membership_healthy", 'envoy_cluster_name="signing_keys"')
    return figure(
        "Gateways without keys",
        "Gateway pods that cannot fetch the signing keys of Cloudflare Access. After a while they refuse everybody.",
        Query(expr=f"count({fetched} == 0) or 0 * count({fetched})", legend="pods"),
        unit=units.Short,
        judged=thresholds.more_is_worse(doubtful=1),
        alerts=[AlertName.GATEWAY_KEYS_STALE],
    )


def _sources() -> Look:
    up = scraped(SOURCE_UP, f'source=~"{"|".join(STORES)}"')
    return figure(
        "Stores readable",
        "Of database and bucket, how many the exporter can read.",
        Query(expr=f"sum(max by (source) ({up}))", legend="of two"),
        unit=units.Short,
        judged=thresholds.less_is_worse(good=2, doubtful=1),
        alerts=[AlertName.EXPORTER_FAILING],
    )


def _experience(scope: DashboardScope) -> list[Look]:
    page = LARGEST_BURN * (1 - scope.settings.availability_objective)
    failures = chart(
        "Failures",
        "Share that failed within five minutes: of each step of the canary, and of the server's requests. The dashed "
        "line is what pages somebody when it lasts.",
        Query(expr=recorded(ratio(FAILURES, "5m")), legend="{{step}}"),
        unit=units.PercentUnit,
        judged=thresholds.more_is_worse(bad=page),
        alerts=[AlertName.AVAILABILITY_BUDGET_BURN, AlertName.DATABASE_ERROR],
    )
    if not scope.watched.canary:
        return [failures]
    slow = chart(
        "Slow steps",
        f"Share of the canary's steps that took more than {scope.settings.latency_seconds:g} s within five minutes.",
        Query(expr=recorded(ratio(SLOW, "5m")), legend="{{step}}"),
        unit=units.PercentUnit,
        judged=thresholds.more_is_worse(bad=LARGEST_BURN * (1 - scope.settings.latency_objective)),
        alerts=[AlertName.LATENCY_BUDGET_BURN],
    )
    since = chart(
        "Since the last success",
        "How long ago each step of the canary last succeeded. A step that climbs is what users cannot do.",
        Query(expr=f"time() - max by (step) ({scraped(_LAST_SUCCESS)} > 0)", legend="{{step}}"),
        unit=units.Seconds,
        judged=thresholds.more_is_worse(bad=SHORTEST_WINDOW_SECONDS * scope.settings.patience),
        alerts=[AlertName.ARTIFACT_FAILED, AlertName.DATABASE_ERROR],
    )
    return [failures, slow, since, _alerts()]


def _alerts() -> Look:
    firing = recorded("ALERTS", 'alertname=~"MLFlow.+"', 'alertstate="firing"')
    nothing = 'label_replace(vector(0), "alertname", "none", "", "")'
    return chart(
        "Alerts",
        "Alerts that fire, by name.",
        Query(expr=f"count by (alertname) ({firing}) or on () {nothing}", legend="{{alertname}}"),
        unit=units.Short,
        stacked=True,
    )


def _parts() -> list[Look]:
    available = deployments("kube_deployment_status_replicas_available")
    wanted = deployments("kube_deployment_spec_replicas")
    restarts = containers("kube_pod_container_status_restarts_total")
    return [
        chart(
            "Pods ready",
            "Ready pods of each Deployment, and how many there should be.",
            Query(expr=f"sum by (deployment) ({available})", legend="{{deployment}}"),
            Query(expr=f"sum by (deployment) ({wanted})", legend="{{deployment}}, wanted"),
            unit=units.Short,
            alerts=[AlertName.POD_DOWN, AlertName.ROLLOUT_STUCK],
        ),
        chart(
            "Restarts",
            "Containers that started again within an hour: killed for their memory, or ended by themselves.",
            Query(expr=f"sum by (container) (increase({restarts}[1h]))", legend="{{container}}"),
            unit=units.Short,
            stacked=True,
        ),
        chart(
            "Targets that answer",
            "Share of each job's pods from which Prometheus gets numbers.",
            Query(expr=f"""avg by (job) ({scraped("up", f'job=~"{OURS}"')})""", legend="{{job}}"),
            unit=units.PercentUnit,
            at_most=1,
            alerts=[AlertName.TARGET_MISSING],
        ),
    ]
