"""Which artifacts the rows of the database speak of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Places:
    """How an address in the database becomes a place in the artifact bucket."""

    bucket: str
    """That the backup was made of: addresses name it, wherever its objects are restored to."""
    root: str = ""
    """Path in it that the server's own scheme, `mlflow-artifacts:/`, stands for."""

    def folder(self, address: str) -> str | None:
        """Tell the folder, without a slash at its ends; None for what is kept elsewhere."""
        parts = urlsplit(address)
        if parts.scheme == "mlflow-artifacts":
            return "/".join(part for part in (self.root, unquote(parts.path).strip("/")) if part)
        if parts.scheme in ("s3", "s3a") and parts.netloc == self.bucket:
            return unquote(parts.path).strip("/")
        return None


def folders(keys: Iterable[str]) -> set[str]:
    """All folders that hold one of the keys, at any depth; a key itself counts too, for addresses of single files."""
    found: set[str] = set()
    for key in keys:
        place = key
        while place and place not in found:
            found.add(place)
            place = place.rpartition("/")[0]
    return found


def dangling(addresses: Iterable[str], places: Places, saved: set[str], restored: set[str]) -> list[str]:
    """The addresses that had artifacts in the backup and have none where it was restored."""
    wanted = ((address, places.folder(address)) for address in addresses)
    return [address for address, folder in wanted if folder and folder in saved and folder not in restored]
