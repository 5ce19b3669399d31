"""`pitr-fetch`: a base backup and the log behind it, decrypted and checked, as PostgreSQL takes them for a recovery.

DIR/data    the data directory, with `recovery.signal` and the settings of the recovery
DIR/wal     the log, which `restore_command` copies from
"""

from __future__ import annotations

import shutil
import zlib
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import IO, TYPE_CHECKING

from mlflow_backup.database.programs import running
from mlflow_backup.failures import BackupError, RefusedError, UsageError
from mlflow_backup.parallel import each
from mlflow_backup.point_in_time.catalogue import choose, finished_bases, read_position, servers, stretch
from mlflow_backup.point_in_time.segments import HISTORY, Header, Segment
from mlflow_backup.storage.bucket import Bucket, GoneError
from mlflow_backup.storage.leases import LOG, reading
from mlflow_backup.storage.streams import Measured

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mlflow_backup.archive.manifest import Dump
    from mlflow_backup.point_in_time.catalogue import Server, Stretch
    from mlflow_backup.point_in_time.records import Base, Position
    from mlflow_backup.point_in_time.settings import FetchSettings
    from mlflow_backup.report import Report
    from mlflow_backup.storage.bucket import Found

LATEST = "latest"
_ARCHIVE = ".tar.gz"
_MAIN = f"base{_ARCHIVE}"
_GZIP = 31
_WORKERS = 4
_SETTINGS = "postgresql.auto.conf"


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What lies ready."""

    folder: Path
    base: Base
    moment: datetime | None
    whole: bool
    """The log reaches beyond the moment, or to its end: where PostgreSQL runs out of it, nothing is missing."""

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"


def moment_of(text: str) -> datetime | None:
    """Read a moment: ISO 8601 with its zone; None for `latest`.

    Raises:
        UsageError: It is neither.
    """
    if text == LATEST:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise UsageError(f"{text!r} is no moment: write it as 2026-11-26T19:00:00+00:00, with its zone, or {LATEST}")
    return moment


def fetch(settings: FetchSettings, report: Report, moment: datetime | None, folder: Path) -> Fetched:
    """Bring a base backup and its log back.

    Args:
        settings: Of the command.
        report: Told how far it is.
        moment: To recover to; None: the end of the log.
        folder: Made here, or empty. What a failure leaves is removed.

    Raises:
        NothingToDoError: No base backup is that old.
        RefusedError: The log does not reach that far or has a gap, or something is damaged, foreign, or encrypted to
            others.
        UsageError: The folder is not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not empty: name a folder that is, or none")
    target = Bucket(settings.target)
    with reading(target, LOG, report.warn):
        return _fetched(settings, target, report, moment, folder)


def _fetched(settings: FetchSettings, target: Bucket, report: Report, moment: datetime | None, folder: Path) -> Fetched:
    server, base, until = choose(finished_bases(target, servers(target, settings.platform)), moment, target.name)
    position = read_position(target, server)
    log = stretch(server, base, until, position)
    report.id, report.created = base.id, base.ended
    _demand_reach(log, moment, position)
    whole = not log.gap and (moment is None or position.covered_at is not None)
    fetched = Fetched(folder=folder, base=base, moment=moment, whole=whole)
    work = _Fetch(settings, target, server, fetched)
    work.demand_key()
    with _removed_on_failure(folder):
        with report.phase("base"):
            work.base()
        with report.phase("log"):
            work.log(log)
        work.prepare()
    report.objects, report.bytes = len(base.files) + len(log.segments), work.bytes
    report.details |= {
        "base": base.id,
        "segments": len(log.segments),
        "covered_until": position.covered_until,
        "gap": log.gap,
    }
    return fetched


def _demand_reach(log: Stretch, moment: datetime | None, position: Position) -> None:
    covered = position.covered_at
    if moment is not None and covered is not None and moment > covered:
        raise RefusedError(
            f"the log is known to be whole until {position.covered_until} and no longer: name an earlier moment, or "
            f"say {LATEST} for the end of what there is",
            "beyond",
        )
    # Whether the moment is before the gap only PostgreSQL can tell; it is surely not where all before it is older.
    written = log.last_written
    if log.gap and (moment is None or written is None or moment > written):
        raise RefusedError(f"the log has a gap before that moment: {log.gap}; name an earlier moment", "gap")


