"""An image in the cache is complete or absent, and belongs to exactly its inputs."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from sandbox.errors import SandboxError
from sandbox.images.binary import build_binary_image
from sandbox.images.store import ImageStore, input_key, require_space

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "cache")


def test_the_key_changes_with_every_input_and_with_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("one")
    key = input_key({"file": file, "text": "two"})
    assert input_key({"text": "two", "file": file}) == key
    assert input_key({"file": "one", "text": b"two"}) == key
    assert input_key({"file": file, "text": "three"}) != key
    assert input_key({"file": file, "other": "two"}) != key
    file.write_text("changed")
    assert input_key({"file": file, "text": "two"}) != key


def test_a_reference_carries_name_tag_and_the_start_of_the_key(store: ImageStore) -> None:
    image = store.image("mlflow", "3.17.2", "0123456789abcdef")
    assert image.reference == "mlflow-platform.local/mlflow:3.17.2-0123456789ab"
    assert image.archive == store.folder / "mlflow-3.17.2-0123456789ab.tar"


def test_a_finished_image_is_not_built_again(store: ImageStore) -> None:
    image = store.image("a", "1", "k")

    def build(_work: Path, target: Path) -> None:
        target.write_bytes(b"first")

    def never(_work: Path, _target: Path) -> None:
        pytest.fail("built twice")

    assert store.obtain(image, "a", build) == image
    assert store.obtain(image, "a", never).archive.read_bytes() == b"first"


def test_what_a_killed_build_left_is_ignored_and_removed(store: ImageStore) -> None:
    leftover = store.folder / "work" / "a-dead"
    leftover.mkdir(parents=True)
    (leftover / "image.tar").write_bytes(b"half")
    image = store.image("a", "1", "k")

    def build(_work: Path, target: Path) -> None:
        assert not leftover.exists()
        target.write_bytes(b"whole")

    assert store.obtain(image, "a", build).archive.read_bytes() == b"whole"
    assert list((store.folder / "work").iterdir()) == []


def test_a_build_that_fails_leaves_no_image_and_no_working_folder(store: ImageStore) -> None:
    image = store.image("a", "1", "k")

    def build(_work: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise SandboxError("broken")

    with pytest.raises(SandboxError, match="broken"):
        store.obtain(image, "a", build)
    assert not image.archive.exists()
    assert list((store.folder / "work").iterdir()) == []


def test_a_full_disk_is_said_in_words(store: ImageStore) -> None:
    def build(_work: Path, target: Path) -> None:
        raise OSError(28, "No space left on device", str(target))

    with pytest.raises(SandboxError, match="No space left on device") as caught:
        store.obtain(store.image("a", "1", "k"), "a", build)
    assert "has space" in caught.value.cure


def test_too_little_space_is_refused_before_work_begins(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"needs 1000000\.0 GiB") as caught:
        require_space(tmp_path, 1e6, "the image")
    assert "XDG_CACHE_HOME" in caught.value.cure


def test_two_builds_at_once_make_one_image(store: ImageStore) -> None:
    image, builds = store.image("a", "1", "k"), []

    def build(_work: Path, target: Path) -> None:
        builds.append(target)
        time.sleep(0.2)
        target.write_bytes(b"whole")

    threads = [threading.Thread(target=store.obtain, args=(image, "a", build)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(builds) == 1


def test_an_archive_that_nobody_asked_for_in_a_month_goes_with_the_next_build(store: ImageStore) -> None:
    def build(_work: Path, target: Path) -> None:
        target.write_bytes(b"whole")

    old, recent = (store.obtain(store.image("a", tag, "k"), "a", build) for tag in ("1", "2"))
    os.utime(old.archive, (0, 0))
    store.obtain(store.image("a", "3", "k"), "a", build)
    assert not old.archive.exists()
    assert recent.archive.exists()


def test_another_executable_or_entrypoint_is_another_image(tmp_path: Path) -> None:
    binary, cache = tmp_path / "tool", tmp_path / "cache"
    binary.write_bytes(b"one")
    binary.chmod(0o755)
    first = build_binary_image("tool", "1", binary, cache=cache)
    assert build_binary_image("tool", "1", binary, cache=cache) == first
    assert build_binary_image("tool", "1", binary, cache=cache, entrypoint=("/tool", "-v")) != first
    assert build_binary_image("tool", "1", binary, cache=cache, user="0:0") != first
    assert build_binary_image("tool", "1", binary, cache=cache, folder="/bin") != first
    binary.write_bytes(b"two")
    assert build_binary_image("tool", "1", binary, cache=cache) != first


def test_a_missing_executable_is_named(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="absent is not an executable file"):
        build_binary_image("tool", "1", tmp_path / "absent", cache=tmp_path)
