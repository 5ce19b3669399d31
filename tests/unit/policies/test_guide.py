"""The guide of the policies: its commands are the Makefile's, and its examples what the command says and reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from policies import command
from tests.guides import blocks
from tests.unit.policies import recorded
from tests.unit.policies.examples.example import container, kubernetes, pod
from tests.unit.policies.test_command import previewed, run
from tests.unit.stack_files import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.engine import Recording

GUIDE = ROOT / "docs" / "policies.md"
PREVIEWED, EXPORTED = (block.strip() for block in blocks(GUIDE, "sh"))
(SAID,) = blocks(GUIDE, "text")
(LISTED,) = blocks(GUIDE, "toml")


def test_make_policies_runs_the_command_that_the_guide_shows() -> None:
    (recipe,) = re.findall(r"^policies: ; @(.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert recipe.replace("$(or $(STACK),prod)", "prod").replace("python3", "python") == PREVIEWED


def test_both_commands_have_options_that_the_judge_takes() -> None:
    for line in (PREVIEWED, EXPORTED):
        words = line.partition("python -m policies ")[2].split()
        assert command._parser().parse_args(words).stack == "prod"


def test_a_violation_reads_as_the_guide_shows() -> None:
    spec = {"replicas": 2, "template": pod(container(image="mlflow:latest"))}
    made = kubernetes("apps/v1:Deployment", name="mlflow-deployment", spec=spec)

    assert SAID in run(previewed(made), "--stack", "prod").stdout


def test_the_example_of_an_exception_excuses_what_it_says(prod: Recording, tmp_path: Path) -> None:
    file = tmp_path / "exceptions.toml"
    file.write_text(LISTED)

    judged = run(previewed(*recorded.resources(prod, "prod")), "--stack", "prod", "--exceptions", str(file))

    (excused,) = re.findall("^excepted: (.*)$", judged.stdout, re.MULTILINE)
    assert excused.startswith("egress-named for gateway-edges: fetches the signing keys from Cloudflare")
