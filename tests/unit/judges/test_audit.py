"""`make audit` fails where a package is vulnerable, and where nobody tells whether one is."""

from __future__ import annotations

import pytest

from sandbox.commands import audit
from sandbox.errors import SandboxError
from sandbox.judges import pip_audit, tools
from sandbox.judges.pip_audit import NoAdvisoriesError
from sandbox.judges.report import Finding, Report

VULNERABLE = Finding("pip-audit", "PYSEC-2026-1", "requirements.txt: pyyaml 6.0", "PYSEC-2026-1: mended in 6.1")


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "ensure", lambda _: None)


def test_the_line_of_the_judge_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    report = Report("pip-audit", 731, "packages of 8 lock files", frozenset())
    monkeypatch.setattr(pip_audit, "judge", lambda _: report)

    audit.run()

    assert capsys.readouterr().out == "pip-audit: 731 packages of 8 lock files, 0 findings, 0 exceptions\n"


def test_a_vulnerable_package_fails_it(monkeypatch: pytest.MonkeyPatch) -> None:
    report = Report("pip-audit", 731, "packages of 8 lock files", frozenset({VULNERABLE}))
    monkeypatch.setattr(pip_audit, "judge", lambda _: report)

    with pytest.raises(SandboxError, match="known vulnerabilities") as told:
        audit.run()

    assert told.value.detail == str(VULNERABLE)


def test_it_fails_where_nobody_tells_of_vulnerabilities(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> Report:
        raise NoAdvisoriesError("nobody tells of vulnerabilities here")

    monkeypatch.setattr(pip_audit, "judge", refuse)

    with pytest.raises(SandboxError, match="nobody tells"):
        audit.run()
