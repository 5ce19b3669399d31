"""The two stacks of the repository: alike, but for an approved list of keys and what follows from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit import stack_files

if TYPE_CHECKING:
    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording

MAY_DIFFER = {
    "host",
    "tlsRequired",
    "tlsSecret",
    "namespaceCreate",
    "protectData",
    "replicas",
    "access",
    "accessTeamDomain",
    "accessSessionDuration",
    "accessEmailDomains",
    "accessClients",
    "cloudflareZone",
    "databaseAdminUser",
    "databaseCaFile",
    "artifactAdminServer",
    "artifactAdminUser",
    "artifactCaFile",
    "monitoring",
    "monitoringLabels",
    "canary",
    "canaryPublicRoute",
    "exporter",
    "dashboards",
    "backup",
    "garbageCollection",
}
"""What they may set differently; anything else belongs into a default."""
WITHOUT_ACCESS: dict[str, Any] = {"access": False, "accessEmailDomains": [], "accessClients": []}


def test_dev_and_prod_differ_only_where_they_may() -> None:
    dev, prod = stack_files.stack_file("dev"), stack_files.stack_file("prod")
    different = {key for key in dev.keys() | prod.keys() if dev.get(key) != prod.get(key)}

    assert different <= MAY_DIFFER


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_a_forgotten_provider_is_an_error(name: str) -> None:
    assert stack_files.stack_file(name)["pulumi:disable-default-providers"] == ["*"]


def test_without_what_only_prod_has_dev_and_prod_have_the_same_resources_except_what_an_own_namespace_needs(
    dev: Recording, deployed: Deploy
) -> None:
    own_namespace = {"platform-namespace", "platform-default-deny", "mlflow-client-edges-1"}
    without: dict[str, Any] = dict.fromkeys(
        ["monitoring", "canary", "exporter", "dashboards", "backup", "garbageCollection"], False
    )
    prod = deployed("prod", **WITHOUT_ACCESS, **without)
    names = [{(resource.type, resource.name) for resource in recording} for recording in (dev, prod)]

    assert {name for _, name in names[0] ^ names[1]} == own_namespace
