"""The images of the monitoring stack: the operator finds the executables where the official images have them."""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.images.monitoring import VERSIONS, build_monitoring_images

if TYPE_CHECKING:
    from sandbox.images.store import BuiltImage


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, BuiltImage]:
    folder = tmp_path_factory.mktemp("programs")
    for name in VERSIONS:
        (folder / name).write_text(f"#!/bin/sh\necho {name}\n")
        (folder / name).chmod(0o755)
    return build_monitoring_images({name: folder / name for name in VERSIONS}, cache=folder)


def blob(archive: tarfile.TarFile, name: str) -> bytes:
    content = archive.extractfile(name)
    assert content
    return content.read()


def parsed(archive: tarfile.TarFile, descriptor: dict[str, Any]) -> Any:
    return json.loads(blob(archive, f"blobs/{descriptor['digest'].replace(':', '/')}"))


@pytest.mark.parametrize("name", VERSIONS)
def test_the_executable_is_in_bin_and_starts_without_rights(name: str, images: dict[str, BuiltImage]) -> None:
    with tarfile.open(images[name].archive) as archive:
        manifest = parsed(archive, json.loads(blob(archive, "index.json"))["manifests"][0])
        config = parsed(archive, manifest["config"])["config"]
        digest = manifest["layers"][0]["digest"].replace(":", "/")
        layer = archive.extractfile(f"blobs/{digest}")
        with tarfile.open(fileobj=layer) as files:
            assert files.getnames() == ["bin", f"bin/{name}"]

    assert config["Entrypoint"] == [f"/bin/{name}"]
    assert config["User"] == "65532:65532"


def test_each_is_named_by_its_version(images: dict[str, BuiltImage]) -> None:
    for name, version in VERSIONS.items():
        assert images[name].reference.startswith(f"mlflow-platform.local/{name}:{version}-")
