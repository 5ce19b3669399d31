"""``cloudflare:index/zeroTrustAccessApplication:ZeroTrustAccessApplication``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.engine.plugins.cloudflare.rest import RestResource
from sandbox.engine.plugins.cloudflare.rules import SCOPE, one_of, unserved
from sandbox.engine.plugins.protocol.properties import Kind, Property
from sandbox.engine.plugins.protocol.schema import Schema

if TYPE_CHECKING:
    from sandbox.engine.plugins.protocol.values import Values

_TYPES = (
    *("self_hosted", "saas", "ssh", "vnc", "app_launcher", "warp", "biso", "bookmark", "dash_sso", "infrastructure"),
    *("rdp", "mcp", "mcp_portal", "proxy_endpoint"),
)
# Where an application is: each of the three follows the others unless the program sets it.
_HOSTS = ("domain", "destinations", "selfHostedDomains")
_ON = Property(kind=Kind.BOOLEAN)
_CORS = {
    **dict.fromkeys(("allowAllHeaders", "allowAllMethods", "allowAllOrigins", "allowCredentials"), _ON),
    **dict.fromkeys(("allowedHeaders", "allowedMethods", "allowedOrigins"), Property(kind=Kind.SET)),
    "maxAge": Property(kind=Kind.INTEGER),
}
# A reusable policy, named by its id. Policies that exist only inside an application are not served.
_POLICY = {
    "id": Property(),
    "precedence": Property(kind=Kind.INTEGER, computed=True),
    **dict.fromkeys(("decision", "name"), unserved(Kind.STRING)),
    **dict.fromkeys(("includes", "excludes", "requires"), unserved(Kind.LIST)),
    **dict.fromkeys(("connectionRules", "mfaConfig"), unserved()),
}


class Application(RestResource):
    """Something that Access protects."""

    token = "cloudflare:index/zeroTrustAccessApplication:ZeroTrustAccessApplication"  # noqa: S105 - a type token
    collection = "access/apps"
    noun = "Access application"
    schema: ClassVar[Schema] = Schema(
        {
            **SCOPE,
            "name": Property(),
            "type": Property(problem=one_of(*_TYPES)),
            "domain": Property(computed=True, follows=_HOSTS),
            "destinations": Property(
                kind=Kind.OBJECTS,
                computed=True,
                follows=_HOSTS,
                fields={
                    "type": Property(default="public"),
                    **dict.fromkeys(("uri", "hostname", "cidr", "portRange", "l4Protocol", "vnetId"), Property()),
                    **dict.fromkeys(("mcpServerId", "workerId"), Property()),
                },
            ),
            "selfHostedDomains": Property(kind=Kind.SET, computed=True, follows=_HOSTS),
            "sessionDuration": Property(computed=True),
            "policies": Property(kind=Kind.OBJECTS, default=[], fields=_POLICY),
            "allowedIdps": Property(kind=Kind.SET),
            "autoRedirectToIdentity": Property(kind=Kind.BOOLEAN, default=False),
            "appLauncherVisible": Property(kind=Kind.BOOLEAN, computed=True),
            "httpOnlyCookieAttribute": Property(kind=Kind.BOOLEAN, computed=True),
            "skipAppLauncherLoginPage": Property(kind=Kind.BOOLEAN, computed=True),
            "sameSiteCookieAttribute": Property(),
            "pathCookieAttribute": _ON,
            "enableBindingCookie": _ON,
            "serviceAuth401Redirect": _ON,
            "skipInterstitial": _ON,
            "optionsPreflightBypass": _ON,
            "allowAuthenticateViaWarp": _ON,
            "allowIframe": _ON,
            "readServiceTokensFromHeader": Property(),
            "corsHeaders": Property(kind=Kind.OBJECT, fields=_CORS),
            **dict.fromkeys(("customDenyMessage", "customDenyUrl", "customNonIdentityDenyUrl"), Property()),
            **dict.fromkeys(("logoUrl", "appLauncherLogoUrl", "bgColor", "headerBgColor"), Property()),
            "customPages": Property(kind=Kind.SET),
            "tags": Property(kind=Kind.SET),
            **dict.fromkeys(("footerLinks", "targetCriterias"), unserved(Kind.OBJECTS)),
            **dict.fromkeys(("landingPageDesign", "mfaConfig", "oauthConfiguration"), unserved()),
            **dict.fromkeys(("saasApp", "scimConfig"), unserved()),
            "aud": Property(computed=True, given=False),
        }
    )

    def body(self, new: Values, old: Values | None) -> dict[str, Any]:
        """Write a request. Policies without a place come after the one before, as the official plugin numbers them."""
        body = super().body(new, old)
        last = 0
        for policy in body["policies"]:
            last = policy.setdefault("precedence", last + 1)
        return body

    def outputs(self, record: Values, state: Values) -> Values:
        """Read an answer; the API writes out each policy, but what is in it belongs to the policy itself."""
        found = super().outputs(record, state)
        for index, policy in enumerate(found.get("policies") or []):
            found["policies"][index] = {name: policy[name] for name in ("id", "precedence") if name in policy}
        return found
