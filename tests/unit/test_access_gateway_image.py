"""The sandbox's image of Envoy: it starts from nothing but what is in it."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from components.access_gateway.envoy import EXECUTABLE
from sandbox.errors import SandboxError
from sandbox.images import envoy

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.images.store import BuiltImage


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> BuiltImage:
    return envoy.build_envoy(cache=tmp_path_factory.mktemp("cache"))


def blob(image: BuiltImage, digest: str) -> bytes:
    with tarfile.open(image.archive) as archive:
        content = archive.extractfile(f"blobs/{digest.replace(':', '/')}")
        assert content
        return content.read()


def manifest(image: BuiltImage) -> dict[str, object]:
    with tarfile.open(image.archive) as archive:
        index = archive.extractfile("index.json")
        assert index
        digest = json.load(index)["manifests"][0]["digest"]
    parsed: dict[str, object] = json.loads(blob(image, digest))
    return parsed


def test_it_starts_like_the_official_one_and_without_rights(image: BuiltImage) -> None:
    config = json.loads(blob(image, manifest(image)["config"]["digest"]))["config"]  # type: ignore[index] # plain JSON

    assert config["Entrypoint"] == [EXECUTABLE]
    assert config["User"] == "65532:65532"


def test_it_has_the_public_authorities_where_the_official_one_has_them() -> None:
    assert "/etc/ssl/certs/ca-certificates.crt" in envoy.image_files(envoy.wheel_executable())


@pytest.mark.skipif(os.geteuid() != 0, reason="changing the root needs root")
def test_the_executable_runs_with_nothing_else_around(image: BuiltImage, tmp_path: Path) -> None:
    digest = manifest(image)["layers"][0]["digest"]  # type: ignore[index] # plain JSON
    (tmp_path / "layer.tar").write_bytes(blob(image, digest))
    with tarfile.open(tmp_path / "layer.tar") as layer:
        layer.extractall(tmp_path / "root", filter="tar")

    ran = subprocess.run(
        ["chroot", "--userspec=65532:65532", tmp_path / "root", EXECUTABLE, "--version"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert "/1.40.0/" in ran.stdout, ran.stderr


def test_the_same_files_are_the_same_image(image: BuiltImage) -> None:
    assert envoy.build_envoy(cache=image.archive.parents[1]) == image


def test_a_missing_executable_is_named(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="absent is not there"):
        envoy.build_envoy(cache=tmp_path, executable=tmp_path / "absent")


def test_missing_authorities_are_named_with_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envoy, "PUBLIC_AUTHORITIES", tmp_path / "absent")

    with pytest.raises(SandboxError, match="absent is not there") as caught:
        envoy.image_files(envoy.wheel_executable())
    assert "ca-certificates" in caught.value.cure


def test_an_executable_for_another_system_is_refused(tmp_path: Path) -> None:
    foreign = tmp_path / "envoy"
    foreign.write_bytes(b"of another system")

    with pytest.raises(SandboxError, match="does not run on this machine"):
        envoy.image_files(foreign)
