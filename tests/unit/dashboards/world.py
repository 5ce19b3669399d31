"""What Prometheus sees of a healthy platform, beyond what the rules read."""

from __future__ import annotations

from tests.unit.alerts.world import BACKUP_COMMANDS, DEPLOYMENTS, HEALTHY, MIB, World, exporter, gateway, series, up

PODS = {name: f"{name}-5d4b9c7f-x2k8v" for name in DEPLOYMENTS}
"""As a Deployment calls them, by job."""
CONTAINERS = {"mlflow": "mlflow", "mlflow-gateway": "envoy", "mlflow-canary": "canary", "mlflow-exporter": "exporter"}
STEPS = ("database", "artifact_upload", "artifact_download", "search", "public_route")


def _inventory() -> World:
    known = {
        exporter("runs", status=status, lifecycle_stage=stage): "3+0xN"
        for status in ("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")
        for stage in ("active", "deleted")
    }
    known |= {exporter("experiments", lifecycle_stage=stage): "2+0xN" for stage in ("active", "deleted")}
    known |= {exporter(name): "5+0xN" for name in ("registered_models", "model_versions", "bucket_bytes")}
    known |= {exporter("bucket_scan_complete"): "1+0xN"}
    known |= {exporter("backup_last_success_bytes", command=command): "9000+0xN" for command in BACKUP_COMMANDS}
    known |= {exporter("backup_log_base_age_seconds"): "40000+0xN"}
    for source in ("database", "bucket", "backups"):
        known |= {exporter("exporter_last_success_timestamp_seconds", source=source): "0+60xN"}
        known |= {exporter("exporter_refresh_duration_seconds", source=source): "0.1+0xN"}
    return known


def _containers() -> World:
    known: World = {}
    for job, pod in PODS.items():
        where = {"pod": pod, "container": CONTAINERS[job]}
        own = {"job": "kubelet", **where}
        known |= {series("container_memory_working_set_bytes", **own): f"{100 * MIB}+0xN"}
        known |= {series("container_cpu_usage_seconds_total", **own): "0+6xN"}
        known |= {series("container_cpu_cfs_throttled_seconds_total", **own): "0+0xN"}
        for direction in ("receive", "transmit"):
            name = f"container_network_{direction}_bytes_total"
            known |= {series(name, job="kubelet", pod=pod, interface="eth0"): "0+6000xN"}
        told = {"job": "kube-state-metrics", **where}
        known |= {series("kube_pod_container_status_restarts_total", **told): "0+0xN"}
        for resource, value in (("cpu", 1), ("memory", 2048 * MIB)):
            known |= {series("kube_pod_container_resource_limits", **told, resource=resource): f"{value}+0xN"}
    return known


def _others() -> World:
    latency = {
        series("mlflow_http_request_duration_seconds_bucket", job="mlflow", le=le): "0+60xN" for le in ("0.1", "+Inf")
    }
    last = {
        series("mlflow_canary_last_success_timestamp_seconds", job="mlflow-canary", step=step): "0+60xN"
        for step in STEPS
    }
    public = {"envoy_http_conn_manager_prefix": "public"}
    answers = {gateway("http_downstream_rq_xx", **public, envoy_response_code_class="2"): "0+60xN"}
    return (
        latency
        | last
        | answers
        | {gateway("http_local_rate_limit_rate_limited"): "0+0xN"}
        | {gateway("cluster_upstream_rq_total", envoy_cluster_name="mlflow"): "0+60xN"}
    )


def _with_instances(world: World) -> World:
    return {name.replace("{", '{instance="192.0.2.7:9000",', 1): values for name, values in world.items()}


# Somebody else's things in the same namespace, of which nothing may be seen.
FOREIGN: World = {
    up("postgres", "postgres-5d4b9c7f-x2k8v"): "0+0xN",
    series("kube_deployment_spec_replicas", deployment="postgres"): "3+0xN",
    series("kube_deployment_status_replicas_available", deployment="postgres"): "0+0xN",
}
PLATFORM: World = _with_instances(HEALTHY | _inventory() | _containers() | _others() | FOREIGN)
