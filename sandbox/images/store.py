"""Where finished images live: one archive a set of inputs, complete or absent.

CACHE/images/NAME-TAG-KEY.tar   a finished image, put there by a rename
CACHE/images/work/NAME-XXXX/    a build in progress; a leftover of a killed build is removed by the next one
CACHE/images/logs/NAME.log      what the last build printed
CACHE/images/NAME.lock          held by the process that builds NAME
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.locking import exclusive

REGISTRY = "mlflow-platform.local"
"""A name that resolves nowhere: these images are imported, never pulled."""

KEY_LENGTH = 12
UNUSED_DAYS = 30
"""An archive that no clone has asked for this long goes when a newer one of its name is built."""

Progress = Callable[[str], None]
"""Told one line about each step of a build."""


@dataclass(frozen=True)
class BuiltImage:
    """A finished image."""

    reference: str
    """Name and tag, as a pod writes it: `mlflow-platform.local/NAME:TAG-KEY`."""
    archive: Path
    """The file for `ctr --namespace k8s.io images import`."""


@dataclass(frozen=True)
class ImageStore:
    """The images below one cache folder, shared by all clones of a user."""

    cache: Path

    @property
    def folder(self) -> Path:
        """Where the archives are."""
        return self.cache / "images"

    def image(self, name: str, tag: str, key: str) -> BuiltImage:
        """The image of these inputs, finished or not."""
        label = f"{tag}-{key[:KEY_LENGTH]}"
        return BuiltImage(f"{REGISTRY}/{name}:{label}", self.folder / f"{name}-{label}.tar")

    def log(self, name: str) -> Path:
        """What the last build of an image printed."""
        return self.folder / "logs" / f"{name}.log"

    def obtain(self, image: BuiltImage, name: str, build: Callable[[Path, Path], None]) -> BuiltImage:
        """Returns a finished image, built first where it is not there.

        Args:
            image: what is wanted, of `image()`.
            name: its name, which names lock, log and working folder as well.
            build: told a working folder of its own and the path in it to write the archive to.

        Raises:
            SandboxError: the build failed, or the disk is full.
        """
        if _fresh(image.archive):
            return image
        with exclusive(self.folder / f"{name}.lock", wait=True, doing=f"building image {name}"):
            if _fresh(image.archive):
                return image
            self.log(name).unlink(missing_ok=True)
            with self._working_folder(name) as work:
                half_built = work / "image.tar"
                try:
                    build(work, half_built)
                    _publish(half_built, image.archive)
                except OSError as error:
                    raise SandboxError(
                        f"image {name}: {error.strerror or error} ({error.filename or work})",
                        f"see that {self.folder} can be written to and has space, and call this again",
                    ) from error
            self._forget_unused(name)
        return image

    @contextmanager
    def _working_folder(self, name: str) -> Iterator[Path]:
        """A folder for one build, on the disk of the archives. The caller holds the lock, so others' are leftovers."""
        parent = self.folder / "work"
        parent.mkdir(parents=True, exist_ok=True)
        for leftover in parent.glob(f"{name}-*"):
            remove_tree(leftover)
        work = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=parent))
        try:
            yield work
        finally:
            remove_tree(work)

    def _forget_unused(self, name: str) -> None:
        limit = time.time() - UNUSED_DAYS * 86_400
        for archive in self.folder.glob(f"{name}-*.tar"):
            if archive.stat().st_mtime < limit:
                archive.unlink(missing_ok=True)


def input_key(inputs: Mapping[str, bytes | str | Path]) -> str:
    """A hash over everything that an image is made of: text and bytes as they are, a path by its content."""
    total = hashlib.sha256()
    for name, value in sorted(inputs.items()):
        if isinstance(value, Path):
            with value.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        else:
            digest = hashlib.sha256(value.encode() if isinstance(value, str) else value).hexdigest()
        total.update(f"{len(name)}:{name}={digest}\n".encode())
    return total.hexdigest()


def remove_tree(folder: Path) -> None:
    """Removes a folder that a process may still be letting go of.

    Raises:
        SandboxError: something in it is still in use after five seconds.
    """
    for last in (False,) * 10 + (True,):
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            if not folder.exists():
                return
        except OSError as error:
            if last:
                raise SandboxError(
                    f"{folder}, left by an earlier build, cannot be removed: {error}",
                    f"end what uses it (fuser -vm {folder}; grep {folder} /proc/mounts), and call this again",
                ) from error
        else:
            return
        time.sleep(0.5)


def require_space(folder: Path, gibibytes: float, what: str) -> None:
    """Refuses to begin what the disk cannot hold.

    Raises:
        SandboxError: there is less free space than `gibibytes` on the disk of `folder`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free / (1 << 30)
    if free < gibibytes:
        raise SandboxError(
            f"{what} needs {gibibytes:.1f} GiB below {folder}, where {free:.1f} GiB are free",
            "free some space, or point XDG_CACHE_HOME to a larger disk",
        )


def _fresh(archive: Path) -> bool:
    """Whether an archive is there; notes that it was asked for."""
    try:
        os.utime(archive)
    except FileNotFoundError:
        return False
    return True


def _publish(half_built: Path, archive: Path) -> None:
    """Moves an archive into place once its bytes are on the disk, so that not even a power cut leaves half of one."""
    with half_built.open("rb") as file:
        os.fsync(file.fileno())
    half_built.replace(archive)
