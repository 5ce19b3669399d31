"""Where everything of the point-in-time recovery is in the bucket of backups.

    pitr/<platform>/<server>/base/<id>/<file>.age       a base backup's archives, one for each tablespace
    pitr/<platform>/<server>/base/<id>/manifest.json    written last: without it there is no base backup
    pitr/<platform>/<server>/wal/<16 hex>/<segment>.gz.age          a finished segment of the log
    pitr/<platform>/<server>/wal/<16 hex>/<segment>.partial.gz.age  what there was of it while it was written
    pitr/<platform>/<server>/position.json              how far the log reaches; written after what it tells of

The server is PostgreSQL's system identifier, so that a new server begins a log of its own. A finished segment is
written once and never again; a person can read one with `age --decrypt` and `gunzip`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ROOT = "pitr/"
STATUS = "pitr"
"""Of the key that the monitoring reads; see `archive.layout.status_key`."""
_SERVER = re.compile(r"(\d{1,20})/(.+)")
_BASE = re.compile(r"base/(\d{8}T\d{6})/([A-Za-z0-9_.]+)")
_WAL = re.compile(r"wal/([0-9A-F]{8,16})/([0-9A-F]{8}\.history|[0-9A-F]{24})(\.partial)?\.gz\.age")
_MANIFEST = "manifest.json"
_FOLDER_DIGITS = 16


def platform_prefix(platform: str) -> str:
    """Tell what all keys of a platform begin with."""
    return f"{ROOT}{platform}/"


@dataclass(frozen=True, order=True)
class Branch:
    """All that comes from one server."""

    platform: str
    system: str

    @property
    def prefix(self) -> str:
        """What all its keys begin with."""
        return f"{platform_prefix(self.platform)}{self.system}/"

    @property
    def position(self) -> str:
        """Key of how far the log reaches."""
        return f"{self.prefix}position.json"

    def base_file(self, base: str, name: str) -> str:
        """Key of a file of a base backup."""
        return f"{self.prefix}base/{base}/{name}.age"

    def base_manifest(self, base: str) -> str:
        """Key of what makes it one."""
        return f"{self.prefix}base/{base}/{_MANIFEST}"

    def log_file(self, name: str, *, partial: bool = False) -> str:
        """Key of a segment, or of the history of a timeline."""
        return f"{self.prefix}wal/{name[:_FOLDER_DIGITS].partition('.')[0]}/{name}{'.partial' * partial}.gz.age"


@dataclass(frozen=True)
class Place:
    """What a key stands for."""

    branch: Branch
    base: str = ""
    """Id of the base backup that it belongs to."""
    is_manifest: bool = False
    log: str = ""
    """Name of the segment or of the history."""
    is_partial: bool = False


def place_of(platform: str, key: str) -> Place | None:
    """Read a key; None where it is none of the platform's, as of one whose name begins like this one's."""
    match = _SERVER.fullmatch(key.removeprefix(platform_prefix(platform)))
    if match is None:
        return None
    branch, rest = Branch(platform, match[1]), match[2]
    if base := _BASE.fullmatch(rest):
        return Place(branch, base=base[1], is_manifest=base[2] == _MANIFEST)
    if log := _WAL.fullmatch(rest):
        return Place(branch, log=log[2], is_partial=log[3] is not None)
    return Place(branch) if key == branch.position else None
