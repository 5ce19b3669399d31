"""Component `Backup`: backups of the database and of the artifacts on a schedule, and the way back."""

from components.backup.args import BackupArgs, DrillArgs, RetentionArgs, ScheduleArgs, ServedArgs
from components.backup.backup import Backup

__all__ = ["Backup", "BackupArgs", "DrillArgs", "RetentionArgs", "ScheduleArgs", "ServedArgs"]
