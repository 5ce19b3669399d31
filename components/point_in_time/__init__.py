"""Component `PointInTime`: what streams the database server's log into the bucket of backups."""

from components.point_in_time.args import PointInTimeArgs, VolumeArgs
from components.point_in_time.receiver import PointInTime

__all__ = ["PointInTime", "PointInTimeArgs", "VolumeArgs"]
