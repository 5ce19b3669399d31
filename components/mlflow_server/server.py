"""The component itself: it composes what the other modules of this package make."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from components.contracts import MetricsEndpoint, ServiceAddress
from components.disruption import disruption_budget
from components.labels import Labels, version_of
from components.metadata import namespace_of
from components.mlflow_server import files
from components.mlflow_server.args import ArtifactDelivery, MlflowServerArgs, ServerScope
from components.mlflow_server.autoscaling import autoscaler
from components.mlflow_server.configuration import METRICS_PATH, config_map
from components.mlflow_server.network_policy import client_policies, migration_policy, public_policy, server_policy
from components.mlflow_server.proxied_artifacts import plugin_config_map, plugin_mount
from components.mlflow_server.schema_migration import migration_job, program_mount
from components.mlflow_server.server_log import log_mount
from components.mlflow_server.workload import rollout
from components.mounts import Mount, scratch_mount
from components.scope import Scope
from components.store_clients import (
    BUCKET_AUTHORITY_PATH,
    DATABASE_AUTHORITY_PATH,
    DATABASE_SERVICE,
    authority_mounts,
    key_mount,
    login_mount,
)
from components.workload import PORT_NAME, service, service_account

if TYPE_CHECKING:
    from pulumi_kubernetes import apps, batch, core

_METRICS_SIZE = "128Mi"
"""Counters of every process that the pod has had, a few MiB each."""
_MIGRATION_TMP_SIZE = "128Mi"


class MlflowServer(pulumi.ComponentResource):
    """MLflow under uvicorn: a migration Job, then a Deployment behind a Service.

    Order: the migration's NetworkPolicy and whatever else is to come before it, the Job, the Deployment, the Service.
    When one fails, what follows is not begun, so the error is the one that matters. Left out: authentication, TLS of
    the server itself, monitoring.
    """

    service: ServiceAddress
    """Every name of the server inside the cluster."""
    namespace: pulumi.Output[str]
    """Namespace of the Service, known only once the Service has a ready endpoint."""
    selector: dict[str, str]
    """Labels of the server's pods and of nothing else."""
    metrics: MetricsEndpoint
    """Behind the Service."""

    def __init__(self, name: str, args: MlflowServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlflow:server:MlflowServer", name, None, opts)
        version = version_of(args.image)
        scope = self._scope(name, args, "tracking-server", version)
        account = service_account(scope, name)
        common_mounts = _common_mounts(scope)
        migration = _migration(self._scope(name, args, "schema-migration", version), account, common_mounts)
        policies = [server_policy(scope), public_policy(scope)]
        deployment = _rollout(scope, account, common_mounts, [migration, *policies])
        if args.scaling.max_replicas:
            autoscaler(scope, deployment)
        disruption_budget(scope, args.service.name)
        client_policies(scope)
        front = service(scope, args.service, after=[deployment])

        self.service = args.service
        self.namespace = namespace_of(front.metadata)
        self.selector = scope.labels.selector
        self.metrics = MetricsEndpoint(job=args.service.name, selector=self.selector, port=PORT_NAME, path=METRICS_PATH)
        self.register_outputs({"url": args.service.url, "namespace": self.namespace})

    def _scope(self, name: str, args: MlflowServerArgs, component: str, version: str) -> ServerScope:
        labels = Labels(instance=name, component=component, version=version)
        return Scope(name=name, args=args, labels=labels, parent=self)


def _common_mounts(scope: ServerScope) -> list[Mount]:
    """Mount what it takes to log, and to reach the database: for the migration and for the server."""
    database, bucket = scope.args.database, scope.args.bucket
    return [
        log_mount(scope),
        # The host is in the URI.
        login_mount(scope, database.login_file(DATABASE_SERVICE)),
        *authority_mounts(
            scope,
            {DATABASE_AUTHORITY_PATH: database.ca_certificate, BUCKET_AUTHORITY_PATH: bucket.ca_certificate},
        ),
    ]


def _migration(scope: ServerScope, account: core.v1.ServiceAccount, common_mounts: list[Mount]) -> batch.v1.Job:
    scratch = scratch_mount("tmp", files.TEMPORARY_DIR, _MIGRATION_TMP_SIZE)
    # Nothing flows from a NetworkPolicy, yet without it a default-deny namespace lets the Job reach nothing.
    mounts = [*common_mounts, program_mount(scope), scratch]
    return migration_job(scope, account, mounts, after=[migration_policy(scope), *scope.args.before_migration])


def _rollout(
    scope: ServerScope,
    account: core.v1.ServiceAccount,
    common_mounts: list[Mount],
    after: list[pulumi.Resource],
) -> apps.v1.Deployment:
    mounts = [
        *common_mounts,
        key_mount(scope, scope.args.bucket),
        scratch_mount("tmp", files.TEMPORARY_DIR, scope.args.resources.tmp_size),
        scratch_mount("metrics", files.METRICS_DIR, _METRICS_SIZE),
    ]
    if scope.args.artifact_delivery is ArtifactDelivery.PROXIED:
        mounts.append(plugin_mount(plugin_config_map(scope)))
    # The schema and the policies have no value that flows into the pods, but have to be there before them.
    return rollout(scope, account, config_map(scope), mounts, after)
