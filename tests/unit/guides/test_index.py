"""The index of the guides: it leads to all of them, and says nothing that they and the program do not."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commands import docs
from sandbox.guides.contents import contents
from sandbox.guides.markdown import sections
from tests import guides
from tests.unit import stack_files
from tests.unit.delivery.laptop import demand_runnable
from tests.unit.guides import picture

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.conftest import Deploy

INDEX = docs.FOLDER / "README.md"
SECTIONS = {section.title: section.text for section in sections(INDEX.read_text())}
FIGURES = [
    (what, figure, link)
    for what, figure, link in re.findall(
        r"^\| (.+?) \| (.+?) \| \[.*?\]\((.+?)\) \|$", SECTIONS["Performance figures"], re.MULTILINE
    )
]
ANOTHER = {
    "namespace": "another",
    "host": "another.254carbon.com",
    "databaseName": "another",
    "databaseUser": "another",
    "artifactBucket": "another",
    "backupBucket": "another-backups",
    "dashboards": "false",
}


@pytest.mark.parametrize("guide", sorted(docs.FOLDER.glob("*.md")), ids=lambda guide: str(guide.name))
def test_every_guide_is_in_it(guide: Path) -> None:
    assert guide == INDEX or f"({guide.name})**" in SECTIONS["Contents"]


def test_an_entry_has_the_first_sentence_and_the_sections_of_a_guide(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Index\n")
    (tmp_path / "guide.md").write_text(
        "# How it goes\n\n<!-- made -->\n\nOf v1.0, and\n[back](#one). More.\n\n"
        "## Contents\n## One\n### Inner\n## MLFlowDown\n"
    )

    assert contents(tmp_path) == (
        "- **[How it goes](guide.md)**. Of v1.0, and back.\n  1 alerts · [One](guide.md#one)\n"
    )


def test_what_one_comes_to_need_first_comes_first(tmp_path: Path) -> None:
    for name in ("another.md", "runbook.md", "deployment.md"):
        (tmp_path / name).write_text(f"# {name}\nText.\n")

    assert re.findall(r"\]\((\S+)\)\*\*", contents(tmp_path)) == ["deployment.md", "runbook.md", "another.md"]


def test_it_names_every_component() -> None:
    made = {each.type.rpartition(":")[2] for each in picture.platform() if each.type.startswith("mlflow:")}

    assert made >= {"MlflowServer", "PointInTime"}
    assert {
        name for name in made if f"| `{name}`" not in INDEX.read_text() and f", `{name}` |" not in INDEX.read_text()
    } == set()


@pytest.mark.parametrize(("what", "figure", "link"), FIGURES, ids=[what for what, _, _ in FIGURES])
def test_a_figure_is_told_where_it_says(what: str, figure: str, link: str) -> None:
    file, _, anchor = link.partition("#")
    text = (docs.FOLDER / file).read_text()
    if anchor:
        (text,) = [each.text for each in sections(text) if each.anchor == anchor]
    words = re.findall(r"\d[\d,.]*\d(?: \w+)?|\d+ \w+", figure) or [figure]

    assert [word for word in words if word not in " ".join(text.split())] == [], what


def test_there_are_figures() -> None:
    assert len(FIGURES) == SECTIONS["Performance figures"].count("\n| ") - 1


def test_its_quick_start_begins_with_a_command_that_is_there() -> None:
    begin, *_ = guides.blocks_of(SECTIONS["Quick start"], "sh")

    for line in begin.splitlines():
        demand_runnable(shlex.split(line, comments=True))


def test_two_platforms_on_the_same_stores_have_nothing_in_common(deployed: Deploy) -> None:
    def names(**overrides: Any) -> set[tuple[str, ...]]:
        found: set[tuple[str, ...]] = set()
        for each in deployed("prod", **overrides).custom():
            kind = each.type.rpartition(":")[2]
            if each.type.startswith("kubernetes:"):
                found.add((kind, str(each.metadata.get("namespace")), str(each.metadata.get("name") or each.name)))
            elif name := each.inputs.get("name") or each.inputs.get("bucket"):
                found.add((each.type, str(name)))
        return found

    assert len(names()) > 30
    assert {each for each in names() & names(**ANOTHER) if not each[0].startswith("cloudflare:")} == set()


def test_the_answer_about_two_platforms_names_what_has_to_differ() -> None:
    (answer,) = [line for line in SECTIONS["FAQ"].split("\n\n") if "hold two" in line]

    assert set(re.findall(r"`(\w+)`", answer)) == set(ANOTHER)
    assert set(ANOTHER) <= set(stack_files.schema())
