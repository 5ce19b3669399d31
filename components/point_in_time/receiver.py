"""The component itself: it composes what the other modules of this package make."""

from __future__ import annotations

import pulumi

from components.labels import Labels, version_of
from components.network_edges import outward_policy
from components.point_in_time.args import PointInTimeArgs  # noqa: TC001 - Pulumi evaluates annotations
from components.point_in_time.workload import stateful_set
from components.scope import Scope
from components.workload import service_account

_COMPONENT = "point-in-time"


class PointInTime(pulumi.ComponentResource):
    """One pod that receives the database server's log, and ships it with base backups into the bucket of backups.

    It holds public keys only: what it has shipped it can neither read back nor delete. How it goes is in the bucket,
    as `status/pitr.json`. The log is the whole server's, other databases included, since PostgreSQL has no other kind.

    Left out: the role, which the server's administrator grants; the key, which comes with the bucket; pruning and
    restoring, which are for those who may delete, and for those who hold the private key. There is no disruption
    budget: while the pod moves, the server keeps the log for its slot.
    """

    selector: dict[str, str]
    """Labels of the pod and of nothing else."""

    def __init__(self, name: str, args: PointInTimeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlflow:backup:PointInTime", name, None, opts)
        labels = Labels(instance=name, component=_COMPONENT, version=version_of(args.image))
        scope = Scope(name=name, args=args, labels=labels, parent=self)
        account = service_account(scope, args.name)
        # Nothing flows from a NetworkPolicy, yet without it a pod of a default-deny namespace reaches nothing.
        stateful_set(scope, account, after=[outward_policy(scope, f"{args.name}-edges", args.server, args.bucket)])

        self.selector = labels.selector
        self.register_outputs({"selector": self.selector})
