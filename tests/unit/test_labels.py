from __future__ import annotations

import pytest

from components.contracts import NetworkPeer
from components.labels import version_of


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("ghcr.io/mlflow/mlflow:v3.17.2-full", "v3.17.2-full"),
        ("registry:5000/mlflow@sha256:0123456789abcdef0123", "0123456789ab"),
        ("registry:5000/mlflow:3.17.2@sha256:0123456789abcdef", "3.17.2"),
        ("mlflow", "unknown"),
    ],
)
def test_the_version_label_is_the_tag_or_the_digest(image: str, version: str) -> None:
    assert version_of(image) == version


@pytest.mark.parametrize("fields", [{}, {"cidr": "10.0.0.0/8", "namespace": "x"}])
def test_a_peer_that_means_everybody_or_two_things_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="either a cidr, or"):
        NetworkPeer(**fields)  # type: ignore[arg-type] # what a typo would do
