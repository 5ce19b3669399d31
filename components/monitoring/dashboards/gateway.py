"""Panels about the gateway, where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models import units

from components.monitoring.dashboards import thresholds
from components.monitoring.dashboards.panels import Query, chart, figure
from components.monitoring.dashboards.scope import rate, recorded, scraped
from components.monitoring.rules import AlertName
from components.monitoring.rules.way_in import REFUSALS, REFUSED_SHARE

if TYPE_CHECKING:
    from components.monitoring.dashboards.panels import Look
    from components.monitoring.dashboards.scope import DashboardScope

_LISTENER = 'envoy_http_conn_manager_prefix="public"'
_ALERTS = (AlertName.GATEWAY_REFUSING_UNUSUALLY,)


def now(scope: DashboardScope) -> list[Look]:
    """Show how much it refuses."""
    if not scope.watched.gateway:
        return []
    return [
        figure(
            "Gateway refuses",
            "Requests a second without a valid assertion of Cloudflare Access, over ten minutes. Orange from the "
            "alert's threshold on.",
            Query(expr=f"max({recorded(REFUSALS)})", legend="refused"),
            unit=units.RequestsPerSecond,
            judged=thresholds.more_is_worse(doubtful=scope.settings.refusals_per_second),
            alerts=_ALERTS,
        ),
    ]


def history(scope: DashboardScope) -> list[Look]:
    """Show what it lets through, what it refuses, and why."""
    if not scope.watched.gateway:
        return []
    classes = rate(scraped("envoy_http_downstream_rq_xx", _LISTENER))
    unsigned = rate(scraped("envoy_http_jwt_authn_denied", _LISTENER))
    unclaimed = rate(scraped("envoy_http_rbac_denied", _LISTENER))
    limited = rate(scraped("envoy_http_local_rate_limit_rate_limited"))
    passed = rate(scraped("envoy_cluster_upstream_rq_total", 'envoy_cluster_name="mlflow"'))
    return [
        chart(
            "Answers of the gateway",
            "Requests a second from outside, by class of the answer.",
            Query(expr=f"sum by (envoy_response_code_class) ({classes})", legend="{{envoy_response_code_class}}xx"),
            unit=units.RequestsPerSecond,
            stacked=True,
        ),
        chart(
            "Let through and turned away",
            "Requests a second. Unsigned: no assertion, or one that does not verify (401). Not allowed: one of the "
            "wrong form or without the claims (403). Too many: above the rate limit (429).",
            Query(expr=f"sum({passed})", legend="let through"),
            Query(expr=f"sum({unsigned})", legend="unsigned"),
            Query(expr=f"sum({unclaimed})", legend="not allowed"),
            Query(expr=f"sum({limited})", legend="too many"),
            unit=units.RequestsPerSecond,
            alerts=_ALERTS,
        ),
        chart(
            "Refused, of all",
            "Share of the requests that have no valid assertion, over ten minutes. A port that is open to the Internet "
            "always gets some.",
            # Where nobody came, nobody was refused.
            Query(expr=f"max({recorded(REFUSED_SHARE)} >= 0) or 0 * max({recorded(REFUSALS)})", legend="of requests"),
            unit=units.PercentUnit,
            at_most=1,
            alerts=_ALERTS,
        ),
    ]
