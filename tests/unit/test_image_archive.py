"""The archives that the sandbox writes itself are valid image layouts, and the same input gives the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.images.archive import ImageConfig, file_layer, pack_layout, tree_layer, write_image

if TYPE_CHECKING:
    from pathlib import Path

REFERENCE = "mlflow-platform.local/tool:1.0-abc"


@pytest.fixture
def binary(tmp_path: Path) -> Path:
    path = tmp_path / "tool"
    path.write_bytes(b"\x7fELF" + bytes(5000))
    return path


def built(folder: Path, binary: Path) -> Path:
    folder.mkdir()
    layer, target = folder / "layer.tar", folder / "image.tar"
    with layer.open("wb") as file:
        file_layer(file, {"/usr/bin/tool": binary})
    config = ImageConfig(architecture="amd64", entrypoint=("/usr/bin/tool",), user="65532:65532", labels={"a": "b"})
    write_image(target, reference=REFERENCE, config=config, layer=layer)
    return target


def members(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as tar:
        found = {entry.name: tar.extractfile(entry) for entry in tar if entry.isreg()}
        return {name: file.read() for name, file in found.items() if file}


def blob(files: dict[str, bytes], descriptor: dict[str, Any]) -> bytes:
    content = files["blobs/" + descriptor["digest"].replace(":", "/")]
    assert len(content) == descriptor["size"]
    return content


def test_every_descriptor_leads_to_a_blob_of_its_digest_and_size(tmp_path: Path, binary: Path) -> None:
    files = members(built(tmp_path / "a", binary))
    assert json.loads(files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
    (entry,) = json.loads(files["index.json"])["manifests"]
    manifest = json.loads(blob(files, entry))
    config = json.loads(blob(files, manifest["config"]))
    (layer,) = manifest["layers"]
    assert config["rootfs"]["diff_ids"] == ["sha256:" + hashlib.sha256(blob(files, layer)).hexdigest()]
    for name, content in files.items():
        if name.startswith("blobs/"):
            assert name == "blobs/sha256/" + hashlib.sha256(content).hexdigest()


def test_containerd_finds_the_name_in_the_index(tmp_path: Path, binary: Path) -> None:
    (entry,) = json.loads(members(built(tmp_path / "a", binary))["index.json"])["manifests"]
    assert entry["annotations"]["io.containerd.image.name"] == REFERENCE


def test_a_container_starts_the_executable_as_the_user_asked_for(tmp_path: Path, binary: Path) -> None:
    files = members(built(tmp_path / "a", binary))
    manifest = json.loads(blob(files, json.loads(files["index.json"])["manifests"][0]))
    config = json.loads(blob(files, manifest["config"]))
    assert config["architecture"] == "amd64"
    assert config["config"] == {
        "Entrypoint": ["/usr/bin/tool"],
        "Labels": {"a": "b"},
        "User": "65532:65532",
        "WorkingDir": "/",
    }


def test_the_layer_holds_the_executable_and_its_folders_without_traces_of_this_machine(
    tmp_path: Path, binary: Path
) -> None:
    built(tmp_path / "a", binary)
    with tarfile.open(tmp_path / "a" / "layer.tar") as tar:
        entries = tar.getmembers()
    assert [entry.name for entry in entries] == ["usr", "usr/bin", "usr/bin/tool"]
    assert [entry.mode for entry in entries] == [0o755, 0o755, 0o555]
    assert {(entry.uid, entry.uname, entry.mtime) for entry in entries} == {(0, "", 0)}


def test_the_same_input_gives_the_same_bytes_whenever_it_is_built(tmp_path: Path, binary: Path) -> None:
    first = built(tmp_path / "a", binary).read_bytes()
    os.utime(binary, (1, 1))
    binary.chmod(0o700)
    assert built(tmp_path / "b", binary).read_bytes() == first


def test_a_tree_keeps_links_modes_and_times_and_leaves_out_what_it_is_told(tmp_path: Path) -> None:
    root, layer = tmp_path / "root", tmp_path / "layer.tar"
    (root / "etc").mkdir(parents=True)
    (root / "etc" / "hostname").write_text("here")
    (root / "etc" / "b").write_text("text")
    (root / "etc" / "b").chmod(0o640)
    os.utime(root / "etc" / "b", (7.5, 7.5))
    (root / "etc" / "c").hardlink_to(root / "etc" / "b")
    (root / "a").symlink_to("etc/b")
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(root / "socket"))
    with layer.open("wb") as file:
        tree_layer(file, root, leave_out=lambda path: path == "etc/hostname")
    with tarfile.open(layer) as tar:
        entries = {entry.name: entry for entry in tar}
    assert list(entries) == ["a", "etc", "etc/b", "etc/c"]
    assert entries["a"].linkname == "etc/b"
    assert (entries["etc/b"].mode, entries["etc/b"].mtime) == (0o640, 7)
    assert entries["etc/c"].islnk()


def test_a_layout_of_another_tool_is_packed_under_the_name_that_containerd_looks_for(
    tmp_path: Path, binary: Path
) -> None:
    layout, target = tmp_path / "layout", tmp_path / "packed.tar"
    layout.mkdir()
    with tarfile.open(built(tmp_path / "a", binary)) as tar:
        tar.extractall(layout, filter="data")
    index = json.loads((layout / "index.json").read_bytes())
    index["manifests"][0]["annotations"] = {"org.opencontainers.image.ref.name": "image"}
    (layout / "index.json").write_text(json.dumps(index))
    pack_layout(target, reference=REFERENCE, layout=layout)
    files = members(target)
    (entry,) = json.loads(files["index.json"])["manifests"]
    assert entry["annotations"]["io.containerd.image.name"] == REFERENCE
    assert json.loads(blob(files, entry))["schemaVersion"] == 2


def test_a_layout_of_two_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text('{"manifests": [{}, {}]}')
    with pytest.raises(ValueError, match="2 images"):
        pack_layout(tmp_path / "image.tar", reference=REFERENCE, layout=tmp_path)
