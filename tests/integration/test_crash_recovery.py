"""`kill -9` of `pulumi up`, the documented recovery, and what `destroy` takes and what it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.parts.postgresql import ADMIN_USER
from tests.integration.backends import administrator_key, database, object_store
from tests.integration.running import pending, recorded, running
from tests.integration.small_stack import NAME, ROLE, left_behind, small_stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.stacks import Stack

POINTS = ("platform-namespace", "backend-role", "artifacts-bucket", "mlflow-migration", "mlflow-deployment")
"""Resources in whose making the engine is killed, in the order in which an update comes to them."""
STORES = ("backend-role", "artifacts-bucket")
"""Those of which the state may know nothing although they exist."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with small_stack(tmp_path_factory.mktemp("crash")) as made:
        yield made


def killed_while_making(of: Stack, resource: str) -> None:
    """Runs `pulumi up` and kills it while a resource is being made."""
    with running(of, "up", "--yes", "--skip-preview") as update:
        update.wait_until(lambda: pending(of).get(resource) == "creating", f"{resource} was being made")
    make_sure_of([name for name, operation in pending(of).items() if operation == "creating"])


def make_sure_of(resources: list[str]) -> None:
    """Completes what plugins may or may not have got to, so that the hard case is there every time."""
    present = left_behind()
    if "backend-role" in resources and f"role {ROLE}" not in present:
        with database(ADMIN_USER) as administrator:
            administrator.execute(f"CREATE ROLE {ROLE} LOGIN".encode())
    if "artifacts-bucket" in resources and f"bucket {NAME}" not in present:
        object_store(administrator_key()).make_bucket(NAME)


@pytest.mark.full
@pytest.mark.parametrize("points", [STORES, POINTS], ids=["stores", "every part"])
def test_an_update_killed_again_and_again_converges_by_the_documented_recovery(
    small: Stack, points: tuple[str, ...]
) -> None:
    small.succeed("destroy", "--yes", "--skip-preview")
    for resource in points:
        if resource in recorded(small):
            continue  # it was being made beside an earlier one, and taken in together with that
        killed_while_making(small, resource)
        small.recover()
        assert "pending_operations" not in small.deployment(), f"after the kill at {resource}"
    small.up()
    small.succeed("preview", "--refresh", "--expect-no-changes")


def test_destroy_refuses_protected_data_by_name_until_the_protection_is_lifted(small: Stack) -> None:
    small.succeed("config", "set", "protectData", "true")
    try:
        small.up()
        data = small.identities()
        said = small.fail("destroy", "--yes")
        assert "protect" in said
        assert any(name in said for name in ("backend-role", "backend-database", "artifacts-bucket"))
        assert small.identities() == data
        assert {f"role {ROLE}", f"database {ROLE}", f"bucket {NAME}"} <= set(left_behind())
    finally:
        # docs/deployment.md: what is protected goes by this, and by the `destroy` at the end of the module.
        small.succeed("config", "set", "protectData", "false")
        small.up()
