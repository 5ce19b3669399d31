"""`make preview` prints the comment of a pull request for the sandbox's stack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from delivery import report
from delivery.digest import parse
from sandbox import ownership, stack, stack_file
from sandbox.commands import preview
from sandbox.errors import SandboxError
from tests.unit.delivery.samples import digest, replicas

if TYPE_CHECKING:
    from tests.unit.delivery.conftest import Engine

TEXT = digest(*[replicas(name=f"deployment-{number}") for number in range(2000)], summary={"update": 2000})
TEXT = TEXT.replace("urn:pulumi:prod:", "urn:pulumi:dev:")


@pytest.fixture(autouse=True)
def sandbox(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that runs, as far as the command can see, with the double in the place of its engine."""
    monkeypatch.setattr(stack, "BIN", Path(engine.folder).parent / "bin")
    for place, name in ((ownership, "demand_running"), (stack_file, "refresh"), (stack, "demand_passphrase")):
        monkeypatch.setattr(place, name, lambda: None)


def test_it_is_the_comment_in_full(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    engine.says(TEXT)
    preview.run()
    verdict = {"summary": "dev: 2001 resources, violations: 0 mandatory, 0 advisory, 0 excepted"}
    kept = json.loads(TEXT) | {"policies": {**verdict, "refused": False, "details": []}}
    read = parse(json.dumps(kept), stack="dev", source="")
    assert capsys.readouterr().out == report.render([read], report.PREVIEW, report.Origin(), 10**9)


def test_the_sandbox_s_stack_is_previewed_with_its_own_passphrase(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "of-a-person")
    engine.says(TEXT)
    preview.run()
    assert engine.told("words").startswith("preview --json --show-sames --stack=dev ")
    assert "PULUMI_CONFIG_PASSPHRASE" not in engine.environment()
    assert engine.environment()["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(stack.PASSPHRASE_FILE)


def test_a_preview_that_fails_shows_why_and_fails(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    engine.says("", stderr="error: the cluster is unreachable", code=1)
    with pytest.raises(SandboxError, match="pulumi preview failed"):
        preview.run()
    assert "error: the cluster is unreachable" in capsys.readouterr().out


def test_an_engine_that_says_nothing_of_use_is_told_with_a_cure(engine: Engine) -> None:
    engine.says("done")
    with pytest.raises(SandboxError, match="holds no JSON object") as told:
        preview.run()
    assert told.value.cure


def test_a_preview_that_a_rule_forbids_is_told_so_and_fails(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    engine.says(TEXT.replace("urn:pulumi:dev:", "urn:pulumi:other:"))
    with pytest.raises(SandboxError, match="stack dev would violate a policy"):
        preview.run()
    assert "the input is of stack other, not of dev" in capsys.readouterr().out
