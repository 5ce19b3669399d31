"""docs/troubleshooting.md is whole: its sections have all parts and a test each, and the messages that it has exist."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests import guides, runbook
from tests.troubleshooting import GUIDE, PARTS, Entry
from tests.unit.stack_files import ROOT

if TYPE_CHECKING:
    from tests.unit.conftest import Deploy

FRAME = ("Before you begin", "The sandbox does not come up")
TITLES = [
    line.removeprefix("## ")
    for line in GUIDE.read_text().splitlines()
    if line.startswith("## ") and line.removeprefix("## ") not in FRAME
]
REPRODUCING = ("integration/test_troubleshooting.py", "rehearsal/test_troubleshooting_sign_on.py")
SOURCES = "\n".join(file.read_text() for file in (ROOT / "sandbox").rglob("*.py"))
PULUMIS_OWN = {"incorrect passphrase"}
"""What the engine says; tests/integration/test_bad_config.py meets it."""


def reproduced() -> set[str]:
    """The titles of the sections that tests of a running platform read."""
    called = set()
    for file in REPRODUCING:
        tree = ast.parse((ROOT / "tests" / file).read_text())
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        called |= {
            node.args[0].value
            for node in calls
            if ast.unparse(node.func) == "Entry.called" and isinstance(node.args[0], ast.Constant)
        }
    return {str(title) for title in called}


@pytest.mark.parametrize("title", TITLES)
def test_a_section_has_every_part_a_symptom_and_commands_to_check_and_to_cure(title: str) -> None:
    section = guides.section(GUIDE, title)
    places = [section.index(f"**{part}.**") for part in PARTS]

    assert places == sorted(places)
    entry = Entry.called(title)
    assert entry.symptom
    assert entry.check
    assert entry.cures


def test_every_section_is_reproduced_on_a_running_platform() -> None:
    assert reproduced() == set(TITLES)


def test_the_mission_s_six_come_first() -> None:
    assert TITLES[:6] == [
        "Pods in CrashLoopBackOff",
        "401 and single sign-on",
        "A scheduler's tasks do not reach MLflow",
        "Artifacts cannot be uploaded",
        "OOMKilled",
        "Slow pages and time-outs",
    ]


def test_a_symptom_is_met_whatever_stands_for_its_dots_and_between_its_columns() -> None:
    entry = Entry(("mlflow-... 0/1 Error", 'role "..." (x)'), "", ())

    assert entry.missing('mlflow-12-ab   0/1     Error  3\nrole "mlflow" (x)') == []
    assert entry.missing("mlflow-12-ab 1/1 Error") == list(entry.symptom)


def test_every_message_of_the_sandbox_is_one_that_it_has() -> None:
    table = guides.section(GUIDE, "The sandbox does not come up")
    messages = re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)

    assert len(messages) == 10
    pieces = [piece.strip() for message in messages if message not in PULUMIS_OWN for piece in message.split("...")]
    assert [piece for piece in pieces if piece not in SOURCES] == []


def test_more_memory_is_what_the_pods_get(deployed: Deploy) -> None:
    _, more = Entry.called("OOMKilled").cures
    settings: dict[str, Any] = dict(runbook.settings(more))
    made = deployed("prod", **settings)

    (server,) = made.called("mlflow-deployment").spec["template"]["spec"]["containers"]
    assert server["resources"]["limits"]["memory"] == settings["memoryLimit"]


def test_another_name_is_one_that_the_server_answers_to(deployed: Deploy) -> None:
    _, declared = Entry.called("Invalid Host header").cures
    (name,) = re.findall(r"pulumi config set --path 'extraAllowedHosts\[0\]' (\S+)", declared)
    made = deployed("dev", extraAllowedHosts=[name])

    (server,) = made.called("mlflow-deployment").spec["template"]["spec"]["containers"]
    (hosts,) = [each["value"] for each in server["env"] if each["name"] == "MLFLOW_SERVER_ALLOWED_HOSTS"]
    assert name in hosts.split(",")
