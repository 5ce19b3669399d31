"""Alerts about the server's pods, as Kubernetes sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.monitoring.rules.jobs import Ending, ended
from components.monitoring.rules.model import Alert, Severity
from components.monitoring.rules.scope import MINUTE
from components.monitoring.rules.settings import AlertName

if TYPE_CHECKING:
    from components.monitoring.rules.scope import RuleScope

SERVER = "mlflow"
"""Name of the server's Deployment, of its container and of its job."""
_SERVERS = f'deployment="{SERVER}"'
_ALL = f'deployment=~"{SERVER}(-.+)?"'
"""The gateway, the tunnel, the canary and the exporter too."""
_MIGRATIONS = f'job_name=~"{SERVER}-migrate-.+"'


def alerts(scope: RuleScope) -> list[Alert]:
    """Make the alerts."""
    return [_no_pod(scope), _few_pods(scope), _memory(scope), _rollout(scope), _migration(scope)]


def available(scope: RuleScope) -> str:
    """Select the number of pods that are ready."""
    return scope.series("kube_deployment_status_replicas_available", _SERVERS)


def _no_pod(scope: RuleScope) -> Alert:
    target = scope.series("up", f'job="{SERVER}"')
    return scope.alert(
        AlertName.POD_DOWN,
        Severity.CRITICAL,
        # Where the Deployment itself is gone, or nobody tells of it, what is left to see is that there is no target.
        expr=f"""
            max by (namespace) (
              {available(scope)} == 0
              or (absent({target}) unless on (namespace) {available(scope)})
            )
        """,
        hold=MINUTE,
        labels={"pods": "none"},
        summary="No pod of the MLflow server is ready.",
        description="In {{ $labels.namespace }} no pod of the server is ready, or there is none at all.",
    )


def _few_pods(scope: RuleScope) -> Alert:
    wanted = scope.series("kube_deployment_spec_replicas", _SERVERS)
    return scope.alert(
        AlertName.POD_DOWN,
        Severity.WARNING,
        expr=f"""
            max by (namespace) ({wanted} - ({available(scope)} > 0)) > 0
        """,
        hold=5 * MINUTE,
        labels={"pods": "some"},
        summary="A pod of the MLflow server is missing.",
        description="In {{ $labels.namespace }} the server lacks {{ $value | humanize }} of its pods.",
    )


def _memory(scope: RuleScope) -> Alert:
    # The kubelet tells of a container under several of its paths.
    used = scope.series("container_memory_working_set_bytes", f'container="{SERVER}"')
    return scope.alert(
        AlertName.HIGH_MEMORY,
        Severity.WARNING,
        expr=f"""
            max by (namespace, pod) ({used}) > {scope.settings.memory_bytes}
        """,
        hold=5 * MINUTE,
        summary="A pod of the MLflow server uses unusually much memory.",
        description="Pod {{ $labels.pod }} uses {{ $value | humanize1024 }}B.",
    )


def _rollout(scope: RuleScope) -> Alert:
    given_up = scope.series("kube_deployment_status_condition", _ALL, 'condition="Progressing"', 'status="false"')
    updated = scope.series("kube_deployment_status_replicas_updated", _ALL)
    wanted = scope.series("kube_deployment_spec_replicas", _ALL)
    seen = scope.series("kube_deployment_status_observed_generation", _ALL)
    asked = scope.series("kube_deployment_metadata_generation", _ALL)
    return scope.alert(
        AlertName.ROLLOUT_STUCK,
        Severity.WARNING,
        # Kubernetes gave it up; or pods of the old kind are left and none of them goes; or nobody works on it.
        expr=f"""
            max by (namespace, deployment) (
              {given_up} == 1
              or {updated} < {wanted}
                 and changes({updated}[{scope.window(10 * MINUTE)}]) == 0
              or {seen} < {asked}
            )
        """,
        hold=5 * MINUTE,
        summary="A rollout does not get ahead.",
        description="The rollout of {{ $labels.deployment }} in {{ $labels.namespace }} does not get ahead.",
    )


def _migration(scope: RuleScope) -> Alert:
    return scope.alert(
        AlertName.MIGRATION_FAILED,
        Severity.WARNING,
        expr=f"max by (namespace, job_name) {ended(scope, Ending.FAILED, _MIGRATIONS)}",
        hold=MINUTE,
        summary="A schema migration has failed.",
        description=(
            "Job {{ $labels.job_name }} in {{ $labels.namespace }} has failed. The servers of the former version go on."
        ),
    )
