"""Debian packages for an image, fetched on this machine, so that the image is built without network.

apt itself chooses them, with folders of its own, as if the base image were the system: what the base has is not fetched
again, and what this machine has installed plays no part.
"""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING, Any

from sandbox.errors import SandboxError
from sandbox.images.base import SUITE
from sandbox.images.debian import find_mirror

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sandbox.images.store import BuiltImage
    from sandbox.images.workshop import Workshop

_STATUS = "var/lib/dpkg/status"


def download_debs(workshop: Workshop, target: Path, base: BuiltImage, packages: Sequence[str]) -> None:
    """Fetches packages and what they need beyond the base.

    Args:
        workshop: of the image's build.
        target: the folder that the `.deb` files go to; made here.
        base: the image that they will be installed in.
        packages: their names.

    Raises:
        SandboxError: the mirror cannot be reached or lacks one, or the base is no Debian.
    """
    mirror = find_mirror(SUITE)
    folder = workshop.work / "apt"
    for name in ("state/lists/partial", "cache/archives/partial", "parts"):
        (folder / name).mkdir(parents=True)
    (folder / "status").write_bytes(installed(base.archive))
    (folder / "sources.list").write_text(f"deb [signed-by={mirror.keyring}] {mirror.uri} {SUITE} main\n")
    settings = {
        "Dir::Etc::SourceList": folder / "sources.list",
        "Dir::Etc::SourceParts": folder / "parts",
        "Dir::State": folder / "state",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        # The working folder is root's alone.
        "APT::Sandbox::User": "root",
        "APT::Install-Recommends": "false",
    }
    apt = ["apt-get", "--yes", *(f"--option={name}={value}" for name, value in settings.items())]
    workshop.run([*apt, "update"], what="apt-get update", isolated=False)
    workshop.run([*apt, "--download-only", "install", *packages], what="downloading Debian packages", isolated=False)
    target.mkdir()
    for deb in (folder / "cache" / "archives").glob("*.deb"):
        deb.rename(target / deb.name)


def installed(archive: Path) -> bytes:
    """Reads dpkg's database from an image of one uncompressed layer.

    Raises:
        SandboxError: there is none.
    """
    with tarfile.open(archive) as image:

        def document(digest: str) -> dict[str, Any]:
            found: dict[str, Any] = json.load(_open(image, f"blobs/{digest.replace(':', '/')}"))
            return found

        (manifest,) = json.load(_open(image, "index.json"))["manifests"]
        (layer,) = document(manifest["digest"])["layers"]
        with tarfile.open(fileobj=_open(image, f"blobs/{layer['digest'].replace(':', '/')}")) as root:
            content: bytes = _open(root, _STATUS).read()
            return content


def _open(tar: tarfile.TarFile, name: str) -> Any:
    try:
        found = tar.extractfile(name)
    except KeyError:
        found = None
    if found is None:
        raise SandboxError(f"the base image has no {name}", "remove it from the cache, and call this again")
    return found
