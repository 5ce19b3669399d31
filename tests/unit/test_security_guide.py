"""docs/security.md: what it names as made, proved and renewed is there, under the name that it gives."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from tests import guides
from tests.unit import stack_files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording

GUIDE = stack_files.ROOT / "docs" / "security.md"
CHECKLIST = (
    "Change PostgreSQL password from default",
    "Change MinIO credentials from default",
    "Enable SSL verification in production",
    "Configure network policies",
    "Set up backup encryption",
    "Rotate credentials regularly",
    "Enable audit logging",
    "Configure alerts for security events",
)
"""As the platform's owner wrote it."""
RESOURCE = re.compile(r"`([a-z]+(?:-[a-z]+)+)`")
COMPONENT = re.compile(r"\[`(?P<name>\w+)`\]\((?P<target>[^)]+)\)(?P<resources>.*?)(?=\[|$)", re.DOTALL)
POINTS = guides.section(GUIDE, "Checklist before production").split("\n### ")[1:]
TESTS = [link for link in guides.links(GUIDE.read_text()) if link.text.startswith("test_")]
MADE = [
    (match["name"], guides.target(GUIDE, match["target"])[0], RESOURCE.findall(match["resources"]))
    for point in POINTS
    for match in COMPONENT.finditer(guides.part(point, "Made by"))
]


@pytest.fixture(scope="module")
def everything(deployed: Deploy, dev: Recording) -> dict[str, set[str]]:
    """Names of the resources of both stacks, with all that is optional, by the component above them."""
    found: dict[str, set[str]] = {}
    for recording in (dev, deployed("prod", **stack_files.DRILL, **stack_files.DATAHUB)):
        for resource in recording.custom():
            # Parents are told apart by type; the last part of one is the component's class.
            above = resource.parent.split("::")[-2].rpartition(":")[2]
            found.setdefault(above, set()).add(resource.name)
    return found


def defined(kind: type[ast.ClassDef | ast.FunctionDef], file: Path) -> set[str]:
    """Names of what a file of Python defines at its top level, without running it."""
    return {node.name for node in ast.parse(file.read_text()).body if isinstance(node, kind)}


def test_it_has_the_checklist_of_the_platforms_owner() -> None:
    assert tuple(point.partition("\n")[0] for point in POINTS) == CHECKLIST


@pytest.mark.parametrize("point", POINTS, ids=CHECKLIST)
def test_each_point_names_resources_and_tests(point: str) -> None:
    assert RESOURCE.search(guides.part(point, "Made by"))
    assert "- [test_" in guides.part(point, "Proved by")


@pytest.mark.parametrize("link", TESTS, ids=lambda link: link.text)
def test_a_test_that_is_named_is_defined_in_the_file_that_is_linked(link: guides.Link) -> None:
    file, _ = guides.target(GUIDE, link.target)

    assert link.text in defined(ast.FunctionDef, file)


@pytest.mark.parametrize(("component", "file", "resources"), MADE)
def test_what_is_named_as_made_is_made_by_that_component(
    component: str, file: Path, resources: list[str], everything: dict[str, set[str]]
) -> None:
    place = file.relative_to(stack_files.ROOT / "components")
    room = [file] if len(place.parts) == 1 else sorted((stack_files.ROOT / "components" / place.parts[0]).glob("*.py"))

    assert component in set().union(*(defined(ast.ClassDef, each) for each in room))
    assert resources
    assert set(resources) <= everything[component]


def test_it_tells_how_to_renew_every_secret_of_the_configuration() -> None:
    secrets = {key for key, declared in stack_files.schema().items() if declared["description"].startswith("Secret:")}
    named = set(re.findall(r"`(\w+)`", guides.section(GUIDE, "Renewing secrets")))

    assert secrets - named == set()


def test_every_setting_that_it_names_is_one() -> None:
    like_settings = set(re.findall(r"`((?:access|artifact|backup|database|datahub|tls)[A-Z]\w+)`", GUIDE.read_text()))

    assert like_settings - stack_files.schema().keys() == set()
