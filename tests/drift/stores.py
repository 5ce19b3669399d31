"""Drift at the object store and at the database server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minio.commonconfig import ENABLED, Filter
from minio.lifecycleconfig import LifecycleConfig, NoncurrentVersionExpiration, Rule
from minio.versioningconfig import SUSPENDED, VersioningConfig
from psycopg import sql

from sandbox import rehearsal
from tests.drift.kind import Kind
from tests.integration.backends import (
    WITHOUT_A_BUCKET,
    administrator_key,
    object_store,
    object_store_administration,
)

if TYPE_CHECKING:
    from minio import Minio, MinioAdmin

    from tests.drift.kind import Resource

LIMIT = 7


def _store() -> Minio:
    return object_store(administrator_key())


def _administration() -> MinioAdmin:
    return object_store_administration(administrator_key())


def _narrow_policy(resource: Resource) -> None:
    _administration().policy_add(resource["id"], policy=WITHOUT_A_BUCKET)


def _remove_policy(resource: Resource) -> None:
    _administration().policy_remove(resource["id"])


def _disable_user(resource: Resource) -> None:
    _administration().user_disable(resource["id"])


def _disable_key(resource: Resource) -> None:
    _administration().update_service_account(access_key=resource["id"], status="off")


def _detach(resource: Resource) -> None:
    _administration().policy_unset([resource["inputs"]["policyName"]], user=resource["inputs"]["userName"])


def _other_lifecycle(resource: Resource) -> None:
    rules = [
        Rule(
            ENABLED,
            rule_id=rule["id"],
            rule_filter=Filter(prefix=""),
            noncurrent_version_expiration=NoncurrentVersionExpiration(noncurrent_days=LIMIT),
        )
        for rule in resource["inputs"]["rules"]
    ]
    _store().set_bucket_lifecycle(resource["inputs"]["bucket"], LifecycleConfig(rules))


def _remove_lifecycle(resource: Resource) -> None:
    _store().delete_bucket_lifecycle(resource["inputs"]["bucket"])


def _remove_bucket(resource: Resource) -> None:
    _store().remove_bucket(resource["id"])


def _suspend_versioning(resource: Resource) -> None:
    _store().set_bucket_versioning(resource["inputs"]["bucket"], VersioningConfig(SUSPENDED))


OBJECT_STORE = {
    "minio:index/iamPolicy:IamPolicy": Kind(change=_narrow_policy, delete=_remove_policy),
    "minio:index/iamUser:IamUser": Kind(
        change=_disable_user, why="its deletion is that of its key, which has a test of its own"
    ),
    "minio:index/iamServiceAccount:IamServiceAccount": Kind(
        change=_disable_key,
        why="a refresh does not take its deletion for drift, but ends with an error; that has a test of its own",
    ),
    "minio:index/iamUserPolicyAttachment:IamUserPolicyAttachment": Kind(
        delete=_detach, why="it is there or not: nothing else can be told of it"
    ),
    "minio:index/ilmPolicy:IlmPolicy": Kind(change=_other_lifecycle, delete=_remove_lifecycle),
    "minio:index/s3Bucket:S3Bucket": Kind(
        delete=_remove_bucket, why="the plugin looks whether it is there; its settings are resources of their own"
    ),
    "minio:index/s3BucketVersioning:S3BucketVersioning": Kind(
        change=_suspend_versioning, why="there is no deleting it: a bucket's versioning can only be suspended"
    ),
}


def _execute(statement: str, resource: Resource, *names: str, database: str = "postgres") -> None:
    """Run a statement as the server's administrator; each `{}` is the name that an input has."""
    identifiers = [sql.Identifier(resource["inputs"][name]) for name in names]
    with rehearsal.database_administration(database) as connection:
        connection.execute(sql.SQL(statement).format(*identifiers))


def _revoke(resource: Resource) -> None:
    inputs = resource["inputs"]
    place = {"schema": "SCHEMA {}", "table": "ALL TABLES IN SCHEMA {}", "sequence": "ALL SEQUENCES IN SCHEMA {}"}
    statement = f"REVOKE {inputs['privileges'][0]} ON {place[inputs['objectType']]} FROM {{}}"
    _execute(statement, resource, "schema", "role", database=inputs["database"])


def _revoke_future(resource: Resource) -> None:
    inputs = resource["inputs"]
    what = f"REVOKE {inputs['privileges'][0]} ON {inputs['objectType'].upper()}S"
    statement = f"ALTER DEFAULT PRIVILEGES FOR ROLE {{}} IN SCHEMA {{}} {what} FROM {{}}"
    _execute(statement, resource, "owner", "schema", "role", database=inputs["database"])


DATABASE_SERVER = {
    "postgresql:index/role:Role": Kind(
        change=lambda resource: _execute(f"ALTER ROLE {{}} CONNECTION LIMIT {LIMIT}", resource, "name"),
        delete=lambda resource: _execute("DROP ROLE {}", resource, "name"),
    ),
    "postgresql:index/database:Database": Kind(
        change=lambda resource: _execute(f"ALTER DATABASE {{}} CONNECTION LIMIT {LIMIT}", resource, "name"),
        delete=lambda resource: _execute("DROP DATABASE {} WITH (FORCE)", resource, "name"),
    ),
    "postgresql:index/grant:Grant": Kind(
        change=_revoke, why="it is deleted with its database or role; to revoke all of it is to change it"
    ),
    "postgresql:index/defaultPrivileges:DefaultPrivileges": Kind(
        change=_revoke_future,
        why="they are deleted with their database or role; to revoke all of them is to change them",
    ),
}
