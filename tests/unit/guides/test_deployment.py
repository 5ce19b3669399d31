"""The deployment guide: its commands make stacks that the program takes, and what it names is what there is."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sandbox import paths, rehearsal
from sandbox.engine.install import VERSIONS
from stacks.access_settings import AccessDelivery
from stacks.settings import load_settings
from tests import runbook
from tests.typed_commands import TYPED
from tests.unit import stack_files
from tests.unit.guides.administrator import stand_in
from tests.unit.guides.deployment import GUIDE, OPTIONS, SECTIONS, blocks, commands, reader

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.conftest import Deploy

HERE = {"What is needed", "The images", "The stack", "Sizes", "Upgrades", "Taking it down", *OPTIONS}
"""Sections whose commands are typed here, where doubles stand for programs."""
LIVE = {
    "See that it serves": "tests/integration/test_deployment_guide.py",
    "Before going live": "tests/drills/test_runbook.py",
}
"""Sections whose commands are run on a platform, and where."""
OTHER_KINDS: dict[str, Any] = {
    "maxReplicas": 3,
    "databaseConnectionLimit": 91,
    "pointInTime": True,
    "databaseReplicationUser": "mlflow_log",
    "databaseReplicationPassword": "follow-and-do-not-touch",
}
"""What makes kinds of objects that production has none of."""


@pytest.fixture(autouse=True)
def at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are named as they lie in the folder that the commands are typed in."""
    monkeypatch.chdir(tmp_path)


def test_every_command_is_run_somewhere() -> None:
    assert {title for title, text in SECTIONS.items() if "```sh\n" in text} == HERE | set(LIVE)
    for title, file in LIVE.items():
        assert f'"{title}"' in (paths.CLONE / file).read_text()


def test_a_new_stack_is_complete(tmp_path: Path) -> None:
    asked = commands("The stack", folder=tmp_path)
    settings = load_settings(reader(asked, tmp_path))

    assert settings.route.host == "mlflow.example.com"
    assert asked.secrets == {"databasePassword", "databaseAdminPassword", "artifactAdminPassword"}
    assert asked.config["databaseAdminPassword"] == TYPED
    assert asked.of("pulumi")[:2] == [
        "login s3://mlflow-state?region=eu-central-1",
        "stack init mine --secrets-provider awskms://alias/mlflow?region=eu-central-1",
    ]
    assert asked.of("make") == ["policies STACK=mine"]
    assert asked.of("pulumi")[-1] == "up"


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_is_complete_by_its_own_commands(option: str, tmp_path: Path) -> None:
    asked = commands("The stack", option, folder=tmp_path)

    load_settings(reader(asked, tmp_path))

    assert asked.config[OPTIONS[option]] == "true"


def test_all_options_go_together(tmp_path: Path) -> None:
    settings = load_settings(reader(commands("The stack", *OPTIONS, folder=tmp_path), tmp_path))

    assert settings.sign_on
    assert settings.sign_on.delivery is AccessDelivery.INGRESS
    assert settings.monitoring
    assert settings.monitoring.dashboards
    assert settings.monitoring.discovery_labels == {"release": "kube-prometheus-stack"}
    assert settings.canary
    assert settings.exporter
    assert settings.backup
    assert settings.garbage_collection


def test_images_are_built_from_what_is_here_and_pushed_and_named_as_they_are_built(tmp_path: Path) -> None:
    asked = commands("The images", "The stack", "Backups", folder=tmp_path)
    built = [line.split() for line in asked.of("docker") if line.startswith("build")]
    pushed = [line.split()[-1] for line in asked.of("docker") if line.startswith("push")]

    assert [context for *_, context in built] == ["images/mlflow", "images/backup", "images/ingestion"]
    assert all((paths.CLONE / context / "Containerfile").exists() for *_, context in built)
    assert pushed == [name for _, _, name, _ in built]
    assert {asked.config["image"], asked.config["backupImage"]} < set(pushed)


def test_the_version_of_the_image_is_the_one_that_is_locked(tmp_path: Path) -> None:
    asked = commands("The stack", folder=tmp_path)
    version = asked.config["image"].rpartition(":")[2]

    assert f"mlflow=={version} " in (paths.CLONE / "images/mlflow/requirements.txt").read_text()


