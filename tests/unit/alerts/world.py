"""What Prometheus sees of a platform in good order, to be changed by what a case is about.

Values are in promtool's notation: `0+2xN` starts at 0 and grows by 2 a sample. `N` stands for as many samples as the
case needs. Time begins at 0, so that a gauge of the time itself is `0+60xN`.
"""

from __future__ import annotations

from typing import TypeAlias

NAMESPACE = "data-platform"
World: TypeAlias = dict[str, str]
STEPS = ("database", "artifact_upload", "artifact_download", "search", "public_route")
BUCKETS = ("0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "30.0", "+Inf")
"""As the canary's library writes them."""
MIGRATION = "mlflow-migrate-0123456789"
COLLECTION = "mlflow-gc-29000000"
INGESTION = "mlflow-ingestion-29000000"
DEPLOYMENTS = {"mlflow": 2, "mlflow-gateway": 2, "mlflow-canary": 1, "mlflow-exporter": 1}
"""Pods by name."""
MIB = 2**20
DAY = 86_400
BACKUP_COMMANDS = ("create", "verify", "prune", "drill")


def series(metric: str, **labels: str) -> str:
    """Name a series, in the platform's namespace unless a label says another."""
    written = ",".join(f'{name}="{value}"' for name, value in ({"namespace": NAMESPACE} | labels).items())
    return f"{metric}{{{written}}}"


def up(job: str, pod: str) -> str:
    return series("up", job=job, pod=pod)


def deployment(metric: str, name: str, **labels: str) -> str:
    return series(f"kube_deployment_{metric}", deployment=name, **labels)


def job_made(name: str) -> str:
    return series("kube_job_created", job_name=name)


def job_ended(ending: str, name: str, *, minute: int = 0) -> World:
    """A Job that is `complete` or has `failed`: nothing tells of either before it has ended."""
    known = {"true": 1, "false": 0, "unknown": 0}
    return {
        series(f"kube_job_{ending}", job_name=name, condition=condition): f"{'_ ' * minute}{value}+0xN"
        for condition, value in known.items()
    }


def ingestions(metric: str, name: str = "mlflow-ingestion") -> str:
    """What Kubernetes tells of the CronJob."""
    return series(f"kube_cronjob_{metric}", cronjob=name)


def memory(pod: str, container: str = "mlflow") -> str:
    return series("container_memory_working_set_bytes", job="kubelet", pod=pod, container=container)


def requests(status: str, method: str = "POST", pod: str = "mlflow-1") -> str:
    return series("mlflow_http_request_total", job="mlflow", pod=pod, method=method, status=status)


def steps(step: str, outcome: str) -> str:
    return series("mlflow_canary_steps_total", job="mlflow-canary", step=step, outcome=outcome)


def step_bucket(step: str, le: str) -> str:
    return series("mlflow_canary_step_duration_seconds_bucket", job="mlflow-canary", step=step, le=le)


def step_count(step: str) -> str:
    return series("mlflow_canary_step_duration_seconds_count", job="mlflow-canary", step=step)


def last_round() -> str:
    return series("mlflow_canary_last_round_timestamp_seconds", job="mlflow-canary")


def certificate() -> str:
    return series(
        "mlflow_canary_certificate_expiry_timestamp_seconds", job="mlflow-canary", host="mlflow.254carbon.com"
    )


def exporter(metric: str, **labels: str) -> str:
    return series(f"mlflow_{metric}", job="mlflow-exporter", **labels)


def source_up(source: str) -> str:
    return exporter("exporter_source_up", source=source)


def backup(metric: str, command: str = "") -> str:
    """What the exporter tells of the last run of a command of the backup program, or of the newest backup."""
    return exporter(f"backup_{metric}", **({"command": command} if command else {}))


def backup_size(part: str) -> str:
    return exporter("backup_data_bytes", part=part)


def gateway(metric: str, pod: str = "mlflow-gateway-1", **labels: str) -> str:
    return series(f"envoy_{metric}", job="mlflow-gateway", pod=pod, **labels)


def signing_keys(pod: str) -> str:
    return gateway("cluster_membership_healthy", pod, envoy_cluster_name="signing_keys")


def refused(filter_name: str) -> str:
    """Refusals by `jwt_authn` (401) or `rbac` (403)."""
    return gateway(f"http_{filter_name}_denied", envoy_http_conn_manager_prefix="public")


KUBE_STATE_METRICS = series("up", namespace="monitoring", job="kube-state-metrics")
CADVISOR = series("up", namespace="kube-system", job="kubelet", metrics_path="/metrics/cadvisor")


def failing(step: str, values: str) -> World:
    """A step that has failed so often, and has never succeeded."""
    return {steps(step, "failure"): values, steps(step, "success"): "0+0xN"}


def slow(step: str, values: str) -> World:
    """A step of which so many took 2.5 s at most."""
    return {step_bucket(step, le): values for le in BUCKETS if le != "+Inf" and float(le) <= 2.5}


def _kubernetes() -> World:
    known: World = {KUBE_STATE_METRICS: "1+0xN", CADVISOR: "1+0xN"}
    for name, pods in DEPLOYMENTS.items():
        known |= {deployment(metric, name): f"{pods}+0xN" for metric in ("spec_replicas", "status_replicas_available")}
        known |= {deployment("status_replicas_updated", name): f"{pods}+0xN"}
        known |= {deployment(each, name): "3+0xN" for each in ("metadata_generation", "status_observed_generation")}
        for status, value in (("true", 1), ("false", 0), ("unknown", 0)):
            progressing = deployment("status_condition", name, condition="Progressing", status=status)
            known[progressing] = f"{value}+0xN"
        known |= {up(name, f"{name}-{number}"): "1+0xN" for number in range(1, pods + 1)}
    for job in (MIGRATION, COLLECTION, INGESTION):
        known |= {job_made(job): "0+0xN", **job_ended("complete", job)}
    # Of somebody else in the same namespace, and of which no rule may tell.
    known |= {job_made("nightly-report"): "60+0xN", **job_ended("failed", "nightly-report")}
    known |= {ingestions("status_last_successful_time"): "0+60xN", ingestions("created"): "0+0xN"}
    known |= {memory(f"mlflow-{number}"): f"{900 * MIB}+0xN" for number in (1, 2)}
    return known


def _server() -> World:
    return {
        requests("200"): "0+60xN",
        requests("200", "GET"): "0+12xN",
        requests("404", "GET"): "0+3xN",
    }


def _canary() -> World:
    known: World = {last_round(): "0+60xN", certificate(): f"{60 * DAY}+0xN"}
    for step in STEPS:
        known |= {steps(step, "success"): "0+1xN", steps(step, "failure"): "0+0xN", step_count(step): "0+1xN"}
        known |= {step_bucket(step, le): "0+1xN" if le == "+Inf" or float(le) >= 0.25 else "0+0xN" for le in BUCKETS}
    return known


def _exporter() -> World:
    known = {source_up(source): "1+0xN" for source in ("database", "bucket")}
    known |= {exporter("database_size_bytes"): f"{300 * MIB}+0xN", exporter("bucket_objects"): "4000+1xN"}
    known |= {exporter("database_connections"): "14+0xN", exporter("database_connection_limit"): "80+0xN"}
    return known


def _backups() -> World:
    known: World = {source_up("backups"): "1+0xN", backup("data_timestamp_seconds"): "0+60xN"}
    known |= {backup_size("database"): f"{50 * MIB}+0xN", backup_size("artifacts"): f"{4000 * MIB}+{MIB}xN"}
    for command in BACKUP_COMMANDS:
        known |= {backup("last_run_success", command): "1+0xN"}
        known |= {backup("last_success_timestamp_seconds", command): "0+60xN"}
        known |= {backup("last_success_duration_seconds", command): "200+0xN"}
        known |= {backup("last_success_objects", command): "4000+1xN"}
    return known


def _log() -> World:
    known: World = {backup("last_run_success", "pitr"): "1+0xN", backup("last_run_timestamp_seconds", "pitr"): "0+60xN"}
    return known | {backup("log_lag_seconds"): "12+0xN", backup("log_slot_retained_bytes"): f"{16 * MIB}+0xN"}


def _gateway() -> World:
    known = {signing_keys(f"mlflow-gateway-{number}"): "1+0xN" for number in (1, 2)}
    known |= {refused("jwt_authn"): "0+1xN", refused("rbac"): "0+0xN"}
    known |= {gateway("http_downstream_rq_total", envoy_http_conn_manager_prefix="public"): "0+60xN"}
    return known


HEALTHY: World = _kubernetes() | _server() | _canary() | _exporter() | _backups() | _log() | _gateway()
