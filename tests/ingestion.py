"""The program of the ingestion's image as a process here, with the very packages of the image."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from sandbox.images.programs import INGESTION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.datahub import DataHub

PUBLIC = "https://mlflow.example.com"
PATIENCE_SECONDS = 300
ONE_TRY = {"DATAHUB_REST_EMITTER_DEFAULT_RETRY_MAX_TIMES": "1", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
"""Where somebody is away on purpose, nobody waits for him."""


@dataclass(frozen=True)
class Outcome:
    """How a run has ended."""

    code: int
    result: Mapping[str, Any]
    log: list[Mapping[str, Any]]

    @property
    def message(self) -> str:
        """The one line that says what is wrong; it is the last of the log too."""
        errors = [line["message"] for line in self.log if line["level"] == "error"]
        assert errors == [self.result["message"]]
        return str(errors[0])


@dataclass(frozen=True)
class Ingestion:
    """Recipes of one pipeline, run in one folder."""

    python: Path
    folder: Path
    tracking_uri: str

    def to_file(self) -> Outcome:
        """Run into a file, with what is remembered for the next time in another."""
        state = {"type": "file", "config": {"filename": str(self.folder / "state.json")}}
        return self.run(self.recipe({"type": "file", "config": {"filename": str(self.folder / "told.json")}}, state))

    def to(self, datahub: DataHub, token: str | None = None) -> Outcome:
        """Run against DataHub."""
        file = self.folder / "token"
        file.write_text(f"{datahub.token if token is None else token}\n")
        return self.run(self.recipe(rest_sink(datahub.url, file)))

    def told(self) -> dict[str, dict[str, Any]]:
        """What the file holds: aspects by entity."""
        kept: dict[str, dict[str, Any]] = {}
        for record in json.loads((self.folder / "told.json").read_text()):
            assert record["changeType"] == "UPSERT"
            kept.setdefault(record["entityUrn"], {})[record["aspectName"]] = record["aspect"]["json"]
        return kept

    def recipe(self, sink: Mapping[str, Any], state: Mapping[str, Any] | None = None) -> dict[str, Any]:
        stateful: dict[str, Any] = {"enabled": True, **({"state_provider": state} if state else {})}
        config = {
            "tracking_uri": self.tracking_uri, "base_external_url": PUBLIC, "stateful_ingestion": stateful
        }  # fmt: skip
        source = {"type": "mlflow_ingestion.source.PlatformSource", "config": config}
        return {"pipeline_name": "mlflow-tests", "source": source, "sink": dict(sink)}

    def run(self, recipe: Mapping[str, Any]) -> Outcome:
        file = self.folder / "recipe.yaml"
        file.write_text(yaml.safe_dump(dict(recipe)))
        done = subprocess.run(
            [self.python, "-m", "mlflow_ingestion", f"--recipe={file}"],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "PYTHONPATH": str(INGESTION.source),
                **ONE_TRY,
            },
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        (result,) = done.stdout.splitlines()
        return Outcome(done.returncode, json.loads(result), [json.loads(line) for line in done.stderr.splitlines()])


def rest_sink(server: str, token_file: Path) -> dict[str, Any]:
    auth = {"type": "k8s_oidc", "config": {"token_file": str(token_file)}}
    return {"type": "datahub-rest", "config": {"server": server, "auth": auth}}
