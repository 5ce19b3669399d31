"""Stores that exist are taken as they are, and the administrators of those to make reach them as the server does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from components.contracts import BucketAccess, DatabaseConnection
from stacks.backup_bucket_settings import ProvisionedBackups
from stacks.storage_settings import ProvisionedBucket, ProvisionedDatabase
from tests.unit.test_backup_settings import FAR, WANTED, made
from tests.unit.test_settings import complaints, load

if TYPE_CHECKING:
    from pathlib import Path


def test_an_existing_database_is_taken_as_it_is(tmp_path: Path) -> None:
    settings = load(tmp_path, databaseProvision=False, databaseAdminUser="", databaseAdminPassword="")

    assert isinstance(settings.database, DatabaseConnection)


def test_an_existing_bucket_on_aws_is_taken_as_it_is(tmp_path: Path) -> None:
    key = {"artifactAccessKey": "id", "artifactSecretKey": "secret"}
    settings = load(tmp_path, artifactProvision=False, artifactEndpoint="", artifactCaFile="", **key)

    assert isinstance(settings.bucket, BucketAccess)
    assert settings.bucket.port == 443


def test_unverified_tls_needs_no_authority(tmp_path: Path) -> None:
    settings = load(tmp_path, databaseSslMode="require", databaseCaFile="", databaseProvision=False)

    assert isinstance(settings.database, DatabaseConnection)
    assert settings.database.ca_certificate is None


def test_an_authority_is_needed_also_where_the_host_name_is_not_checked(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, databaseSslMode="verify-ca", databaseCaFile="")

    assert "databaseCaFile: is not set, but databaseSslMode is verify-ca" in line


def test_the_administrator_of_the_database_is_checked_no_more_and_no_less_than_the_server(tmp_path: Path) -> None:
    settings = load(tmp_path, databaseSslMode="require", databaseCaFile="")

    assert isinstance(settings.database, ProvisionedDatabase)
    assert settings.database.admin.ssl_mode == settings.database.args.ssl_mode == "require"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_administrator_of_the_bucket_speaks_as_its_endpoint_does(scheme: str, tmp_path: Path) -> None:
    given = {"artifactEndpoint": f"{scheme}://minio:9000", "artifactRegion": "eu-central-1"}
    settings = load(tmp_path, artifactCaFile="", **given)

    assert isinstance(settings.bucket, ProvisionedBucket)
    assert (settings.bucket.admin.tls, settings.bucket.admin.region) == (scheme == "https", "eu-central-1")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_administrator_of_backups_on_another_server_speaks_as_their_endpoint_does(
    scheme: str, tmp_path: Path
) -> None:
    settings = made(tmp_path, **{**WANTED, **FAR, "backupEndpoint": f"{scheme}://far.example.com:9000"})

    assert isinstance(settings.bucket, ProvisionedBackups)
    assert settings.bucket.admin.tls == (scheme == "https")
