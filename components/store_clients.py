"""How programs in pods find the database and a bucket: variables that their clients read, and the files named there.

Passwords and keys are files, never in an environment variable or on a command line. The database password is in a libpq
connection service file and not in a `PGPASSFILE`: libpq ignores a password file that its group may read, and the
kubelet makes every file of a secret volume readable for the pod's `fsGroup`. A service file has no such rule, so no
container has to copy it and change its mode first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.immutable import config_map, secret
from components.mounts import Mount, config_map_mount, secret_mount

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from components.contracts import BucketAccess
    from components.scope import Placed, Scope

_AUTHORITIES_DIR = "/etc/mlflow/authorities"
DATABASE_AUTHORITY_PATH = f"{_AUTHORITIES_DIR}/database.pem"
BUCKET_AUTHORITY_PATH = f"{_AUTHORITIES_DIR}/bucket.pem"
BACKUPS_AUTHORITY_PATH = f"{_AUTHORITIES_DIR}/backups.pem"
"""Of the bucket of backups, for a pod that reads that one too."""
_LOGIN_DIR = "/etc/mlflow/database"
_LOGIN = "pg_service.conf"
LOGIN_PATH = f"{_LOGIN_DIR}/{_LOGIN}"
DATABASE_SERVICE = "mlflow"
"""Name of the section of the login."""
_KEY_DIR = "/etc/mlflow/bucket"
_KEY = "credentials"
KEY_PATH = f"{_KEY_DIR}/{_KEY}"


def database_variables(login: str = LOGIN_PATH, service: str = DATABASE_SERVICE) -> dict[str, pulumi.Input[str]]:
    """Say to libpq where its connection service file is, and which section of it counts."""
    return {"PGSERVICEFILE": login, "PGSERVICE": service}


def bucket_variables(
    bucket: BucketAccess, *, key: str = KEY_PATH, authority: str = BUCKET_AUTHORITY_PATH
) -> dict[str, pulumi.Input[str]]:
    """Say to a client of S3 where its key is, and whom to trust.

    Args:
        bucket: What it is to reach; the endpoint has no variable that every client reads.
        key: Path of the AWS shared credentials file.
        authority: Path of the bucket's `ca_certificate`.
    """
    return {
        "AWS_SHARED_CREDENTIALS_FILE": key,
        "AWS_DEFAULT_REGION": bucket.region,
        # There is a key in a file: never ask a cloud's metadata service for one.
        "AWS_EC2_METADATA_DISABLED": "true",
        **({"AWS_CA_BUNDLE": authority} if bucket.ca_certificate else {}),
    }


def mlflow_bucket_variables(
    bucket: BucketAccess, *, key: str = KEY_PATH, authority: str = BUCKET_AUTHORITY_PATH
) -> dict[str, pulumi.Input[str]]:
    """Say the same to MLflow, which has variables of its own for the endpoint; arguments as of `bucket_variables`."""
    variables = bucket_variables(bucket, key=key, authority=authority)
    if bucket.endpoint is not None:
        variables["MLFLOW_S3_ENDPOINT_URL"] = bucket.endpoint
        variables["MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE"] = "path"
    return variables


def login_mount(scope: Scope[Placed], content: pulumi.Output[str]) -> Mount:
    """Make the Secret with the connection service file, and mount it."""
    return secret_mount("database", secret(scope, "database", _LOGIN, content), _LOGIN_DIR)


def key_mount(scope: Scope[Placed], bucket: BucketAccess) -> Mount:
    """Make the Secret with the AWS shared credentials file, and mount it."""
    return secret_mount("bucket", secret(scope, "bucket", _KEY, bucket.credentials_file()), _KEY_DIR)


def authority_mounts(scope: Scope[Placed], certificates: Mapping[str, str | None]) -> list[Mount]:
    """Make the ConfigMap of certificate authorities and mount it; nothing where the public ones will do.

    Args:
        scope: Whose pods trust them.
        certificates: PEM by one of the paths above; None for what the public ones have signed.
    """
    trusted = {path.rpartition("/")[2]: pem for path, pem in certificates.items() if pem}
    if not trusted:
        return []
    return [config_map_mount("authorities", config_map(scope, "authorities", trusted), _AUTHORITIES_DIR)]
