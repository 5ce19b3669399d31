from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from components.contracts import NetworkPeer
from stacks.canary_settings import CanarySettings, PublicRouteTrial, read_canary
from stacks.config_reader import ConfigError, ConfigReader
from tests.unit.engine import PROJECT
from tests.unit.stack_files import CERTIFICATE

if TYPE_CHECKING:
    from pathlib import Path

BAD_VALUES: list[tuple[str, Any, str]] = [
    ("canary", "maybe", "is neither true nor false"),
    ("canary", "", "is neither true nor false"),
    ("canaryInterval", 9, "is not a whole number from 10 to 600"),
    ("canaryInterval", 601, "is not a whole number from 10 to 600"),
    ("canaryInterval", "60s", "is not a whole number from 10 to 600"),
    ("canaryInterval", "", "is not a whole number from 10 to 600"),
    ("canaryPublicRoute", "perhaps", "is neither true nor false"),
    ("canaryPublicRoute", "", "is neither true nor false"),
    ("canaryPublicPeers", "everywhere", "is not a list"),
    ("canaryPublicPeers", '[{"cidr": "203.0.113.7/24"}]', "which is not a block of addresses such as 10.0.0.5/32"),
    ("canaryPublicPeers", "[{}]", "item 1 is empty, which would mean everybody"),
    ("canaryPublicCaFile", "/does/not/exist.pem", "does not exist"),
    ("canaryPublicCaFile", "/", "is a directory"),
]
CONSEQUENCES = {
    "canary": "it would be unclear whether the platform is to be tried all day",
    "canaryInterval": "the canary would be a load of its own, or tell of a fault too late",
    "canaryPublicRoute": "it would be unclear whether the public route is to be tried",
    "canaryPublicPeers": "the NetworkPolicy ",
    "canaryPublicCaFile": "the canary could not check the public route's certificate",
}
FIXES = {"canaryPublicPeers": "write "}


def read(**values: Any) -> CanarySettings | None:
    given = {"canary": "true", "canaryInterval": 60, "canaryPublicRoute": "false", **values}
    reader = ConfigReader(
        project=PROJECT, values={key: str(value) for key, value in given.items()}, secret_keys=frozenset()
    )
    settings = read_canary(reader)
    reader.finish()
    return settings


@pytest.mark.parametrize(("key", "value", "what"), BAD_VALUES)
@pytest.mark.parametrize("wanted", ["true", "false"])
def test_a_bad_value_is_named_with_its_fix(wanted: str, key: str, value: Any, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(**{"canary": wanted, key: value})

    (line,) = str(caught.value).splitlines()[1:]
    assert line.startswith(f"  {PROJECT}:{key}: ")
    assert f"{what}; {CONSEQUENCES[key]}" in line
    assert f". Fix: {FIXES.get(key, f'pulumi config set {key} ')}" in line


@pytest.mark.parametrize("seconds", [10, 60, 600])
def test_the_interval_is_the_given_one(seconds: int) -> None:
    assert read(canaryInterval=seconds) == CanarySettings(interval_seconds=seconds, public_route=None)


def test_there_is_no_canary_where_none_is_wanted() -> None:
    assert read(canary="false") is None


def test_it_stays_inside_the_cluster_unless_told_otherwise() -> None:
    assert read(canaryPublicPeers='[{"cidr": "203.0.113.7/32"}]') == CanarySettings(
        interval_seconds=60, public_route=None
    )


def test_the_public_route_begins_where_it_is_said_and_shows_a_certificate_of_the_given_authority(
    tmp_path: Path,
) -> None:
    (tmp_path / "ca.pem").write_text(CERTIFICATE)
    given = {"canaryPublicPeers": '[{"cidr": "203.0.113.7/32"}]', "canaryPublicCaFile": str(tmp_path / "ca.pem")}

    settings = read(canaryPublicRoute="true", **given)

    assert settings
    assert settings.public_route == PublicRouteTrial(
        peers=(NetworkPeer(cidr="203.0.113.7/32"),), ca_certificate=CERTIFICATE
    )


def test_without_more_the_other_settings_say_where_it_begins_and_the_public_authorities_are_trusted() -> None:
    settings = read(canaryPublicRoute="true")

    assert settings
    assert settings.public_route == PublicRouteTrial(peers=(), ca_certificate=None)