def test_the_requirements_are_there(tmp_path: Path) -> None:
    asked = commands("What is needed", folder=tmp_path)
    (words,) = [line.split() for line in asked.of("pip")]

    assert words[:-1] == ["install", "--require-hashes", "-r"]
    assert (paths.CLONE / words[-1]).exists()
    assert asked.of("pulumi") == ["plugin install"]


def test_the_versions_of_plugins_and_engine_are_those_of_the_locked_packages() -> None:
    text = SECTIONS["What is needed"]
    named = dict(re.findall(r"(cloudflare|kubernetes|minio|postgresql) (\d+\.\d+\.\d+)", text))
    (engine,) = re.findall(r"\bversion of theirs, (\S+)\. ", text)

    assert named == dict(VERSIONS)
    assert f"pulumi=={engine}\n" in (paths.CLONE / "requirements.in").read_text()


def test_it_names_every_kind_that_the_account_of_the_cluster_has_to_make(deployed: Deploy) -> None:
    (sentence,) = re.findall(r"^The kinds: (.*?)\.$", SECTIONS["Accounts"], re.MULTILINE | re.DOTALL)
    made = deployed("prod", **stack_files.DRILL, **stack_files.DATAHUB, **OTHER_KINDS)

    assert set(re.findall(r"`(\w+)`", sentence)) == {
        each.type.rpartition(":")[2] for each in made.custom() if each.type.startswith("kubernetes:")
    }


def test_no_administrators_password_reaches_the_cluster(prod: Any) -> None:
    cluster = json.dumps([each.inputs for each in prod.custom() if each.type.startswith("kubernetes:")])

    assert stack_files.SECRETS["databasePassword"] in cluster
    for key in ("databaseAdminPassword", "artifactAdminPassword"):
        assert stack_files.SECRETS[key] not in cluster
    assert stack_files.ACCESS_SECRETS["cloudflareApiToken"] not in cluster


def test_the_administrator_of_the_database_is_made_as_the_rehearsal_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    administrator = stand_in(monkeypatch)
    rehearsal._make_database_administrator("...")
    (block,) = blocks("Accounts", "sql")

    assert f"{administrator.done[-1]};\n" == block


def test_the_platform_is_upgraded_by_an_update_after_a_look(tmp_path: Path) -> None:
    asked = commands("Upgrades", folder=tmp_path)

    assert [line for line in asked.of("pulumi") if not line.startswith("config")] == [
        "plugin install",
        "preview",
        "up",
        "up",
    ]
    assert f"push {asked.config['image']}" in asked.of("docker")


def test_production_is_taken_down_by_what_the_rehearsal_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    done: list[str] = []
    monkeypatch.setattr(rehearsal, "pulumi", lambda *words: done.append(" ".join(words)))
    monkeypatch.setattr(rehearsal, "left_at_cloudflare", list)
    rehearsal.destroy()

    assert commands("Taking it down", folder=tmp_path).of("pulumi") == [
        line.removesuffix(" --yes --skip-preview") for line in done
    ]


def test_grafana_is_told_of_the_annotation_that_dashboards_have(prod: Any) -> None:
    (block,) = blocks("Dashboards", "yaml")
    told = yaml.safe_load(block)["grafana"]["sidecar"]["dashboards"]["folderAnnotation"]
    boards = [each for each in prod.of_type("ConfigMap") if "grafana_dashboard" in each.metadata["labels"]]

    assert boards
    assert all(told in each.metadata["annotations"] for each in boards)


def test_its_sections_are_where_runbook_and_tests_look_for_them() -> None:
    assert runbook.blocks("Taking it down", GUIDE) == blocks("Taking it down")


def test_production_has_the_options_that_it_is_said_to_have() -> None:
    schema, production = stack_files.schema(), stack_files.stack_file("prod")
    off = {key for key, declared in schema.items() if declared["type"] == "boolean" and not declared["default"]}
    without = set(re.findall(r"\(`(\w+)`\)", SECTIONS["Options"]))

    assert schema["catalogEntry"]["default"] is True
    assert without == {"backupDrill", "pointInTime"}
    assert {key for key in off if production.get(key) == "true"} >= set(OPTIONS.values()) | {
        "canary",
        "exporter",
        "dashboards",
    }
    assert not any(production.get(key) for key in {*without, "datahubUrl"})
