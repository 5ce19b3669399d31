"""Kubernetes' own schemas of several minor versions: no field that one of them does not know, no value of another type.

The schemas come with kubernetes-validate (https://github.com/willthames/kubernetes-validate), made from the API's own
description in each release.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError
from sandbox.judges import manifests, tools
from sandbox.judges.report import Finding, Report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.judges.manifests import Manifest, Stacks

NAME = "kubernetes-schemas"
VERSIONS = ("1.34", "1.35", "1.36")
"""The sandbox's, and those that it can be upgraded to."""
_PROGRAM = "kubernetes-validate"
_OPERATORS = "monitoring.coreos.com/"
"""Objects of the Prometheus operator, whose schemas are no part of Kubernetes: the API server knows them."""
_WORSE = re.compile(
    r"ERROR \S+ did not validate for resource (?P<kind>[^/]+)/(?P<name>\S+) against version \S+: (?P<text>.*)",
    re.DOTALL,
)
_START = re.compile(r"^(?=(?:INFO|WARN|ERROR|FATAL) )", re.MULTILINE)


def judge(stacks: Stacks) -> Report:
    """Hold every object against the strict schema of each version.

    Raises:
        SandboxError: it did not judge.
    """
    findings: set[Finding] = set()
    known = {name: [each for each in objects if _is_known(each)] for name, objects in stacks.items()}
    for objects in known.values():
        with tempfile.TemporaryDirectory() as folder:
            file = manifests.write(objects, Path(folder) / "objects.yaml")
            for version in VERSIONS:
                words = ["--strict", "--quiet", "--kubernetes-version", version, str(file)]
                findings.update(_findings(tools.told_by(_PROGRAM, *words), version, objects))
    versions = f"held against Kubernetes {', '.join(VERSIONS)}"
    return Report(NAME, manifests.count(known), f"{manifests.unit(known)} {versions}", frozenset(findings))


def _is_known(manifest: Manifest) -> bool:
    return not str(manifest["apiVersion"]).startswith(_OPERATORS)


def _findings(told: str, version: str, objects: Sequence[Manifest]) -> Iterator[Finding]:
    names = {manifests.identity(each).lower(): manifests.identity(each) for each in objects}
    for message in filter(None, (part.strip() for part in _START.split(told))):
        if message.startswith("WARN ") and "Couldn't find schema" in message:
            what = message.partition("schema for kind ")[2]
            yield Finding(NAME, version, what.partition(" with api version ")[0], f"there is no schema for {what}")
            continue
        worse = _WORSE.fullmatch(message)
        if worse is None:
            raise SandboxError(f"{_PROGRAM} did not judge", detail=message[:4000])
        yield Finding(NAME, version, names[f"{worse['kind']}/{worse['name']}"], worse["text"])
