"""The guide of recovery to a moment: what an administrator and an operator type fits what the program makes."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from mlflow_backup.command_line import parser
from sandbox import paths, rehearsal
from tests.guides import blocks
from tests.typed_commands import typed
from tests.unit.guides import picture
from tests.unit.guides.administrator import stand_in

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.conftest import Deploy

GUIDE = paths.CLONE / "docs" / "point-in-time.md"
(ROLE,) = blocks(GUIDE, "sql")
ROOM, RESTORE = blocks(GUIDE, "sh")


def statements(script: str) -> list[str]:
    """Statements without comments and line breaks."""
    plain = " ".join(re.sub(r"--.*", "", script).split())
    return [each.strip() for each in plain.split(";") if each.strip()]


def test_the_role_that_receives_the_log_is_made_as_the_rehearsal_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    administrator = stand_in(monkeypatch)
    rehearsal._make_log_receiver("...")

    assert statements(ROLE) == statements(";".join(administrator.done))


def test_more_room_is_given_to_the_claim_that_the_receiver_has(deployed: Deploy, tmp_path: Path) -> None:
    asked = typed(ROOM, tmp_path, ["kubectl", "pulumi"])
    made = deployed(picture.STACK, **picture.OPTIONS, pointInTimeStorage=asked.config["pointInTimeStorage"])
    workload = made.one(":StatefulSet")
    (claim,) = workload.spec["volumeClaimTemplates"]
    (patch,) = [words for _, *words in asked.calls if "patch" in words]
    given: dict[str, Any] = json.loads(patch[-1].removeprefix("--patch="))

    assert patch[patch.index("pvc") + 1] == f"{claim['metadata']['name']}-{workload.metadata['name']}-0"
    assert given["spec"]["resources"] == claim["spec"]["resources"]


@pytest.mark.parametrize("line", RESTORE.splitlines())
def test_a_restore_is_one_that_the_backup_program_knows(line: str) -> None:
    *_, program, command = shlex.split(line)[:4]
    assert program == "mlflow_backup"

    assert parser().parse_args(shlex.split(line)[3:]).command == command
