"""``cloudflare:index/zeroTrustAccessGroup:ZeroTrustAccessGroup``."""

from __future__ import annotations

from typing import ClassVar

from sandbox.engine.plugins.cloudflare.rest import RestResource
from sandbox.engine.plugins.cloudflare.rules import SCOPE, selectors
from sandbox.engine.plugins.protocol.properties import Kind, Property
from sandbox.engine.plugins.protocol.schema import Schema


class Group(RestResource):
    """A named set of people. As with the official plugin its rules are lists: another order is a change."""

    token = "cloudflare:index/zeroTrustAccessGroup:ZeroTrustAccessGroup"  # noqa: S105 - a type token
    collection = "access/groups"
    noun = "Access group"
    schema: ClassVar[Schema] = Schema(
        {
            **SCOPE,
            "name": Property(required=True),
            "includes": selectors(Kind.OBJECTS, required=True),
            "excludes": selectors(Kind.OBJECTS),
            "requires": selectors(Kind.OBJECTS),
            "isDefault": Property(kind=Kind.BOOLEAN),
        }
    )
