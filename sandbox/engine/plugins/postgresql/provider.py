"""The postgresql provider: its arguments and its resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sandbox.engine.plugins.postgresql.connection import Server
from sandbox.engine.plugins.postgresql.database import Database
from sandbox.engine.plugins.postgresql.default_privileges import DefaultPrivileges
from sandbox.engine.plugins.postgresql.grant import Grant
from sandbox.engine.plugins.postgresql.namespace import Namespace
from sandbox.engine.plugins.postgresql.role import Role
from sandbox.engine.plugins.protocol.properties import Kind, Property
from sandbox.engine.plugins.protocol.provider import Provider
from sandbox.engine.plugins.protocol.resource import ResourceError
from sandbox.engine.plugins.protocol.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.engine.plugins.protocol.values import Values

_CLOUD_LOGINS = (
    "awsRdsIamProfile",
    "awsRdsIamProviderRoleArn",
    "awsRdsIamRegion",
    "azureTenantId",
    "gcpIamImpersonateServiceAccount",
)


def _at_least_minus_one(value: int) -> str | None:
    return None if value >= -1 else f"expected max_connections to be at least (-1), got {value}"


class PostgresqlProvider(Provider[Server]):
    """Serves roles, databases, schemas and privileges of one PostgreSQL server, version 10 or newer."""

    name = "postgresql"
    version = "3.18.2"
    config: ClassVar[Schema] = Schema(
        {
            "host": Property(default="localhost"),
            "port": Property(kind=Kind.INTEGER, default=5432),
            "database": Property(default="postgres"),
            "username": Property(default="postgres"),
            "password": Property(secret=True),
            "databaseUsername": Property(),
            "sslmode": Property(),
            "sslMode": Property(),
            "sslrootcert": Property(),
            "clientcert": Property(kind=Kind.OBJECT, fields={"cert": Property(), "key": Property()}),
            "connectTimeout": Property(kind=Kind.INTEGER, default=180),
            "maxConnections": Property(kind=Kind.INTEGER, default=20, problem=_at_least_minus_one),
            "superuser": Property(kind=Kind.BOOLEAN, default=True),
            "expectedVersion": Property(),
            "scheme": Property(default="postgres"),
            "awsRdsIamAuth": Property(kind=Kind.BOOLEAN),
            "azureIdentityAuth": Property(kind=Kind.BOOLEAN),
            **{key: Property() for key in _CLOUD_LOGINS},
        }
    )
    environment: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "host": ("PGHOST",),
        "port": ("PGPORT",),
        "database": ("PGDATABASE",),
        "username": ("PGUSER",),
        "password": ("PGPASSWORD",),
        "superuser": ("PGSUPERUSER",),
        "sslmode": ("PGSSLMODE",),
        "connectTimeout": ("PGCONNECT_TIMEOUT",),
    }

    def __init__(self) -> None:
        super().__init__((Role(), Database(), Grant(), DefaultPrivileges(), Namespace()))

    def client(self, config: Values) -> Server:
        """Refuse what only the official plugin can do, and prepare sessions."""
        cloud = [key for key in ("awsRdsIamAuth", "azureIdentityAuth", *_CLOUD_LOGINS) if config[key]]
        if cloud or config["scheme"] != "postgres":
            found = ", ".join(cloud) or f"scheme {config['scheme']}"
            raise ResourceError(
                f"the stand-in for the postgresql plugin logs in with a password, not with {found}; "
                f"install the official one: pulumi plugin install resource postgresql {self.version}"
            )
        return Server(config)
