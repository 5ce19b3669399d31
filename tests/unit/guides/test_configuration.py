"""The guide of the configuration: every key of the schema, with what the program asks of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml

from sandbox.commands import docs
from sandbox.guides import configuration
from sandbox.guides.explanations import GUIDES, explanations
from sandbox.guides.needs import Need, needs
from sandbox.guides.schema import Group, Key, groups
from sandbox.guides.values import asked
from stacks.config_reader import ConfigError
from stacks.settings import load_settings
from tests.guides import blocks
from tests.typed_commands import typed
from tests.unit import stack_files

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = docs.SCHEMA.read_text()
KEYS = {key.name: key for group in groups(SCHEMA) for key in group.keys}
NEEDS = list(needs(list(KEYS.values())))
ROWS = {
    row[0].strip("`"): row
    for line in docs.CONFIGURATION.read_text().splitlines()
    if line.startswith("| `") and len(row := [each.strip() for each in re.split(r"(?<!\\)\|", line)[1:-1]]) == 5
}


def need(**given: object) -> Need:
    found = [each for each in NEEDS if dict(each.given) == given]
    assert len(found) == 1, f"{len(found)} needs of {given}"
    return found[0]


def test_every_key_of_the_schema_has_its_row() -> None:
    assert list(ROWS) == list(stack_files.schema())


def test_a_row_tells_bounds_default_and_meaning() -> None:
    assert ROWS["replicas"][1:4] == [
        "integer: 1 to 50",
        "`2`",
        "Pods of the server; the least number when maxReplicas is set",
    ]


def test_a_secret_is_called_one() -> None:
    assert ROWS["databasePassword"][1:4] == ["secret", "", "Password of the server's login; required"]


def test_a_bar_in_a_description_ends_no_cell() -> None:
    key = Key(name="kubeContext", type="string", default="", description="a | b", secret=False)

    assert "| `kubeContext` | string |  | a \\| b |  |" in configuration._section(
        Group("The cluster", "", (key,)), {}, {}
    )


@pytest.mark.parametrize(
    ("key", "form"),
    [
        ("maxReplicas", "0 to 100"),
        ("artifactDelivery", "`proxied` or `presigned`"),
        ("catalogName", "one line of 64 characters at most"),
        ("memoryLimit", "a Kubernetes quantity above zero"),
        ("artifactEndpoint", "URL of an S3 server: scheme, host, maybe a port, no path"),
        ("accessTeamDomain", "host name of an organisation's login page, which names the issuer of its assertions"),
        ("backupIdentity", "private key of age's own kind (X25519)"),
    ],
)
def test_what_the_program_asks_of_a_value_is_found_out(key: str, form: str) -> None:
    assert asked(list(KEYS.values()))[key] == form


def test_every_number_has_bounds() -> None:
    known = asked(list(KEYS.values()))
    assert [key.name for key in KEYS.values() if key.type == "integer" and key.name not in known] == []


def test_every_stack_needs_a_host_and_a_password() -> None:
    assert need().missing == ("databasePassword", "host")


def test_what_a_switch_needs_that_is_on_by_default_is_told_of_it() -> None:
    assert need(databaseProvision=True).missing == ("databaseAdminPassword", "databaseAdminUser")
    assert need(tlsRequired=True).refusals == ("`tlsRequired` is true, but there is no certificate",)


def test_a_switch_that_needs_another_is_refused_without_it() -> None:
    assert need(backupDrill=True).refusals == ("`backupDrill` is true, but backup is false",)


def test_what_only_three_switches_together_need_is_told_once() -> None:
    assert need(backup=True, backupProvision=False, exporter=True).missing == (
        "backupStatusAccessKey",
        "backupStatusSecretKey",
    )
    assert [each.given for each in NEEDS if "backupStatusAccessKey" in each.missing] == [
        (("exporter", True), ("backup", True), ("backupProvision", False))
    ]


def test_no_more_than_a_need_has_its_part_in_it_is_told() -> None:
    by_names = [frozenset(name for name, _ in each.given) for each in NEEDS if "backupImage" in each.missing]
    assert by_names == [frozenset({"backup"})]


def test_a_description_says_that_its_key_may_be_required() -> None:
    demanded = {key for each in NEEDS for key in each.missing}
    silent = [key for key in sorted(demanded) if not re.search("required|needed", KEYS[key].description)]
    assert silent == []


def test_a_key_is_explained_where_it_is_set_rather_than_where_it_is_named(tmp_path: Path) -> None:
    for guide in GUIDES:
        (tmp_path / guide).write_text("")
    (tmp_path / "runbook.md").write_text(
        "## MLFlowDown\nraise `replicas`, or `workers`\n"
        "## Logs\nof `backup` and `replicas`\n"
        "## Backups\nwith `backup: true`\n"
        "## Keys\n`pulumi config set --secret databasePassword`\n"
    )

    assert explanations(tmp_path, ["replicas", "workers", "backup", "databasePassword", "host"]) == {
        "backup": "[Backups](runbook.md#backups)",
        "databasePassword": "[Keys](runbook.md#keys)",
        "replicas": "[Logs](runbook.md#logs)",
        "workers": "[MLFlowDown](runbook.md#mlflowdown)",
    }


def test_comments_group_the_keys_of_the_schema() -> None:
    text = "name: x\nconfig:\n  # One: a note\n  a:\n    type: string\n    description: 'Secret: b'\n    default: ''\n"
    (group,) = groups(text)

    assert (group.title, group.note) == ("One", "a note")
    assert group.keys == (Key(name="a", type="string", default="", description="b", secret=True),)


def test_a_key_before_the_first_comment_is_refused() -> None:
    with pytest.raises(ValueError, match="a is below no comment"):
        groups("name: x\nconfig:\n  a:\n    type: string\n    description: b\n    default: ''\n")


def test_its_commands_set_what_the_program_takes(tmp_path: Path) -> None:
    (script,) = blocks(docs.CONFIGURATION, "sh")
    made = typed(script, tmp_path)
    given = made.config | {"clientPeers": [{**made.config["clientPeers"][0], "podLabels": {"app": "trainer"}}]}
    settings = load_settings(stack_files.reader("prod", tmp_path, **given))

    assert made.secrets == {"databasePassword"}
    assert settings.scaling.replicas == 1
    assert settings.sign_on
    assert settings.sign_on.application.people.emails == ("ada@example.com",)
    assert [peer.namespace for peer in settings.access.client_peers] == ["training"]


def test_its_example_of_a_stack_file_is_one(tmp_path: Path) -> None:
    (example,) = blocks(docs.CONFIGURATION, "yaml")
    config = {key.partition(":")[2]: value for key, value in yaml.safe_load(example)["config"].items()}
    settings = load_settings(stack_files.reader("dev", tmp_path, **config))

    assert [(peer.namespace, peer.cidr) for peer in settings.access.client_peers] == [
        ("training", None),
        (None, "10.0.0.5/32"),
    ]


def test_its_example_of_bad_values_is_what_the_program_says(tmp_path: Path) -> None:
    (example,) = blocks(docs.CONFIGURATION, "text")
    with pytest.raises(ConfigError) as said:
        load_settings(stack_files.reader("dev", tmp_path, replicas="0", artifactEndpoint="minio:9000"))

    assert str(said.value) == example.rstrip()
