"""pip-audit: known vulnerabilities of the locked Python packages (https://github.com/pypa/pip-audit).

OSV (https://osv.dev), which collects the advisories of PyPI, GitHub and others, is asked for them. A registry of
packages need not tell of them, and where the way to OSV is closed nobody does.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx

from sandbox.errors import SandboxError
from sandbox.judges import tools
from sandbox.judges.report import Finding, Report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

NAME = "pip-audit"
SERVICE = "https://api.osv.dev/v1/query"
CONTROL = ("requests", "2.19.0")
"""A package and a version of it with vulnerabilities since 2018: who does not know of them knows of none."""
_PROBE_SECONDS = 15.0


class NoAdvisoriesError(SandboxError):
    """Nobody within reach tells of vulnerabilities."""


def judge(locks: Sequence[Path], service: str = SERVICE) -> Report:
    """Judge the packages of lock files.

    Args:
        locks: lock files with hashes, by their paths in the repository.
        service: the URL at which OSV, or another who speaks as it does, takes its questions.

    Raises:
        NoAdvisoriesError: it does not answer, or knows nothing.
        SandboxError: pip-audit did not judge.
    """
    _demand_advisories(service)
    findings: set[Finding] = set()
    packages = 0
    for lock in locks:
        told = json.loads(
            tools.told_by(
                NAME,
                "--vulnerability-service=osv",
                f"--osv-url={service}",
                "--disable-pip",
                "--require-hashes",
                "--no-deps",
                "--progress-spinner=off",
                "--format=json",
                f"--requirement={lock}",
            )
        )["dependencies"]
        packages += len(told)
        findings.update(_findings(told, lock))
    return Report(NAME, packages, f"packages of {len(locks)} lock files", frozenset(findings))


def _findings(told: Sequence[dict[str, Any]], lock: Path) -> Iterator[Finding]:
    for package in told:
        name = f"{lock}: {package['name']} {package.get('version', '')}".strip()
        if "skip_reason" in package:
            yield Finding(NAME, "skipped", name, package["skip_reason"])
        for each in package.get("vulns", []):
            cure = f"mended in {', '.join(each['fix_versions'])}" if each["fix_versions"] else "not mended yet"
            yield Finding(NAME, each["id"], name, f"{' '.join([each['id'], *each['aliases']])}: {cure}")


def _demand_advisories(service: str) -> None:
    name, version = CONTROL
    question = {"package": {"name": name, "ecosystem": "PyPI"}, "version": version}
    cure = f"see that {service} can be reached; the package registry alone does not tell of vulnerabilities"
    try:
        answer = httpx.post(service, json=question, timeout=_PROBE_SECONDS).raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        raise NoAdvisoriesError(f"nobody tells of vulnerabilities here: {service}: {error}", cure) from error
    if not isinstance(answer, dict) or not answer.get("vulns"):
        raise NoAdvisoriesError(f"{service} knows of no vulnerability, not even of {name} {version}", cure)
