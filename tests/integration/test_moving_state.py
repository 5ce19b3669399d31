"""A state moves from one backend to another, and to another key, by the delivery guide's commands, with its secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests import runbook
from tests.integration.engine_alone import EngineAlone, backend
from tests.unit.engine import SECRET_SIGNATURE, SIGNATURE

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "hidden-from-everybody"  # noqa: S105 - of no system
CHANGING, MOVING = runbook.blocks("Where the state is", runbook.DELIVERY)
KMS = "awskms://alias/mlflow?region=eu-central-1"
RESOURCE: dict[str, Any] = {
    "urn": "urn:pulumi:prod::mlflow-platform::pulumi:pulumi:Stack::mlflow-platform-prod",
    "type": "pulumi:pulumi:Stack",
    "custom": False,
    "outputs": {
        "url": "https://mlflow.example.com",
        "token": {SIGNATURE: SECRET_SIGNATURE, "plaintext": json.dumps(SECRET)},
    },
}


def test_what_a_stack_keeps_is_at_the_new_place_and_nothing_in_plain_text_is_left(tmp_path: Path) -> None:
    engine = EngineAlone.in_folder(tmp_path)
    engine.type(
        "pulumi stack init prod --secrets-provider passphrase",
        f"printf %s {SECRET} | pulumi config set --secret databasePassword",
        "pulumi stack export --file old.json",
    )
    old = json.loads((engine.project / "old.json").read_text())
    old["deployment"]["resources"] = [RESOURCE]
    (engine.project / "old.json").write_text(json.dumps(old))
    engine.type("pulumi stack import --file old.json", "rm old.json")
    memory = tmp_path / "memory"
    memory.mkdir()
    new = backend(tmp_path / "new")
    moving = MOVING
    for theirs, ours in {
        "s3://OLD?region=eu-central-1": engine.environment["PULUMI_BACKEND_URL"],
        "s3://NEW?region=eu-central-1": new,
        "/dev/shm": str(memory),  # noqa: S108 - of the guide
    }.items():
        assert theirs in moving
        moving = moving.replace(theirs, ours)

    engine.type(moving)

    there = f"export PULUMI_BACKEND_URL='{new}'"
    outputs = json.loads(engine.type(there, "pulumi stack output --stack prod --show-secrets --json"))
    assert outputs == {"url": "https://mlflow.example.com", "token": SECRET}
    kept = engine.type(f"cp {memory}/Pulumi.prod.yaml .", there, "pulumi config get --stack prod databasePassword")
    assert kept.strip() == SECRET
    assert [file.name for file in memory.iterdir()] == ["Pulumi.prod.yaml"]
    assert not any(SECRET in file.read_text() for file in tmp_path.rglob("*.json"))


def test_a_stack_gets_another_key_and_keeps_its_secrets(tmp_path: Path) -> None:
    engine = EngineAlone.in_folder(tmp_path)
    init, change = CHANGING.replace(KMS, "passphrase").splitlines()
    set_secret = f"printf %s {SECRET} | pulumi config set --secret databasePassword"
    engine.type(init, set_secret)
    before = engine.stack_file("prod")

    # The engine asks for the new passphrase, and once more.
    engine.type(change, answers="another one")

    after = engine.stack_file("prod")
    assert after != before
    shown = engine.type("export PULUMI_CONFIG_PASSPHRASE='another one'", "pulumi config get databasePassword")
    assert shown.strip() == SECRET
