"""The recipe of the backup image: what it is made of, and what the tests have in common with it."""

from __future__ import annotations

import io
import re
import shutil
import tarfile
from typing import TYPE_CHECKING

import pytest

from mlflow_backup import VERSION
from sandbox.errors import SandboxError
from sandbox.images.archive import ImageConfig, write_image
from sandbox.images.backup import PACKAGES, PROGRAM, SOURCE, backup_key, backup_version
from sandbox.images.debian_packages import installed
from sandbox.paths import CLONE

if TYPE_CHECKING:
    from pathlib import Path


def locked(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))


def image_with(folder: Path, files: dict[str, bytes]) -> Path:
    layer, archive = folder / "layer.tar", folder / "image.tar"
    with tarfile.open(layer, "w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    write_image(archive, reference="base:1", config=ImageConfig(architecture="amd64"), layer=layer)
    return archive


def test_the_key_changes_with_every_file_of_the_image(tmp_path: Path) -> None:
    source = tmp_path / "backup"
    shutil.copytree(SOURCE, source)
    key = backup_key(source)
    assert key == backup_key()
    for name in ("Containerfile", "requirements.txt", f"{PROGRAM}/__main__.py", f"{PROGRAM}/storage/upload.py"):
        with (source / name).open("a") as file:
            file.write("# changed\n")
        assert backup_key(source) != key
        key = backup_key(source)


def test_the_image_is_labelled_with_the_programs_version(tmp_path: Path) -> None:
    assert backup_version() == VERSION
    assert f'image.version="{VERSION}"' in (SOURCE / "Containerfile").read_text()
    (tmp_path / PROGRAM).mkdir()
    (tmp_path / PROGRAM / "__init__.py").write_text("")
    with pytest.raises(SandboxError, match="tells no version"):
        backup_version(tmp_path)


def test_the_lock_hashes_every_package_and_names_no_registry() -> None:
    lock = (SOURCE / "requirements.txt").read_text()
    packages = [part for part in re.split(r"\n(?=\S)", lock) if not part.startswith("#")]
    assert all("--hash=sha256:" in package for package in packages)
    assert "://" not in lock
    assert {"botocore", "psycopg", "pyrage"} <= locked(lock).keys()


def test_the_tests_run_the_program_with_the_packages_of_the_image() -> None:
    image = locked((SOURCE / "requirements.txt").read_text())
    environment = locked((CLONE / "sandbox" / "requirements.txt").read_text())
    assert {name: environment.get(name) for name in image} == image


def test_both_ways_of_building_install_the_same_debian_packages() -> None:
    assert f"--no-install-recommends {' '.join(PACKAGES)};" in (SOURCE / "Containerfile").read_text()


def test_debian_packages_are_chosen_for_the_base_and_not_for_this_machine(tmp_path: Path) -> None:
    status = b"Package: libc6\nStatus: install ok installed\n"
    archive = image_with(tmp_path, {"etc/passwd": b"root", "var/lib/dpkg/status": status})
    assert installed(archive) == status


def test_a_base_that_is_no_debian_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="the base image has no var/lib/dpkg/status"):
        installed(image_with(tmp_path, {"etc/passwd": b"root"}))
