"""Reads a stored artifact back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlflow_backup.archive.layout import object_key
from mlflow_backup.failures import RefusedError
from mlflow_backup.storage.bucket import GoneError
from mlflow_backup.storage.streams import Measured

if TYPE_CHECKING:
    from mlflow_backup.archive.inventory import Entry
    from mlflow_backup.storage.bucket import Bucket
    from mlflow_backup.storage.encryption import Identities
    from mlflow_backup.storage.streams import Writable


def write_artifact(target: Bucket, identities: Identities, entry: Entry, plain: Writable) -> None:
    """Write the content of an artifact, and see at its end that it is the one that was backed up.

    Raises:
        RefusedError: It is missing, damaged, or encrypted to others.
    """
    key, measured = object_key(entry.name), Measured(target=plain)
    try:
        with target.open(key) as body:
            identities.decrypt(key, Measured(source=body), measured)
    except GoneError as error:
        raise RefusedError(f"{key} is missing", "damaged") from error
    if measured.checksum != entry.checksum:
        raise RefusedError(f"{key} is damaged: its content has another checksum than the inventory's", "damaged")
