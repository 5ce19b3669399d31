"""A throwaway MinIO with TLS, for the tests of its plugin."""

from __future__ import annotations

import io
import json
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from minio.error import S3Error

from sandbox.engine.plugins.minio.connection import Server
from sandbox.engine.plugins.minio.provider import MinioProvider
from tests.integration.plugin_harness import answers, binary, certificates, end, free_port, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOT, ROOT_PASSWORD = "root-of-test", "correct-horse-root"

SECRET = "battery-staple-secret"  # noqa: S105 - of a throwaway user
POLICY = """
policy = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{
        "Effect": "Allow",
        "Action": ["s3:PutObject", "s3:GetObject"],
        "Resource": ["arn:aws:s3:::artifacts/*"],
    }],
}, indent=1)
"""
PROGRAM = f"""{POLICY}
bucket = minio.S3Bucket("bucket", bucket="artifacts", opts=opts)
versioning = minio.S3BucketVersioning(
    "versioning", bucket=bucket.bucket, versioning_configuration={{"status": "Enabled"}}, opts=opts
)
# After the versioning: MinIO loses one of two settings of a bucket that arrive at the same time.
minio.IlmPolicy(
    "lifecycle", bucket=versioning.bucket, rules=[{{"id": "noncurrent", "noncurrent_version_expiration_days": 30}}],
    opts=opts,
)
user = minio.IamUser("user", name="mlflow", secret={SECRET!r}, opts=opts)
access = minio.IamPolicy("access", name="mlflow", policy=policy, opts=opts)
minio.IamUserPolicyAttachment("attachment", user_name=user.name, policy_name=access.name, opts=opts)
key = minio.IamServiceAccount("key", target_user=user.name, policy=policy, opts=opts)
pulumi.export("key", pulumi.Output.json_dumps([key.access_key, key.secret_key]))
"""


@dataclass(frozen=True)
class Store:
    port: int
    authority: Path
    log: Path

    def arguments(self, **changed: object) -> dict[str, object]:
        return {
            "minio_server": f"127.0.0.1:{self.port}",
            "minio_user": ROOT,
            "minio_password": ROOT_PASSWORD,
            "minio_ssl": True,
            "minio_cacert_file": str(self.authority),
        } | changed

    def header(self, **changed: object) -> str:
        return (
            "import json\nimport pulumi\nimport pulumi_minio as minio\n"
            f"server = minio.Provider('server', **{self.arguments(**changed)!r})\n"
            "opts = pulumi.ResourceOptions(provider=server)\n"
        )

    def client(self, user: str = ROOT, password: str = ROOT_PASSWORD) -> Server:
        """Act as somebody else."""
        values: dict[str, Any] = {key: prop.default for key, prop in MinioProvider.config.properties.items()}
        return Server(
            values
            | {
                "minioServer": f"127.0.0.1:{self.port}",
                "minioUser": user,
                "minioPassword": password,
                "minioSsl": True,
                "minioCacertFile": str(self.authority),
            }
        )

    def put(self, bucket: str, name: str, user: str = ROOT, password: str = ROOT_PASSWORD) -> None:
        self.client(user, password).s3.put_object(bucket, name, io.BytesIO(b"x"), 1)

    def empty(self, bucket: str) -> None:
        server = self.client()
        for item in server.s3.list_objects(bucket, recursive=True, include_version=True):
            server.s3.remove_object(bucket, str(item.object_name), item.version_id)

    def clean(self) -> None:
        """Remove what a test has left."""
        server = self.client()
        for bucket in server.s3.list_buckets():
            self.empty(bucket.name)
            server.s3.remove_bucket(bucket.name)
        for user in json.loads(server.admin.user_list()):
            server.admin.user_remove(user)
        for policy in json.loads(server.admin.policy_list()).keys() - BUILT_IN:
            server.admin.policy_remove(policy)


BUILT_IN = {"consoleAdmin", "diagnostics", "readonly", "readwrite", "writeonly"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("minio")
    authority, certificate, key = certificates(folder / "tls")
    (folder / "certs" / "CAs").mkdir(parents=True)
    certificate.rename(folder / "certs" / "public.crt")
    key.rename(folder / "certs" / "private.key")
    log, port = folder / "log", free_port()
    minio = binary("minio", "run `make up` once, which builds it, and use the shell of `make env`")
    addresses = ["--address", f"127.0.0.1:{port}", "--console-address", f"127.0.0.1:{free_port()}"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(minio), "server", str(folder / "data"), "--certs-dir", str(folder / "certs"), *addresses],
            stdout=output,
            stderr=output,
            env=os.environ | {"MINIO_ROOT_USER": ROOT, "MINIO_ROOT_PASSWORD": ROOT_PASSWORD, "MINIO_BROWSER": "off"},
        )
    try:
        wait_for("MinIO", lambda: answers(port), process, log)
        server = Store(port, authority, log)
        wait_for("MinIO", lambda: _serves(server), process, log)
        yield server
    finally:
        end(process)


def _serves(store: Store) -> bool:
    try:
        store.client().s3.list_buckets()
    except S3Error:  # it listens before it is initialised
        return False
    return True


def official_outputs(store: Store, *, key: str, attached: str, policy: str) -> dict[str, Any]:
    """What the official plugin 0.17.1 leaves in the state for ``PROGRAM``; generated values are arguments."""
    return {
        "bucket": {
            "acl": "private",
            "arn": "arn:aws:s3:::artifacts",
            "bucket": "artifacts",
            "bucketDomainName": f"https://127.0.0.1:{store.port}/minio/artifacts",
            "bucketPrefix": None,
            "forceDestroy": False,
            "id": "artifacts",
            "objectLocking": False,
            "quota": None,
        },
        "versioning": {
            "bucket": "artifacts",
            "id": "artifacts",
            "versioningConfiguration": {"excludeFolders": False, "excludedPrefixes": [], "status": "Enabled"},
        },
        "lifecycle": {
            "bucket": "artifacts",
            "id": "artifacts",
            "rules": [
                {
                    "expiration": "",
                    "filter": "",
                    "id": "noncurrent",
                    "noncurrentVersionExpirationDays": 30,
                    "status": "Enabled",
                    "tags": {},
                }
            ],
        },
        "user": {
            "disableUser": False,
            "forceDestroy": False,
            "id": "mlflow",
            "name": "mlflow",
            "secret": "(secret)",
            "status": "enabled",
            "tags": None,
            "updateSecret": False,
        },
        "access": {"id": "mlflow", "name": "mlflow", "namePrefix": None, "policy": policy},
        "attachment": {"id": attached, "policyName": "mlflow", "userName": "mlflow"},
        "key": {
            "accessKey": key,
            "disableUser": False,
            "id": key,
            "policy": policy,
            "secretKey": "(secret)",
            "status": "on",
            "targetUser": "mlflow",
            "updateSecret": False,
        },
    }
