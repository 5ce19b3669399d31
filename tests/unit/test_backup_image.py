"""The recipe of the backup image: what it is made of, and what the tests have in common with it."""

from __future__ import annotations

import io
import re
import shutil
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlflow_backup import VERSION
from sandbox.errors import SandboxError
from sandbox.images.archive import ImageConfig, write_image
from sandbox.images.debian_packages import installed
from sandbox.images.programs import BACKUP as RECIPE
from sandbox.images.recipe import build_program, program_key, program_version
from sandbox.images.store import ImageStore
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
    changed = replace(RECIPE, source=tmp_path / "backup")
    shutil.copytree(RECIPE.source, changed.source)
    key = program_key(changed)
    assert key == program_key(RECIPE)
    for name in ("Containerfile", "requirements.txt", "mlflow_backup/__main__.py", "mlflow_backup/storage/upload.py"):
        with (changed.source / name).open("a") as file:
            file.write("# changed\n")
        assert program_key(changed) != key
        key = program_key(changed)


def test_the_image_is_labelled_with_the_programs_version(tmp_path: Path) -> None:
    assert program_version(RECIPE) == VERSION
    assert f'image.version="{VERSION}"' in (RECIPE.source / "Containerfile").read_text()
    (tmp_path / RECIPE.program).mkdir()
    (tmp_path / RECIPE.program / "__init__.py").write_text("")
    with pytest.raises(SandboxError, match="tells no version"):
        program_version(replace(RECIPE, source=tmp_path))


def test_an_image_built_before_is_found_by_its_version_and_key(tmp_path: Path) -> None:
    built = ImageStore(tmp_path).image("backup", VERSION, program_key(RECIPE))
    built.archive.parent.mkdir()
    built.archive.touch()
    assert build_program(RECIPE, cache=tmp_path, python=tmp_path / "nowhere", progress=pytest.fail) == built


def test_the_lock_hashes_every_package_and_names_no_registry() -> None:
    lock = (RECIPE.source / "requirements.txt").read_text()
    packages = [part for part in re.split(r"\n(?=\S)", lock) if not part.startswith("#")]
    assert all("--hash=sha256:" in package for package in packages)
    assert "://" not in lock
    assert {"botocore", "psycopg", "pyrage"} <= locked(lock).keys()


def test_the_tests_run_the_program_with_the_packages_of_the_image() -> None:
    image = locked((RECIPE.source / "requirements.txt").read_text())
    environment = locked((CLONE / "sandbox" / "requirements.txt").read_text())
    assert {name: environment.get(name) for name in image} == image


def test_both_ways_of_building_install_the_same_debian_packages() -> None:
    assert (
        f"--no-install-recommends {' '.join(RECIPE.debian_packages)};" in (RECIPE.source / "Containerfile").read_text()
    )


def test_debian_packages_are_chosen_for_the_base_and_not_for_this_machine(tmp_path: Path) -> None:
    status = b"Package: libc6\nStatus: install ok installed\n"
    archive = image_with(tmp_path, {"etc/passwd": b"root", "var/lib/dpkg/status": status})
    assert installed(archive) == status


def test_a_base_that_is_no_debian_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="the base image has no var/lib/dpkg/status"):
        installed(image_with(tmp_path, {"etc/passwd": b"root"}))
