"""Whose sandbox it is, and what counts as a passed test run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox import __main__ as entry
from sandbox import layers, ownership, paths, platform, stack, stack_file
from sandbox.commands import up
from sandbox.errors import SandboxError
from sandbox.layers import Count
from sandbox.pki import Authority
from sandbox.supervisor import client
from sandbox.toolchain import python_env

HERE, ELSEWHERE = "/clones/here", "/clones/elsewhere"


class Machine:
    """What ownership is decided by."""

    def __init__(self) -> None:
        self.runs = False
        self.stopped = 0

    def stop(self) -> None:
        self.stopped += 1
        self.runs = False


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(paths, "CLONE", Path(HERE))
    monkeypatch.setattr(paths, "STATE", tmp_path / "state")
    monkeypatch.setattr(paths, "LOCAL", tmp_path / "local")
    monkeypatch.setattr(ownership, "OWNER", tmp_path / "state" / "owner")
    monkeypatch.setattr(stack, "KUBECONFIG", tmp_path / "local" / "kubeconfig")
    monkeypatch.setattr(stack, "SECRETS", tmp_path / "local" / "secrets")
    monkeypatch.setattr(stack, "AUTHORITY", Authority(tmp_path / "local" / "secrets" / "pki"))
    monkeypatch.setattr(client, "init_process", lambda: 1 if made.runs else None)
    monkeypatch.setattr(platform, "stop", made.stop)
    return made


def belongs_to(clone: str) -> None:
    paths.STATE.mkdir()
    ownership.OWNER.write_text(f"{clone}\n")
    stack.AUTHORITY.ensure()


def test_the_running_sandbox_of_another_clone_is_left_alone(machine: Machine) -> None:
    belongs_to(ELSEWHERE)
    machine.runs = True
    for refused in (ownership.claim, ownership.demand_running, ownership.demand_no_others):
        with pytest.raises(SandboxError, match=f"a sandbox of another clone is running: {ELSEWHERE}") as told:
            refused()
        assert "make down" in told.value.cure
    assert machine.stopped == 0
    assert stack.AUTHORITY.certificate.exists()


def test_what_is_left_of_another_clone_s_sandbox_is_cleaned_away(machine: Machine) -> None:
    belongs_to(ELSEWHERE)
    ownership.claim()
    assert machine.stopped == 1
    assert not stack.AUTHORITY.certificate.exists()
    assert ownership.owner() == Path(HERE)


@pytest.mark.parametrize("runs", [True, False])
def test_this_clone_s_own_sandbox_is_kept(machine: Machine, *, runs: bool) -> None:
    belongs_to(HERE)
    machine.runs = runs
    ownership.claim()
    assert machine.stopped == 0
    assert stack.AUTHORITY.certificate.exists()


def test_a_sandbox_whose_secrets_were_deleted_is_made_anew(machine: Machine) -> None:
    belongs_to(HERE)
    stack.AUTHORITY.certificate.unlink()
    machine.runs = True
    ownership.claim()
    assert machine.stopped == 1


def test_secrets_of_a_sandbox_that_is_gone_are_not_used_again(machine: Machine) -> None:
    stack.AUTHORITY.ensure()
    ownership.claim()
    assert not stack.AUTHORITY.certificate.exists()
    assert stack.SECRETS.stat().st_mode & 0o777 == 0o700
    assert machine.stopped == 1


def test_a_shell_gets_no_environment_for_a_sandbox_that_does_not_run(machine: Machine) -> None:
    belongs_to(HERE)
    with pytest.raises(SandboxError, match="this clone has no running sandbox") as told:
        ownership.demand_running()
    assert "make up" in told.value.cure
    machine.runs = True
    with pytest.raises(SandboxError, match="this clone has no running sandbox"):
        ownership.demand_running()


def test_a_stack_whose_passphrase_is_gone_is_not_given_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack, "PULUMI_STATE", tmp_path / "state")
    monkeypatch.setattr(stack, "PASSPHRASE_FILE", tmp_path / "passphrase")
    state = tmp_path / "state" / ".pulumi" / "stacks" / stack.PROJECT / f"{stack.STACK}.json"
    state.parent.mkdir(parents=True)
    state.write_text("{}")
    with pytest.raises(SandboxError, match="the passphrase of the stack's secrets is missing") as told:
        stack.ensure(Authority(tmp_path), "image")
    assert "make down" in told.value.cure
    assert not stack.PASSPHRASE_FILE.exists()


def test_a_person_s_own_passphrase_and_stack_do_not_reach_the_sandbox_s_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "another")
    monkeypatch.setenv("PULUMI_STACK", "prod")
    environment = stack._engine_environment()
    assert not set(stack.FOREIGN_SETTINGS) & set(environment)
    assert environment["PULUMI_OPTION_CONFIG_FILE"] == str(stack_file.FILE)


def test_a_lock_is_held_while_its_engine_lives(tmp_path: Path) -> None:
    engine, lock = tmp_path / "pulumi", tmp_path / "lock.json"
    shutil.copy2("/bin/sleep", engine)
    with subprocess.Popen([engine, "60"]) as process:
        lock.write_text(json.dumps({"pid": process.pid}))
        deadline = time.monotonic() + 10
        while not (held := stack._is_held(lock)) and time.monotonic() < deadline:
            time.sleep(0.01)  # a program gets its name a moment after it began
        process.kill()
    assert held
    assert not stack._is_held(lock)


@pytest.mark.parametrize("text", ['{"pid": 1}', '{"pi', None])
def test_a_lock_of_no_engine_is_not_held(tmp_path: Path, text: str | None) -> None:
    place = tmp_path / "lock.json"
    if text is not None:
        place.write_text(text)
    assert not stack._is_held(place)


def test_a_report_is_counted_over_all_its_suites(tmp_path: Path) -> None:
    report = tmp_path / "unit.xml"
    report.write_text(
        '<testsuites><testsuite tests="10" failures="1" errors="2" skipped="3"/>'
        '<testsuite tests="4" failures="0" errors="0" skipped="0"/></testsuites>'
    )
    assert layers.count(report) == Count(passed=8, failed=3, skipped=3)


@pytest.mark.parametrize("text", [None, "", "<testsuites><testsuite"])
def test_a_missing_or_broken_report_is_a_failure(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "unit.xml").write_text(text)
    assert layers.count(tmp_path / "unit.xml") == Count(passed=0, failed=1, skipped=0)


def test_the_last_line_says_how_many_tests_ran(capsys: pytest.CaptureFixture[str]) -> None:
    assert layers.report({"unit": Count(7, 0, 0), "integration": Count(3, 0, 0)}) == []
    assert capsys.readouterr().out.splitlines() == [
        "unit: 7 passed, 0 failed, 0 skipped",
        "integration: 3 passed, 0 failed, 0 skipped",
        "10 passed, 0 failed, 0 skipped",
    ]


@pytest.mark.parametrize(
    ("tally", "problem"),
    [
        (Count(5, 2, 0), "2 unit tests failed"),
        (Count(5, 0, 1), "1 unit tests were skipped, and a skipped test shows nothing"),
        (Count(0, 0, 0), "no unit test ran"),
    ],
)
def test_failures_skips_and_silence_are_problems(tally: Count, problem: str) -> None:
    assert layers.report({"unit": tally}) == [problem]


@pytest.mark.parametrize(("given", "wanted"), [(None, False), ("", False), ("0", False), ("1", True)])
def test_monitoring_is_there_when_asked_for(monkeypatch: pytest.MonkeyPatch, given: str | None, wanted: bool) -> None:  # noqa: FBT001 - a parameter of the test
    monkeypatch.delenv("MONITORING", raising=False)
    if given is not None:
        monkeypatch.setenv("MONITORING", given)
    assert up.with_monitoring() is wanted


def test_another_value_of_monitoring_is_told_with_the_right_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITORING", "yes")
    with pytest.raises(SandboxError, match="MONITORING is 'yes'") as told:
        up.with_monitoring()
    assert told.value.cure == "make up MONITORING=1, or leave it out"


def test_a_full_disk_is_a_message_and_not_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full() -> bool:
        raise OSError(28, "No space left on device", "/cache/file")

    monkeypatch.setattr(sys, "argv", ["sandbox", "status"])
    monkeypatch.setattr(python_env, "is_active", full)
    assert entry.main() == 1
    assert "error: No space left on device: /cache/file" in capsys.readouterr().err


def test_layers_side_by_side_are_both_counted_and_print_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(layers, "OUTPUT", tmp_path / "output")
    for name, content in (
        ("slow", "import time\ndef test_slow(): time.sleep(2)\n"),
        ("quick", "def test_bad(): 1 / 0\n"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"test_{name}_layer.py").write_text(content)
    first, second = (layers.Layer(name, str(tmp_path / name), needs_sandbox=False) for name in ("slow", "quick"))

    counts = layers.run_side_by_side(first, second)

    assert counts == {"slow": Count(1, 0, 0), "quick": Count(0, 1, 0)}
    printed = capfd.readouterr().out
    assert printed.index("1 passed") < printed.index("ZeroDivisionError")
