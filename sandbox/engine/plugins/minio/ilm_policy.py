"""``minio:index/ilmPolicy:IlmPolicy``."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from minio.commonconfig import ENABLED, AndOperator, Filter, Tags
from minio.lifecycleconfig import Expiration, LifecycleConfig, NoncurrentVersionExpiration, Rule

from sandbox.engine.plugins.minio.connection import AbsentError, Server
from sandbox.engine.plugins.protocol.properties import Kind, Property
from sandbox.engine.plugins.protocol.resource import Created, Resource
from sandbox.engine.plugins.protocol.schema import Schema

if TYPE_CHECKING:
    from sandbox.engine.plugins.protocol.values import Values


def _expiration(text: str) -> Expiration | None:
    """Read ``30d``, ``2027-01-31`` or ``DeleteMarker``; None for anything else."""
    if text == "DeleteMarker":
        return Expiration(expired_object_delete_marker=True)
    if days := re.fullmatch(r"(\d+)d", text):
        return Expiration(days=int(days[1]))
    try:
        return Expiration(date=datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC))
    except ValueError:
        return None


def _expiration_problem(text: str) -> str | None:
    wanted = 'expiration must be a duration (5d), date (1970-01-01), or "DeleteMarker"'
    return None if text == "" or _expiration(text) else wanted


def _positive(days: int) -> str | None:
    return None if days >= 1 else f"expected noncurrent_version_expiration_days to be at least (1), got {days}"


class IlmPolicy(Resource[Server]):
    """The lifecycle rules of a bucket, all of them: another IlmPolicy on the bucket would overwrite them."""

    token = "minio:index/ilmPolicy:IlmPolicy"  # noqa: S105 - a type token
    identity = ("bucket",)
    schema: ClassVar[Schema] = Schema(
        {
            "bucket": Property(required=True, force_new=True),
            "rules": Property(
                kind=Kind.OBJECTS,
                required=True,
                fields={
                    "id": Property(required=True),
                    "expiration": Property(problem=_expiration_problem),
                    "noncurrentVersionExpirationDays": Property(kind=Kind.INTEGER, problem=_positive),
                    "filter": Property(),
                    "tags": Property(kind=Kind.MAP),
                    "status": Property(computed=True, given=False),
                },
            ),
        }
    )

    def create(self, client: Server, new: Values) -> Created:
        """Write the rules."""
        with client.explained(f"creating bucket lifecycle failed ({new['bucket']})"):
            client.s3.set_bucket_lifecycle(new["bucket"], LifecycleConfig([_rule(rule) for rule in new["rules"]]))
        return Created(new["bucket"], {})

    def read(self, client: Server, identifier: str, state: Values) -> Values | None:  # noqa: ARG002
        """Read the rules; the policy is gone when there are none, or no bucket."""
        try:
            with client.explained(f"reading lifecycle configuration failed ({identifier})", "NoSuchBucket"):
                found = client.s3.get_bucket_lifecycle(identifier)
        except AbsentError:
            return None
        return {"bucket": identifier, "rules": [_described(rule) for rule in found.rules]} if found else None

    def update(self, client: Server, identifier: str, old: Values, new: Values) -> Values:  # noqa: ARG002
        """Write all rules anew. Unlike the official plugin, which drops the error, a failure is reported."""
        self.create(client, new)
        return {}

    def delete(self, client: Server, identifier: str, state: Values) -> None:  # noqa: ARG002
        """Remove all rules."""
        try:
            with client.explained(f"deleting lifecycle configuration failed ({identifier})", "NoSuchBucket"):
                client.s3.delete_bucket_lifecycle(identifier)
        except AbsentError:
            return


def _rule(wanted: Values) -> Rule:
    days, prefix = wanted.get("noncurrentVersionExpirationDays"), wanted.get("filter") or ""
    tags = Tags.new_object_tags()
    tags.update(wanted.get("tags") or {})
    return Rule(
        ENABLED,
        rule_id=wanted["id"],
        rule_filter=Filter(and_operator=AndOperator(prefix, tags)) if tags else Filter(prefix=prefix),
        expiration=_expiration(wanted.get("expiration") or ""),
        noncurrent_version_expiration=NoncurrentVersionExpiration(noncurrent_days=days) if days else None,
    )


def _described(rule: Any) -> Values:
    """Turn a rule of the server into the outputs of the official plugin."""
    expiration, noncurrent, filtered = rule.expiration, rule.noncurrent_version_expiration, rule.rule_filter
    text = ""
    if expiration and expiration.days:
        text = f"{expiration.days}d"
    elif expiration and expiration.date:
        text = f"{expiration.date:%Y-%m-%d}"
    elif expiration and expiration.expired_object_delete_marker:
        text = "DeleteMarker"
    both = filtered.and_operator if filtered else None
    prefix = both.prefix if both else filtered.prefix if filtered else None
    return {
        "id": rule.rule_id,
        "status": rule.status,
        "expiration": text,
        "filter": prefix or "",
        "tags": dict(both.tags or {}) if both else {},
        "noncurrentVersionExpirationDays": noncurrent.noncurrent_days if noncurrent else None,
    }
