"""Reads what concerns the canary: whether there is one, how often it tries the platform, and by which ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stacks import checks
from stacks.peers import read_peers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.contracts import NetworkPeer
    from stacks.config_reader import ConfigReader

_SHORTEST_SECONDS = 10
"""A round of a healthy platform takes about one second; with less, the canary would be a load of its own."""
_LONGEST_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class PublicRouteTrial:
    """How the canary comes in from outside. What it finds there follows from the route's own settings."""

    peers: Sequence[NetworkPeer]
    """Where the route begins, for the NetworkPolicy; empty: where the other settings say."""
    ca_certificate: str | None
    """PEM of the authorities that signed the route's certificate; None means the public ones."""


@dataclass(frozen=True, kw_only=True)
class CanarySettings:
    """How the canary goes about it."""

    interval_seconds: int
    """From the start of a round to the start of the next."""
    public_route: PublicRouteTrial | None
    """None: it stays inside the cluster."""


def read_canary(reader: ConfigReader) -> CanarySettings | None:
    """Read the settings, all of them also where there is no canary; None when there is none."""
    wanted = reader.flag("canary", "it would be unclear whether the platform is to be tried all day")
    settings = CanarySettings(
        interval_seconds=reader.integer(
            "canaryInterval",
            _SHORTEST_SECONDS,
            _LONGEST_SECONDS,
            "the canary would be a load of its own, or tell of a fault too late",
        ),
        public_route=_read_public_route(reader),
    )
    return settings if wanted else None


def _read_public_route(reader: ConfigReader) -> PublicRouteTrial | None:
    wanted = reader.flag("canaryPublicRoute", "it would be unclear whether the public route is to be tried")
    ca_file = reader.optional(
        "canaryPublicCaFile", "the canary could not check the public route's certificate", checks.certificate_file
    )
    trial = PublicRouteTrial(
        peers=read_peers(reader, "canaryPublicPeers"), ca_certificate=reader.content("canaryPublicCaFile", ca_file)
    )
    return trial if wanted else None
