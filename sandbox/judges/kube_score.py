"""kube-score: what makes workloads secure and resilient (https://github.com/zegl/kube-score)."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.judges import manifests, tools
from sandbox.judges.report import Finding, Report
from sandbox.toolchain.go_modules import KUBERNETES_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.judges.manifests import Stacks

NAME = "kube-score"
_OK = 10
"""The grade of what is as it should be."""


def judge(stacks: Stacks) -> Report:
    """Judge each stack's objects together, by the tests that kube-score makes unless told otherwise.

    Raises:
        SandboxError: it did not judge.
    """
    findings: set[Finding] = set()
    release = ".".join(KUBERNETES_VERSION.split(".")[:2])
    for objects in stacks.values():
        with tempfile.TemporaryDirectory() as folder:
            file = manifests.write(objects, Path(folder) / "objects.yaml")
            told = tools.told_by(
                NAME,
                "score",
                "--output-format=json",
                f"--kubernetes-version={release}",
                # An annotation would be an exception that exceptions.toml does not tell of.
                "--disable-ignore-checks-annotations",
                file,
            )
        findings.update(_findings(json.loads(told)))
    return Report(NAME, manifests.count(stacks), manifests.unit(stacks), frozenset(findings))


def _findings(scored: list[dict[str, Any]]) -> Iterator[Finding]:
    for each in scored:
        name = f"{each['type_meta']['kind']}/{each['object_meta']['name']}"
        for check in each["checks"]:
            if check["skipped"] or check["grade"] >= _OK:
                continue
            for comment in check["comments"] or [{}]:
                where = f"{comment['path']}: " if comment.get("path") else ""
                text = f"{where}{comment.get('summary') or check['check']['name']}"
                yield Finding(NAME, check["check"]["id"], name, text)
