"""What the commands of the point-in-time recovery are told, beside what `mlflow_backup.settings` lists.

PGSERVICE                   section for the role that receives the log (pitr-run): LOGIN REPLICATION, member of
                            pg_monitor, EXECUTE on pg_backup_start, pg_backup_stop, pg_switch_wal and
                            pg_create_restore_point, as Barman's manual has it; its database is any that it may enter
BACKUP_PITR_FOLDER          where Barman keeps what is not in the bucket yet (pitr-run)
BACKUP_PITR_SLOT            replication slot: mlflow_pitr (pitr-run)
BACKUP_PITR_SHIP_SECONDS    how often the unfinished segment is shipped: 60 (pitr-run)
BACKUP_PITR_BASE_HOURS      how old the newest base backup becomes: 24 (pitr-run)
BACKUP_PITR_SUPERUSER       superuser of the instance that is recovered: postgres (pitr-restore)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow_backup import settings
from mlflow_backup.environment import Environment
from mlflow_backup.settings import CommonSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow_backup.storage.encryption import Identities, Recipients

_SLOT = re.compile(r"[a-z0-9_]{1,63}")
_ROLE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}")


@dataclass(frozen=True, kw_only=True)
class RunSettings(CommonSettings):
    """Of `pitr-run`."""

    service: str
    recipients: Recipients
    folder: Path
    slot: str
    ship_seconds: int
    base_hours: int

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> RunSettings:
        """Read them.

        Raises:
            UsageError: Names every one that is missing or wrong.
        """
        environment = Environment(variables)
        folder = Path(environment.text("BACKUP_PITR_FOLDER", "a folder that Barman may write to"))
        slot = environment.optional("BACKUP_PITR_SLOT") or "mlflow_pitr"
        read = cls(
            platform=settings.platform(environment),
            target=settings.target(environment),
            service=environment.service(environment.optional("PGSERVICE"), "PGSERVICE"),
            recipients=settings.recipients(environment),
            folder=folder,
            slot=slot,
            ship_seconds=environment.number("BACKUP_PITR_SHIP_SECONDS", 60, least=1, most=240),
            base_hours=environment.number("BACKUP_PITR_BASE_HOURS", 24, least=1, most=24 * 31),
        )
        if not _SLOT.fullmatch(slot):
            environment.problem(f"BACKUP_PITR_SLOT is {slot!r}: a slot's name has lower-case letters, digits and _")
        if str(folder) != "." and not folder.is_dir():
            environment.problem(f"BACKUP_PITR_FOLDER is {str(folder)!r}, which is no folder: make it first")
        environment.check()
        return read


@dataclass(frozen=True, kw_only=True)
class FetchSettings(CommonSettings):
    """Of `pitr-fetch` and `pitr-restore`."""

    identities: Identities
    superuser: str

    @classmethod
    def of(cls, variables: Mapping[str, str], service: str | None = None) -> FetchSettings:
        """Read them.

        Args:
            variables: The environment.
            service: Argument `--database-service`, where the command has one.

        Raises:
            UsageError: Names every one that is missing or wrong.
        """
        environment = Environment(variables)
        superuser = environment.optional("BACKUP_PITR_SUPERUSER") or "postgres"
        read = cls(
            platform=settings.platform(environment),
            target=settings.target(environment),
            identities=settings.identities(environment),
            superuser=superuser,
        )
        if not _ROLE.fullmatch(superuser):
            environment.problem(f"BACKUP_PITR_SUPERUSER is {superuser!r}: it is to be the name of a role")
        if service is not None:
            environment.service(service, "--database-service")
        environment.check()
        return read
