"""The receiver of the log, where a recovery to a moment is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.point_in_time import PointInTime, PointInTimeArgs

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from components.contracts import BucketAccess, DatabaseConnection
    from stacks.settings import Settings

_NAME = "mlflow-point-in-time"


def point_in_time(
    settings: Settings,
    database: DatabaseConnection,
    cluster: pulumi.ResourceOptions,
    *,
    namespace: pulumi.Input[str],
    image: str,
    platform: str,
    bucket: BucketAccess,
    recipients: Sequence[str],
) -> PointInTime | None:
    """Make the receiver.

    Args:
        settings: Of the stack.
        database: As the server reaches it: the log is received at the same address.
        cluster: Where it runs.
        namespace: Flows into every object.
        image: Of the backup program.
        platform: Identity of the platform in the bucket of backups.
        bucket: Of backups, by a key that writes and cannot delete.
        recipients: age public keys.
    """
    wanted = settings.point_in_time
    if wanted is None:
        return None
    return PointInTime(
        "point-in-time",
        PointInTimeArgs(
            namespace=namespace,
            name=_NAME,
            image=image,
            image_pull_secret=settings.image_pull_secret,
            platform=platform,
            server=wanted.open(database),
            bucket=bucket,
            recipients=recipients,
            base_hours=wanted.base_hours,
            volume=wanted.volume,
        ),
        cluster,
    )
