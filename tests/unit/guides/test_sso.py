"""The guide of single sign-on: what it changes is a configuration of production, and what it asks is there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import yaml

from sandbox import rehearsal
from sandbox.cloudflare_double.api import revocations
from stacks.settings import load_settings
from tests import guides, runbook
from tests.typed_commands import typed
from tests.unit import stack_files
from tests.unit.engine import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.engine import Recording

GROUP = "f174e90a-fafe-4643-bbbc-4a0ed4fc8415"
WHO_MAY_ENTER, REVOKE = runbook.blocks("Change who may enter", runbook.SINGLE_SIGN_ON)
(BREAK_GLASS,) = runbook.blocks("Break glass", runbook.SINGLE_SIGN_ON)
(VERIFY,) = runbook.blocks("Verify by hand", runbook.SINGLE_SIGN_ON)
(ROTATE,) = guides.blocks(runbook.SINGLE_SIGN_ON, "yaml")
IDS = "export ACCOUNT_ID=the-account CLOUDFLARE_API_TOKEN=the-token\n"


def test_who_may_enter_production_is_changed_by_its_commands(tmp_path: Path) -> None:
    before = stack_files.stack_file("prod")
    asked = typed(WHO_MAY_ENTER.replace("GROUP_ID", GROUP), tmp_path, before=before)
    settings = load_settings(stack_files.reader("prod", tmp_path, **{key: asked.config[key] for key in asked.changed}))

    assert settings.sign_on
    application = settings.sign_on.application
    assert application.people.emails == ("ada@example.org",)
    assert application.people.email_domains == ("254carbon.com", "partner.example")
    assert application.people.groups == (GROUP,)
    assert [each.name for each in application.machines] == ["dolphinscheduler", "datahub", "ci", "nightly-report"]


def test_the_tokens_that_it_prints_are_an_output_of_production(prod: Recording, tmp_path: Path) -> None:
    asked = typed(WHO_MAY_ENTER, tmp_path, before=stack_files.stack_file("prod"))

    (name,) = [words[3] for words in asked.calls if words[1:3] == ["stack", "output"]]
    assert name in prod.secret_exports


def test_a_session_is_ended_where_cloudflare_ends_it(tmp_path: Path) -> None:
    (words,) = [words for _, *words in typed(IDS + REVOKE, tmp_path, ["curl"]).calls]
    (url,) = [urlsplit(word) for word in words if word.startswith("https://")]

    assert url.hostname == "api.cloudflare.com"
    assert url.path == f"/client/v4/accounts/the-account/{revocations._PERSON}"
    assert "Authorization: Bearer the-token" in words


def test_a_rotated_token_is_a_configuration(tmp_path: Path) -> None:
    ((key, clients),) = yaml.safe_load(ROTATE).items()
    settings = load_settings(stack_files.reader("prod", tmp_path, **{key.removeprefix(f"{PROJECT}:"): clients}))

    assert settings.sign_on
    (client,) = settings.sign_on.application.machines
    assert (client.name, client.secret_version) == ("ci", 2)
    assert client.previous_secret_expires_at


def named(script: str, folder: Path) -> list[str]:
    """The objects of the cluster that commands ask for, as kind/name."""
    calls = typed(script, folder, ["curl", "kubectl", "mlflow", "pulumi"]).calls
    return [
        word for name, *words in calls if name == "kubectl" for word in words if re.fullmatch(r"[a-z]+/[a-z-]+", word)
    ]


@pytest.mark.parametrize(
    ("script", "kind"), [(BREAK_GLASS, "service"), (VERIFY, "deploy")], ids=["break glass", "verify"]
)
def test_what_it_asks_the_cluster_for_is_there(script: str, kind: str, prod: Recording, tmp_path: Path) -> None:
    made: dict[str, Any] = {"service": ":Service", "deploy": ":Deployment"}
    names = {str(each.metadata["name"]) for each in prod.of_type(made[kind])}

    (asked,) = named(script, tmp_path)
    assert asked.partition("/")[0] == kind
    assert asked.partition("/")[2] in names


def test_it_verifies_the_host_of_production(tmp_path: Path) -> None:
    calls = typed(VERIFY, tmp_path, ["curl", "kubectl", "pulumi"]).calls
    hosts = {urlsplit(word).hostname for name, *words in calls for word in words if name == "curl" and "://" in word}

    assert hosts == {rehearsal.value("host")}
