"""``cloudflare:index/zeroTrustAccessPolicy:ZeroTrustAccessPolicy``."""

from __future__ import annotations

from typing import ClassVar

from sandbox.engine.plugins.cloudflare.rest import RestResource
from sandbox.engine.plugins.cloudflare.rules import ACCOUNT, one_of, selectors, unserved
from sandbox.engine.plugins.protocol.properties import Kind, Property
from sandbox.engine.plugins.protocol.schema import Schema

_ANSWERED = Property(computed=True, given=False)


class Policy(RestResource):
    """A reusable policy: whom the applications that name it let in.

    Unlike with the official plugin, ``excludes`` and ``requires`` that the program does not set are none, so that a
    rule which somebody has added by hand is drift.
    """

    token = "cloudflare:index/zeroTrustAccessPolicy:ZeroTrustAccessPolicy"  # noqa: S105 - a type token
    collection = "access/policies"
    noun = "Access policy"
    scope = "accountId"
    schema: ClassVar[Schema] = Schema(
        {
            "accountId": ACCOUNT,
            "name": Property(required=True),
            "decision": Property(required=True, problem=one_of("allow", "deny", "non_identity", "bypass")),
            "includes": selectors(Kind.OBJECT_SET),
            "excludes": selectors(Kind.OBJECT_SET),
            "requires": selectors(Kind.OBJECT_SET),
            "sessionDuration": Property(default="24h"),
            "approvalRequired": Property(kind=Kind.BOOLEAN, default=False),
            "approvalGroups": Property(
                kind=Kind.OBJECTS,
                fields={
                    "approvalsNeeded": Property(kind=Kind.INTEGER, required=True),
                    "emailAddresses": Property(kind=Kind.LIST),
                    "emailListUuid": Property(),
                },
            ),
            "isolationRequired": Property(kind=Kind.BOOLEAN, default=False),
            "purposeJustificationRequired": Property(kind=Kind.BOOLEAN, default=False),
            "purposeJustificationPrompt": Property(),
            "connectionRules": unserved(),
            "mfaConfig": unserved(),
            "appCount": Property(kind=Kind.INTEGER, computed=True, given=False),
            "reusable": Property(kind=Kind.BOOLEAN, computed=True, given=False),
            "createdAt": _ANSWERED,
            "updatedAt": _ANSWERED,
        }
    )
