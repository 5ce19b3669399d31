"""Reads where backups go: a bucket to make, with a key for each who has to do with it, or one that exists with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pulumi

from components.backup_bucket import BackupBucketArgs
from components.contracts import BucketAccess, BucketKey
from stacks import checks
from stacks.peers import read_peers
from stacks.storage_settings import BucketAdmin, ProvisionedBucket, plugin_path, read_key_version

if TYPE_CHECKING:
    from stacks.config_reader import ConfigReader

_NO_BUCKET = "backups could not reach their bucket"
_NOT_MADE = "backup and backupProvision are true, and the bucket of backups and its keys could not be made"
_NONCURRENT_DAYS = 14
"""Time to notice, over a holiday too, that a stolen key or a mistake has deleted backups, and to bring them back."""


@dataclass(frozen=True, kw_only=True)
class ProvisionedBackups:
    """A bucket to make, and the key to make it with."""

    args: BackupBucketArgs
    admin: BucketAdmin


@dataclass(frozen=True, kw_only=True)
class GivenBackups:
    """A bucket that exists, by each of its keys."""

    writer: BucketAccess
    pruner: BucketAccess
    status: BucketAccess | None
    """None: nobody asks how backups have ended."""


def host_of(endpoint: str | None) -> str:
    """Tell one object store from another, as the backup program does; no endpoint means AWS."""
    return urlsplit(endpoint).hostname or "" if endpoint else "s3.amazonaws.com"


def read_backup_bucket(
    reader: ConfigReader, artifacts: ProvisionedBucket | BucketAccess, *, wanted: bool, status: bool, protect: bool
) -> ProvisionedBackups | GivenBackups:
    """Read the bucket, also where there are no backups.

    Args:
        reader: Collects what is wrong.
        artifacts: The artifact bucket: backups go to its server unless another is named.
        wanted: There are backups.
        status: Somebody asks how they have ended.
        protect: Refuse every plan that deletes the bucket.
    """
    provision = reader.flag("backupProvision", "it would be unclear whether the bucket of backups exists")
    place = _place(reader, artifacts, wanted=wanted)
    writer = _key(reader, "backup", needed=wanted and not provision)
    pruner = _key(reader, "backupPrune", needed=wanted and not provision)
    asker = _key(reader, "backupStatus", needed=wanted and not provision and status)
    admin = _admin(reader, place, needed=wanted and provision)
    key_version = read_key_version(reader, "backup", provision=provision)
    if not provision:
        return GivenBackups(
            writer=writer.open(place), pruner=pruner.open(place), status=asker.open(place) if status else None
        )
    if wanted and place.endpoint is None and reader.sound("backupEndpoint", "artifactEndpoint"):
        reader.report(
            "backupEndpoint",
            "is empty, like artifactEndpoint, which means AWS S3, but backupProvision is true",
            "only a MinIO server can be provisioned",
            "set the endpoint, or make the bucket and its keys yourself: pulumi config set backupProvision false",
        )
    args = BackupBucketArgs(
        bucket=str(place.bucket),
        endpoint=place.endpoint or "",
        region=place.region,
        noncurrent_days=_NONCURRENT_DAYS,
        key_version=key_version,
        ca_certificate=place.ca_certificate,
        peers=place.peers,
        protect=protect,
    )
    return ProvisionedBackups(args=args, admin=admin)


def _place(reader: ConfigReader, artifacts: ProvisionedBucket | BucketAccess, *, wanted: bool) -> BucketAccess:
    """Read everything but the keys. Another server has neither the certificate nor the pods of the artifacts'."""
    near = artifacts.args if isinstance(artifacts, ProvisionedBucket) else artifacts
    own = reader.optional("backupEndpoint", _NO_BUCKET, checks.endpoint_url)
    ca_file = reader.optional(
        "backupCaFile", "the endpoint's certificate could not be checked", checks.certificate_file
    )
    authority = reader.content("backupCaFile", ca_file)
    needed = "backupEndpoint is another server than artifactEndpoint, and backups could not reach it"
    peers = read_peers(
        reader, "backupPeers", needed_because=needed if own and wanted and reader.sound("backupEndpoint") else None
    )
    nobody = pulumi.Output.secret("")
    place = BucketAccess(
        bucket=reader.text("backupBucket", "the bucket of backups could not be made", checks.bucket_name),
        endpoint=own or near.endpoint or None,
        region=reader.optional("backupRegion", _NO_BUCKET, checks.dns_label) or near.region,
        access_key=nobody,
        secret_key=nobody,
        ca_certificate=authority if own or authority else near.ca_certificate,
        peers=peers if own or peers else near.peers,
    )
    if wanted and place.bucket == near.bucket and host_of(place.endpoint) == host_of(near.endpoint or None):
        reader.report(
            "backupBucket",
            f"{place.bucket!r} is artifactBucket too, on the same server",
            "what deletes the artifacts would delete their backups",
            "give backups a bucket of their own, or the usual one: pulumi config rm backupBucket",
        )
    return place


def _key(reader: ConfigReader, prefix: str, *, needed: bool) -> BucketKey:
    why = "backupProvision is false, and the bucket of backups could not be opened" if needed else None
    return BucketKey(
        access_key=reader.secret(f"{prefix}AccessKey", why), secret_key=reader.secret(f"{prefix}SecretKey", why)
    )


def _admin(reader: ConfigReader, place: BucketAccess, *, needed: bool) -> BucketAdmin:
    """Read who makes the bucket: whoever makes that of the artifacts, where it is the same server."""
    same = not reader.given("backupEndpoint")
    why = _NOT_MADE if needed and reader.sound("backupEndpoint") else None

    def stands_in(usual: str) -> bool:
        return same and reader.given(usual)

    def text(key: str, usual: str) -> str:
        own = reader.needed(key, None if stands_in(usual) else why)
        return own or (reader.needed(usual, None) if same else "")

    server = text("backupAdminServer", "artifactAdminServer")
    what = checks.server_address(server) if server else None
    if what and reader.given("backupAdminServer"):
        reader.report("backupAdminServer", f"{server!r} {what}", _NOT_MADE)
    password = reader.secret("backupAdminPassword", None if stands_in("artifactAdminPassword") else why)
    if not reader.given("backupAdminPassword") and same:
        password = reader.secret("artifactAdminPassword", None)
    ca_file = reader.needed("backupCaFile", None) or (reader.needed("artifactCaFile", None) if same else "")
    return BucketAdmin(
        server=server,
        user=text("backupAdminUser", "artifactAdminUser"),
        password=password,
        tls=(place.endpoint or "https").startswith("https"),
        region=place.region,
        ca_file=plugin_path(ca_file or None),
    )
