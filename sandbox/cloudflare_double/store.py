"""What the double was told: one JSON file that the API writes and the edge reads."""

from __future__ import annotations

import copy
import json
import threading
from typing import TYPE_CHECKING, Any, Final

from sandbox.private_files import write_private

if TYPE_CHECKING:
    from pathlib import Path

Record = dict[str, Any]

KINDS: Final = (
    "apps",
    "policies",
    "groups",
    "service_tokens",
    "identity_providers",
    "dns_records",
    "tunnels",
    "tunnel_configurations",
)
# A tunnel has one configuration, which Cloudflare addresses by the tunnel.
_IDENTITY: Final = {"tunnel_configurations": "tunnel_id"}


class Store:
    """Records by kind and by the account or zone that holds them, in order of creation.

    Callers that read and then write hold ``lock`` over both. What they get and give are copies. A change is on disk
    before the call returns; the file has mode 0600 because service tokens and tunnels carry their secrets in it.
    """

    def __init__(self, folder: Path) -> None:
        self.lock = threading.RLock()
        self._file = folder / "state.json"
        self._records: dict[str, dict[str, list[Record]]] = {kind: {} for kind in KINDS}
        if self._file.exists():
            self._records.update(json.loads(self._file.read_text()))

    def all(self, kind: str, scope: str) -> list[Record]:
        """Every record of a kind in an account or a zone."""
        with self.lock:
            return copy.deepcopy(self._records[kind].get(scope, []))

    def find(self, kind: str, scope: str, id: str) -> Record | None:  # noqa: A002 - the word of the API
        """One record, or None."""
        with self.lock:
            index = self._index(kind, scope, id)
            return None if index is None else copy.deepcopy(self._records[kind][scope][index])

    def add(self, kind: str, scope: str, record: Record) -> None:
        """Append a record whose id is new."""
        with self.lock:
            identity = self._identity(kind, record)
            if self._index(kind, scope, identity) is not None:
                raise ValueError(f"{kind} already has {identity}")
            self._records[kind].setdefault(scope, []).append(copy.deepcopy(record))
            self._write()

    def replace(self, kind: str, scope: str, record: Record) -> None:
        """Put a record in the place of the one with its id."""
        with self.lock:
            index = self._present(kind, scope, self._identity(kind, record))
            self._records[kind][scope][index] = copy.deepcopy(record)
            self._write()

    def remove(self, kind: str, scope: str, id: str) -> None:  # noqa: A002 - the word of the API
        """Forget a record."""
        with self.lock:
            del self._records[kind][scope][self._present(kind, scope, id)]
            self._write()

    @staticmethod
    def _identity(kind: str, record: Record) -> str:
        return str(record[_IDENTITY.get(kind, "id")])

    def _index(self, kind: str, scope: str, identity: str) -> int | None:
        records = self._records[kind].get(scope, [])
        return next((index for index, record in enumerate(records) if self._identity(kind, record) == identity), None)

    def _present(self, kind: str, scope: str, identity: str) -> int:
        index = self._index(kind, scope, identity)
        if index is None:
            raise KeyError(f"{kind} has no {identity}")
        return index

    def _write(self) -> None:
        write_private(self._file, json.dumps(self._records, indent=1))
