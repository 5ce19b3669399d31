"""Component `Backup`: backups of the database and of the artifacts on a schedule, and the way back."""

from components.backup.args import BackupArgs, DrillArgs, MomentArgs, RetentionArgs, ScheduleArgs, ServedArgs
from components.backup.backup import Backup

__all__ = ["Backup", "BackupArgs", "DrillArgs", "MomentArgs", "RetentionArgs", "ScheduleArgs", "ServedArgs"]
