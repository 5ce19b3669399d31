"""The language host: what it runs, what it reports, what it says of a program that fails."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import struct_pb2
from pulumi import RunError
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from sandbox.engine import language_host
from sandbox.engine.language_host import (
    environment_problem,
    failure,
    is_program_file,
    normalised,
    program_environment,
    program_path,
    required_plugins,
    user_traceback,
)

HOST = Path(language_host.__file__)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    messages: list[str] = []
    monkeypatch.setattr("pulumi.log.error", messages.append)
    return messages


def test_main_of_the_project_file_is_a_file_or_a_folder(tmp_path: Path) -> None:
    assert program_path(str(tmp_path), ".") == tmp_path
    assert program_path(str(tmp_path), "infra/main.py") == tmp_path / "infra" / "main.py"


def test_an_environment_inside_the_program_folder_is_not_the_program() -> None:
    folder = Path("/program")
    assert is_program_file("/program/stacks/a.py", folder)
    assert not is_program_file("/program/.venv/lib/python3/site-packages/a.py", folder)
    assert not is_program_file("/elsewhere/a.py", folder)
    assert not is_program_file(None, folder)
    assert not is_program_file("<frozen runpy>", folder)


def test_a_traceback_starts_at_the_program(tmp_path: Path) -> None:
    source = tmp_path / "__main__.py"
    source.write_text("def f():\n    raise KeyError('x')\nf()\n")
    with pytest.raises(KeyError) as caught:
        exec(compile(source.read_text(), str(source), "exec"), {})  # noqa: S102 - the program of a test
    text = user_traceback(caught.value, tmp_path)
    assert "test_language_host" in user_traceback(caught.value, tmp_path / "other")
    assert "test_language_host" not in text
    assert text.splitlines()[0] == "Traceback (most recent call last):"
    assert text.endswith("KeyError: 'x'\n")


@pytest.mark.parametrize(
    ("error", "bail", "reported", "message"),
    [
        (RunError("sorry"), True, "", "sorry"),
        (SystemExit(0), False, "", None),
        (SystemExit(3), False, "Program exited with non-zero exit code: 3", None),
        (SystemExit("no"), True, "", "no"),
        (ValueError("boom"), True, "", "Program failed with an unhandled exception:\nValueError: boom"),
    ],
)
def test_failures_are_told_once(
    said: list[str],
    error: BaseException,
    bail: bool,  # noqa: FBT001 - a column of the table above
    reported: str,
    message: str | None,
) -> None:
    answer = failure(error, Path("/program"))
    assert (answer.bail, answer.error) == (bail, reported)
    assert [text[: len(message or "")] for text in said] == ([message] if message else [])


def test_a_run_leaves_no_trace_of_the_program(tmp_path: Path) -> None:
    (tmp_path / "only_of_this_program.py").write_text("value = 1\n")
    before = (Path.cwd(), sys.argv, list(sys.path))
    with program_environment(tmp_path, str(tmp_path), ["argument"]):
        assert __import__("only_of_this_program").value == 1
        assert (Path.cwd(), sys.argv) == (tmp_path, [str(tmp_path), "argument"])
    assert "only_of_this_program" not in sys.modules
    assert (Path.cwd(), sys.argv, sys.path) == before


def test_required_plugins_are_those_of_the_installed_sdks(tmp_path: Path) -> None:
    manifests = {
        "pulumi_a": '{"resource": true, "name": "a", "version": "v1.2.3", "server": "https://example.com"}',
        "pulumi_b": '{"resource": true, "version": "2.0.0"}',
        "pulumi_policy": '{"resource": false, "version": "1.0.0"}',
        "other": '{"resource": true, "version": "1.0.0"}',
    }
    for name, text in manifests.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "pulumi-plugin.json").write_text(text)
    assert required_plugins([str(tmp_path), str(tmp_path)]) == [
        ("a", "1.2.3", "https://example.com"),
        ("b", "2.0.0", ""),
    ]


def test_requirements_reduce_to_names() -> None:
    assert [normalised(text) for text in ("A_b>=1", "c.d[extra]; python_version<'4'", "e")] == ["a-b", "c-d", "e"]


def test_an_environment_that_is_not_this_one_is_refused_with_a_cure(tmp_path: Path) -> None:
    options = struct_pb2.Struct()
    options.update({"virtualenv": "venv"})
    info = language_pb2.ProgramInfo(root_directory=str(tmp_path), options=options)
    assert "Put venv/bin first on the PATH" in str(environment_problem(info, tmp_path))
    info = language_pb2.ProgramInfo(root_directory=str(tmp_path))
    assert "unable to find main python program" in str(environment_problem(info, tmp_path))
    (tmp_path / "__main__.py").touch()
    assert environment_problem(info, tmp_path) is None


def test_the_process_prints_its_port_answers_and_ends_quietly() -> None:
    command = [sys.executable, str(HOST), "-v=3", "127.0.0.1:1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            client: Any = language_pb2_grpc.LanguageRuntimeStub(channel)
            packages = client.GetRequiredPackages(language_pb2.GetRequiredPackagesRequest()).packages
            assert {"kubernetes", "minio", "postgresql"} <= {package.name for package in packages}
            request = language_pb2.GetProgramDependenciesRequest(transitiveDependencies=True)
            names = {dependency.name for dependency in client.GetProgramDependencies(request).dependencies}
            assert "pulumi" in names
            [said] = client.InstallDependencies(language_pb2.InstallDependenciesRequest())
            assert b"pip install -r requirements.txt" in said.stdout
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=5) == ("", "")
        assert process.returncode == 0
        assert time.monotonic() - started < 1
