"""The series that rules may refer to, and what a PromQL expression refers to."""

from __future__ import annotations

import re

PROVIDED = frozenset(
    {
        # Prometheus itself
        "up",
        # MLflow
        "mlflow_http_request_total",
        "mlflow_http_request_duration_seconds_bucket",
        # the canary
        "mlflow_canary_steps_total",
        "mlflow_canary_step_duration_seconds_bucket",
        "mlflow_canary_step_duration_seconds_count",
        "mlflow_canary_last_round_timestamp_seconds",
        "mlflow_canary_certificate_expiry_timestamp_seconds",
        # the exporter
        "mlflow_exporter_source_up",
        "mlflow_database_size_bytes",
        "mlflow_database_connections",
        "mlflow_database_connection_limit",
        "mlflow_bucket_objects",
        "mlflow_backup_data_bytes",
        "mlflow_backup_data_timestamp_seconds",
        "mlflow_backup_last_run_success",
        "mlflow_backup_last_run_timestamp_seconds",
        "mlflow_backup_last_success_duration_seconds",
        "mlflow_backup_last_success_objects",
        "mlflow_backup_last_success_timestamp_seconds",
        "mlflow_backup_log_lag_seconds",
        "mlflow_backup_log_slot_retained_bytes",
        # the gateway (names seen at Envoy 1.40)
        "envoy_cluster_membership_healthy",
        "envoy_http_downstream_rq_total",
        "envoy_http_jwt_authn_denied",
        "envoy_http_rbac_denied",
        # kube-state-metrics
        "kube_cronjob_created",
        "kube_cronjob_status_last_successful_time",
        "kube_deployment_metadata_generation",
        "kube_deployment_spec_replicas",
        "kube_deployment_status_condition",
        "kube_deployment_status_observed_generation",
        "kube_deployment_status_replicas_available",
        "kube_deployment_status_replicas_updated",
        "kube_job_complete",
        "kube_job_created",
        "kube_job_failed",
        # the kubelet
        "container_memory_working_set_bytes",
    }
)
_KEYWORDS = {"and", "or", "unless"}
_NOT_A_NAME = re.compile(
    r"""
      \{[^}]*\}                                # matchers
    | \[[^]]*\]                                # a range
    | (?:\b\w+\s+)?\b(?:by|on)\s*\([^)]*\)     # an operator with its labels
    | \boffset\s+\w+                           # a duration
    | \b[a-z_]+\s*(?=\()                       # a function
    """,
    re.VERBOSE,
)


def referred(expr: str) -> set[str]:
    """The metrics that an expression reads."""
    return set(re.findall(r"(?<![\w.:])[a-zA-Z_:][\w:]*", _NOT_A_NAME.sub(" ", expr))) - _KEYWORDS
