"""The recipes of the base and MLflow images: what they read from this machine, and what must not enter them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.images.base import left_out
from sandbox.images.debian import KEYRING, find_mirror
from sandbox.images.mlflow import RECIPE, mlflow_key, mlflow_version
from sandbox.images.python_image import download_options
from sandbox.images.workshop import Workshop, cure_for


@pytest.fixture
def apt(tmp_path: Path) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def test_the_mirror_is_the_first_source_with_main_of_the_release(apt: Path) -> None:
    keyring = apt / "own.gpg"
    keyring.touch()
    (apt / "sources.list.d" / "debian.sources").write_text(
        f"# ours\nTypes: deb\nURIs: http://old.test/debian\nSuites: bullseye\nComponents: main\n\n"
        f"Types: deb\nEnabled: no\nURIs: http://off.test/debian\nSuites: bookworm\nComponents: main\n\n"
        f"Types: deb deb-src\nURIs: http://deb.test/debian/\nSuites: bookworm\n bookworm-updates\n"
        f"Components: main contrib\nSigned-By: {keyring}\n"
    )
    assert find_mirror("bookworm", apt).uri == "http://deb.test/debian"
    assert find_mirror("bookworm", apt).keyring == keyring


def test_one_line_sources_are_read_with_their_options(apt: Path) -> None:
    (apt / "sources.list").write_text(
        "# deb http://comment.test bookworm main\n"
        "deb cdrom:[Debian]/ bookworm main\n"
        "deb-src http://source.test bookworm main\n"
        "deb [arch=amd64 signed-by=/nowhere.gpg] https://deb.test/debian bookworm contrib main # why\n"
    )
    mirror = find_mirror("bookworm", apt)
    assert mirror.uri == "https://deb.test/debian"
    assert mirror.keyring == KEYRING


def test_a_key_inside_the_source_falls_back_to_the_distribution_keyring(apt: Path) -> None:
    (apt / "sources.list.d" / "a.sources").write_text(
        "Types: deb\nURIs: http://deb.test\nSuites: bookworm\nComponents: main\nSigned-By:\n -----BEGIN PGP\n .\n abc\n"
    )
    assert find_mirror("bookworm", apt).keyring == KEYRING


def test_a_machine_without_the_release_is_told_what_to_add(apt: Path) -> None:
    with pytest.raises(SandboxError, match="no archive with main of Debian bookworm") as caught:
        find_mirror("bookworm", apt)
    assert "add one" in caught.value.cure


@pytest.mark.parametrize(
    "path", ["etc/hostname", "etc/resolv.conf", "etc/apt/sources.list", "dev/null", "usr/share/doc/bash/README"]
)
def test_the_base_lacks_what_names_the_machine_or_is_never_read(path: str) -> None:
    assert left_out(path)


@pytest.mark.parametrize("path", ["dev", "tmp", "etc/passwd", "usr/share/doc/bash/copyright", "usr/bin/python3.11"])
def test_the_base_keeps_mount_points_licences_and_programs(path: str) -> None:
    assert not left_out(path)


def test_the_image_key_changes_with_the_containerfile_and_with_the_lock(tmp_path: Path) -> None:
    source = tmp_path / "mlflow"
    shutil.copytree(RECIPE.source, source)
    key = mlflow_key(source)
    assert key == mlflow_key()
    for name in ("Containerfile", "requirements.txt"):
        with (source / name).open("a") as file:
            file.write("# changed\n")
        assert mlflow_key(source) != key
        key = mlflow_key(source)


def test_the_lock_hashes_every_package_and_names_no_registry() -> None:
    lock = (RECIPE.source / "requirements.txt").read_text()
    packages = [part for part in re.split(r"\n(?=\S)", lock) if not part.startswith("#")]
    assert len(packages) > 50
    assert all("--hash=sha256:" in package for package in packages)
    assert "://" not in lock
    assert "-index" not in lock


def test_the_lock_holds_what_is_asked_for_and_the_label_tells_its_version() -> None:
    wanted = [line for line in (RECIPE.source / "requirements.in").read_text().splitlines() if line[:1].isalpha()]
    lock = (RECIPE.source / "requirements.txt").read_text()
    assert all(f"\n{line} " in lock for line in wanted)
    assert f'version="{mlflow_version()}"' in (RECIPE.source / "Containerfile").read_text()


def test_a_lock_without_mlflow_is_refused(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("mlflow-skinny==3.17.2\n")
    with pytest.raises(SandboxError, match="locks no version of mlflow"):
        mlflow_version(tmp_path)


@pytest.mark.parametrize(("machine", "oldest"), [("x86_64", "manylinux1_x86_64"), ("aarch64", "manylinux2014_aarch64")])
def test_wheels_are_chosen_for_the_image_newest_platform_first(machine: str, oldest: str) -> None:
    platforms = [option for option in download_options(machine) if option.startswith("--platform=")]
    assert platforms[0] == f"--platform=manylinux_2_36_{machine}"
    assert platforms[-2:] == [f"--platform={oldest}", f"--platform=linux_{machine}"]
    assert "--python-version=3.11" in download_options(machine)


@pytest.mark.parametrize(
    ("said", "cure"),
    [
        ("write /x: no space left on device", "free some disk space"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES", "other bytes"),
        ("ERROR: No matching distribution found for mlflow==9", "lacks a locked version"),
        ("Temporary failure in name resolution", "could not be reached"),
        ("E: Couldn't download dists/bookworm/main", "could not be reached"),
        ("mount: operation not permitted", "needs root"),
        ("anything else", "see the log"),
    ],
)
def test_the_cure_follows_from_the_end_of_the_log(said: str, cure: str) -> None:
    assert cure in cure_for(said)


def test_a_failure_names_the_command_and_ends_with_what_it_printed_and_the_cure(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path / "logs" / "a.log", tmp_path)
    with pytest.raises(SandboxError) as caught:
        workshop.run(["sh", "-c", "echo no space left on device; exit 3"], what="a step", isolated=False)
    message = str(caught.value)
    assert "$ sh -c echo" in message
    assert "no space left" in message
    assert "a step failed with exit code 3" in message
    assert message.endswith("free some disk space, and call this again")


@pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root")
@pytest.mark.parametrize("isolated", [True, False])
def test_nothing_of_a_killed_build_stays_behind(tmp_path: Path, *, isolated: bool) -> None:
    """The program inside mounts and then ignores signals; SIGKILL ends its builder, which can clean up nothing."""
    mount = "mount -t tmpfs none m;" if isolated else ""
    script = (
        "from pathlib import Path; from sandbox.images.workshop import Workshop\n"
        f"Workshop(Path({str(tmp_path / 'log')!r}), Path({str(tmp_path)!r})).run(['sh', '-c',"
        f"'trap \"\" TERM INT HUP; mkdir m; {mount} touch ready; exec sleep 61.25'], what='x', isolated={isolated})"
    )
    with subprocess.Popen([sys.executable, "-c", script]) as builder:
        deadline = time.monotonic() + 20
        while not (tmp_path / "ready").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        builder.send_signal(signal.SIGKILL)
    assert (tmp_path / "ready").exists()
    assert str(tmp_path) not in Path("/proc/mounts").read_text()
    while (left := sleepers()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []


def sleepers() -> list[str]:
    found = subprocess.run(["pgrep", "-fx", "sleep 61.25"], capture_output=True, text=True, check=False)
    return found.stdout.split()
