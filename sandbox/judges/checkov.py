"""checkov: known misconfigurations of Kubernetes objects, workflows and images (https://www.checkov.io)."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox import paths
from sandbox.errors import SandboxError
from sandbox.judges import manifests, tools
from sandbox.judges.report import Finding, Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sandbox.judges.manifests import Stacks

NAME = "checkov"
OBJECTS, FILES = "checkov-objects", "checkov-files"
"""Two judges, as far as the exceptions go."""
_OFFLINE = ("--skip-download", "--quiet", "--compact", "--output=json")


def judge_objects(stacks: Stacks) -> Report:
    """Judge the objects of each stack together.

    Raises:
        SandboxError: it did not judge, or was told to skip something.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, objects in stacks.items():
            manifests.write(objects, Path(folder) / f"{name}.yaml")
        told = _told(folder, "kubernetes")
    findings = frozenset(_findings(told, OBJECTS, _object))
    return Report(OBJECTS, manifests.count(stacks), manifests.unit(stacks), findings)


def judge_files(workflows: Sequence[Path], images: Sequence[Path]) -> Report:
    """Judge workflows and images' recipes.

    Args:
        workflows: GitHub's, by their paths in the repository.
        images: Containerfiles, likewise.

    Raises:
        SandboxError: it did not judge, or was told to skip something.
    """
    # By any other name it would not take a Containerfile for what it is.
    copies = {str(file): file for file in workflows} | {str(file.with_name("Dockerfile")): file for file in images}
    with tempfile.TemporaryDirectory() as folder:
        for copy, file in copies.items():
            place = Path(folder) / copy
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(paths.CLONE / file, place)
        told = _told(folder, "github_actions", "dockerfile")
    findings = frozenset(_findings(told, FILES, lambda found: str(copies[found["file_path"].lstrip("/")])))
    return Report(FILES, len(copies), "workflows and images", findings)


def _told(folder: str, *frameworks: str) -> list[dict[str, Any]]:
    told = json.loads(tools.told_by(NAME, f"--directory={folder}", "--framework", *frameworks, *_OFFLINE))
    # One answer for one framework, a list for several; a framework that had nothing to judge is left out.
    answers: list[dict[str, Any]] = told if isinstance(told, list) else [told]
    if {answer.get("check_type") for answer in answers} != set(frameworks):
        raise SandboxError(f"{NAME} found nothing to judge for one of {', '.join(frameworks)}")
    summaries = [answer["summary"] for answer in answers]
    if any(summary["parsing_errors"] for summary in summaries):
        raise SandboxError(f"{NAME} cannot read what it was given", detail=json.dumps(summaries))
    if any(summary["skipped"] for summary in summaries):
        raise SandboxError(
            f"an annotation or a comment tells {NAME} to skip something",
            "take it out, and put an exception with its reason into sandbox/judges/exceptions.toml",
            json.dumps(summaries),
        )
    return answers


def _findings(answers: list[dict[str, Any]], judge: str, named: Callable[[dict[str, Any]], str]) -> Iterator[Finding]:
    for answer in answers:
        for found in answer["results"]["failed_checks"]:
            yield Finding(judge, found["check_id"], named(found), found["check_name"])


def _object(found: dict[str, Any]) -> str:
    kind, *_, name = str(found["resource"]).split(".")
    return f"{kind}/{name}"
