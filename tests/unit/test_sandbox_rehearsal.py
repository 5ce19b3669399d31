"""What the rehearsal overrides of the production configuration, and when it refuses to begin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from sandbox import backup_keys, network, paths, rehearsal, stack, stack_file
from sandbox.addons import Addons
from sandbox.commands import rehearse_prod
from sandbox.errors import SandboxError
from sandbox.progress import Progress
from sandbox.supervisor import client

if TYPE_CHECKING:
    from tests.unit.conftest import Deploy

ADDRESSES_AND_FILES = ("Host", "Server", "Peers", "File", "Url", "Id", "Origin", "mage")
IMAGES = {name: f"{name}:1" for name in rehearsal.IMAGES}
THAT_BACKUPS_CAN_BE_READ = {"backupRecipients", "backupDrill"}


@pytest.fixture(autouse=True)
def keys_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keys that are looked at here are not those of this clone's sandbox."""
    for name in ("OWNERS", "DRILLS"):
        monkeypatch.setattr(backup_keys, name, tmp_path / name)


def test_it_refuses_to_begin_beside_a_running_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "init_process", lambda: 1)
    with pytest.raises(SandboxError, match="a sandbox is running") as refusal, rehearse_prod.production(Progress()):
        pass
    assert "`make down` first" in refusal.value.cure


def test_it_overrides_addresses_and_nothing_that_decides_who_may_enter() -> None:
    overridden = rehearsal.overrides(IMAGES)
    others = {key for key in overridden if not key.endswith(ADDRESSES_AND_FILES)}
    assert others == THAT_BACKUPS_CAN_BE_READ
    assert rehearsal.value("host") == "mlflow.254carbon.com"


def test_it_overrides_keys_that_the_program_has() -> None:
    declared = yaml.safe_load((paths.CLONE / "Pulumi.yaml").read_text())["config"]
    assert set(rehearsal.overrides(IMAGES)) <= set(declared)


def test_the_double_serves_the_names_of_the_production_configuration() -> None:
    part = rehearsal.part()
    tracked = stack_file.config(rehearsal.TRACKED)
    assert part.public_host == tracked[f"{stack.PROJECT}:host"]
    assert part.team_domain == tracked[f"{stack.PROJECT}:accessTeamDomain"]


def test_the_way_out_of_the_canary_leads_to_the_doubles_edge(deployed: Deploy) -> None:
    given = {
        key: value
        for key, value in rehearsal.overrides(IMAGES).items()
        if not key.endswith("CaFile") and key not in THAT_BACKUPS_CAN_BE_READ
    }
    *_, way_out = deployed("prod", **given).called("canary-edges").spec["egress"]

    assert way_out["to"] == [{"ipBlock": {"cidr": f"{network.EDGE_ADDRESS}/32"}}]
    assert [port["port"] for port in way_out["ports"]] == [443]


def test_pods_find_the_public_hosts_at_the_edge_and_at_the_ingress_controller(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    applied: list[str] = []
    monkeypatch.setattr(Addons, "kubectl_output", lambda _, *__, stdin: applied.append(stdin))
    images = {"coredns": "coredns:1", "traefik": "traefik:1"}
    Addons(
        Path("kubectl"), tmp_path / "kubeconfig", tmp_path, images, edge_hosts=["team", "public"], ingress_host="local"
    ).apply()
    objects = list(yaml.safe_load_all("".join(applied)))
    (names,) = [each for each in objects if (each["kind"], each["metadata"]["name"]) == ("ConfigMap", "coredns")]
    hosts = [line.split() for line in names["data"]["Corefile"].splitlines()]

    assert [network.EDGE_ADDRESS, "team", "public"] in hosts
    assert [network.INGRESS_ADDRESS, "local"] in hosts
