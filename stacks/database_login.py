"""Which login the deployed server uses: remembered in the stack's outputs, so that no update ends it too early."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi

from stacks.config_reader import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.contracts import DatabaseConnection

_OUTPUT = "databaseUser"


def login_outputs(database: DatabaseConnection, rolled_out: pulumi.Output[Any]) -> Mapping[str, pulumi.Input[Any]]:
    """Export a login that the server has beside the owner of the tables; the owner itself is in the configuration.

    Args:
        database: How the server connects.
        rolled_out: Known once every pod does so. Until then the stack keeps the output that it had.
    """
    return {_OUTPUT: rolled_out.apply(lambda _: database.user)} if database.user_changes else {}


def unless_the_owner_is_in_use(administrator: pulumi.Output[str]) -> pulumi.Output[str]:
    """Hand out the administrator's password, without which no role changes, where nobody needs the owner's login.

    Raises:
        ConfigError: What was deployed last logs in as the owner; raised when the value is asked for.
    """
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    outputs = pulumi.StackReference(stack).outputs
    return pulumi.Output.all(outputs, administrator).apply(lambda known: _checked(known[0], known[1]))


def _checked(outputs: Mapping[str, Any], administrator: str) -> str:
    if outputs and _OUTPUT not in outputs:
        raise ConfigError(
            str(
                Problem(
                    f"{pulumi.get_project()}:databaseLogin",
                    "is separate, but what is deployed logs in as databaseUser",
                    "PostgreSQL would refuse its pods until the new ones have taken over",
                    "pulumi config set databaseLogin both, pulumi up; then separate, pulumi up",
                )
            )
        )
    return administrator
