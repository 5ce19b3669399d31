"""What the rehearsal overrides of the production configuration, and when it refuses to begin."""

from __future__ import annotations

import pytest
import yaml

from sandbox import paths, rehearsal, stack, stack_file
from sandbox.commands import rehearse_prod
from sandbox.errors import SandboxError
from sandbox.progress import Progress
from sandbox.supervisor import client

ADDRESSES_AND_FILES = ("Host", "Server", "Peers", "File", "Url", "Id", "Origin", "mage")


def test_it_refuses_to_begin_beside_a_running_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "init_process", lambda: 1)
    with pytest.raises(SandboxError, match="a sandbox is running") as refusal, rehearse_prod.production(Progress()):
        pass
    assert "`make down` first" in refusal.value.cure


def test_it_overrides_addresses_and_nothing_that_decides_who_may_enter() -> None:
    overridden = rehearsal.overrides("server:1", "gateway:1")
    assert [key for key in overridden if not key.endswith(ADDRESSES_AND_FILES)] == []
    assert rehearsal.value("host") == "mlflow.254carbon.com"


def test_it_overrides_keys_that_the_program_has() -> None:
    declared = yaml.safe_load((paths.CLONE / "Pulumi.yaml").read_text())["config"]
    assert set(rehearsal.overrides("server:1", "gateway:1")) <= set(declared)


def test_the_double_serves_the_names_of_the_production_configuration() -> None:
    part = rehearsal.part()
    tracked = stack_file.config(rehearsal.TRACKED)
    assert part.public_host == tracked[f"{stack.PROJECT}:host"]
    assert part.team_domain == tracked[f"{stack.PROJECT}:accessTeamDomain"]
