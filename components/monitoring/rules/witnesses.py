"""Alerts about what the other alerts rest on: without it, silence means nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.monitoring.rules.model import Alert, Severity
from components.monitoring.rules.scope import MINUTE
from components.monitoring.rules.server import SERVER, available
from components.monitoring.rules.settings import CANARY, SHORTEST_WINDOW_SECONDS, SOURCE_UP, AlertName

if TYPE_CHECKING:
    from components.monitoring.rules.scope import RuleScope

_ELSEWHERE = {
    "kube-state-metrics": 'up{job="kube-state-metrics"}',
    "kubelet": 'up{job="kubelet",metrics_path="/metrics/cadvisor"}',
}
"""What tells of Deployments, Jobs and memory, by job; in namespaces of its own."""
STORES = {"database": "mlflow_database_size_bytes", "bucket": "mlflow_bucket_objects"}
"""A series of each store that the exporter looks at, which takes it away when it is too old."""


def alerts(scope: RuleScope) -> list[Alert]:
    """Make the alerts."""
    # A canary that has no target is missing, which has an alert of its own.
    ours = [_target(scope, job, _silent(scope, job)) for job in scope.watched.jobs if job != CANARY]
    others = [_target(scope, job, f"absent({series})") for job, series in _ELSEWHERE.items()]
    canary = [_canary(scope)] if scope.watched.canary else []
    return [*ours, *others, *canary, _exporter(scope)]


def _silent(scope: RuleScope, job: str) -> str:
    target = scope.series("up", f'job="{job}"')
    silent = f"absent({target}) or min by (namespace, job, pod) ({target}) == 0"
    # Where no pod is ready, MLFlowPodDown says so.
    return f"({silent})\nand on (namespace) {available(scope)} > 0" if job == SERVER else silent


def _target(scope: RuleScope, job: str, expr: str) -> Alert:
    return scope.alert(
        AlertName.TARGET_MISSING,
        Severity.WARNING,
        expr=expr,
        hold=5 * MINUTE,
        labels={"job": job},
        summary="Prometheus gets no numbers from a target.",
        description=(
            "Prometheus gets no numbers from {{ $labels.job }}{{ with $labels.pod }} (pod {{ . }}){{ end }}, "
            "and alerts that rest on them stay silent."
        ),
    )


def _canary(scope: RuleScope) -> Alert:
    last = scope.series("mlflow_canary_last_round_timestamp_seconds")
    return scope.alert(
        AlertName.CANARY_MISSING,
        Severity.WARNING,
        expr=f"""
            absent({last})
            or time() - max by (namespace) ({last}) > {scope.seconds(SHORTEST_WINDOW_SECONDS)}
        """,
        hold=2 * MINUTE,
        summary="The canary does not finish its rounds.",
        description=(
            "The canary of {{ $labels.namespace }} has finished no round lately: nobody would notice a fault before "
            "the users."
        ),
    )


def _exporter(scope: RuleScope) -> Alert:
    # What it reads of the backups has an alert of its own.
    stores = scope.series(SOURCE_UP, f'source=~"{"|".join(STORES)}"')

    def withheld(source: str, values: str) -> str:
        told = scope.series(SOURCE_UP, f'source="{source}"')
        return f"({told} unless on (namespace) {scope.series(values)})"

    old = "\n              or ".join(withheld(source, values) for source, values in STORES.items())
    return scope.alert(
        AlertName.EXPORTER_FAILING,
        Severity.WARNING,
        # Either a refresh has failed, or one hangs and what was known before it has become too old.
        expr=f"""
            max by (namespace, source) (
              {stores} == 0
              or {old}
            )
        """,
        hold=10 * MINUTE,
        summary="The exporter cannot read one of its sources.",
        description=(
            "The exporter of {{ $labels.namespace }} cannot read the {{ $labels.source }}: its numbers are missing "
            "from dashboards and alerts."
        ),
    )
