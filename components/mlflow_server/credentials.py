"""Passwords and keys, as files: never in an environment variable or on a command line.

The database password is in a libpq connection service file and not in a `PGPASSFILE`: libpq ignores a password file
that its group may read, and the kubelet makes every file of a secret volume readable for the pod's `fsGroup`. A
service file has no such rule, so no container has to copy it and change its mode first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.immutable import secret
from components.mlflow_server import files

if TYPE_CHECKING:
    from pulumi_kubernetes import core

    from components.mlflow_server.args import ServerScope


def database_login(scope: ServerScope) -> core.v1.Secret:
    """Make the Secret with the connection service file; the host is in the URI."""
    return secret(scope, "database", files.DATABASE_LOGIN, scope.args.database.login_file(files.DATABASE_SERVICE))


def bucket_key(scope: ServerScope) -> core.v1.Secret:
    """Make the Secret with the AWS shared credentials file."""
    return secret(scope, "bucket", files.BUCKET_KEY, scope.args.bucket.credentials_file())
