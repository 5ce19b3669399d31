"""``cloudflare:index/dnsRecord:DnsRecord``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from sandbox.engine.plugins.cloudflare.rest import RestResource
from sandbox.engine.plugins.cloudflare.rules import one_of, unserved
from sandbox.engine.plugins.protocol.properties import Kind, Property
from sandbox.engine.plugins.protocol.schema import Schema

if TYPE_CHECKING:
    from sandbox.engine.plugins.protocol.values import Values

_TYPES = (
    *("a", "aaaa", "caa", "cert", "cname", "dnskey", "ds", "https", "loc", "mx", "naptr", "ns", "openpgpkey", "ptr"),
    *("smimea", "srv", "sshfp", "svcb", "tlsa", "txt", "uri"),
)
_ANSWERED = Property(computed=True, given=False)
_ON = Property(kind=Kind.BOOLEAN)


class DnsRecord(RestResource):
    """A record of a zone. Types that are written with ``data`` instead of ``content`` are not served."""

    token = "cloudflare:index/dnsRecord:DnsRecord"  # noqa: S105 - a type token
    collection = "dns_records"
    noun = "DNS record"
    scope = "zoneId"
    schema: ClassVar[Schema] = Schema(
        {
            "zoneId": Property(required=True, force_new=True),
            "name": Property(required=True),
            "type": Property(required=True, problem=one_of(*_TYPES)),
            "ttl": Property(kind=Kind.INTEGER, required=True),
            "content": Property(computed=True),
            "proxied": Property(kind=Kind.BOOLEAN, default=False),
            "priority": Property(kind=Kind.INTEGER),
            "comment": Property(),
            "tags": Property(kind=Kind.SET),
            "settings": Property(
                kind=Kind.OBJECT, computed=True, fields={"flattenCname": _ON, "ipv4Only": _ON, "ipv6Only": _ON}
            ),
            "privateRouting": _ON,
            "data": unserved(),
            "includeShadowMetadata": unserved(Kind.BOOLEAN),
            "proxiable": Property(kind=Kind.BOOLEAN, computed=True, given=False),
            **dict.fromkeys(("meta", "createdOn", "modifiedOn", "commentModifiedOn", "tagsModifiedOn"), _ANSWERED),
        }
    )

    def outputs(self, record: Values, state: Values) -> Values:
        """Read an answer; what has no fixed shape becomes JSON text."""
        found = super().outputs(record, state)
        return found | ({"meta": json.dumps(found["meta"])} if "meta" in found else {})
