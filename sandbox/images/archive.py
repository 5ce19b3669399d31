"""Writes OCI image archives without a container tool, the same bytes for the same input.

The format is the OCI image layout (image-spec v1.0) in a tar file. `ctr images import` finds the image's name in the
annotation `io.containerd.image.name`; other tools read `org.opencontainers.image.ref.name`. The layers that are
written here stay uncompressed: the standard library has gzip alone, and on two cores undoing that costs more than
reading the plain bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"

EPOCH = "1970-01-01T00:00:00Z"


@dataclass(frozen=True, kw_only=True)
class ImageConfig:
    """How a container of the image starts; the fields carry the names of the OCI image configuration."""

    architecture: str
    """As Go names it: amd64 or arm64."""
    entrypoint: Sequence[str] = ()
    command: Sequence[str] = ()
    user: str = ""
    """`uid:gid`; empty is root."""
    environment: Mapping[str, str] = field(default_factory=dict)
    working_directory: str = "/"
    labels: Mapping[str, str] = field(default_factory=dict)

    def document(self, layer_digest: str) -> dict[str, object]:
        """The OCI image configuration over one uncompressed layer (whose digest is also its diff id)."""
        settings = {
            "Entrypoint": list(self.entrypoint),
            "Cmd": list(self.command),
            "User": self.user,
            "Env": [f"{name}={value}" for name, value in sorted(self.environment.items())],
            "WorkingDir": self.working_directory,
            "Labels": dict(sorted(self.labels.items())),
        }
        return {
            "created": EPOCH,
            "architecture": self.architecture,
            "os": "linux",
            "config": {name: value for name, value in settings.items() if value},
            "rootfs": {"type": "layers", "diff_ids": [layer_digest]},
            "history": [{"created": EPOCH, "created_by": "mlflow-platform"}],
        }


def file_layer(layer: IO[bytes], files: Mapping[str, Path]) -> None:
    """Writes a layer of plain executables (mode 0555, owner root, time 0).

    Args:
        layer: where the tar goes.
        files: path in the image (absolute) to the file on the host; parents appear as folders of mode 0755.
    """
    with tarfile.open(fileobj=layer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        parents = {str(parent)[1:] for target in files for parent in Path(target).parents if parent != Path("/")}
        for parent in sorted(parents):
            tar.addfile(_entry(parent, mode=0o755, kind=tarfile.DIRTYPE))
        for target, source in sorted(files.items()):
            with source.open("rb") as content:
                size = os.fstat(content.fileno()).st_size
                tar.addfile(_entry(target.lstrip("/"), mode=0o555, size=size), content)


def tree_layer(layer: IO[bytes], root: Path, *, leave_out: Callable[[str], bool]) -> None:
    """Writes a root file system as a layer, in the order of names.

    Args:
        layer: where the tar goes.
        root: the folder that becomes `/`.
        leave_out: told a path relative to `root`; true leaves it out with everything below. Devices and sockets are
            always left out: the runtime makes them.
    """

    def keep(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
        entry.name = entry.name.removeprefix("./")
        if leave_out(entry.name) or entry.ischr() or entry.isblk() or entry.isfifo():
            return None
        # Whole seconds suffice for byte code, which stores no more; a fraction would cost a header for each file.
        entry.mtime = int(entry.mtime)
        entry.uname = entry.gname = ""
        return entry

    with tarfile.open(fileobj=layer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(root.iterdir()):
            if not stat.S_ISSOCK(path.lstat().st_mode):
                tar.add(path, arcname=path.name, filter=keep)


def write_image(target: Path, *, reference: str, config: ImageConfig, layer: Path) -> None:
    """Writes an image archive of one layer.

    Args:
        target: the archive; overwritten, not atomic (the store publishes it).
        reference: the image's name with its tag.
        config: how a container starts.
        layer: the layer, an uncompressed tar file.
    """
    layer_digest = _digest_of(layer)
    config_blob = _json(config.document(layer_digest))
    manifest_blob = _json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": _descriptor(CONFIG_TYPE, config_blob),
            "layers": [{"mediaType": LAYER_TYPE, "digest": layer_digest, "size": layer.stat().st_size}],
        }
    )
    descriptor = _descriptor(MANIFEST_TYPE, manifest_blob)
    descriptor["platform"] = {"architecture": config.architecture, "os": "linux"}
    with tarfile.open(target, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _add_head(tar, descriptor, reference)
        for blob in (manifest_blob, config_blob):
            _add_bytes(tar, _blob_path(_digest(blob)), blob)
        _add_file(tar, _blob_path(layer_digest), layer)


def pack_layout(target: Path, *, reference: str, layout: Path) -> None:
    """Packs an image layout that another tool wrote as a folder, under the name that containerd looks for.

    Args:
        target: the archive; overwritten, not atomic.
        reference: the image's name with its tag.
        layout: the folder, holding one image.

    Raises:
        ValueError: there is not exactly one image in it.
    """
    manifests = json.loads((layout / "index.json").read_bytes())["manifests"]
    if len(manifests) != 1:
        raise ValueError(f"{layout} holds {len(manifests)} images, not one")
    with tarfile.open(target, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _add_head(tar, manifests[0], reference)
        for blob in sorted((layout / "blobs" / "sha256").iterdir()):
            _add_file(tar, _blob_path(f"sha256:{blob.name}"), blob)


def _entry(name: str, *, mode: int, size: int = 0, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.mode, entry.size, entry.type, entry.mtime = mode, size, kind, 0
    return entry


def _add_head(tar: tarfile.TarFile, manifest: Mapping[str, object], reference: str) -> None:
    """The folders, the layout's version and the index that names one image."""
    names = {"io.containerd.image.name": reference, "org.opencontainers.image.ref.name": reference}
    index = {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [{**manifest, "annotations": names}]}
    for folder in ("blobs", "blobs/sha256"):
        tar.addfile(_entry(folder, mode=0o755, kind=tarfile.DIRTYPE))
    _add_bytes(tar, "oci-layout", _json({"imageLayoutVersion": "1.0.0"}))
    _add_bytes(tar, "index.json", _json(index))


def _add_file(tar: tarfile.TarFile, name: str, source: Path) -> None:
    with source.open("rb") as content:
        tar.addfile(_entry(name, mode=0o444, size=source.stat().st_size), content)


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    tar.addfile(_entry(name, mode=0o444, size=len(content)), io.BytesIO(content))


def _json(document: Mapping[str, object]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def _descriptor(media_type: str, blob: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": _digest(blob), "size": len(blob)}


def _digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _blob_path(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"
