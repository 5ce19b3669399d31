"""The component itself: it composes what the other modules of this package make."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
from pulumi_kubernetes import core

from components.backup import files, parts
from components.backup.args import BackupArgs  # noqa: TC001 - Pulumi evaluates a component's annotations
from components.backup.drill_server import SERVER_COMMAND, drill_server
from components.backup.known_revisions import known_revisions, program_mount
from components.backup.pod import command_job
from components.jobs import awaited_job, cron_job
from components.labels import Labels, version_of
from components.mlflow_server.migration_target import migration_target
from components.network_edges import outward_policy
from components.scope import Scope
from components.workload import service_account

if TYPE_CHECKING:
    from components.backup.args import BackupScope, DrillArgs, MomentArgs
    from components.backup.parts import Part
    from components.mounts import Mount

_NAME = "mlflow-backup"
_GUARD = "mlflow-guard"
_RESTORE = "mlflow-restore"
_RESTORE_MOMENT = "mlflow-restore-moment"
_MOMENT = "RESTORE_MOMENT"
_MOMENT_WISH = core.v1.ConfigMapKeySelectorArgs(name=_RESTORE_MOMENT, key=_MOMENT)
"""Which moment a person wants back; the pod waits for such a ConfigMap."""
_RESTORE_WISH = core.v1.ConfigMapKeySelectorArgs(name=_RESTORE, key="BACKUP_ID", optional=True)
"""Which backup a person wants back; without such a ConfigMap the latest."""
_CREATE = ("create", "--verify", "--if-any")


class Backup(pulumi.ComponentResource):
    """CronJobs that make, verify, prune and try out backups, one to restore by, and a backup before a migration.

    Each has the credentials that it needs and no other. Left out: the bucket, the roles and the keys, which
    `BackupBucket`, `ArtifactBucket` and `BackendDatabase` make; and the private key for a restore, which is nowhere in
    the cluster until a person puts it there.
    """

    guard: pulumi.Resource
    """There is a verified backup of what the migration to the server's image is about to change, or nothing to lose."""

    def __init__(self, name: str, args: BackupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlflow:backup:Backup", name, None, opts)
        labels = Labels(instance=name, component="backup", version=version_of(args.image))
        scope = Scope(name=name, args=args, labels=labels, parent=self)
        jobs = _Jobs(scope)
        self.guard = jobs.guard_and_create()
        jobs.verify()
        jobs.prune()
        program = program_mount(scope)
        jobs.restore(program)
        if args.moments:
            jobs.restore_moment(args.moments)
        if args.drill:
            jobs.drill(args.drill, program)
        self.register_outputs({"platform": args.platform})


class _Jobs:
    """The Jobs and CronJobs, and what several of them are given."""

    def __init__(self, scope: BackupScope) -> None:
        self._scope = scope
        self._account = service_account(scope, _NAME)
        # Nothing flows from a NetworkPolicy, yet without it a pod of a default-deny namespace reaches nothing.
        reached = (scope.args.database, scope.args.artifacts, scope.args.writer)
        self._after = [outward_policy(scope, f"{_NAME}-edges", *reached)]
        self._common = parts.common(scope)
        self._written = parts.backups(scope, "writer", scope.args.writer)

    def guard_and_create(self) -> pulumi.Resource:
        """Make a backup on schedule, and one before a migration by the same means."""
        scope, args = self._scope, self._scope.args
        given = [
            self._common,
            parts.database(scope, "create", args.database),
            parts.artifacts(scope, "create", args.artifacts, "SOURCE"),
            self._written,
            parts.recipients(scope),
        ]
        seconds = args.deadline_seconds
        # One more attempt helps where an artifact has vanished meanwhile.
        spec = command_job(scope, self._account, _CREATE, given, counted_retries=1, deadline_seconds=seconds)
        cron_job(scope, "create", _NAME, spec, schedule=args.schedules.create, after=self._after)
        name = f"{_GUARD}-{migration_target(args.served.image, args.served.database)}"
        return awaited_job(scope, "guard", name, spec, deadline_seconds=seconds, after=self._after)

    def verify(self) -> None:
        """Look every day whether the latest backup is whole, as far as that shows without the private key."""
        self._on_schedule("verify", self._scope.args.schedules.verify, ["verify"], [self._common, self._written])

    def prune(self) -> None:
        """Remove old backups, by the only pod that has a key for that."""
        scope, args = self._scope, self._scope.args
        given = [self._common, parts.backups(scope, "pruner", args.pruner), parts.retention(args.retention)]
        self._on_schedule("prune", args.schedules.prune, ["prune"], given)

    def restore(self, program: Mount) -> None:
        """Keep at hand what brings a backup back: a person makes a Job of it, and sees to it until it has ended.

        It drops what the server's role owns in the database. It has no deadline, since one that ends a restore half-way
        helps nobody, and its failures are for that person to look at.
        """
        scope, served = self._scope, self._scope.args.served
        given = [
            self._common,
            parts.database(scope, "restore", served.database),
            parts.artifacts(scope, "restore", served.bucket, "RESTORE"),
            self._written,
            parts.restore_identity(),
            parts.told_by_others(),
        ]
        wish = core.v1.EnvVarSourceArgs(config_map_key_ref=_RESTORE_WISH)
        spec = command_job(
            scope,
            self._account,
            ["restore", *_revisions_and_service(), "--replace"],
            given,
            counted_retries=0,
            deadline_seconds=None,
            optional=[core.v1.EnvVarArgs(name="BACKUP_ID", value_from=wish)],
            helpers=[known_revisions(scope, program)],
        )
        cron_job(scope, "restore", _RESTORE, spec, schedule=None, after=self._after)

    def restore_moment(self, args: MomentArgs) -> None:
        """Keep at hand what brings the database back as of a moment. Artifacts are left as they are.

        As with `restore`, a person makes a Job of it.
        """
        scope = self._scope
        given = [
            self._common,
            parts.database(scope, "restore-moment", scope.args.served.database),
            self._written,
            parts.restore_identity(),
            parts.instance(args),
        ]
        wish = core.v1.EnvVarSourceArgs(config_map_key_ref=_MOMENT_WISH)
        command = ["pitr-restore", "--to", f"$({_MOMENT})", "--database-service", files.DATABASE_SERVICE]
        spec = command_job(
            scope,
            self._account,
            [*command, "--folder", f"{files.INSTANCE_DIR}/recovered", "--replace"],
            given,
            counted_retries=0,
            deadline_seconds=None,
            optional=[core.v1.EnvVarArgs(name=_MOMENT, value_from=wish)],
        )
        cron_job(scope, "restore-moment", _RESTORE_MOMENT, spec, schedule=None, after=self._after)

    def drill(self, args: DrillArgs, program: Mount) -> None:
        """Restore the latest backup into scratch stores now and then, and let MLflow serve it."""
        scope = self._scope
        login = parts.database(scope, "drill", args.database)
        bucket = parts.artifacts(scope, "drill", args.bucket, "RESTORE")
        given = [
            self._common,
            login,
            bucket,
            self._written,
            parts.drill_identity(scope, args.identity),
            parts.told_by_others(),
        ]
        spec = command_job(
            scope,
            self._account,
            ["drill", *_revisions_and_service(), "--server-command", SERVER_COMMAND],
            given,
            counted_retries=1,
            deadline_seconds=scope.args.deadline_seconds,
            helpers=[
                known_revisions(scope, program),
                drill_server(scope, [self._common, login, bucket]),
            ],
        )
        cron_job(scope, "drill", f"{_NAME}-drill", spec, schedule=args.schedule, after=self._after)

    def _on_schedule(self, suffix: str, schedule: str, arguments: list[str], given: list[Part]) -> None:
        scope = self._scope
        seconds = scope.args.deadline_seconds
        spec = command_job(scope, self._account, arguments, given, counted_retries=1, deadline_seconds=seconds)
        cron_job(scope, suffix, f"{_NAME}-{suffix}", spec, schedule=schedule, after=self._after)


def _revisions_and_service() -> list[str]:
    return ["--database-service", files.DATABASE_SERVICE, "--known-revisions", files.KNOWN_REVISIONS]