class _Fetch:
    def __init__(self, settings: FetchSettings, target: Bucket, server: Server, fetched: Fetched) -> None:
        self._identities = settings.identities
        self._target = target
        self._server = server
        self._fetched = fetched
        self.bytes = 0

    def demand_key(self) -> None:
        base, identities = self._fetched.base, self._identities
        if not set(identities.fingerprints) & set(base.recipients):
            raise RefusedError(
                f"base backup {base.id} is encrypted to the keys {', '.join(base.recipients)}, "
                f"and BACKUP_IDENTITY_FILE holds {', '.join(identities.fingerprints)}",
                "wrong-key",
            )

    def base(self) -> None:
        """Unpack the base backup: the main archive first, since the others belong into its folders."""
        data = self._fetched.data
        data.mkdir(mode=0o700, parents=True)
        files = self._fetched.base.files
        if _MAIN not in files:
            raise RefusedError(f"base backup {self._fetched.base.id} is damaged: it has no {_MAIN}", "damaged")
        for name in sorted(files, key=lambda name: (name != _MAIN, name)):
            if name == _MAIN:
                self._unpack(name, data)
            elif name.endswith(_ARCHIVE):
                self._unpack(name, self._fetched.folder / "tablespaces" / name.removesuffix(_ARCHIVE))
            else:
                with (data / name).open("wb") as file:
                    self._plain(name, file)
        self._place_tablespaces()

    def log(self, log: Stretch) -> None:
        """Bring the segments back."""
        folder = self._fetched.folder / "wal"
        folder.mkdir(mode=0o700)
        for size in each(
            lambda item: self._segment(folder, *item), {**log.histories, **log.segments}.items(), _WORKERS
        ):
            self.bytes += size

    def prepare(self) -> None:
        """Write the settings of the recovery. The source's own are kept beside them, and not read."""
        folder, data, moment = self._fetched.folder, self._fetched.data, self._fetched.moment
        with suppress(FileNotFoundError):
            (data / _SETTINGS).rename(data / f"{_SETTINGS}.source")
        lines = [f'restore_command = \'cp "{folder.resolve()}/wal/%f" "%p"\'', "recovery_target_timeline = 'latest'"]
        if moment is not None:
            lines += [f"recovery_target_time = '{moment.isoformat()}'", "recovery_target_action = 'promote'"]
        (data / _SETTINGS).write_text("\n".join(lines) + "\n", encoding="utf-8")
        (data / "recovery.signal").touch()

    def _unpack(self, name: str, folder: Path) -> None:
        what = f"base backup {self._fetched.base.id}: {name}"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with running("tar", "--extract", "--gzip", "--file=-", f"--directory={folder}", reads=True) as unpack:
            try:
                self._plain(name, unpack.input)
                unpack.input.close()
            except BrokenPipeError as error:
                unpack.process.wait()
                raise BackupError(f"{what} could not be unpacked: {unpack.complaint()}", "restore") from error
            unpack.demand_success("restore")
        folder.chmod(0o700)

    def _plain(self, name: str, file: IO[bytes]) -> None:
        """Decrypt a file of the base backup, and compare both of its checksums."""
        base = self._fetched.base
        expected: Dump = base.files[name]
        key = self._server.branch.base_file(base.id, name)
        plain = Measured(target=file)
        try:
            with self._target.open(key) as stream:
                body = Measured(source=stream)
                self._identities.decrypt(key, body, plain)
        except GoneError as error:
            raise RefusedError(f"base backup {base.id} is damaged: {key} is missing", "damaged") from error
        self.bytes += body.bytes
        found = (body.bytes, body.checksum.hex(), plain.bytes, plain.checksum.hex())
        if found != (expected.bytes, expected.sha256, expected.plaintext_bytes, expected.plaintext_sha256):
            raise RefusedError(
                f"base backup {base.id} is damaged: {key} is another file than its manifest says", "damaged"
            )

    def _place_tablespaces(self) -> None:
        """Have the links, which PostgreSQL makes by this list, lead to where the tablespaces are now."""
        table = self._fetched.data / "tablespace_map"
        if table.exists():
            folder = self._fetched.folder.resolve() / "tablespaces"
            oids = [line.partition(" ")[0] for line in table.read_text(encoding="utf-8").splitlines()]
            table.write_text("".join(f"{oid} {folder / oid}\n" for oid in oids), encoding="utf-8")

    def _segment(self, folder: Path, name: str, found: Found) -> int:
        plain = _Unzipped()
        try:
            with self._target.open(found.key) as stream:
                self._identities.decrypt(found.key, stream, plain)
        except GoneError as error:
            raise RefusedError(f"{found.key} has vanished", "damaged") from error
        except zlib.error as error:
            raise RefusedError(f"{found.key} is damaged: it does not unpack ({error})", "damaged") from error
        content = plain.content(found.key)
        if not HISTORY.fullmatch(name):
            self._demand_own(found.key, name, content)
        (folder / name).write_bytes(content)
        return found.size

    def _demand_own(self, key: str, name: str, content: bytes) -> None:
        base = self._fetched.base
        segment, header = Segment.parse(name, base.segment_bytes), Header.read(content)
        if segment is None or header is None or len(content) != base.segment_bytes:
            raise RefusedError(f"{key} is damaged: it is no segment of PostgreSQL's log", "damaged")
        header.demand(key, segment, base.system, base.segment_bytes)


class _Unzipped:
    """Unpacks what is written to it. A segment fits into memory."""

    def __init__(self) -> None:
        self._unpacker = zlib.decompressobj(_GZIP)
        self._content = bytearray()

    def write(self, data: bytes) -> int:
        self._content += self._unpacker.decompress(data)
        return len(data)

    def content(self, what: str) -> bytes:
        if not self._unpacker.eof:
            raise RefusedError(f"{what} is damaged: it ends too early", "damaged")
        return bytes(self._content)


@contextmanager
def _removed_on_failure(folder: Path) -> Iterator[None]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for path in folder.iterdir():
            shutil.rmtree(path, ignore_errors=True)
        raise
