"""docs/judges.md names every judge, and the exceptions name no other."""

from __future__ import annotations

import re

from sandbox import paths
from sandbox.judges import (
    actionlint,
    api_server,
    checkov,
    detect_secrets,
    exceptions,
    hadolint,
    kube_score,
    kubernetes_schemas,
    pip_audit,
    promtool,
    shellcheck,
)
from tests import guides

GUIDE = (paths.CLONE / "docs" / "judges.md").read_text()
NAMES = {
    *(checkov.OBJECTS, checkov.FILES),
    *(each.NAME for each in (actionlint, api_server, detect_secrets, hadolint, kube_score)),
    *(each.NAME for each in (kubernetes_schemas, pip_audit, promtool, shellcheck)),
}


def test_the_table_has_every_judge_and_no_other() -> None:
    rows = re.findall(r"^\| (`[^|]*) \|", GUIDE, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`([^`]+)`", row)} == NAMES


def test_every_exception_is_for_a_judge() -> None:
    assert {each.judge for each in exceptions.read()} <= NAMES


def test_the_versions_of_kubernetes_are_those_that_are_judged_by() -> None:
    *first, last = kubernetes_schemas.VERSIONS
    assert f"Kubernetes {', '.join(first)} or {last}" in GUIDE


def test_the_example_of_an_exception_is_one_of_them() -> None:
    (example,) = guides.blocks_of(GUIDE, "toml")
    told = dict(re.findall(r'^(\w+) = "(.*?)"', example, re.MULTILINE))
    assert exceptions.Exemption(**told) in exceptions.read()
