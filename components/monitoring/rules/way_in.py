"""Alerts about the way in: the public certificate, and the gateway where Access is on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.monitoring.rules.model import Alert, RecordingRule, Severity, duration
from components.monitoring.rules.scope import DAY, HOUR, MINUTE
from components.monitoring.rules.settings import AlertName

if TYPE_CHECKING:
    from components.monitoring.rules.scope import RuleScope

REFUSALS = "namespace:mlflow_gateway_refusals:rate10m"
REFUSED_SHARE = "namespace:mlflow_gateway_refusals:ratio_rate10m"
_LISTENER = 'envoy_http_conn_manager_prefix="public"'
_UNUSUAL = 4
"""Times the mean of the day before."""


def recordings(scope: RuleScope) -> list[RecordingRule]:
    """Record how much the gateway refuses."""
    if not scope.watched.gateway:
        return []
    # 401 for an assertion that is missing or does not verify, 403 for one of the wrong form or without the claims.
    unsigned = _rate(scope, "envoy_http_jwt_authn_denied")
    unclaimed = _rate(scope, "envoy_http_rbac_denied")
    return [
        RecordingRule(record=REFUSALS, expr=f"{unsigned}\n+\n{unclaimed}"),
        RecordingRule(
            record=REFUSED_SHARE, expr=f"{scope.series(REFUSALS)}\n/\n{_rate(scope, 'envoy_http_downstream_rq_total')}"
        ),
    ]


def alerts(scope: RuleScope) -> list[Alert]:
    """Make the alerts."""
    certificate = [*_certificate(scope)] if scope.watched.public_tls else []
    hours = scope.watched.keys_max_age_hours
    if hours is None:
        return certificate
    stale = [
        _stale_keys(scope, Severity.WARNING, 10 * MINUTE),
        _stale_keys(scope, Severity.CRITICAL, hours * HOUR // 2),
    ]
    return [*certificate, _refusals(scope), *stale]


def _rate(scope: RuleScope, metric: str) -> str:
    return f"sum by (namespace) (rate({scope.series(metric, _LISTENER)}[{scope.window(10 * MINUTE)}]))"


def _certificate(scope: RuleScope) -> tuple[Alert, Alert]:
    days = scope.settings.certificate_days
    soon, late = days * DAY, days * DAY // 3
    # 0 is no certificate that ended long ago, but one that the canary has not seen yet.
    left = f"min by (namespace) ({scope.series('mlflow_canary_certificate_expiry_timestamp_seconds')} > 0) - time()"

    def alert(severity: Severity, expr: str, within: int) -> Alert:
        return scope.alert(
            AlertName.CERTIFICATE_EXPIRY,
            severity,
            expr=expr,
            hold=10 * MINUTE,
            labels={"within": duration(within)},
            summary="The certificate of the public route is about to expire, or has expired.",
            description=(
                "The certificate of the public route in {{ $labels.namespace }} "
                "{{ if gt $value 0.0 }}ends in {{ $value | humanizeDuration }}{{ else }}has ended{{ end }}."
            ),
        )

    return (
        alert(Severity.WARNING, f"{left} < {soon}\nunless\n{left} < {late}", soon),
        alert(Severity.CRITICAL, f"{left} < {late}", late),
    )


def _refusals(scope: RuleScope) -> Alert:
    now = scope.series(REFUSALS)
    usual = f"avg_over_time({now}[{scope.window(DAY)}] offset {scope.window(HOUR)})"
    return scope.alert(
        AlertName.GATEWAY_REFUSING_UNUSUALLY,
        Severity.WARNING,
        # A gateway without a past is compared with the least rate alone.
        expr=f"""
            {now} > {scope.settings.refusals_per_second:g}
            unless {now} <= {_UNUSUAL} * {usual}
        """,
        hold=5 * MINUTE,
        summary="The gateway refuses unusually many requests.",
        description=(
            "The gateway of {{ $labels.namespace }} refuses {{ $value | humanize }} requests a second, more than "
            f"{_UNUSUAL} times as many as in the day before."
        ),
    )


def _stale_keys(scope: RuleScope, severity: Severity, lasting: int) -> Alert:
    fetched = scope.series("envoy_cluster_membership_healthy", 'envoy_cluster_name="signing_keys"')
    return scope.alert(
        AlertName.GATEWAY_KEYS_STALE,
        severity,
        expr=f"min by (namespace, pod) ({fetched}) == 0",
        hold=lasting,
        labels={"lasting": duration(lasting)},
        summary="The gateway cannot fetch the signing keys of Cloudflare Access.",
        description=(
            f"Gateway pod {{{{ $labels.pod }}}} has fetched no signing keys for {duration(lasting)}. "
            f"{scope.watched.keys_max_age_hours} h after the last fetch it refuses everybody."
        ),
    )
