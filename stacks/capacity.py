"""Rules about several values together: does the server fit into its memory and its database connections?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stacks import checks

if TYPE_CHECKING:
    from components.mlflow_server import ResourceArgs, ScalingArgs
    from stacks.config_reader import ConfigReader

_PARENT_MIB = 275
"""Resident memory of `mlflow server` and of the supervisor of its workers (measured, MLflow 3.17.2)."""
_WORKER_MIB = 300
"""Resident memory of one uvicorn worker after its first requests (measured, MLflow 3.17.2)."""
_POOLS = 2
"""MLflow keeps one connection pool for runs and one for models, in every process."""
_SURGE = 1
"""Pods that a rollout adds before it takes one away."""
_MIGRATION_CONNECTIONS = 3
"""The migration Job runs while the old pods serve; one more is left for a person with psql."""
_MIB = 2**20


def connections_needed(scaling: ScalingArgs) -> int:
    """Most connections of the role at one time: during a rollout, with every pool at its limit.

    A pod has `workers` processes that serve and one parent, which opens each pool once to check the schema.
    """
    pods = max(scaling.replicas, scaling.max_replicas) + _SURGE
    of_worker = _POOLS * (scaling.pool_size + scaling.max_overflow)
    return pods * (scaling.workers * of_worker + _POOLS) + _MIGRATION_CONNECTIONS


def memory_needed(workers: int) -> int:
    """MiB that a pod of so many workers takes before the first request."""
    return _PARENT_MIB + workers * _WORKER_MIB


def check_connections(reader: ConfigReader, scaling: ScalingArgs, limit: int) -> None:
    """Report a connection limit that the server can exceed."""
    shape = ("replicas", "maxReplicas", "workers", "databasePoolSize", "databaseMaxOverflow")
    if not reader.sound(*shape, "databaseConnectionLimit"):
        return
    needed = connections_needed(scaling)
    if needed > limit:
        reader.report(
            "databaseConnectionLimit",
            f"{limit} is less than the {needed} connections that the server can open during a rollout",
            "PostgreSQL would refuse connections under load and clients would see errors",
            f"raise it to {needed} (the database server has to allow as many), or lower {', '.join(shape)}",
        )


def check_memory(reader: ConfigReader, resources: ResourceArgs, workers: int) -> None:
    """Report a memory limit that the processes exceed, and requests above their limits."""
    pairs = (
        ("cpuRequest", resources.cpu_request, "cpuLimit", resources.cpu_limit),
        ("memoryRequest", resources.memory_request, "memoryLimit", resources.memory_limit),
    )
    for request_key, request, limit_key, limit in pairs:
        if reader.sound(request_key, limit_key) and checks.amount(request) > checks.amount(limit):
            reader.report(
                request_key,
                f"{request!r} is more than {limit_key} ({limit})",
                "Kubernetes would refuse the pods",
                f"lower {request_key} or raise {limit_key}",
            )
    needed = memory_needed(workers)
    if reader.sound("memoryLimit", "workers") and checks.amount(resources.memory_limit) < needed * _MIB:
        reader.report(
            "memoryLimit",
            f"{resources.memory_limit!r} is less than the {needed}Mi that {workers} workers take at rest",
            "the kernel would kill the server again and again",
            f"pulumi config set memoryLimit {needed * 2}Mi, or lower workers",
        )
