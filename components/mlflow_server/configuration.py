"""What the server is told: settings as environment variables. Nothing secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from components import immutable
from components.mlflow_server import files, server_log
from components.mlflow_server.args import AccessArgs, ArtifactDelivery, MlflowServerArgs, ServerScope
from components.mlflow_server.proxied_artifacts import PLUGIN_DIR, PROXIED_SCHEME
from components.store_clients import DATABASE_AUTHORITY_PATH, database_variables, mlflow_bucket_variables

if TYPE_CHECKING:
    from pulumi_kubernetes import core

    from components.contracts import ServiceAddress

GRACEFUL_SECONDS = 60
"""How long a request that has begun may go on after the pod was told to stop."""
_KEEP_ALIVE_SECONDS = 120
_WORKER_HEALTH_SECONDS = 60
_POOL_RECYCLE_SECONDS = 1800

METRICS_PATH = "/metrics"
LIVENESS_PATH = "/health"
"""Answered by the process alone, so that a dead database never restarts a healthy server."""
READINESS_PATH = "/api/2.0/mlflow/experiments/search?max_results=1"
"""The cheapest call that reads from the database; `/health` does not."""
POD_IP = "$(POD_IP)"
"""The kubelet puts the pod's address here; the variable has to stand before its use in the container's `env`."""


def config_map(scope: ServerScope) -> core.v1.ConfigMap:
    """Make the ConfigMap whose every key is an environment variable."""
    args = scope.args
    return immutable.config_map(scope, "settings", {**common_environment(args), **_server(args), **_stores(args)})


def common_environment(args: MlflowServerArgs) -> dict[str, pulumi.Input[str]]:
    """Say to the server and to the migration where the database is, with its password in a file, and how to log."""
    return {
        "MLFLOW_BACKEND_STORE_URI": args.database.uri(DATABASE_AUTHORITY_PATH),
        **database_variables(),
        "HOME": files.TEMPORARY_DIR,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PYTHONPATH": server_log.PYTHON_DIR,
        # MLflow would write lines in a form of its own. With this, `MLFLOW_LOGGING_LEVEL` has no effect any more.
        "MLFLOW_CONFIGURE_LOGGING": "false",
    }


def allowed_hosts(access: AccessArgs, service: ServiceAddress) -> list[str]:
    """Compute the values of the Host header that the server answers to.

    MLflow compares them as they stand, port included, and giving a list replaces its built-in one. The pod's own
    address is what Prometheus and the kubelet's probes send.
    """
    inside = [*service.host_names, "localhost", "127.0.0.1", POD_IP, f"[{POD_IP}]"]
    with_ports = [f"{access.public_host}:{port}" for port in (80, 443)]
    with_ports += [f"{host}:{service.port}" for host in inside]
    return list(dict.fromkeys([access.public_host, *inside, *with_ports, *access.extra_hosts]))


def _server(args: MlflowServerArgs) -> dict[str, pulumi.Input[str]]:
    uvicorn = {
        "--timeout-graceful-shutdown": GRACEFUL_SECONDS,
        # Longer than the proxies in front keep an idle connection (nginx 60 s, Traefik 90 s): when the server is the
        # first to close one, a request that is already on its way over it is lost.
        "--timeout-keep-alive": _KEEP_ALIVE_SECONDS,
        # The default of 5 s ends a worker that is merely short of CPU, together with its requests.
        "--timeout-worker-healthcheck": _WORKER_HEALTH_SECONDS,
        **server_log.uvicorn_options(),
    }
    return {
        # Pods listen for other pods; the NetworkPolicy and the host allow-list say who is answered.
        "MLFLOW_HOST": "0.0.0.0",  # noqa: S104
        "MLFLOW_PORT": str(args.service.port),
        "MLFLOW_WORKERS": str(args.scaling.workers),
        "MLFLOW_UVICORN_OPTS": " ".join(f"{option} {value}".rstrip() for option, value in uvicorn.items()),
        # A browser sends Origin with every POST, also from the server's own page.
        "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": ",".join(args.access.origins),
        "MLFLOW_EXPOSE_PROMETHEUS": files.METRICS_DIR,
        # What the kubelet and Prometheus ask for every few seconds.
        **server_log.environment(quiet=[LIVENESS_PATH, READINESS_PATH, METRICS_PATH]),
        # Job queues are local to a pod, so each replica would run the periodic ones; nothing here uses them.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        # The gateway would store provider keys, encrypted under a default passphrase.
        "MLFLOW_ENABLE_AI_GATEWAY": "false",
        "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE": str(args.scaling.pool_size),
        "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW": str(args.scaling.max_overflow),
        "MLFLOW_SQLALCHEMYSTORE_POOL_RECYCLE": str(_POOL_RECYCLE_SECONDS),
    }


def _stores(args: MlflowServerArgs) -> dict[str, pulumi.Input[str]]:
    bucket = args.bucket
    proxied = args.artifact_delivery is ArtifactDelivery.PROXIED
    scheme = PROXIED_SCHEME if proxied else "s3"
    settings: dict[str, pulumi.Input[str]] = {
        "MLFLOW_SERVE_ARTIFACTS": "true",
        "MLFLOW_ARTIFACTS_DESTINATION": pulumi.Output.concat(f"{scheme}://", bucket.bucket),
        **mlflow_bucket_variables(bucket),
    }
    if proxied:
        settings["PYTHONPATH"] = f"{server_log.PYTHON_DIR}:{PLUGIN_DIR}"
    return settings
