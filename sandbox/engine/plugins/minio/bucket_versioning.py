"""``minio:index/s3BucketVersioning:S3BucketVersioning``."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from minio.versioningconfig import VersioningConfig

from sandbox.engine.plugins.minio.connection import AbsentError, Server
from sandbox.engine.plugins.protocol.properties import Kind, Property
from sandbox.engine.plugins.protocol.resource import Created, Resource
from sandbox.engine.plugins.protocol.schema import Schema

if TYPE_CHECKING:
    from sandbox.engine.plugins.protocol.values import Values

_STATES: Final = ("Enabled", "Suspended")


def _known_state(value: str) -> str | None:
    return None if value in _STATES else f"expected status to be one of {list(_STATES)}, got {value}"


class BucketVersioning(Resource[Server]):
    """Whether a bucket keeps old versions. Nothing turns it off again: deletion suspends it."""

    token = "minio:index/s3BucketVersioning:S3BucketVersioning"  # noqa: S105 - a type token
    identity = ("bucket",)
    schema: ClassVar[Schema] = Schema(
        {
            "bucket": Property(required=True, force_new=True),
            "versioningConfiguration": Property(
                kind=Kind.OBJECT,
                required=True,
                fields={
                    "status": Property(required=True, problem=_known_state),
                    "excludedPrefixes": Property(kind=Kind.LIST),
                    "excludeFolders": Property(kind=Kind.BOOLEAN),
                },
            ),
        }
    )

    def create(self, client: Server, new: Values) -> Created:
        """Write the configuration."""
        self._put(client, new)
        return Created(new["bucket"], {})

    def read(self, client: Server, identifier: str, state: Values) -> Values | None:  # noqa: ARG002
        """Read the configuration; it is gone when the bucket is."""
        try:
            with client.explained(f"failed to load bucket versioning ({identifier})", "NoSuchBucket"):
                found = client.s3.get_bucket_versioning(identifier)
        except AbsentError:
            return None
        configuration = {
            "status": found.status or "",
            "excludedPrefixes": found.excluded_prefixes or [],
            "excludeFolders": found.exclude_folders,
        }
        return {"bucket": identifier, "versioningConfiguration": configuration}

    def update(self, client: Server, identifier: str, old: Values, new: Values) -> Values:  # noqa: ARG002
        """Write the configuration anew."""
        self._put(client, new)
        return {}

    def delete(self, client: Server, identifier: str, state: Values) -> None:
        """Suspend versioning; existing versions stay."""
        if state["versioningConfiguration"].get("status") == "Enabled":
            try:
                with client.explained(f"error suspending bucket versioning ({identifier})", "NoSuchBucket"):
                    client.s3.set_bucket_versioning(identifier, VersioningConfig(status="Suspended"))
            except AbsentError:
                return

    def _put(self, client: Server, new: Values) -> None:
        wanted = new["versioningConfiguration"]
        with client.explained(f"error putting bucket versioning configuration ({new['bucket']})"):
            configuration = VersioningConfig(
                status=wanted["status"],
                excluded_prefixes=wanted.get("excludedPrefixes") or None,
                exclude_folders=bool(wanted.get("excludeFolders")),
            )
            client.s3.set_bucket_versioning(new["bucket"], configuration)
