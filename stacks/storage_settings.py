"""Reads what concerns the database and the bucket: made here, or made by someone else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from components.artifact_bucket import ArtifactBucketArgs
from components.backend_database import BackendDatabaseArgs, DatabaseLogin
from components.contracts import BucketAccess, DatabaseConnection
from stacks import checks
from stacks.peers import read_peers

if TYPE_CHECKING:
    import pulumi

    from stacks.config_reader import ConfigReader

_HIGHEST_PORT = 65535
_MOST_KEY_VERSIONS = 1_000_000
_NO_DATABASE = "the server could not reach its database"
_NO_BUCKET = "the server could not reach its bucket"


class SslMode(Enum):
    """What libpq checks of the database server."""

    VERIFY_FULL = "verify-full"
    VERIFY_CA = "verify-ca"
    REQUIRE = "require"
    DISABLE = "disable"

    @property
    def verifies(self) -> bool:
        """Whether a certificate authority is needed."""
        return self in {SslMode.VERIFY_FULL, SslMode.VERIFY_CA}


@dataclass(frozen=True, kw_only=True)
class DatabaseAdmin:
    """The login that makes the role and the database, at an address that this machine reaches."""

    host: str
    port: int
    user: str
    password: pulumi.Output[str]
    superuser: bool
    ssl_mode: str
    ca_file: str | None


@dataclass(frozen=True, kw_only=True)
class ProvisionedDatabase:
    """A database to make, and the login to make it with."""

    args: BackendDatabaseArgs
    admin: DatabaseAdmin


@dataclass(frozen=True, kw_only=True)
class BucketAdmin:
    """The key that makes the bucket and its user, at an address that this machine reaches."""

    server: str
    user: str
    password: pulumi.Output[str]
    tls: bool
    region: str
    ca_file: str | None


@dataclass(frozen=True, kw_only=True)
class ProvisionedBucket:
    """A bucket to make, and the key to make it with."""

    args: ArtifactBucketArgs
    admin: BucketAdmin


def read_database(
    reader: ConfigReader, *, connection_limit: int, protect: bool
) -> ProvisionedDatabase | DatabaseConnection:
    """Read the database: one to make, or one that exists."""
    ssl_mode = reader.choice("databaseSslMode", SslMode, "the connection could not be made")
    ca_file = reader.optional(
        "databaseCaFile", "the server's certificate could not be checked", checks.certificate_file
    )
    if ssl_mode.verifies and not ca_file:
        reader.report(
            "databaseCaFile",
            f"is not set, but databaseSslMode is {ssl_mode.value}",
            "the database server's certificate could not be checked",
            "pulumi config set databaseCaFile PATH (the PEM of the authority that signed it)",
        )
    connection = DatabaseConnection(
        host=reader.text("databaseHost", _NO_DATABASE, checks.dns_name),
        port=reader.integer("databasePort", 1, _HIGHEST_PORT, _NO_DATABASE),
        database=reader.text("databaseName", "PostgreSQL would refuse it", checks.identifier),
        user=reader.text("databaseUser", "PostgreSQL would refuse it", checks.identifier),
        password=reader.secret("databasePassword", "the server could not log in to its database"),
        ssl_mode=ssl_mode.value,
        ca_certificate=reader.content("databaseCaFile", ca_file),
        peers=read_peers(reader, "databasePeers", needed_because=_NO_DATABASE),
    )
    provision = reader.flag("databaseProvision", "it would be unclear whether the database exists")
    admin = _database_admin(reader, connection, plugin_path(ca_file), provision=provision)
    login = _login(reader, provision=provision)
    if not provision:
        return connection
    args = BackendDatabaseArgs(
        host=connection.host,
        port=connection.port,
        database=str(connection.database),
        user=str(connection.user),
        login=login,
        password=connection.password,
        connection_limit=connection_limit,
        ssl_mode=connection.ssl_mode,
        ca_certificate=connection.ca_certificate,
        peers=connection.peers,
        protect=protect,
    )
    return ProvisionedDatabase(args=args, admin=admin)


def _login(reader: ConfigReader, *, provision: bool) -> DatabaseLogin:
    login = reader.choice("databaseLogin", DatabaseLogin, "it would be unclear who logs in to the database")
    if login is not DatabaseLogin.OWNER and not provision:
        reader.report(
            "databaseLogin",
            f"is {login.value}, but databaseProvision is false",
            "no role would be made that could log in",
            "leave it at owner, and set databaseUser and databasePassword to a login that exists",
        )
    return login


def _database_admin(
    reader: ConfigReader, connection: DatabaseConnection, ca_file: str | None, *, provision: bool
) -> DatabaseAdmin:
    why = "databaseProvision is true, and the role and the database could not be made"
    admin = DatabaseAdmin(
        host=reader.optional("databaseAdminHost", why, checks.dns_name) or connection.host,
        port=reader.integer("databaseAdminPort", 0, _HIGHEST_PORT, why) or connection.port,
        user=reader.needed("databaseAdminUser", why if provision else None),
        password=reader.secret("databaseAdminPassword", why if provision else None),
        superuser=reader.flag("databaseAdminSuperuser", "the provider would ask for what it may not read"),
        ssl_mode=connection.ssl_mode,
        ca_file=ca_file,
    )
    if provision and admin.user and admin.user == connection.user:
        reader.report(
            "databaseAdminUser",
            f"{admin.user!r} is databaseUser too",
            "the server would run with the rights of the administrator",
            "give the server a role of its own: pulumi config set databaseUser mlflow",
        )
    return admin


def read_bucket(reader: ConfigReader, *, protect: bool) -> ProvisionedBucket | BucketAccess:
    """Read the bucket: one to make, or one that exists."""
    endpoint = reader.optional("artifactEndpoint", _NO_BUCKET, checks.endpoint_url)
    ca_file = reader.optional(
        "artifactCaFile", "the endpoint's certificate could not be checked", checks.certificate_file
    )
    provision = reader.flag("artifactProvision", "it would be unclear whether the bucket exists")
    key_needed = None if provision else "artifactProvision is false, and the server could not open the bucket"
    access = BucketAccess(
        bucket=reader.text("artifactBucket", "the bucket could not be made", checks.bucket_name),
        endpoint=endpoint,
        region=reader.text("artifactRegion", _NO_BUCKET, checks.dns_label),
        access_key=reader.secret("artifactAccessKey", key_needed),
        secret_key=reader.secret("artifactSecretKey", key_needed),
        ca_certificate=reader.content("artifactCaFile", ca_file),
        peers=read_peers(reader, "artifactPeers", needed_because=_NO_BUCKET),
    )
    days = reader.integer("artifactNoncurrentDays", 1, 3650, "deleted artifacts would stay for ever, or not at all")
    key_version = read_key_version(reader, "artifact", provision=provision)
    admin = _bucket_admin(reader, access, plugin_path(ca_file), provision=provision)
    if not provision:
        return access
    args = ArtifactBucketArgs(
        bucket=str(access.bucket),
        # Users are the whole server's: one named like the bucket, which is, too, never meets that of another stack.
        user=str(access.bucket),
        endpoint=endpoint or "",
        region=access.region,
        noncurrent_days=days,
        key_version=key_version,
        ca_certificate=access.ca_certificate,
        peers=access.peers,
        protect=protect,
    )
    return ProvisionedBucket(args=args, admin=admin)


def read_key_version(reader: ConfigReader, prefix: str, *, provision: bool) -> int:
    """Read which key of a bucket is meant, for keys of the configuration that begin with `prefix`."""
    key = f"{prefix}KeyVersion"
    version = reader.integer(key, 1, _MOST_KEY_VERSIONS, "it would be unclear which key is meant")
    if version > 1 and not provision:
        reader.report(
            key,
            f"is {version}, but {prefix}Provision is false",
            "the key that you gave would stay in use",
            f"leave it at 1, and set {prefix}AccessKey and {prefix}SecretKey to another key",
        )
    return version


def _bucket_admin(reader: ConfigReader, access: BucketAccess, ca_file: str | None, *, provision: bool) -> BucketAdmin:
    why = "artifactProvision is true, and the bucket and its key could not be made"
    if provision and access.endpoint is None:
        reader.report(
            "artifactEndpoint",
            "is empty, which means AWS S3, but artifactProvision is true",
            "only a MinIO server can be provisioned",
            "set the endpoint, or make the bucket yourself: pulumi config set artifactProvision false",
        )
    server = reader.needed("artifactAdminServer", why if provision else None)
    what = checks.server_address(server) if server else None
    if what:
        reader.report("artifactAdminServer", f"{server!r} {what}", why)
    return BucketAdmin(
        server=server,
        user=reader.needed("artifactAdminUser", why if provision else None),
        password=reader.secret("artifactAdminPassword", why if provision else None),
        tls=(access.endpoint or "https").startswith("https"),
        region=access.region,
        ca_file=ca_file,
    )


def plugin_path(file: str | None) -> str | None:
    """Tell where a file is to the plugins that read it, which do not run in this directory."""
    return str(Path(file).expanduser().absolute()) if file else None
