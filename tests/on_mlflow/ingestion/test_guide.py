"""Every block of the guide's part about DataHub is run as it stands there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sandbox import paths
from sandbox.images.programs import INGESTION
from stacks.config_reader import ConfigReader
from stacks.metadata_ingestion_settings import read_metadata_ingestion
from tests.unit import stack_files
from tests.unit.engine import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.mlflow_server_here import Server

GUIDE = (paths.CLONE / "docs" / "integration-guide.md").read_text()
PART = GUIDE.partition("## Part 2: DataHub\n")[2].partition("\n## ")[0]
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PART, flags=re.MULTILINE | re.DOTALL)
PULUMI = '#!/bin/sh\nprintf "%s\\n" "$*" >>"$RECORD"\ncase "$*" in *--secret*) cat >>"$RECORD" ;; esac\n'
"""Writes down what it is called with."""


def test_the_guide_has_these_blocks() -> None:
    assert [language for language, _ in BLOCKS] == ["sh", "python", "yaml", "sh", "python"]


def test_what_is_configured_is_a_configuration(tmp_path: Path) -> None:
    pulumi = tmp_path / "pulumi"
    pulumi.write_text(PULUMI)
    pulumi.chmod(0o700)
    (tmp_path / "token").write_text("a-token\n")
    variables = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "RECORD": str(tmp_path / "record")}
    subprocess.run(["bash", "-euc", BLOCKS[0][1]], env=variables, cwd=tmp_path, check=True)

    lines = (tmp_path / "record").read_text().splitlines()
    calls = [shlex.split(line) for line in lines if line.startswith("config set")]
    given = {call[-2].partition("[")[0]: call[-1] for call in calls if "--secret" not in call}
    given["datahubPeers"] = f'[{{"cidr": "{given["datahubPeers"]}"}}]'
    defaults = {key: str(each["default"]) for key, each in stack_files.schema().items() if key.startswith("datahub")}
    reader = ConfigReader(
        project=PROJECT,
        values={**defaults, **given, "datahubToken": lines[lines.index("config set --secret datahubToken") + 1]},
        secret_keys={"datahubToken"},
    )
    settings = read_metadata_ingestion(reader)
    reader.finish()

    assert settings
    assert settings.datahub.url == "https://datahub.example.com/gms"
    assert lines[-1] == "up"


@pytest.mark.usefixtures("filled")
def test_what_is_logged_is_told_and_leads_back_from_the_model_to_the_data(
    python: Path, server: Server, tmp_path: Path
) -> None:
    _, logging, recipe, command, reading = (block for _, block in BLOCKS)
    own = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}

    def run(*words: str | Path, **variables: str) -> str:
        done = subprocess.run(
            words, env=own | variables, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run(sys.executable, "-c", logging, MLFLOW_TRACKING_URI=server.url)
    (tmp_path / "recipe.yaml").write_text(recipe.replace("http://mlflow.local", server.url))
    search = f"{python.parent}:{os.environ['PATH']}"
    run("bash", "-euc", command, PATH=search, PYTHONPATH=str(INGESTION.source))
    told = run(sys.executable, "-c", reading)

    assert told.splitlines() == [
        "made by nightly",
        "from urn:li:dataset:(urn:li:dataPlatform:mlflow,hourly-prices,PROD)",
    ]
