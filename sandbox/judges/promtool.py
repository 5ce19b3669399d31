"""promtool: what Prometheus would refuse in alerting and recording rules, or would rather not see in them."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.judges import manifests, tools
from sandbox.judges.report import Finding, Report

if TYPE_CHECKING:
    from sandbox.judges.manifests import Manifest, Stacks

NAME = "promtool"
_REFUSED, _DISLIKED = 1, 3
"""Exit codes."""
_PASSED, _FAILED = "SUCCESS:", "FAILED:"


def judge(stacks: Stacks) -> Report:
    """Judge the rules of every PrometheusRule.

    Raises:
        SandboxError: it did not judge.
    """
    objects = [each for several in stacks.values() for each in several if each["kind"] == "PrometheusRule"]
    rules = sum(len(group["rules"]) for each in objects for group in each["spec"]["groups"])
    findings = (finding for each in objects if (finding := _finding(each)))
    return Report(NAME, rules, f"alerting and recording rules of {len(objects)} objects", frozenset(findings))


def _finding(manifest: Manifest) -> Finding | None:
    """It tells of the first thing alone that it does not like."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rules.yaml"
        # JSON is YAML.
        file.write_text(json.dumps(manifest["spec"]), encoding="utf-8")
        words = ("check", "rules", "--lint=all", "--lint-fatal", file)
        told = tools.told_by(NAME, *words, found=(_REFUSED, _DISLIKED), errors=True)
    if _PASSED in told:
        return None
    text = " ".join(told.rpartition(_FAILED)[2].replace(f"{file}: ", "").split())
    return Finding(NAME, "check-rules", manifests.identity(manifest), text)
