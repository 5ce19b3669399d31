"""shellcheck: what a shell does otherwise than its script reads (https://www.shellcheck.net)."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox import paths
from sandbox.judges import manifests, tools
from sandbox.judges.report import Finding, Report

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sandbox.judges.manifests import Manifest, Stacks

NAME = "shellcheck"
_SILENCED = re.compile(r"#\s*shellcheck\s+disable")
"""It has no option to ignore such a comment, which would be an exception that exceptions.toml does not tell of."""
_SHELLS = ("sh", "bash", "/bin/sh", "/bin/bash")


def judge_files(scripts: Sequence[Path]) -> Report:
    """Judge scripts, by their paths in the repository.

    Raises:
        SandboxError: it did not judge.
    """
    return Report(NAME, len(scripts), "scripts", frozenset(_findings({str(file): str(file) for file in scripts})))


def judge_objects(stacks: Stacks) -> Report:
    """Judge the scripts that containers and their probes run.

    Raises:
        SandboxError: it did not judge.
    """
    # A pod that several stacks have is judged once.
    scripts = {script: name for objects in stacks.values() for each in objects for name, script in _scripts(each)}
    with tempfile.TemporaryDirectory() as folder:
        named = {}
        for number, (script, name) in enumerate(scripts.items()):
            file = Path(folder) / f"{number}.sh"
            file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
            named[str(file)] = name
        findings = frozenset(_findings(named))
    return Report(NAME, len(scripts), "scripts in pods", findings)


def _scripts(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Every script below an object's containers, and the object's name."""
    for container in manifests.containers(manifest):
        for words in _commands(container):
            match words:
                case [shell, option, script, *_] if shell in _SHELLS and re.fullmatch("-[a-z]*c", option):
                    yield manifests.identity(manifest), script


def _commands(value: object) -> Iterator[list[str]]:
    """The command of a container, and those of its probes and hooks, wherever they are in it."""
    if isinstance(value, dict):
        items: Mapping[str, Any] = value
        for key, item in items.items():
            if key == "command" and isinstance(item, list) and item:
                yield item
            else:
                yield from _commands(item)
    elif isinstance(value, list):
        for item in value:
            yield from _commands(item)


def _findings(named: Mapping[str, str]) -> Iterator[Finding]:
    if not named:
        return
    told = json.loads(tools.told_by(NAME, "--format=json1", "--norc", *named))
    for file, name in named.items():
        if _SILENCED.search((paths.CLONE / file).read_text(encoding="utf-8")):
            yield Finding(NAME, "silenced", name, "a comment disables a check")
    for each in told["comments"]:
        yield Finding(NAME, f"SC{each['code']}", named[each["file"]], f"line {each['line']}: {each['message']}")
