"""The sandbox's stack file follows the tracked one and keeps what a person set in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from sandbox import stack_file
from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from pathlib import Path

SECRET = {"secure": "v1:abc"}


@pytest.fixture
def tracked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(stack_file, "TRACKED", tmp_path / "Pulumi.dev.yaml")
    monkeypatch.setattr(stack_file, "FILE", tmp_path / "local" / "Pulumi.dev.yaml")
    monkeypatch.setattr(stack_file, "RECORD", tmp_path / "local" / "record.json")
    stack_file.TRACKED.write_text("config:\n  p:replicas: 2\n  p:host: a.example\n")
    return stack_file.TRACKED


def set_by_hand(key: str, value: object) -> None:
    document = yaml.safe_load(stack_file.FILE.read_text())
    document["config"][key] = value
    stack_file.FILE.write_text(yaml.safe_dump(document))


def test_an_edit_of_the_tracked_file_arrives(tracked: Path) -> None:
    stack_file.write({"p:address": "10.0.0.1"})
    tracked.write_text("config:\n  p:replicas: 3\n  p:host: a.example\n")
    stack_file.refresh()
    assert stack_file.config(stack_file.FILE) == {"p:replicas": 3, "p:host": "a.example", "p:address": "10.0.0.1"}


def test_a_value_set_by_hand_stays(tracked: Path) -> None:
    stack_file.write({})
    set_by_hand("p:replicas", 5)
    tracked.write_text("config:\n  p:replicas: 2\n  p:host: b.example\n")
    stack_file.refresh()
    assert stack_file.config(stack_file.FILE) == {"p:replicas": 5, "p:host": "b.example"}


@pytest.mark.usefixtures("tracked")
def test_the_sandbox_s_own_values_win_over_the_tracked_ones() -> None:
    stack_file.write({"p:host": "mlflow.local"})
    assert stack_file.config(stack_file.FILE)["p:host"] == "mlflow.local"
    stack_file.write({"p:host": "other.local"})
    assert stack_file.config(stack_file.FILE)["p:host"] == "other.local"


def test_a_key_that_left_the_tracked_file_goes(tracked: Path) -> None:
    stack_file.write({})
    tracked.write_text("config:\n  p:host: a.example\n")
    stack_file.refresh()
    assert stack_file.config(stack_file.FILE) == {"p:host": "a.example"}


def test_secrets_and_the_salt_stay(tracked: Path) -> None:
    stack_file.write({})
    stack_file.take_salt("v1:salt")
    set_by_hand("p:password", SECRET)
    tracked.write_text("config:\n  p:replicas: 4\n")
    stack_file.refresh()
    document = stack_file.load(stack_file.FILE)
    assert document["config"] == {"p:replicas": 4, "p:password": SECRET}
    assert document["encryptionsalt"] == "v1:salt"


@pytest.mark.usefixtures("tracked")
def test_a_new_stack_s_salt_drops_the_secrets_that_it_cannot_decrypt() -> None:
    stack_file.write({})
    set_by_hand("p:password", SECRET)
    stack_file.take_salt("v1:new")
    assert "p:password" not in stack_file.config(stack_file.FILE)


@pytest.mark.usefixtures("tracked")
def test_a_file_that_is_right_is_not_written_again() -> None:
    stack_file.write({})
    before = stack_file.FILE.stat()
    stack_file.refresh()
    assert stack_file.FILE.stat().st_ino == before.st_ino


@pytest.mark.usefixtures("tracked")
def test_nobody_else_may_read_it() -> None:
    stack_file.write({})
    assert stack_file.FILE.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "config:\n", "# nothing yet\n"])
def test_an_empty_tracked_file_is_an_empty_configuration(tracked: Path, text: str) -> None:
    tracked.write_text(text)
    stack_file.write({"p:a": 1})
    assert stack_file.config(stack_file.FILE) == {"p:a": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("config:\n  p:a: [1\n", "is no YAML"),
        ("config: [p]\n", "is no stack file"),
        ("just words\n", "is no stack file"),
    ],
)
def test_a_broken_tracked_file_is_named(tracked: Path, text: str, message: str) -> None:
    tracked.write_text(text)
    with pytest.raises(SandboxError, match=message) as refused:
        stack_file.write({})
    assert str(tracked) in refused.value.problem
    assert refused.value.cure
