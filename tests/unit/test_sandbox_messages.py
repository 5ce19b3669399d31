"""What a person reads: errors, logs' ends, progress."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sandbox import processes, progress
from sandbox.errors import SandboxError
from sandbox.private_files import secret, write_private

if TYPE_CHECKING:
    from pathlib import Path


def test_the_cure_is_the_last_line_of_an_error() -> None:
    error = SandboxError("it broke", "mend it", "what a program said\n")
    assert str(error).splitlines() == ["what a program said", "error: it broke", "  cure: mend it"]


def test_an_error_without_a_cure_is_one_line() -> None:
    assert str(SandboxError("it broke")) == "error: it broke"


def test_a_failing_program_is_named_with_its_log_and_the_end_of_that(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "tool.log"
    with pytest.raises(SandboxError) as failed:
        processes.run_logged(["sh", "-c", "seq 100; exit 3"], log, what="building the tool", cure="run it again")
    assert failed.value.problem == f"building the tool failed with exit code 3 ({log})"
    assert failed.value.cure == "run it again"
    assert failed.value.detail.split() == [str(number) for number in range(101 - processes.TAIL_LINES, 101)]


def test_a_program_that_hangs_is_ended_and_named(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="waiting took longer than 0 s"):
        processes.run_logged(["sleep", "60"], tmp_path / "log", what="waiting", timeout=0.05)


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="building: no-such-tool is not there") as failed:
        processes.run_logged(["no-such-tool"], tmp_path / "log", what="building", cure="install it")
    assert failed.value.cure == "install it"
    with pytest.raises(SandboxError, match=r"asking: .*no-such-tool"):
        processes.output_of(["no-such-tool"], what="asking")


def test_what_a_program_said_on_standard_error_is_shown() -> None:
    with pytest.raises(SandboxError, match="asking failed with exit code 1") as failed:
        processes.output_of(["sh", "-c", "echo refused >&2; exit 1"], what="asking")
    assert failed.value.detail.strip() == "refused"


def test_a_log_that_is_not_there_has_no_end(tmp_path: Path) -> None:
    assert processes.tail(tmp_path / "none") == ""


def test_a_watched_program_that_takes_too_long_may_end_what_it_has_begun() -> None:
    # Not a shell: one that is started with the signal ignored, as a background job is, cannot trap it.
    script = "import signal, sys, time; signal.signal(signal.SIGINT, lambda *_: sys.exit(7)); time.sleep(60)"
    assert processes.watch([sys.executable, "-I", "-S", "-c", script], env=os.environ, timeout=2) == 7


def test_a_watched_program_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "END_SECONDS", 0.1)
    script = "trap '' INT; exec sleep 60"
    assert processes.watch(["sh", "-c", script], env=os.environ, timeout=0.5) < 0


def test_a_step_says_that_it_still_works(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "HEARTBEAT_SECONDS", 0.01)
    with progress.Progress().step("tools", "building it"):
        subprocess.run(["sleep", "0.1"], check=True)
    lines = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"\[00:00\] tools      building it", lines[0])
    assert re.fullmatch(r"\[00:00\] tools      building it \.\.\. 0 s so far", lines[1])


def test_a_failing_step_is_not_called_done(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SandboxError), progress.Progress().step("tools", "building it"):
        raise SandboxError("no")
    assert "done" not in capsys.readouterr().err


def test_a_secret_is_made_once_and_read_by_root_alone(tmp_path: Path) -> None:
    place = tmp_path / "secrets" / "password"
    first = secret(place)
    assert secret(place) == first
    assert len(first) == 32
    assert secret(tmp_path / "secrets" / "other") != first
    assert place.stat().st_mode & 0o777 == 0o600


def test_a_private_file_is_replaced_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("old and readable")
    write_private(place, "new")
    assert place.read_text() == "new"
    assert place.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [place]
